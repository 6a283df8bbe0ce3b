"""What is not kept of webhooks: deliveries that ended long ago, and endpoints that were deleted."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from tickets.enums import DeliveryState
from tickets.models import WebhookDelivery, WebhookEndpoint, WebhookTry

BATCH = 2000
"""Most deliveries that one run forgets; the next run goes on."""
_DELETED_FOR = timedelta(days=1)


def forget_old_webhooks(*, now: datetime) -> int:
    """Delete deliveries whose time is over, and endpoints deleted a day ago; return how many deliveries that were.

    Of an endpoint that is switched off also what still waited for it.
    """
    before = now - timedelta(days=settings.WEBHOOK_KEPT_DAYS)
    gone = Q(endpoint__deleted_at__lt=now - _DELETED_FOR)
    waiting = Q(state=DeliveryState.PLANNED, created_at__lt=before, endpoint__active=False)
    ids = _some(Q(ended_at__lt=before)) or _some(waiting) or _some(gone)
    WebhookTry.objects.filter(delivery_id__in=ids).delete()
    WebhookDelivery.objects.filter(pk__in=ids).delete()
    endpoints = WebhookEndpoint.objects.filter(deleted_at__lt=now - _DELETED_FOR)
    endpoints.filter(deliveries=None).delete()
    return len(ids)


def _some(condition: Q) -> list[int]:
    return list(WebhookDelivery.objects.filter(condition).order_by("id").values_list("id", flat=True)[:BATCH])
