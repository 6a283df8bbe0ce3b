"""What was sent to a webhook endpoint, and sending it again."""

from typing import Any, ClassVar

import structlog
from django.db import transaction
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import queries
from config.core.api.fields import UtcTime
from config.core.api.idempotency import idempotent
from config.core.api.pagination import LIST_PARAMETERS, page
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from config.core.api.times import utc
from config.core.api.validation import StrictSerializer
from config.core.errors import FieldProblem, Invalid
from tickets import tasks
from tickets.api.webhooks import TAG, NothingIn, OfEndpointView
from tickets.enums import DeliveryState
from tickets.models import WebhookDelivery, WebhookTry
from tickets.selectors.webhooks import attempts_of, deliveries_of, delivery_of
from tickets.services import webhook_outbox

_log = structlog.get_logger("portero.api")
_STATE = OpenApiParameter(
    "state",
    str,
    many=True,
    enum=DeliveryState.values,
    description="States. Repeated or comma-separated: any of.",
)


def delivery_document(row: WebhookDelivery) -> dict[str, Any]:
    """Return one delivery without its body."""
    return {
        "id": str(row.uid),
        "webhook_id": row.webhook_id,
        "type": row.type,
        "ticket": row.ticket_reference or None,
        "state": row.state,
        "tries": row.tries,
        "next_try_at": utc(row.next_at),
        "last_error": row.last_error or None,
        "created_at": utc(row.created_at),
        "ended_at": utc(row.ended_at),
    }


def _try_document(row: WebhookTry) -> dict[str, Any]:
    return {
        "at": utc(row.at),
        "status": row.status,
        "error": row.error or None,
        "duration_ms": row.duration_ms,
        "response_excerpt": row.excerpt,
    }


def _soon(endpoint_id: int) -> None:
    """Have a worker send what somebody waits for; without it the next tick finds the row."""
    transaction.on_commit(lambda: _nudge(endpoint_id))


def _nudge(endpoint_id: int) -> None:
    try:
        tasks.send_webhook.apply_async(kwargs={"endpoint_id": endpoint_id}, retry=False)
    except Exception as error:  # noqa: BLE001  (the row is there: a broker that is away only delays it)
        _log.warning("a webhook waits for the next tick", error_type=type(error).__name__)


class DeliveriesView(OfEndpointView):
    """The deliveries of an endpoint."""

    query_parameters: ClassVar = {"GET": LIST_PARAMETERS | {"state"}}

    @described("listWebhookDeliveries", page_shape(named("WebhookDelivery")), tag=TAG, parameters=[_STATE])
    def get(self, request: Request, **_: Any) -> Response:
        """List deliveries, newest first."""
        states = queries.words(request, "state", DeliveryState.values)
        rows = deliveries_of(self.endpoint, states=states)
        return page(request, rows, order="-id", present=lambda found: [delivery_document(row) for row in found])


class OfDeliveryView(OfEndpointView):
    """A resource of one delivery."""

    delivery: WebhookDelivery

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find endpoint and delivery.

        :raises NotFound: one of them does not exist for this caller.
        """
        super().load(request, **kwargs)
        self.delivery = delivery_of(self.endpoint, kwargs["delivery_id"])


class DeliveryView(OfDeliveryView):
    """One delivery."""

    @described("getWebhookDelivery", named("WebhookDeliveryWithTries"), tag=TAG)
    def get(self, request: Request, **_: Any) -> Response:
        """Return the delivery with its body and every try."""
        attempts = [_try_document(row) for row in attempts_of(self.delivery)]
        return Response({**delivery_document(self.delivery), "body": self.delivery.body, "attempts": attempts})


class RedeliverView(OfDeliveryView):
    """Sending once more."""

    takes_body = False

    @described("redeliverWebhook", named("WebhookDelivery"), tag=TAG, status=202, takes=NothingIn)
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Send the delivery again at once, with all its tries before it.

        Its `webhook-id` stays the same.
        """
        self.valid(NothingIn, request)
        row = webhook_outbox.redeliver(
            endpoint_id=self.endpoint.pk, delivery_id=self.delivery.pk, by=self.actor, now=self.now
        )
        _soon(self.endpoint.pk)
        return Response(delivery_document(row), status=202)


class PingView(OfEndpointView):
    """A trial."""

    takes_body = False

    @described("testWebhookEndpoint", named("WebhookDelivery"), tag=TAG, status=202, takes=NothingIn)
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Send a ping as any webhook is sent.

        Its type is `webhook.ping`. What came of it, the delivery tells.
        """
        self.valid(NothingIn, request)
        row = webhook_outbox.send_ping(endpoint_id=self.endpoint.pk, by=self.actor, now=self.now)
        _soon(self.endpoint.pk)
        return Response(delivery_document(row), status=202)


@extend_schema_serializer(component_name="WebhookReplaySpan")
class SpanIn(StrictSerializer):
    """A span of time."""

    to = UtcTime(help_text="Events before this moment.")

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; the word `from` cannot be an attribute."""
        return {"from": UtcTime(help_text="Events from this moment on."), **super().get_fields()}


class ReplayView(OfEndpointView):
    """Sending a span of time again."""

    @described("replayWebhooks", named("WebhookReplay"), tag=TAG, status=202, takes=SpanIn)
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Send again what happened from one moment to another.

        Taken from the feed, so that also what happened while the endpoint was off is sent; only types that the endpoint wants, and
        at most 5,000 events at a time. What was sent before keeps its `webhook-id`; what is on its way already does not count.
        """
        data = self.valid(SpanIn, request)
        if data["to"] <= data["from"]:
            raise Invalid([FieldProblem("#/to", "invalid", gettext("The end must be after the beginning."))])
        planned = webhook_outbox.replay(
            endpoint_id=self.endpoint.pk, since=data["from"], until=data["to"], by=self.actor, now=self.now
        )
        _soon(self.endpoint.pk)
        return Response({"planned": planned}, status=202)
