"""Writing the record: collected events get their place in the organization's feed as the last act of a unit of work."""

from collections import defaultdict
from datetime import datetime

from django.db.models import F

from config.core.actor import Actor
from config.core.uow import PendingEvent, UnitOfWork
from tickets.enums import EventType
from tickets.models import Event, Organization, Ticket
from tickets.services.webhook_outbox import plan_deliveries


def write_events(events: list[PendingEvent], *, by: Actor, now: datetime) -> None:
    """Store the events, numbered per organization under the lock of its row.

    The lock is held until the commit that follows at once, so commit order and feed order are the same. Organizations are
    locked by ascending id. What webhook endpoints are to be told is written with the events.
    """
    grouped: dict[int, list[PendingEvent]] = defaultdict(list)
    for event in events:
        grouped[event.organization_id].append(event)
    written: list[Event] = []
    for organization_id in sorted(grouped):
        batch = grouped[organization_id]
        Organization.objects.filter(pk=organization_id).update(event_seq=F("event_seq") + len(batch))
        last = Organization.objects.values_list("event_seq", flat=True).get(pk=organization_id)
        first = last - len(batch) + 1
        rows = [_row(event, first + place, by=by, now=now) for place, event in enumerate(batch)]
        written += Event.objects.bulk_create(rows)
    plan_deliveries(written, now=now)


def _row(event: PendingEvent, sequence: int, *, by: Actor, now: datetime) -> Event:
    actor = event.by or by
    return Event(
        organization_id=event.organization_id,
        sequence=sequence,
        type=event.type,
        ticket_id=event.ticket_id,
        ticket_reference=event.ticket_reference or "",
        data=dict(event.data),
        internal=event.internal,
        test=event.test,
        actor_kind=actor.kind,
        actor_label=actor.label,
        request_id=actor.request_id or "",
        occurred_at=now,
    )


def record(uow: UnitOfWork, ticket: Ticket, kind: EventType, /, *, internal: bool = False, **data: object) -> None:
    """Collect an event about a ticket. `data` holds codes and plain values, never secrets and never sentences."""
    uow.emit(
        PendingEvent(
            organization_id=ticket.organization_id,
            type=kind.value,
            data=data,
            ticket_id=ticket.pk,
            ticket_reference=ticket.reference,
            internal=internal,
            test=ticket.test,
        )
    )
