"""What the change feed forgets, and what stays.

The feed tells events for a fixed number of days. A ticket's own timeline stays as long as the ticket does: only events
whose ticket is gone (deleted drafts) are deleted.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Subquery

from config.core.actor import SYSTEM
from config.core.uow import unit_of_work
from tickets.models import Event, Organization, Ticket

BATCH = 20_000
"""Most events of one organization that one run takes out of its feed; the next run goes on."""


def forget_old_events(*, now: datetime) -> int:
    """Raise the floor of every feed above events that are old enough; return how many feeds were shortened."""
    before = now - timedelta(days=settings.EVENTS_KEPT_DAYS)
    oldest = Event.objects.filter(organization_id=OuterRef("pk"), sequence__gt=OuterRef("event_floor"))
    due = Organization.objects.filter(event_seq__gt=F("event_floor")).annotate(
        oldest=Subquery(oldest.order_by("sequence").values("occurred_at")[:1])
    )
    ids = list(due.filter(oldest__lt=before).order_by("id").values_list("id", flat=True))
    for organization_id in ids:
        _shorten(organization_id, before=before, now=now)
    return len(ids)


def _shorten(organization_id: int, *, before: datetime, now: datetime) -> None:
    """Move one feed's floor up to the last event before the first young one."""
    with unit_of_work(by=SYSTEM, now=now):
        rows = Organization.objects.filter(pk=organization_id)
        rows.update(event_floor=F("event_floor"))  # the lock, the same on both databases
        floor, head = rows.values_list("event_floor", "event_seq").get()
        top = min(head, floor + BATCH)
        passed = Event.objects.filter(organization_id=organization_id, sequence__gt=floor, sequence__lte=top)
        young = passed.filter(occurred_at__gte=before).order_by("sequence").values_list("sequence", flat=True).first()
        floor = top if young is None else young - 1
        rows.update(event_floor=floor)
        gone = ~Exists(Ticket.objects.filter(pk=OuterRef("ticket_id")))
        passed.filter(gone, sequence__lte=floor).delete()
