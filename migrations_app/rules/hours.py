"""When a rung is due: business time by the recipient's wall clock, its public holidays, and its quiet hours."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from migrations_app.rules.ladders import Step
from tickets.rules.calendars import (
    Interval,
    Period,
    WorkingTime,
    add_working,
    holiday_places,
    moment_of,
    open_intervals,
    weekend_of,
)

Hours = WorkingTime
"""When somebody may be reminded. What asks for the hours of a recipient knows them by this name."""
OPENS, CLOSES = time(9, 0), time(18, 0)
"""Hours in which later reminders may go out, by the recipient's wall clock, on its working days."""
WORKDAY = timedelta(hours=9)
"""What one business day of a ladder is worth in working time."""
_STRETCHES = 30
"""In so many stretches of working time two calendars meet, or they never do."""
LAST_CALL = timedelta(minutes=15)
"""Nothing is planned for the last minutes of a day: a sweep that comes a moment later would find the office closed."""


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(holiday_places())


@lru_cache(maxsize=1)
def places_with_holidays() -> Mapping[str, list[str]]:
    """Return the countries whose public holidays are known, each with its regions."""
    return holiday_places()


def zone_of(timezone: str) -> ZoneInfo:
    """Return the zone of this name; UTC where nobody knows it, because a wrong name must not stop a sweep."""
    return ZoneInfo(timezone if timezone in _zones() else "UTC")


def office_hours(timezone: str, country: str = "") -> Hours:
    """Return when somebody in this place may be reminded: 9 to 18, without the country's weekend and public holidays.

    An unknown zone counts as UTC, an unknown country as one without holidays whose weekend is Saturday and Sunday; `doubts`
    names both.
    """
    known = country.upper() if country.upper() in _countries() else ""
    weekend = weekend_of(known)
    week = {day: (Period(OPENS, CLOSES),) for day in range(7) if day not in weekend}
    return WorkingTime(str(zone_of(timezone)), week, country=known)


def doubts(timezone: str, country: str = "") -> tuple[str, ...]:
    """Return what of a place is not known, as codes: its hours are a guess then."""
    found = {
        "unknown_timezone": timezone not in _zones(),
        "unknown_country": country.upper() not in {"", *_countries()},
    }
    return tuple(code for code, doubtful in found.items() if doubtful)


def _stretch(calendar: Hours, moment: datetime) -> Interval | None:
    """Return the stretch of working time in which a moment lies, else the next one; None: the calendar never opens."""
    return next(open_intervals(calendar, moment), None)


def is_open(calendar: Hours, moment: datetime) -> bool:
    """Tell whether a moment lies within working time; the moment of closing does not."""
    stretch = _stretch(calendar, moment)
    return stretch is not None and stretch[0] <= moment


def opening(calendar: Hours, moment: datetime) -> datetime:
    """Return the moment itself within working time, else the next opening. A calendar that never opens opens at once."""
    stretch = _stretch(calendar, moment)
    return moment if stretch is None else max(stretch[0], moment)


def opening_of_both(theirs: Hours, ours: Hours, moment: datetime) -> datetime:
    """Return the first moment from this one on at which both calendars are open; where they never are, when ours opens."""
    found = moment
    for _ in range(_STRETCHES):
        start = opening(ours, found)
        found = opening(theirs, start)
        if found == start:
            return found
    return opening(ours, moment)


def next_day(calendar: Hours, moment: datetime) -> datetime:
    """Return the first opening on a later day than the moment's own, by the calendar's wall clock."""
    _start, end = local_day(calendar, moment)
    return opening(calendar, end)


def local_day(calendar: Hours, moment: datetime) -> Interval:
    """Return when the day of a moment begins and ends by the calendar's wall clock."""
    zone = ZoneInfo(calendar.timezone)
    day = moment.astimezone(zone).date()
    start, end = (moment_of(datetime.combine(day + timedelta(days=n), time()), zone) for n in (0, 1))
    return start, end


def end_of_business(day: date, timezone: str) -> datetime:
    """Return when a day ends for business in a zone, in UTC: only then is a promise for that day broken."""
    return moment_of(datetime.combine(day, CLOSES), zone_of(timezone)).astimezone(UTC)


def end_of_promise(day: date, timezone: str, now: datetime) -> datetime:
    """Return when a promise for a day is broken, in UTC; one given for the same day after business lasts until midnight."""
    evening = end_of_business(day, timezone)
    if evening > now or now.astimezone(zone_of(timezone)).date() > day:
        return evening
    return moment_of(datetime.combine(day + timedelta(days=1), time()), zone_of(timezone)).astimezone(UTC)


def add_business_days(moment: datetime, days: float, *, calendar: Hours) -> datetime:
    """Return the moment at which so many business days have passed, within working time and never before `moment`.

    A business day is nine hours of working time. So asked within working time, one day later is the same hour of the next
    working day; asked outside of it, the end of the working day that comes.
    """
    start = opening(calendar, moment)
    due = add_working(calendar, start, WORKDAY * days)
    if due is None or due == start:
        return start
    closes = next((end for _start, end in open_intervals(calendar, start) if end >= due), due)
    if due == closes and start == moment:
        # The end of one day is the beginning of the next: whoever was asked at nine is not asked again at six.
        return opening(calendar, due)
    return max(start, min(due, closes - LAST_CALL))


def due_at(step: Step, *, previous: datetime, calendar: Hours, first: bool) -> datetime:
    """Return when a rung is due: the first one at once at any hour, later ones within the recipient's working time."""
    if first and answers_at_once(step):
        return previous
    return add_business_days(previous, step.wait_business_days, calendar=calendar)


def answers_at_once(step: Step) -> bool:
    """Tell whether this rung, climbed first, answers what the client has just done: hours, caps and stops are not for it."""
    return step.wait_business_days <= 0


def together(due: datetime, others: Iterable[datetime], *, floor: datetime, within: timedelta) -> datetime:
    """Return the time nearest to `due` at which something else leaves for the same recipient, else `due` itself.

    It lies at most `within` before or after, and not before `floor`. Of two that are as near, the earlier.
    """
    fitting = sorted(other for other in others if floor <= other and abs(other - due) <= within)
    return min(fitting, key=lambda other: abs(other - due), default=due)
