"""When the journeys play."""

from datetime import UTC, datetime

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""A Monday at noon in São Paulo."""
