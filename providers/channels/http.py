"""A partner's own system: one signed POST, after the conventions of Standard Webhooks.

The id stays the same whenever a message is repeated, so that the receiver can tell: repeating does no harm.
"""

import base64
import hmac
import json
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import ClassVar

import httpx2
from django.conf import settings

from providers.channels.addresses import Target, target_of
from providers.channels.base import GONE, ChannelRefused, OutcomeUnknown
from providers.types import Capabilities, OutboundMessage, Receipt

_OK = range(200, 300)
_GONE = 410
_PASSING = frozenset({408, 425, 429})
_SERVER_ERRORS = range(500, 600)
_CONNECT_SECONDS = 5
_NEVER_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)
"""Failures before the first byte of the request could leave."""


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
        target = target_of(endpoint.url, allow=settings.HTTP_CHANNEL_ALLOW)
        body = document(message)
        headers = signed(body, message_id=message.message_id, at=message.at, keys=endpoint.keys)
        failure: ChannelRefused | OutcomeUnknown
        try:
            status, retry_after = _posted(endpoint.url, target, body, headers)
        except _NEVER_LEFT:
            failure = ChannelRefused("server_unreachable", permanent=False)
        except httpx2.InvalidURL:
            failure = ChannelRefused("malformed", permanent=True)
        except httpx2.HTTPError:
            failure = OutcomeUnknown("connection_lost")
        else:
            if status in _OK:
                return Receipt()
            failure = _refusal(status, _seconds(retry_after, message.at))
        # Raised outside the handler: the original knows the address and the text.
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


def _posted(url: str, target: Target, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Call the address that was checked, under the name that was given; return status and Retry-After."""
    timeout = httpx2.Timeout(settings.HTTP_CHANNEL_TIMEOUT_SECONDS, connect=_CONNECT_SECONDS)
    asked = httpx2.URL(url)
    with (
        # No proxy of the environment: it would look the name up again.
        httpx2.Client(timeout=timeout, follow_redirects=False, trust_env=False) as http,
        http.stream(
            "POST",
            asked.copy_with(host=target.ip),
            content=body,
            headers={**headers, "host": asked.netloc.decode("ascii")},
            extensions={"sni_hostname": target.host},
        ) as response,
    ):
        # The body says nothing that we act on: it is not read.
        return response.status_code, response.headers.get("retry-after", "")


def _refusal(status: int, retry_after: int) -> ChannelRefused:
    if status == _GONE:
        return ChannelRefused(GONE, permanent=True)
    passing = status in _PASSING or status in _SERVER_ERRORS
    return ChannelRefused(f"http_{status}", permanent=not passing, retry_after=retry_after if passing else 0)


def _seconds(retry_after: str, now: datetime) -> int:
    """Read a Retry-After: seconds, or a date; 0 where it is neither."""
    if retry_after.isascii() and retry_after.isdecimal():
        return int(retry_after[:9])
    try:
        wait = parsedate_to_datetime(retry_after) - now
    except (ValueError, TypeError):
        return 0
    return max(int(wait / timedelta(seconds=1)), 0)
