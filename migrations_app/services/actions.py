"""What the filing side may do with a ticket now: shown in its document, and named by refusals."""

from typing import Any

from config.core.uow import IllegalTransition
from migrations_app.enums import NumberState, Stage
from migrations_app.models import MigrationCase, NumberMove
from migrations_app.rules.lifecycle import STAGE
from tickets.enums import TicketStatus
from tickets.models import Ticket

_PAST_CUT_OVER = frozenset({NumberState.REGISTERED, NumberState.LIVE})
_REOPENABLE = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED, TicketStatus.CANCELLED})


def available_actions(*, ticket: Ticket, stage: str, cut_over: bool) -> list[str]:
    """Return what the filing side may do with a ticket now; `cut_over`: a number is registered or live already."""
    status = ticket.status
    if status == TicketStatus.DRAFT:
        return ["submit", "cancel"]
    if status in _REOPENABLE:
        # A draft that was thrown away never was a ticket of the desk: nothing was derived from its answers.
        return ["reopen"] if ticket.queue_id is not None else []
    can_cancel = STAGE.allows(Stage(stage), Stage.CANCELLED) and not cut_over
    return ["cancel"] if can_cancel else []


def possible_actions(ticket: Ticket, case: MigrationCase) -> list[str]:
    """Return the same of a ticket and case just read."""
    cut_over = NumberMove.objects.filter(case=case, state__in=_PAST_CUT_OVER).exists()
    return available_actions(ticket=ticket, stage=case.stage, cut_over=cut_over)


def not_now(ticket: Ticket, case: MigrationCase, detail: str = "", **members: Any) -> IllegalTransition:
    """Return the refusal of what the ticket's present state does not allow; `allowed` names the actions that it does."""
    return IllegalTransition(detail, extra={"allowed": possible_actions(ticket, case), **members})
