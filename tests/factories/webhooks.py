"""Webhook endpoints with their secrets, and the hands to send what is due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.core.actor import SYSTEM
from tests.factories.desk import Key
from tickets.models import WebhookDelivery, WebhookEndpoint
from tickets.services.webhook_endpoints import EndpointWish, create_endpoint
from tickets.services.webhook_sending import send_next


@dataclass
class Hook:
    """An endpoint and its secret, as its owner has them."""

    row: WebhookEndpoint
    secret: str

    def fresh(self) -> WebhookEndpoint:
        return WebhookEndpoint.objects.get(pk=self.row.pk)

    def deliveries(self, **narrowed: Any) -> list[WebhookDelivery]:
        return list(WebhookDelivery.objects.filter(endpoint=self.row, **narrowed).order_by("id"))

    def send(self, now: datetime) -> bool:
        """Make one try, as a worker does."""
        return send_next(endpoint_id=self.row.pk, by=SYSTEM, now=now)

    def send_all(self, now: datetime) -> None:
        while self.send(now):
            pass


def make_hook(key: Key, url: str, *, now: datetime, **wish: Any) -> Hook:
    row, secret = create_endpoint(
        organization_id=key.organization.pk, test=key.row.test, wish=EndpointWish(url, **wish), by=key.actor, now=now
    )
    return Hook(row, secret)
