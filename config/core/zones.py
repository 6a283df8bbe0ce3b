"""The time zones that this machine knows."""

from functools import cache
from zoneinfo import available_timezones


@cache
def time_zones() -> frozenset[str]:
    """Return the names of all IANA time zones. Python looks through a folder of 600 files for them, so once a process."""
    return frozenset(available_timezones())
