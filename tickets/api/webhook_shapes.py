"""What the endpoints for webhooks answer, and what webhooks themselves look like, for the API description."""

from typing import Any, Final

from config.core.api.shapes import (
    FLAG,
    LINK,
    MOMENT,
    TEXT,
    UUID,
    WHOLE,
    Shape,
    members,
    named,
    nullable,
    several,
    words,
)
from tickets.enums import FEED_EVENTS, PING, DeliveryState, EndpointOff

_OFF: Final[Shape] = members(reason=words([each.value for each in EndpointOff if each]), at=MOMENT, message=TEXT)
_ENDPOINT: Final[dict[str, Shape]] = {
    "id": UUID,
    "url": LINK,
    "types": {**several(words(FEED_EVENTS)), "description": "Types that are sent; empty: all."},
    "active": FLAG,
    "switched_off": {**nullable(_OFF), "description": "Why and since when nothing is sent; null while it is on."},
    "failing_since": {**nullable(MOMENT), "description": "The first failure after which nothing was taken any more."},
    "contact_email": {**nullable(TEXT), "description": "Who is told when it is switched off for its failures."},
    "contact_language": TEXT,
    "previous_secret_until": {**nullable(MOMENT), "description": "Until then the secret before signs too."},
    "test": {**FLAG, "description": "Whether it is told of test tickets instead of live ones."},
    "version": WHOLE,
    "revision": WHOLE,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
_DELIVERY: Final[dict[str, Shape]] = {
    "id": UUID,
    "webhook_id": {**TEXT, "description": "The header `webhook-id` of every try: for an event its id."},
    "type": {**TEXT, "description": f"The event's type, or `{PING}`."},
    "ticket": nullable(TEXT),
    "state": words(DeliveryState),
    "tries": WHOLE,
    "next_try_at": nullable(MOMENT),
    "last_error": {**nullable(TEXT), "description": "A code: why the last try was not taken."},
    "created_at": MOMENT,
    "ended_at": nullable(MOMENT),
}
_TRY: Final[Shape] = members(
    at=MOMENT,
    status={**nullable(WHOLE), "description": "The receiver's HTTP status; null where there was none."},
    error={**nullable(TEXT), "description": "A code; null where the receiver took it."},
    duration_ms=nullable(WHOLE),
    response_excerpt={**TEXT, "description": "The beginning of what the receiver answered."},
)

WEBHOOK_SHAPES: Final[dict[str, Shape]] = {
    "WebhookEndpoint": members(**_ENDPOINT),
    "WebhookEndpointWithSecret": members(
        **_ENDPOINT,
        secret={
            **nullable(TEXT),
            "description": "Shown once: null when the answer is repeated.",
            "examples": ["whsec_…"],
        },
    ),
    "WebhookDelivery": members(**_DELIVERY),
    "WebhookDeliveryWithTries": members(
        **_DELIVERY,
        body={**TEXT, "description": "What is sent, byte for byte."},
        attempts={**several(_TRY), "description": "Newest first."},
    ),
    "WebhookReplay": members(planned={**WHOLE, "description": "How many events are sent (again)."}),
    "WebhookData": {
        "allOf": [
            named("Event"),
            {
                "type": "object",
                "properties": {
                    "thin": {**FLAG, "description": "`data` was too large to be sent: fetch the event from `/events`."}
                },
                "required": ["thin"],
            },
        ]
    },
}


def webhook(kind: str, summary: str) -> dict[str, Any]:
    """Return the path item of one webhook: what we send and what a receiver answers."""
    headers = (
        ("webhook-id", "The same for every try: what you have seen you need not take again."),
        ("webhook-timestamp", "Unix seconds of this try. Refuse what is older than five minutes."),
        ("webhook-signature", "Standard Webhooks, `v1,<base64>`; during a rotation two of them, separated by a blank."),
    )
    body = members(type={"const": kind}, timestamp=MOMENT, data=named("WebhookData"))
    name = "".join(part.title() for part in kind.replace(".", "_").split("_"))
    return {
        "post": {
            "operationId": f"on{name}",
            "summary": summary,
            "tags": ["Webhooks"],
            "parameters": [
                {"name": name, "in": "header", "required": True, "description": text, "schema": TEXT}
                for name, text in headers
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {
                "2XX": {"description": "Taken; whatever the answer says is not acted on."},
                "410": {"description": "The endpoint is switched off at once."},
                "429": {"description": "Retry-After is honoured, as it is with 502, 503 and 504."},
                "default": {
                    "description": "Not taken, redirects included: tried again, ten times within about three days."
                },
            },
        }
    }


def ping() -> dict[str, Any]:
    """Return the path item of what `…/test` sends."""
    found = webhook(PING, "A trial that you asked for")
    data = members(id=TEXT, type={"const": PING}, endpoint=UUID, test=FLAG, thin=FLAG)
    content = found["post"]["requestBody"]["content"]["application/json"]
    content["schema"] = members(type={"const": PING}, timestamp=MOMENT, data=data)
    return found


def webhooks() -> dict[str, Any]:
    """Return the description's top-level member `webhooks`: one for each type of the feed, and the ping."""
    return {**{kind.value: webhook(kind.value, str(kind.label)) for kind in FEED_EVENTS}, PING: ping()}
