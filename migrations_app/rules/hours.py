"""When a rung is due, counted in the recipient's business days."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from migrations_app.rules.ladders import Step

OPENS, CLOSES = time(9, 0), time(18, 0)
"""Hours in which later reminders may go out, by the recipient's wall clock, Monday to Friday."""
_SATURDAY = 5


def due_at(step: Step, *, previous: datetime, timezone: str, first: bool) -> datetime:
    """Return when a rung is due: the first one at once at any hour, later ones within the recipient's business hours."""
    if first and step.wait_business_days <= 0:
        return previous
    return add_business_days(previous, step.wait_business_days, timezone=timezone)


def add_business_days(moment: datetime, days: float, *, timezone: str) -> datetime:
    """Return `moment` plus so many business days (Monday to Friday), moved into business hours of the zone."""
    zone = ZoneInfo(timezone)
    local = moment.astimezone(zone)
    whole, part = int(days), days - int(days)
    local = _open_hour(local + timedelta(hours=24 * part))
    for _ in range(whole):
        local = _open_hour(_at(local + timedelta(days=1), local.time(), zone))
    return local.astimezone(UTC)


def _at(day: datetime, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day.date(), wall, tzinfo=zone)


def _open_hour(local: datetime) -> datetime:
    """Return the moment itself within business hours, else the next opening."""
    zone = local.tzinfo
    assert isinstance(zone, ZoneInfo)  # noqa: S101  (the callers above made it)
    if local.weekday() < _SATURDAY and local.time() <= CLOSES:
        return max(local, _at(local, OPENS, zone))
    day = local + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return _at(day, OPENS, zone)
