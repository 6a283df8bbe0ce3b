"""What endpoints are to be told: written with the event in its transaction, or wanted again by somebody.

A delivery holds the body as it was rendered when the event was written: what is sent is what was true then.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.api.times import utc
from config.core.errors import Conflict, FieldProblem, Invalid
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from tickets.enums import PING, DeliveryState
from tickets.models import Event, WebhookDelivery, WebhookEndpoint
from tickets.rules.lifecycle import DELIVERY
from tickets.rules.webhooks import wants
from tickets.selectors.event_documents import event_document, event_id
from tickets.selectors.webhooks import events_between
from tickets.services.webhook_endpoints import locked_endpoint
from tickets.webhooks.messages import rendered

MOST_REPLAYED = 5000
"""Events that one replay takes; a longer span is replayed in parts."""


class EndpointIsOff(Conflict):
    """Nothing is sent to an endpoint that is switched off."""


def plan_deliveries(events: Sequence[Event], *, now: datetime) -> None:
    """Write what active endpoints of the same organization and world are to be told of these events.

    Internal events never leave. Where nobody listens it costs one query of an index that has no such row.
    """
    told = [event for event in events if not event.internal]
    if not told:
        return
    organizations = {event.organization_id for event in told}
    endpoints = list(WebhookEndpoint.objects.filter(organization_id__in=organizations, active=True).order_by("id"))
    if endpoints:
        rows = (_delivery(each, event, now=now) for event in told for each in endpoints if _is_for(event, each))
        WebhookDelivery.objects.bulk_create(rows)


def _is_for(event: Event, endpoint: WebhookEndpoint) -> bool:
    same_world = (event.organization_id, event.test) == (endpoint.organization_id, endpoint.test)
    return same_world and wants(endpoint.types, event.type)


def _delivery(endpoint: WebhookEndpoint, event: Event, *, now: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint=endpoint,
        webhook_id=event_id(event),
        type=event.type,
        event_id=event.pk,
        ticket_reference=event.ticket_reference,
        body=rendered(event.type, at=utc(event.occurred_at), data=event_document(event)),
        next_at=now,
        created_at=now,
    )


def send_ping(*, endpoint_id: int, by: Actor, now: datetime) -> WebhookDelivery:
    """Have an endpoint told that it can be told, and return the delivery.

    :raises NotFound: the endpoint is gone.
    :raises EndpointIsOff: it is switched off.
    """
    with unit_of_work(by=by, now=now) as uow:
        endpoint = _listening(uow, endpoint_id)
        webhook_id = f"ping_{secrets.token_hex(12)}"
        data = {"id": webhook_id, "type": PING, "endpoint": str(endpoint.uid), "test": endpoint.test}
        return WebhookDelivery.objects.create(
            endpoint=endpoint,
            webhook_id=webhook_id,
            type=PING,
            body=rendered(PING, at=utc(now), data=data),
            next_at=now,
            created_at=now,
        )


def redeliver(*, endpoint_id: int, delivery_id: int, by: Actor, now: datetime) -> WebhookDelivery:
    """Have a delivery sent again at once, with all its tries before it; the webhook id stays the same.

    :raises NotFound: the endpoint is gone.
    :raises EndpointIsOff: it is switched off.
    :raises IllegalTransition: it is just being sent.
    """
    with unit_of_work(by=by, now=now) as uow:
        _listening(uow, endpoint_id)
        row = WebhookDelivery.objects.get(pk=delivery_id, endpoint_id=endpoint_id)
        if row.state == DeliveryState.SENDING:
            raise IllegalTransition(gettext("It is just being sent."), extra={"allowed": []})
        if row.state == DeliveryState.PLANNED:
            row.next_at = now
            row.save(update_fields=["next_at"])
        else:
            uow.move(
                row, "state", table=DELIVERY, to=DeliveryState.PLANNED, next_at=now, ended_at=None, earlier_tries=row.tries
            )  # fmt: skip
        return row


def replay(*, endpoint_id: int, since: datetime, until: datetime, by: Actor, now: datetime) -> int:
    """Have an endpoint told again of what happened within a span of time, and return how many events that are.

    What is on its way already stays as it is and does not count. An event that was told before keeps its webhook id.

    :raises NotFound: the endpoint is gone.
    :raises EndpointIsOff: it is switched off.
    :raises Invalid: there are more than `MOST_REPLAYED`.
    """
    with unit_of_work(by=by, now=now) as uow:
        endpoint = _listening(uow, endpoint_id)
        events = events_between(endpoint, since=since, until=until, limit=MOST_REPLAYED + 1)
        if len(events) > MOST_REPLAYED:
            words = gettext("These are more than %(count)s events. Replay shorter spans one after another.")
            raise Invalid([FieldProblem("#/from", "too_many_items", words % {"count": MOST_REPLAYED})])
        return _plan_again(endpoint, events, now=now)


def _plan_again(endpoint: WebhookEndpoint, events: Iterable[Event], *, now: datetime) -> int:
    by_name = {event_id(event): event for event in events}
    there = WebhookDelivery.objects.filter(endpoint=endpoint, webhook_id__in=list(by_name))
    known = set(there.values_list("webhook_id", flat=True))
    ended = there.filter(state__in=[DeliveryState.DELIVERED, DeliveryState.FAILED])
    again = ended.update(state=DeliveryState.PLANNED, next_at=now, ended_at=None, earlier_tries=F("tries"))
    missing = [event for name, event in by_name.items() if name not in known]
    WebhookDelivery.objects.bulk_create([_delivery(endpoint, event, now=now) for event in missing], batch_size=500)
    return again + len(missing)


def _listening(uow: UnitOfWork, endpoint_id: int) -> WebhookEndpoint:
    row = locked_endpoint(uow, endpoint_id)
    if not row.active:
        raise EndpointIsOff(gettext("The endpoint is switched off. Switch it on first."), extra={"allowed": []})
    return row
