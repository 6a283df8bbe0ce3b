"""The ladder: which message goes to whom and when, counted in the recipient's business days."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tickets.enums import Party

OPENS, CLOSES = time(9, 0), time(18, 0)
"""Hours in which later reminders may go out, by the recipient's wall clock, Monday to Friday."""
_SATURDAY = 5


@dataclass(frozen=True)
class Step:
    """One rung: wait so many business days after the rung before, then send `message` to `recipient`.

    A rung without a message escalates to a person.
    """

    index: int
    wait_business_days: float
    recipient: Party
    channel: str
    message: str

    @property
    def escalates(self) -> bool:
        """Tell whether this rung hands the chase to a person instead of sending."""
        return not self.message


def parse_ladder(steps: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Return the rungs of a stored ladder.

    :raises ValueError: a rung lacks something or names an unknown party.
    """
    ladder: list[Step] = []
    for index, raw in enumerate(steps):
        message = str(raw.get("message", ""))
        if not message and not raw.get("escalate"):
            reason = f"rung {index + 1} has neither a message nor escalate: true"
            raise ValueError(reason)
        recipient = Party(raw.get("to", Party.CLIENT))
        ladder.append(
            Step(index, float(raw.get("wait_business_days", 0)), recipient, str(raw.get("channel", "email")), message)
        )
    return ladder


def next_step(ladder: Sequence[Step], *, after: int | None, reachable: Collection[Party]) -> Step | None:
    """Return the rung that follows rung `after` (the first one when None), leaving out recipients we cannot reach."""
    first = 0 if after is None else after + 1
    for step in ladder[first:]:
        if step.escalates or step.recipient in reachable:
            return step
    return None


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
