"""Drafts: kept, changed, and submitted with the last change in one go."""

from datetime import datetime

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.selectors.cases import case_of
from migrations_app.services.actions import not_now
from migrations_app.services.editing import Edit, edit_ticket
from migrations_app.services.intake import submit_draft
from tickets.enums import TicketStatus
from tickets.services.tickets import lock_ticket


def save_draft(*, ticket_id: int, edit: Edit, submit: bool, by: Actor, now: datetime) -> None:
    """Change a draft's answers and, if so wanted, submit it with them: both happen, or neither.

    :raises IllegalTransition: it is no draft (any more).
    :raises PreconditionFailed: somebody else changed it since `edit.version`.
    :raises Invalid: an answer does not hold, or something that is needed to submit is missing.
    :raises NumberAlreadyOpen: a number is held by another open ticket.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        if ticket.status != TicketStatus.DRAFT:
            raise not_now(ticket, case_of(ticket_id))
        edit_ticket(ticket_id=ticket_id, edit=edit, by=by, now=now)
        if submit:
            submit_draft(ticket_id=ticket_id, by=by, now=now)
