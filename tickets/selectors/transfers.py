"""Reading when a ticket came to its organization."""

from datetime import datetime

from tickets.enums import EventType
from tickets.models import Event


def given_at(ticket_id: int) -> datetime | None:
    """Return when a ticket was given to the organization that it belongs to now; None when it has always been its own."""
    given = Event.objects.filter(ticket_id=ticket_id, type=EventType.TICKET_TRANSFERRED).order_by("-id")
    return given.values_list("occurred_at", flat=True).first()
