"""Times in documents: RFC 3339 in UTC with Z."""

from datetime import UTC, datetime
from typing import Any


def utc(moment: datetime | None) -> str | None:
    """Return a moment as RFC 3339 text in UTC; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def with_z(value: Any) -> Any:
    """Return a stored value as documents show it: moments that were stored with `+00:00` end with Z, the rest stays."""
    return f"{value[:-6]}Z" if isinstance(value, str) and value.endswith("+00:00") else value
