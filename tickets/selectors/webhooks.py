"""Reading webhooks: endpoints of an organization and its world, deliveries, and what is due."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from config.core.errors import NotFound
from tickets.enums import DeliveryState
from tickets.models import Event, WebhookDelivery, WebhookEndpoint, WebhookTry


def endpoints_of(organization_id: int, *, test: bool) -> QuerySet[WebhookEndpoint]:
    """Return an organization's endpoints of one world."""
    return WebhookEndpoint.objects.filter(organization_id=organization_id, test__in=[test], deleted_at=None)


def endpoint_of(organization_id: int, uid: uuid.UUID, *, test: bool) -> WebhookEndpoint:
    """Return one endpoint.

    :raises NotFound: it does not exist for this organization and world.
    """
    found = endpoints_of(organization_id, test=test).filter(uid=uid).first()
    if found is None:
        raise NotFound
    return found


def deliveries_of(endpoint: WebhookEndpoint, *, states: Collection[str] = ()) -> QuerySet[WebhookDelivery]:
    """Return an endpoint's deliveries, without their bodies."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).defer("body")
    return rows.filter(state__in=list(states)) if states else rows


def delivery_of(endpoint: WebhookEndpoint, uid: uuid.UUID) -> WebhookDelivery:
    """Return one delivery.

    :raises NotFound: the endpoint has no such delivery.
    """
    found = WebhookDelivery.objects.filter(endpoint=endpoint, uid=uid).first()
    if found is None:
        raise NotFound
    return found


def due_endpoints(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of endpoints that are to be told something and are not just being told, longest not tried first.

    Those that fail come after those that work, so that many of them take nobody's turn.
    """
    due = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=DeliveryState.PLANNED, next_at__lte=now)
    free = Q(busy_until=None) | Q(busy_until__lte=now)
    rows = WebhookEndpoint.objects.filter(free, Exists(due), active=True)
    failing = Case(When(failing_since=None, then=0), default=1)
    return list(rows.order_by(failing, F("tried_at").asc(nulls_first=True), "id").values_list("id", flat=True)[:limit])


def lost_deliveries(*, claimed_before: datetime, limit: int) -> list[int]:
    """Return the ids of deliveries whose try was begun so long ago that its process must have died."""
    rows = WebhookDelivery.objects.filter(state=DeliveryState.SENDING, claimed_at__lte=claimed_before)
    return list(rows.order_by("claimed_at").values_list("id", flat=True)[:limit])


def events_between(endpoint: WebhookEndpoint, *, since: datetime, until: datetime, limit: int) -> list[Event]:
    """Return the events of a span of time (`until` is not part of it) that an endpoint wants, oldest first."""
    events = Event.objects.filter(
        organization_id=endpoint.organization_id,
        test=endpoint.test,
        internal=False,
        occurred_at__gte=since,
        occurred_at__lt=until,
    )
    if endpoint.types:
        events = events.filter(type__in=endpoint.types)
    return list(events.order_by("occurred_at", "sequence")[:limit])


def due_notices(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of endpoints whose owner is to be told that they were switched off."""
    rows = WebhookEndpoint.objects.filter(notice_due_at__lte=now).order_by("notice_due_at")
    return list(rows.values_list("id", flat=True)[:limit])


def attempts_of(delivery: WebhookDelivery) -> list[WebhookTry]:
    """Return the tries of a delivery, newest first."""
    return list(delivery.attempts.order_by("-id"))
