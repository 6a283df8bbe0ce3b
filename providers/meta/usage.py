"""How long Meta's headers say to wait before the next call.

Source: Meta, Graph API rate limits: `X-App-Usage` counts per app in percent of an hour's allowance; `X-Business-Use-Case-Usage`
counts per business object and names the minutes until it is let in again. `Retry-After` is plain HTTP.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

FULL_PERCENT = 100
APP_WINDOW_SECONDS = 3600
"""The window over which an app's calls are counted: Meta names no moment for it, so a full one rests at most this long."""
LONGEST_SECONDS = 24 * 3600
"""No header makes us wait longer than a day: the longest of Meta's windows."""
_APP_SHARES = ("call_count", "total_time", "total_cputime")


def seconds_to_wait(headers: Mapping[str, str]) -> int:
    """Return the longest wait that any header asks for, in seconds; 0 where none does. Never raises."""
    waits = (_retry_after(headers), *_business(headers), _app(headers))
    return min(max(waits), LONGEST_SECONDS)


def _retry_after(headers: Mapping[str, str]) -> int:
    value = headers.get("retry-after", "").strip()
    return int(value[:9]) if value.isascii() and value.isdecimal() else 0


def _business(headers: Mapping[str, str]) -> Iterator[int]:
    """`{"<object id>": [{"type": …, "call_count": …, "estimated_time_to_regain_access": minutes}]}`."""
    usage = _json(headers.get("x-business-use-case-usage", ""))
    for entries in usage.values() if isinstance(usage, Mapping) else ():
        for entry in entries if isinstance(entries, list) else ():
            minutes = entry.get("estimated_time_to_regain_access") if isinstance(entry, Mapping) else None
            yield _whole(minutes) * 60


def _app(headers: Mapping[str, str]) -> int:
    """`{"call_count": percent, "total_time": percent, "total_cputime": percent}`."""
    usage = _json(headers.get("x-app-usage", ""))
    if not isinstance(usage, Mapping):
        return 0
    full = any(_whole(usage.get(share)) >= FULL_PERCENT for share in _APP_SHARES)
    return APP_WINDOW_SECONDS if full else 0


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
