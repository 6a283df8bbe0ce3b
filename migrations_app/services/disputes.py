"""Two organizations claim one number: the desk is told, the claimants learn nothing of each other."""

from datetime import datetime

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.selectors.cases import open_holders
from migrations_app.services.intake import NumberAlreadyOpen
from tickets.enums import EventType
from tickets.services.events import record
from tickets.services.tickets import lock_ticket


def note_dispute(refusal: NumberAlreadyOpen, *, by: Actor, now: datetime) -> None:
    """Raise an internal note on every ticket of another organization that holds one of the refused numbers."""
    held = [
        row for row in open_holders(refusal.extra["numbers"]) if row.case.ticket.organization_id != by.organization_id
    ]
    if not held:
        return
    with unit_of_work(by=by, now=now) as uow:
        for ticket_id in sorted({row.case.ticket_id for row in held}):
            ticket = lock_ticket(uow, ticket_id)
            numbers = [row.number for row in held if row.case.ticket_id == ticket_id]
            record(uow, ticket, EventType.OWNERSHIP_DISPUTED, internal=True, numbers=numbers, claimed_by=by.label)
