"""What the other side says about coming back."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime


def retry_after_seconds(text: str, *, now: datetime) -> int:
    """Read a Retry-After: seconds, or a date; 0 where it is neither."""
    if text.isascii() and text.isdecimal():
        return int(text[:9])
    try:
        wait = parsedate_to_datetime(text) - now
    except (ValueError, TypeError):
        return 0
    return max(int(wait / timedelta(seconds=1)), 0)
