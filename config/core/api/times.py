"""Times in documents: RFC 3339 in UTC with Z."""

from datetime import UTC, datetime


def utc(moment: datetime | None) -> str | None:
    """Return a moment as RFC 3339 text in UTC; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
