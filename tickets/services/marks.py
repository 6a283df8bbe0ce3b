"""Small changes of a locked ticket that follow from what happens to it: tags, and a priority that rises."""

from config.core.uow import UnitOfWork
from tickets.enums import EventType, Priority
from tickets.models import Ticket
from tickets.services.events import record

_RISING = tuple(Priority)


def mark(ticket: Ticket, tag: str) -> None:
    """Put a tag on a locked ticket; one that is there already stays."""
    if tag not in ticket.tags:
        _write(ticket, [*ticket.tags, tag])


def unmark(ticket: Ticket, tag: str) -> None:
    """Take a tag off a locked ticket."""
    if tag in ticket.tags:
        _write(ticket, [each for each in ticket.tags if each != tag])


def _write(ticket: Ticket, tags: list[str]) -> None:
    ticket.tags = tags
    Ticket.objects.filter(pk=ticket.pk).update(tags=tags)


def raise_priority(uow: UnitOfWork, ticket: Ticket) -> bool:
    """Raise the priority of a locked ticket by one step, with its event, and tell whether it rose; the highest stays.

    The caller settles the ticket afterwards: service levels may depend on the priority.
    """
    place = _RISING.index(Priority(ticket.priority)) + 1
    if place >= len(_RISING):
        return False
    ticket.priority = _RISING[place]
    Ticket.objects.filter(pk=ticket.pk).update(priority=ticket.priority)
    record(uow, ticket, EventType.TICKET_UPDATED, priority=_RISING[place].value)
    return True
