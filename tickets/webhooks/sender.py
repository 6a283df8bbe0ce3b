"""One try: the only code of the help desk that speaks HTTP to somebody else. It always says what came of it."""

import time
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from config.core.outbound.addresses import NotAllowed, target_of
from config.core.outbound.posting import Answer, Bounds, NoAnswer, post
from config.core.outbound.retrying import retry_after_seconds
from tickets.types import Told
from tickets.webhooks.messages import headers_of

MOST_BYTES = 64 * 1024
"""So much of an answer is read at most."""
EXCERPT = 1000
"""So much of it is kept."""


@dataclass(frozen=True)
class Letter:
    """What is sent, where to, and who signs it."""

    url: str
    webhook_id: str
    body: str
    at: datetime
    secrets: tuple[str, ...] = field(repr=False)


def tried(letter: Letter) -> Told:
    """Send a letter once, within `WEBHOOK_TIMEOUT_SECONDS` for everything together."""
    started = time.monotonic()
    headers = headers_of(letter.body, webhook_id=letter.webhook_id, at=letter.at, secrets=letter.secrets)
    status, error, retry_after, excerpt = None, "", 0, ""
    try:
        answer = _posted(letter, headers)
    except (NotAllowed, NoAnswer) as failure:
        error = failure.reason
    else:
        status, excerpt = answer.status, _readable(answer.excerpt)
        retry_after = retry_after_seconds(answer.retry_after, now=letter.at)
    return Told(status, error, retry_after, excerpt, int((time.monotonic() - started) * 1000))


def _posted(letter: Letter, headers: dict[str, str]) -> Answer:
    """Post a letter.

    :raises NotAllowed: the address may not be called (any more).
    :raises NoAnswer: there is no status.
    """
    seconds = float(settings.WEBHOOK_TIMEOUT_SECONDS)
    until = time.monotonic() + seconds
    target = target_of(letter.url, allow=settings.WEBHOOK_ALLOW, seconds=min(seconds, 5.0))
    bounds = Bounds(until - time.monotonic(), most_bytes=MOST_BYTES, enough=EXCERPT)
    return post(letter.url, target, body=letter.body.encode(), headers=headers, bounds=bounds)


def _readable(excerpt: bytes) -> str:
    """Return the beginning of an answer as text that can be stored and looked at."""
    return excerpt.decode("utf-8", "replace").replace("\x00", "\ufffd")[:EXCERPT]
