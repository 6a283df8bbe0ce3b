"""An agent decides which of Meta's moves a case is, and says why; the form no longer decides then."""

from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Conflict, Forbidden
from config.core.uow import IllegalTransition, unit_of_work
from migrations_app.enums import Flow, NumberState
from migrations_app.models import MigrationCase, NumberMove
from migrations_app.rules.flows import flow_of
from migrations_app.selectors.cases import case_of, case_plan
from migrations_app.services.calls import drop_calls
from migrations_app.services.deriving import answers_of, destination_of
from migrations_app.services.eligibility import refresh_warnings
from migrations_app.services.rederiving import derived_of, rederive
from migrations_app.services.settle import settle
from tickets.enums import OPEN_STATUSES, EventType, TicketStatus
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.tickets import bump_version, lock_ticket

_UNDER_WAY = frozenset({NumberState.CODE_REQUESTED, NumberState.CODE_VERIFIED, NumberState.COOLING_DOWN})
"""Their call is under way. What a mere try has left at the destination becomes a task instead: somebody removes it there."""


class ReasonForFlowNeeded(Conflict):
    """Deciding against the form needs a reason in words."""

    code = "validation_failed"


def choose_flow(*, ticket_id: int, flow: Flow | None, reason: str = "", by: Actor, now: datetime) -> None:
    """Decide the flow of a case for good, or (None) let the form decide again; requirements, chases and calls follow.

    What the new flow does not ask for is waived as not needed, its chases stop, and a call that it does not need is cancelled.

    :raises Forbidden: only the desk decides.
    :raises ReasonForFlowNeeded: a flow without a reason.
    :raises IllegalTransition: the ticket is a draft or has ended, or Meta is moving a number already (`numbers`).
    """
    if not by.is_staff_of_desk:
        raise Forbidden
    if flow is not None and not reason.strip():
        raise ReasonForFlowNeeded
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        _demand_still_open(ticket, case)
        before, old = derived_of(case), case.flow
        case.flow = flow or flow_of(answers_of(case), destination_of(case.playbook_copy))
        case.flow_decided_by, case.flow_reason = (by.label, reason.strip()) if flow else ("", "")
        case.updated_at = now
        case.save(update_fields=["flow", "flow_decided_by", "flow_reason", "updated_at"])
        refresh_warnings(ticket, case)
        bump_version(ticket)
        record(uow, ticket, EventType.TICKET_UPDATED, fields=["flow"], old_flow=old, flow=str(case.flow))
        rederive(uow, ticket, case, before)
        if not case_plan(case).call:
            drop_calls(uow, ticket, case)
        settle(uow, ticket, case)


def _demand_still_open(ticket: Ticket, case: MigrationCase) -> None:
    if ticket.status == TicketStatus.DRAFT or ticket.status not in OPEN_STATUSES:
        raise IllegalTransition(extra={"allowed": []})
    begun = NumberMove.objects.filter(case=case, state__in=_UNDER_WAY).order_by("position")
    numbers = list(begun.values_list("number", flat=True))
    if numbers:
        raise IllegalTransition(extra={"allowed": [], "numbers": numbers})
