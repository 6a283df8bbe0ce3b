"""How a ticket ends and comes back: cancel, reject, close, reopen, and letting a hand-moved ticket's case follow."""

from datetime import datetime

from config.core.actor import SYSTEM, Actor
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import Blocks, RequirementCode, RequirementState, Stage
from migrations_app.models import MigrationCase, NumberMove, Requirement
from migrations_app.rules.lifecycle import CLEAR_FOR_SCHEDULING, MOVED
from migrations_app.selectors.cases import case_of
from migrations_app.services.actions import not_now, possible_actions
from migrations_app.services.calls import drop_calls
from migrations_app.services.intake import take_lines
from migrations_app.services.notices import drop_case_notices
from migrations_app.services.numbers import release_lines
from migrations_app.services.requirements import change_state
from migrations_app.services.settle import settle
from tickets.enums import CancelReason, TicketStatus, Visibility
from tickets.models import Ticket
from tickets.services.comments import post_comment
from tickets.services.tickets import lock_ticket


def cancel(*, ticket_id: int, reason: CancelReason, by: Actor, now: datetime) -> None:
    """Cancel a ticket: calls are freed, chases stop, lines are let go.

    :raises IllegalTransition: it has ended, or a number has been cut over already.
    """
    _end(ticket_id, Stage.CANCELLED, action="cancel", reason=reason, by=by, now=now)


def reject(*, ticket_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Refuse a ticket for good; the reason is told as a public comment.

    :raises IllegalTransition: it has ended, or a number has been cut over already.
    """
    with unit_of_work(by=by, now=now):
        _end(ticket_id, Stage.REJECTED, action="cancel", reason=CancelReason.OTHER, by=by, now=now)
        post_comment(ticket_id=ticket_id, body=reason, visibility=Visibility.PUBLIC, by=by, now=now)


def _end(ticket_id: int, to: Stage, *, action: str, reason: CancelReason, by: Actor, now: datetime) -> None:
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        if action not in possible_actions(ticket, case):
            raise not_now(ticket, case)
        drop_case_notices(case)
        drop_calls(uow, ticket, case)
        release_lines(uow, ticket)
        settle(uow, ticket, case, to=to, cancel_reason=reason)


def close(*, ticket_id: int, by: Actor, now: datetime) -> None:
    """Close a resolved ticket by hand or because its time has come; closing reminders without an answer lapse.

    :raises IllegalTransition: it is not resolved.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        if ticket.status != TicketStatus.RESOLVED:
            raise not_now(ticket, case)
        left = (
            Requirement.objects.select_related("number")
            .filter(case=case, blocks=Blocks.NOTHING)
            .exclude(state__in=CLEAR_FOR_SCHEDULING)
        )
        for row in left:
            change_state(uow, ticket, row, RequirementState.WAIVED, reason="lapsed", decided_by=by.label)
        settle(uow, ticket, case, to=Stage.DONE)


def close_if_due(*, ticket_id: int, now: datetime) -> bool:
    """Close a resolved ticket whose time has come; tell whether it was so."""
    with unit_of_work(by=SYSTEM, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        due = (
            ticket.status == TicketStatus.RESOLVED and ticket.auto_close_at is not None and ticket.auto_close_at <= now
        )
        if due:
            close(ticket_id=ticket_id, by=SYSTEM, now=now)
        return due


def reopen(*, ticket_id: int, by: Actor, now: datetime) -> None:
    """Bring back a resolved, closed or cancelled ticket; its lines are held again.

    :raises IllegalTransition: it has not ended, was rejected, or was never submitted.
    :raises NumberAlreadyOpen: a line belongs to another open ticket by now.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        if "reopen" not in possible_actions(ticket, case):
            raise not_now(ticket, case)
        take_lines(ticket, case, NumberMove.objects.filter(case=case).exclude(state__in=MOVED))
        if ticket.status == TicketStatus.CANCELLED:
            settle(uow, ticket, case, to=Stage.TRIAGE)
            return
        tests = Requirement.objects.select_related("number").filter(case=case, code=RequirementCode.SEND_RECEIVE_TEST)
        for row in tests.exclude(state=RequirementState.UNMET):
            change_state(uow, ticket, row, RequirementState.UNMET)
        settle(uow, ticket, case, to=Stage.VERIFYING)


def follow_ticket(uow: UnitOfWork, ticket: Ticket) -> None:
    """Settle the case of a ticket that was moved by hand; tickets without a case, drafts and ended ones have nothing to follow."""
    case = MigrationCase.objects.select_related("current_bsp", "playbook").filter(ticket=ticket).first()
    if case is not None and ticket.status != TicketStatus.DRAFT:
        settle(uow, ticket, case)
