"""An event as clients are told of it: in the feed, in a ticket's list, and in webhooks."""

from typing import Any

from config.core.api.times import utc, with_z
from tickets.models import Event


def event_id(event: Event) -> str:
    """Return the name under which clients know an event."""
    return f"evt_{event.organization_id}_{event.sequence}"


def event_document(event: Event) -> dict[str, Any]:
    """Return one event: its code and data."""
    return {
        "id": event_id(event),
        "type": event.type,
        "ticket": event.ticket_reference,
        "occurred_at": utc(event.occurred_at),
        "actor": {"type": event.actor_kind, "name": event.actor_label},
        "data": {name: with_z(value) for name, value in event.data.items()},
        "test": event.test,
    }
