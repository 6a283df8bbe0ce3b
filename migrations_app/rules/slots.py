"""Slots of the pin call: the 15-minute grid, how long a call is, the client's quiet windows, and what a free moment is worth."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from migrations_app.rules.traffic import MessageProfile, SlotReason, Traffic
from tickets.rules.calendars import moment_of

CELL = timedelta(minutes=15)
Interval = tuple[datetime, datetime]
"""A stretch of time, its end left out."""


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
    reasons: tuple[SlotReason, ...] = ()


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


def merged(stretches: Iterable[Interval]) -> list[Interval]:
    """Return stretches of time in order, those that touch or overlap as one."""
    found: list[Interval] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def occurrences(
    weekday: int, start: time, end: time, *, zone: ZoneInfo, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the UTC stretches of a weekly wall-clock interval that touch [since, until).

    When clocks change: a time shown twice is the first of the two, one that is skipped is the moment of the jump.
    """
    # Two days back: zones that skipped a date.
    day = since.astimezone(zone).date() - timedelta(days=2)
    last = until.astimezone(zone).date()
    while day <= last:
        if day.weekday() == weekday:
            last_day = day + timedelta(days=1) if end <= start else day
            opens = moment_of(datetime.combine(day, start), zone)
            closes = moment_of(datetime.combine(last_day, end), zone)
            if opens < closes and opens < until and closes > since:
                yield opens, closes
        day += timedelta(days=1)


@dataclass(frozen=True)
class SlotQuestion:
    """What is asked for: a call of `minutes` starting within [since, until), for a client in `zone`.

    `asked_at` is the present moment, from which soonness counts; `since` where nobody says.
    """

    since: datetime
    until: datetime
    minutes: int
    zone: ZoneInfo
    windows: tuple[LowTrafficWindow, ...] = ()
    profile: MessageProfile | None = None
    asked_at: datetime | None = None

    @property
    def traffic(self) -> Traffic:
        """What is known of the client's traffic."""
        length = timedelta(minutes=self.minutes)
        return Traffic(self.zone, length, self.asked_at or self.since, bool(self.windows), self.profile)


class Quiet:
    """The client's low-traffic windows as stretches of time, for calls that touch [since, until)."""

    def __init__(
        self, windows: Iterable[LowTrafficWindow], *, zone: ZoneInfo, since: datetime, until: datetime
    ) -> None:
        """Turn the windows' wall clocks into moments once."""
        self._stretches = merged(
            stretch
            for window in windows
            for stretch in occurrences(window.weekday, window.start, window.end, zone=zone, since=since, until=until)
        )
        self._starts = [start for start, _end in self._stretches]

    def holds(self, start: datetime, end: datetime) -> bool:
        """Tell whether a whole call is quiet."""
        place = bisect_right(self._starts, start)
        return place > 0 and end <= self._stretches[place - 1][1]


def offers(question: SlotQuestion, moments: Mapping[datetime, tuple[int, ...]]) -> list[Slot]:
    """Return free moments, with the agents who are free at each, as slots with a score, in order of time."""
    length = timedelta(minutes=question.minutes)
    quiet = Quiet(question.windows, zone=question.zone, since=question.since, until=question.until + length)
    traffic = question.traffic
    return [
        _slot(start, agents, question, traffic, quiet=quiet.holds(start, start + length))
        for start, agents in moments.items()
    ]


def _slot(start: datetime, agents: tuple[int, ...], question: SlotQuestion, traffic: Traffic, *, quiet: bool) -> Slot:
    reasons, score = traffic.judged(start, quiet=quiet)
    return Slot(start, start + timedelta(minutes=question.minutes), quiet, score, agents, reasons=reasons)
