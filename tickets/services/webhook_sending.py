"""Sending what is due: claim (commit), POST, record (commit). One try of an endpoint at a time.

A process that dies in between leaves the delivery `sending`; when its lease is over it is planned again. So a receiver may be
told twice of the same thing: it knows what it has by the webhook id, which stays the same. That is the contract of webhooks.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q

from config.core.actor import Actor
from config.core.uow import UnitOfWork, unit_of_work
from tickets.enums import DeliveryState, EndpointOff
from tickets.models import WebhookDelivery, WebhookEndpoint, WebhookTry
from tickets.rules.lifecycle import DELIVERY
from tickets.rules.webhooks import is_hopeless, next_try
from tickets.services.webhook_endpoints import switch_off_for
from tickets.services.webhook_secrets import signing_secrets
from tickets.types import Told
from tickets.webhooks.sender import Letter, tried

UNFINISHED, LOST, NO_SECRET = "unfinished", "process_lost", "secret_unreadable"
_GRACE = timedelta(seconds=45)
_DICE = random.SystemRandom()


@dataclass(frozen=True)
class Claimed:
    """One try that is ours to make, its row already committed."""

    endpoint_id: int
    delivery_id: int
    attempt_id: int
    claimed_at: datetime
    busy_until: datetime
    letter: Letter


def lease() -> timedelta:
    """Return how long a try may take before its process must have died."""
    return timedelta(seconds=settings.WEBHOOK_TIMEOUT_SECONDS) + _GRACE


def send_next(*, endpoint_id: int, by: Actor, now: datetime) -> bool:
    """Make the one try of an endpoint that is due first; tell whether there is more that may follow at once.

    After a failure nothing follows before the next sweep: who does not take anything keeps no worker busy.
    """
    claimed = _claim(endpoint_id, by=by, now=now)
    if claimed is None:
        return False
    told = tried(claimed.letter) if claimed.letter.secrets else Told(error=NO_SECRET)
    return _record(claimed, told, by=by, now=now + timedelta(milliseconds=told.duration_ms))


def _claim(endpoint_id: int, *, by: Actor, now: datetime) -> Claimed | None:
    with unit_of_work(by=by, now=now) as uow:
        free = Q(busy_until=None) | Q(busy_until__lte=now)
        busy_until = now + lease()
        rows = WebhookEndpoint.objects.filter(free, pk=endpoint_id, active=True)
        if not rows.update(busy_until=busy_until, tried_at=now):
            return None
        endpoint = WebhookEndpoint.objects.get(pk=endpoint_id)
        due = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.PLANNED, next_at__lte=now)
        row = due.order_by("next_at", "id").first()
        if row is None:
            WebhookEndpoint.objects.filter(pk=endpoint_id).update(busy_until=None)
            return None
        uow.move(
            row, "state", table=DELIVERY, to=DeliveryState.SENDING, next_at=None, claimed_at=now, tries=row.tries + 1
        )  # fmt: skip
        attempt = WebhookTry.objects.create(delivery=row, at=now, error=UNFINISHED)
        letter = Letter(endpoint.url, row.webhook_id, row.body, now, signing_secrets(endpoint, at=now))
        return Claimed(endpoint_id, row.pk, attempt.pk, now, busy_until, letter)


def _record(claimed: Claimed, told: Told, *, by: Actor, now: datetime) -> bool:
    with unit_of_work(by=by, now=now) as uow:
        _let_go(claimed)
        row = WebhookDelivery.objects.select_related("endpoint").filter(pk=claimed.delivery_id).first()
        if row is None or row.state != DeliveryState.SENDING or row.claimed_at != claimed.claimed_at:
            return False
        values = {"status": told.status, "error": told.code, "excerpt": told.excerpt, "duration_ms": told.duration_ms}
        WebhookTry.objects.filter(pk=claimed.attempt_id).update(**values)
        _move(uow, row, told)
        _judge(row.endpoint, told, now=now)
        if not told.taken:
            return False
        due = WebhookDelivery.objects.filter(endpoint=row.endpoint, state=DeliveryState.PLANNED, next_at__lte=now)
        return due.exists()


def _let_go(claimed: Claimed) -> None:
    """Lock the endpoint and end our claim on it; whose lease was over lets the other's claim stand."""
    rows = WebhookEndpoint.objects.filter(pk=claimed.endpoint_id)
    if not rows.filter(busy_until=claimed.busy_until).update(busy_until=None):
        rows.update(tried_at=F("tried_at"))


def _move(uow: UnitOfWork, row: WebhookDelivery, told: Told) -> None:
    values = {"claimed_at": None, "last_error": told.code}
    if told.taken:
        uow.move(row, "state", table=DELIVERY, to=DeliveryState.DELIVERED, ended_at=uow.now, **values)
        return
    again = next_try(told, tries=row.tries - row.earlier_tries, now=uow.now, dice=_DICE.random())
    if again is None:
        uow.move(row, "state", table=DELIVERY, to=DeliveryState.FAILED, ended_at=uow.now, **values)
    else:
        uow.move(row, "state", table=DELIVERY, to=DeliveryState.PLANNED, next_at=again, **values)


def _judge(endpoint: WebhookEndpoint, told: Told, *, now: datetime) -> None:
    """Note since when an endpoint takes nothing, and switch it off when it is gone or has taken nothing for days."""
    if not endpoint.active:
        return
    patience = timedelta(days=settings.WEBHOOK_GIVE_UP_DAYS)
    if told.gone:
        switch_off_for(endpoint, EndpointOff.GONE, now=now)
    elif not told.taken and is_hopeless(endpoint.failing_since, now=now, patience=patience):
        switch_off_for(endpoint, EndpointOff.FAILING, now=now)
    elif told.taken != (endpoint.failing_since is None):
        since = None if told.taken else now
        rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
        rows.update(failing_since=since, revision=F("revision") + 1, updated_at=now)


def give_back_lost(delivery_id: int, *, by: Actor, now: datetime) -> None:
    """Plan a delivery again whose process died in the middle of a try: it may have arrived, and is sent once more."""
    with unit_of_work(by=by, now=now) as uow:
        # The lock, as everywhere: the endpoint first. One that is busy with something newer stays so.
        WebhookEndpoint.objects.filter(deliveries=delivery_id).update(tried_at=F("tried_at"))
        row = WebhookDelivery.objects.filter(pk=delivery_id, state=DeliveryState.SENDING).first()
        if row is None or row.claimed_at is None or row.claimed_at > now - lease():
            return
        row.attempts.filter(error=UNFINISHED).update(error=LOST)
        uow.move(
            row, "state", table=DELIVERY, to=DeliveryState.PLANNED, next_at=now, claimed_at=None, last_error=LOST
        )  # fmt: skip
