"""Free half hours for the pin call: working hours minus what is taken, on a 15-minute grid. Wall clocks become UTC here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CELL = timedelta(minutes=15)


@dataclass(frozen=True)
class CallLength:
    """How long a call takes, in minutes. The published default: 15 + 10 per number, at most 120."""

    fixed: int = 15
    per_number: int = 10
    most: int = 120

    def minutes(self, numbers: int) -> int:
        """Return the length of a call for so many numbers, rounded up to the grid."""
        step = int(CELL.total_seconds() // 60)
        return min(self.most, -(-(self.fixed + self.per_number * numbers) // step) * step)

    @property
    def most_numbers(self) -> int:
        """Return how many numbers fit into the longest call."""
        return max(1, (self.most - self.fixed) // self.per_number)


@dataclass(frozen=True)
class WorkingInterval:
    """Hours of one agent on one weekday (0 = Monday) by the agent's own wall clock; `end <= start` ends the next day."""

    agent_id: int
    weekday: int
    start: time
    end: time
    timezone: str


@dataclass(frozen=True)
class LowTrafficWindow:
    """A quiet stretch of the client's week (0 = Monday); `end <= start` ends the next day."""

    weekday: int
    start: time
    end: time


@dataclass(frozen=True)
class Slot:
    """A moment at which at least one agent is free for the whole call and its buffer."""

    start: datetime
    end: datetime
    low_traffic: bool
    score: float
    agent_ids: tuple[int, ...]
    joins: bool = False
    """A call of the same client is there already, and takes these numbers in."""


def cells(start: datetime, minutes: int) -> list[datetime]:
    """Return the 15-minute cells that a stretch of time touches, as UTC starts."""
    first = floor_to_grid(start)
    count = -(-int((start + timedelta(minutes=minutes) - first).total_seconds()) // int(CELL.total_seconds()))
    return [first + CELL * step for step in range(count)]


def floor_to_grid(moment: datetime) -> datetime:
    """Return the start of the cell a moment lies in."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(CELL.total_seconds()), tz=UTC)


def ceil_to_grid(moment: datetime) -> datetime:
    """Return the first cell start at or after a moment."""
    floor = floor_to_grid(moment)
    return floor if floor == moment else floor + CELL


def _to_utc(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def occurrences(
    weekday: int, start: time, end: time, *, zone: ZoneInfo, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the UTC stretches of a weekly wall-clock interval that touch [since, until)."""
    day = since.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date()
    while day <= last:
        if day.weekday() == weekday:
            opens = _to_utc(day, start, zone)
            closes = _to_utc(day + timedelta(days=1) if end <= start else day, end, zone)
            if opens < until and closes > since:
                yield opens, closes
        day += timedelta(days=1)


def is_low_traffic(start: datetime, end: datetime, windows: Iterable[LowTrafficWindow], *, zone: ZoneInfo) -> bool:
    """Tell whether the whole call lies inside one of the client's quiet stretches."""
    return any(
        opens <= start and end <= closes
        for window in windows
        for opens, closes in occurrences(window.weekday, window.start, window.end, zone=zone, since=start, until=end)
    )


@dataclass(frozen=True)
class SlotQuestion:
    """What is asked for: a call of `minutes` (plus `buffer`) starting within [since, until), for a client in `zone`."""

    since: datetime
    until: datetime
    minutes: int
    buffer: int
    zone: ZoneInfo
    windows: tuple[LowTrafficWindow, ...] = ()


def free_slots(
    question: SlotQuestion, hours: Sequence[WorkingInterval], taken: frozenset[tuple[int, datetime]]
) -> list[Slot]:
    """Return the free slots in order of time; `taken` holds the cells of other calls as (agent id, cell start)."""
    free: dict[datetime, list[int]] = {}
    length = timedelta(minutes=question.minutes)
    for interval in hours:
        zone = ZoneInfo(interval.timezone)
        stretches = occurrences(
            interval.weekday,
            interval.start,
            interval.end,
            zone=zone,
            since=question.since,
            until=question.until + length,
        )
        for opens, closes in stretches:
            start = ceil_to_grid(max(opens, question.since))
            while start + length <= closes and start < question.until:
                wanted = cells(start, question.minutes + question.buffer)
                if not any((interval.agent_id, cell) in taken for cell in wanted):
                    free.setdefault(start, []).append(interval.agent_id)
                start += CELL
    return [_slot(start, tuple(sorted(set(agents))), question) for start, agents in sorted(free.items())]


def _slot(start: datetime, agents: tuple[int, ...], question: SlotQuestion) -> Slot:
    end = start + timedelta(minutes=question.minutes)
    quiet = is_low_traffic(start, end, question.windows, zone=question.zone)
    return Slot(start, end, quiet, _score(start, quiet=quiet, question=question), agents)


def _score(start: datetime, *, quiet: bool, question: SlotQuestion) -> float:
    """Quiet hours weigh most; among equals the sooner the better: a number is unprotected until it has moved."""
    if quiet:
        base = 1.0
    elif question.windows:
        base = 0.4
    else:
        # Nothing is known of the client's traffic: early and late hours of its day are the better guess.
        hour = start.astimezone(question.zone).hour
        base = 0.7 if hour < 10 or hour >= 18 else 0.5  # noqa: PLR2004  (hours of the day)
    days = (start - question.since).total_seconds() / 86400
    return round(max(0.0, base - 0.01 * days), 3)
