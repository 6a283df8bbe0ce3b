"""Who can take a call when: hours by the agent's own clock, absences, holidays on both sides, languages, capacity, buffers.

Wall clocks become moments by one rule (`tickets.rules.calendars.moment_of`): a time that is shown twice is the first of the two,
one that is skipped is the moment of the jump. So an agent who works until 2:30 leaves the first time the clock shows it, one who
begins at 2:30 in the night in which it is missing begins at the jump, and the hour in between counts as often as it passes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from migrations_app.rules.call_policy import IN_TURN, Policy
from migrations_app.rules.grid import Grid, in_a_row, places, reached
from migrations_app.rules.hours import places_with_holidays, zone_of
from migrations_app.rules.slots import CELL, Interval, WorkingInterval, cells, merged
from tickets.rules.calendars import Period, WorkingTime, moment_of, open_intervals, public_holidays

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Agent:
    """Somebody who takes calls. `languages` are unknown where empty; `daily_capacity` is the queue's where None."""

    id: int
    hours: tuple[WorkingInterval, ...]
    absences: tuple[Interval, ...] = ()
    languages: frozenset[str] = frozenset()
    country: str = ""
    subdivision: str = ""
    daily_capacity: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone by which the agent's days are counted: that of the first hours of the week."""
        first = min(self.hours, key=lambda row: (row.weekday, row.start), default=None)
        return zone_of(first.timezone if first else "UTC")


@dataclass(frozen=True)
class Client:
    """For whom a call is looked for. Country: ISO 3166-1, language as `pt-br`; empty where nobody knows."""

    zone: ZoneInfo
    country: str = ""
    language: str = ""


@dataclass(frozen=True)
class Frame:
    """What is asked for: a call of `minutes` that begins within [since, until), where `calendar` (if any) is open."""

    since: datetime
    until: datetime
    minutes: int
    client: Client
    policy: Policy = field(default_factory=Policy)
    calendar: WorkingTime | None = None


@dataclass(frozen=True)
class Taken:
    """What agents have already: stretches that are taken, buffers included, and the starts of their calls."""

    stretches: Mapping[int, Sequence[Interval]] = field(default_factory=dict)
    calls: Mapping[int, Sequence[datetime]] = field(default_factory=dict)


def in_reach(policy: Policy, since: datetime, until: datetime, *, now: datetime) -> Interval | None:
    """Return the part of [since, until) that notice and horizon leave; None where nothing is left."""
    first = max(since, now + timedelta(minutes=policy.min_notice_minutes))
    last = min(until, now + timedelta(days=policy.horizon_days))
    return (first, last) if first < last else None


