"""When the client of a ticket was last heard of, and the date on which a silent one's ticket is let go."""

from datetime import datetime

from config.core.uow import UnitOfWork
from tickets.enums import EventType
from tickets.models import Ticket
from tickets.services.events import record


def note_presence(uow: UnitOfWork, ticket: Ticket) -> None:
    """Remember that a locked ticket's own organization is doing something; a warning that was given is over then."""
    is_client = not uow.by.is_staff_of_desk and uow.by.organization_id == ticket.organization_id
    if is_client and (ticket.client_seen_at != uow.now or ticket.let_go_at is not None):
        count_anew(uow, ticket)


def count_anew(uow: UnitOfWork, ticket: Ticket) -> None:
    """Let the silence of a locked ticket's client count from now; it is not let go on the date it was warned of."""
    stop_letting_go(uow, ticket)
    Ticket.objects.filter(pk=ticket.pk).update(client_seen_at=uow.now)
    ticket.client_seen_at = uow.now


def announce_letting_go(uow: UnitOfWork, ticket: Ticket, *, at: datetime) -> None:
    """Set the date on which a locked ticket is let go, with its event: partners learn it even where the mail is not theirs."""
    Ticket.objects.filter(pk=ticket.pk).update(let_go_at=at)
    ticket.let_go_at = at
    record(uow, ticket, EventType.TICKET_UPDATED, let_go_at=at.isoformat())


def stop_letting_go(uow: UnitOfWork, ticket: Ticket) -> None:
    """Take the date of a locked ticket back, with its event; without one nothing changes."""
    if ticket.let_go_at is None:
        return
    Ticket.objects.filter(pk=ticket.pk).update(let_go_at=None)
    ticket.let_go_at = None
    record(uow, ticket, EventType.TICKET_UPDATED, let_go_at=None)
