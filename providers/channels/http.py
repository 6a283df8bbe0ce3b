"""A partner's own system: one signed POST, after the conventions of Standard Webhooks.

The id stays the same whenever a message is repeated, so that the receiver can tell: repeating does no harm.
"""

import base64
import hmac
import json
from datetime import datetime
from typing import ClassVar

from django.conf import settings

from config.core.outbound.addresses import NotAllowed, target_of
from config.core.outbound.posting import Bounds, NoAnswer, post
from config.core.outbound.retrying import retry_after_seconds
from providers.channels.base import GONE, ChannelRefused, OutcomeUnknown
from providers.types import Capabilities, OutboundMessage, Receipt

_OK = range(200, 300)
_GONE = 410
_PASSING = frozenset({408, 425, 429})
_SERVER_ERRORS = range(500, 600)


class HttpChannel:
    """Posts a message as JSON to an address that a lead has entered."""

    capabilities: ClassVar[Capabilities] = Capabilities(attachments=True, repeatable=True)

    def send(self, message: OutboundMessage) -> Receipt:
        """Send one call. Redirects are not followed.

        :raises ChannelRefused: there is no such address (any more), it may not be called, or the other side refused.
        :raises OutcomeUnknown: the line broke after the call had left.
        """
        endpoint = message.endpoint
        if endpoint is None or message.at is None:
            raise ChannelRefused("no_address", permanent=True)
        body = document(message)
        headers = signed(body, message_id=message.message_id, at=message.at, keys=endpoint.keys)
        failure: ChannelRefused | OutcomeUnknown
        try:
            target = target_of(endpoint.url, allow=settings.HTTP_CHANNEL_ALLOW)
            # The answer's body says nothing that we act on: it is not read.
            bounds = Bounds(settings.HTTP_CHANNEL_TIMEOUT_SECONDS)
            answer = post(endpoint.url, target, body=body, headers=headers, bounds=bounds)
        except NotAllowed as refusal:
            failure = ChannelRefused(refusal.reason, permanent=refusal.permanent)
        except NoAnswer as silence:
            known = not silence.left
            failure = ChannelRefused(silence.reason, permanent=False) if known else OutcomeUnknown(silence.reason)
        else:
            if answer.status in _OK:
                return Receipt()
            failure = _refusal(answer.status, retry_after_seconds(answer.retry_after, now=message.at))
        # Raised outside the handlers: the originals know more than anybody has to read.
        raise failure


def document(message: OutboundMessage) -> bytes:
    """Return what the other side reads: stable names, the text as a person would get it, and the facts beside it."""
    content = {
        "id": message.message_id,
        "type": "chase.message" if message.requirement else "notice.message",
        "reference": message.ticket_reference,
        "message": message.message,
        "requirement": message.requirement or None,
        "recipient_party": message.recipient_party,
        "language": message.language,
        "title": message.title,
        "body": message.body,
        "numbers": list(message.numbers),
        "attachments": [
            {"name": name, "media_type": media_type, "content": base64.b64encode(content).decode()}
            for name, content, media_type in message.attachments
        ],
    }
    return json.dumps(content, ensure_ascii=False).encode()


def signed(body: bytes, *, message_id: str, at: datetime, keys: tuple[bytes, ...]) -> dict[str, str]:
    """Return the headers of a call: with several keys every one signs, so that the receiver can change over.

    Source: Standard Webhooks, "Webhook Metadata" and "Signature scheme" (symmetric, v1).
    """
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    signatures = (base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys)
    return {
        "content-type": "application/json",
        "user-agent": "Portero",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _refusal(status: int, retry_after: int) -> ChannelRefused:
    if status == _GONE:
        return ChannelRefused(GONE, permanent=True)
    passing = status in _PASSING or status in _SERVER_ERRORS
    return ChannelRefused(f"http_{status}", permanent=not passing, retry_after=retry_after if passing else 0)
