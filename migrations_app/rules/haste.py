"""Waiting made shorter: what would be due after a time is due after that time divided by a rate. Plain values."""

from datetime import datetime, timedelta

REAL = 1.0
"""The rate of live tickets."""


def hastened(due: datetime, since: datetime, rate: float) -> datetime:
    """Return when something comes that would be due at `due`, where the wait began at `since`.

    What is due already stays due when it was.
    """
    return since + (due - since) / rate if due > since else due


def shortened(span: timedelta, rate: float) -> timedelta:
    """Return how long a stretch of time lasts at this rate."""
    return span / rate