def buffer_cells(minutes: int) -> int:
    """Return how many quarters of an hour a stretch of minutes takes, begun ones counted."""
    return -(-minutes * 60 // int(CELL.total_seconds()))


def quarters(start: datetime, end: datetime, policy: Policy) -> list[datetime]:
    """Return the quarters of an hour that a call takes, buffers included."""
    first = start - CELL * buffer_cells(policy.buffer_before_minutes)
    last = end + timedelta(minutes=policy.buffer_after_minutes)
    return cells(first, int((last - first).total_seconds() // 60))


def free_moments(frame: Frame, agents: Sequence[Agent], taken: Taken) -> dict[datetime, tuple[int, ...]]:
    """Return the moments at which a call can begin, in order, each with the ids of the agents who are free, ascending."""
    before, length = buffer_cells(frame.policy.buffer_before_minutes), buffer_cells(frame.minutes)
    whole = buffer_cells(frame.minutes + frame.policy.buffer_after_minutes)
    grid = Grid.around(frame.since - CELL * before, frame.until + CELL * whole)
    allowed = _allowed(grid, frame)
    starts = grid.starts(frame.since, frame.until)
    weeks: dict[object, int] = {}
    found: dict[int, list[int]] = defaultdict(list)
    for agent in sorted(speaking(agents, frame.client.language), key=lambda each: each.id):
        free = in_a_row(_at_work(grid, agent, weeks) & allowed, length) & starts
        busy = _masked(grid, taken.stretches.get(agent.id, ()))
        free &= ~reached(busy, before=before, after=whole)
        free &= ~_full_days(grid, agent, frame.policy, taken.calls.get(agent.id, ()))
        for place in places(free):
            found[place].append(agent.id)
    return {grid.moment(place): tuple(found[place]) for place in sorted(found)}


def moment_at(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which a clock of this zone shows a time; when clocks change, by the rule above."""
    return moment_of(wall, zone)


def working_stretches(agent: Agent, since: datetime, until: datetime) -> list[Interval]:
    """Return when an agent works between two moments, in order: holidays and absences left out, calls not."""
    grid = Grid.around(since, until)
    zones = {row.timezone for row in agent.hours}
    found = merged(stretch for zone in zones for stretch in _stretches(grid, agent, zone))
    for away, back in merged(agent.absences):
        found = [
            part
            for start, end in found
            for part in ((start, min(end, away)), (max(start, back), end))
            if part[0] < part[1]
        ]
    return [(max(start, since), min(end, until)) for start, end in found if start < until and end > since]


def speaking(agents: Sequence[Agent], language: str) -> list[Agent]:
    """Return who is offered to a client of this language.

    Those known to speak it and those of whom nothing is known; everybody where nobody is known to speak it. Variants of a
    language count as one.
    """
    wanted = _plain(language)
    known = {agent.id: {_plain(each) for each in agent.languages} for agent in agents}
    if not wanted or not any(wanted in spoken for spoken in known.values()):
        return list(agents)
    return [agent for agent in agents if not known[agent.id] or wanted in known[agent.id]]


def _plain(language: str) -> str:
    return language.lower().partition("-")[0]


def in_order(
    agent_ids: Iterable[int],
    policy: Policy,
    *,
    first: Sequence[int | None] = (),
    loads: Mapping[int, int],
    last_given: Mapping[int, int],
) -> list[int]:
    """Return who is asked to take a call, one after the other.

    `first` go before all others, in their order. `loads`: calls ahead. `last_given`: a number that rises with each call given to
    somebody; who has had none for the longest is next in turn, and decides among equals otherwise too.
    """

    def place(agent: int) -> tuple[int, int, int, int]:
        rank = first.index(agent) if agent in first else len(first)
        load = 0 if policy.assignment == IN_TURN else loads.get(agent, 0)
        return rank, load, last_given.get(agent, 0), agent

    return sorted(agent_ids, key=place)


def _at_work(grid: Grid, agent: Agent, weeks: dict[object, int]) -> int:
    """Return the quarters in which an agent works; agents with the same week in the same place are counted once."""
    rows = {(row.timezone, row.weekday, row.start, row.end) for row in agent.hours}
    key = (frozenset(rows), agent.country, agent.subdivision)
    if key not in weeks:
        zones = {row.timezone for row in agent.hours}
        stretches = [stretch for zone in zones for stretch in _stretches(grid, agent, zone)]
        weeks[key] = _masked_whole(grid, stretches)
    return weeks[key] & ~_masked(grid, agent.absences)


def _stretches(grid: Grid, agent: Agent, timezone: str) -> list[Interval]:
    week: dict[int, tuple[Period, ...]] = {}
    for row in agent.hours:
        if row.timezone == timezone:
            week[row.weekday] = (*week.get(row.weekday, ()), Period(row.start, row.end))
    country, subdivision = _known_place(agent.country, agent.subdivision)
    calendar = WorkingTime(zone_of(timezone).key, week, country=country, subdivision=subdivision)
    return _open(grid, calendar)


def _open(grid: Grid, calendar: WorkingTime) -> list[Interval]:
    end = grid.first + CELL * grid.size
    found = []
    for opens, closes in open_intervals(calendar, grid.first):
        if opens >= end:
            break
        found.append((opens, closes))
    return found


def _known_place(country: str, subdivision: str) -> tuple[str, str]:
    places = places_with_holidays()
    if country.upper() not in places:
        return "", ""
    return country.upper(), subdivision if subdivision in places[country.upper()] else ""


def _allowed(grid: Grid, frame: Frame) -> int:
    """Return the quarters in which the desk is open and the client's country has no public holiday."""
    is_open = (1 << grid.size) - 1 if frame.calendar is None else _masked_whole(grid, _open(grid, frame.calendar))
    country, _subdivision = _known_place(frame.client.country, "")
    if not country:
        return is_open
    zone = frame.client.zone
    day, last = (moment.astimezone(zone).date() for moment in (grid.first, grid.first + CELL * grid.size))
    while day <= last:
        if day in public_holidays(country, "", day.year):
            is_open &= ~grid.touched(*_whole_day(day, zone))
        day += _DAY
    return is_open


def _full_days(grid: Grid, agent: Agent, policy: Policy, calls: Sequence[datetime]) -> int:
    """Return the quarters of the agent's days on which there are as many calls as a day takes."""
    most = agent.daily_capacity if agent.daily_capacity is not None else policy.daily_capacity
    if most is None:
        return 0
    zone, full = agent.zone, 0
    for day, count in Counter(start.astimezone(zone).date() for start in calls).items():
        if count >= most:
            full |= grid.starts(*_whole_day(day, zone))
    return full


def _whole_day(day: date, zone: ZoneInfo) -> Interval:
    midnight = datetime.combine(day, time())
    return moment_of(midnight, zone), moment_of(midnight + _DAY, zone)


def _masked(grid: Grid, stretches: Iterable[Interval]) -> int:
    mask = 0
    for start, end in stretches:
        mask |= grid.touched(start, end)
    return mask


def _masked_whole(grid: Grid, stretches: Iterable[Interval]) -> int:
    """Return the quarters that lie in stretches of time wholly; stretches that touch are one."""
    mask = 0
    for start, end in merged(stretches):
        mask |= grid.whole(start, end)
    return mask
