"""When a webhook is tried again, and what an answer means. Plain Python; who asks brings the time and the dice."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from tickets.types import Told

PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The waits between tries: ten tries within about three days. Source: Standard Webhooks, "Deliverability and reliability"."""
MOST_TRIES: Final = len(PAUSES) + 1
MOST_WAIT: Final = timedelta(hours=24)
"""Longer than this no Retry-After puts a try off."""
SPREAD: Final = 0.1
"""Pauses are up to so much shorter or longer, so that what failed together does not come back together."""

_ASK_TO_WAIT = frozenset({429, 502, 503, 504})


def wants(types: Collection[str], event_type: str) -> bool:
    """Tell whether an endpoint with these types is told of an event; without types it is told of all."""
    return not types or event_type in types


def next_try(told: Told, *, tries: int, now: datetime, dice: float) -> datetime | None:
    """Return when to try again after so many tries of this run; None: never. `dice` lies between 0 and 1."""
    if told.gone or tries >= MOST_TRIES:
        return None
    pause = PAUSES[tries - 1] * (1 + SPREAD * (2 * dice - 1))
    if told.status in _ASK_TO_WAIT:
        pause = max(pause, min(timedelta(seconds=told.retry_after), MOST_WAIT))
    return now + pause


def is_hopeless(failing_since: datetime | None, *, now: datetime, patience: timedelta) -> bool:
    """Tell whether an endpoint has taken nothing for so long that it is switched off."""
    return failing_since is not None and now - failing_since >= patience
