"""Telling the owner that an endpoint was switched off: what is to be told, taken once. Who can send mail sends it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from config.core.actor import Actor
from config.core.uow import unit_of_work
from tickets.models import WebhookEndpoint

MOST_TRIES = 5
_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True)
class OffNotice:
    """What the owner of an endpoint is told."""

    endpoint: str
    url: str
    reason: str
    off_at: datetime
    failing_since: datetime | None
    test: bool
    organization: str
    email: str
    language: str


def take_notice(*, endpoint_id: int, by: Actor, now: datetime) -> OffNotice | None:
    """Take a notice that is due, and return it; None where somebody else has it, or it is not wanted any more."""
    with unit_of_work(by=by, now=now):
        rows = WebhookEndpoint.objects.filter(pk=endpoint_id, notice_due_at__lte=now, active=False, deleted_at=None)
        if not rows.update(notice_due_at=None, notice_tries=F("notice_tries") + 1):
            return None
        row = WebhookEndpoint.objects.select_related("organization").get(pk=endpoint_id)
        if row.off_at is None or not row.contact_email:
            return None
        return OffNotice(
            str(row.uid), row.url, row.off_reason, row.off_at, row.failing_since, row.test, row.organization.name,
            row.contact_email, row.contact_language,
        )  # fmt: skip


def tell_later(*, endpoint_id: int, by: Actor, now: datetime) -> None:
    """Have a notice that could not be sent tried again, some times."""
    with unit_of_work(by=by, now=now):
        rows = WebhookEndpoint.objects.filter(pk=endpoint_id, active=False, notice_tries__lt=MOST_TRIES)
        rows.update(notice_due_at=now + _PAUSE)
