"""Working time: which moments count, counted over time zones, public holidays, lunch breaks and nights.

A calendar is a wall clock: "Monday 9 to 17" in one time zone. It is turned into moments here and nowhere else. Public holidays
come from the `holidays` library (https://holidays.readthedocs.io).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

Interval = tuple[datetime, datetime]
HORIZON_DAYS = 3660
"""How far ahead a deadline is looked for: ten years. A calendar that never opens has no deadlines."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """One stretch of working time by the wall clock. `end <= start` ends the next day; equal ones last 24 hours.

    A stretch past midnight belongs to the day on which it begins, holidays included.
    """

    start: time
    end: time


@dataclass(frozen=True)
class WorkingTime:
    """A business calendar. `week` is by weekday, 0 = Monday; `days` are the desk's own days and go before everything else.

    A day of `days` without periods is closed. Public holidays of the country (ISO 3166-1) and its subdivision are closed.
    """

    timezone: str
    week: Mapping[int, tuple[Period, ...]]
    days: Mapping[date, tuple[Period, ...]] = field(default_factory=dict)
    country: str = ""
    subdivision: str = ""

    def periods(self, day: date) -> tuple[Period, ...]:
        """Return when the desk works on this day."""
        if day in self.days:
            return self.days[day]
        if self.country and day in public_holidays(self.country, self.subdivision, day.year):
            return ()
        return self.week.get(day.weekday(), ())


@lru_cache(maxsize=512)
def public_holidays(country: str, subdivision: str, year: int, language: str = "") -> Mapping[date, str]:
    """Return the public holidays of a country or one of its subdivisions, with their names.

    `language` is one of `holiday_languages`; without one the names are in the country's own.

    :raises NotImplementedError: the library does not know the place.
    """
    return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=[year], language=language or None))


@lru_cache(maxsize=256)
def weekend_of(country: str) -> frozenset[int]:
    """Return the weekdays (0 = Monday) on which nobody works there; Saturday and Sunday where the country is not known."""
    return frozenset(holidays.country_holidays(country).weekend) if country else frozenset({5, 6})


def holiday_places() -> Mapping[str, list[str]]:
    """Return the countries whose holidays are known, each with its subdivisions."""
    found: dict[str, list[str]] = holidays.list_supported_countries(include_aliases=False)
    return found


def holiday_languages(country: str) -> list[str]:
    """Return the languages in which the names of a country's holidays are known."""
    found: list[str] = holidays.list_localized_countries().get(country, [])
    return found


def moment_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment (UTC) at which a clock of this zone shows a time.

    A time that is shown twice is the first of the two; one that is skipped is the moment of the jump. So the order of
    times on the wall is the order of moments.
    """
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _jump(before, first, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment between two others at which the zone's offset changes, to the second."""
    old = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def open_intervals(calendar: WorkingTime, since: datetime) -> Iterator[Interval]:
    """Yield the stretches of working time that end after `since`, in order; they may touch and never overlap."""
    zone = ZoneInfo(calendar.timezone)
    # A stretch of the evening before may still be open; two days also cover zones that skipped a date.
    first = since.astimezone(zone).date() - 2 * _DAY
    counted = since - 4 * _DAY
    for place in range(HORIZON_DAYS):
        for start, end in _of_day(calendar, first + place * _DAY, zone):
            begins = max(start, counted)
            if begins < end:
                counted = end
                if end > since:
                    yield begins, end


def _of_day(calendar: WorkingTime, day: date, zone: ZoneInfo) -> list[Interval]:
    found = []
    for period in calendar.periods(day):
        last = day if period.end > period.start else day + _DAY
        start = moment_of(datetime.combine(day, period.start), zone)
        end = moment_of(datetime.combine(last, period.end), zone)
        if start < end:
            found.append((start, end))
    return sorted(found)


def working_between(calendar: WorkingTime, start: datetime, end: datetime) -> timedelta:
    """Return how much working time lies between two moments; nothing when `end` is not later than `start`."""
    total = timedelta()
    if end <= start:
        return total
    for opens, closes in open_intervals(calendar, start):
        if opens >= end:
            break
        total += min(closes, end) - max(opens, start)
    return total


def add_working(calendar: WorkingTime, start: datetime, duration: timedelta) -> datetime | None:
    """Return the first moment at which `duration` of working time has passed since `start`.

    No duration is over at once. None: the calendar does not hold that much within the next ten years.
    """
    left = duration
    if left <= timedelta():
        return start
    for opens, closes in open_intervals(calendar, start):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    return None
