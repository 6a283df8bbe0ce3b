"""Working time: breaks, nights, holidays, half-hour zones, and the hours that a clock skips or shows twice."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tickets.rules.calendars import (
    Period,
    WorkingTime,
    add_working,
    moment_of,
    open_intervals,
    public_holidays,
    working_between,
)

OFFICE = (Period(time(9), time(17)),)
WEEKDAYS = dict.fromkeys(range(5), OFFICE)
HOUR = timedelta(hours=1)


def office(timezone: str = "Europe/Madrid", **rest: object) -> WorkingTime:
    return WorkingTime(timezone, WEEKDAYS, **rest)  # type: ignore[arg-type]


def local(calendar: WorkingTime, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(calendar.timezone))  # type: ignore[arg-type,misc]


def shown(moment: datetime | None, calendar: WorkingTime) -> str:
    assert moment is not None
    return moment.astimezone(ZoneInfo(calendar.timezone)).strftime("%a %d %H:%M")


@pytest.mark.parametrize(
    "zone", ["Europe/Madrid", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"]
)
def test_friday_half_past_four_plus_an_hour_is_monday_half_past_nine(zone: str) -> None:
    calendar = office(zone)
    assert shown(add_working(calendar, local(calendar, 2026, 3, 6, 16, 30), HOUR), calendar) == "Mon 09 09:30"


def test_a_deadline_that_fits_exactly_is_the_end_of_the_day() -> None:
    calendar = office()
    assert shown(add_working(calendar, local(calendar, 2026, 3, 6, 16), HOUR), calendar) == "Fri 06 17:00"


def test_time_that_begins_on_a_weekend_counts_from_monday() -> None:
    calendar = office()
    assert shown(add_working(calendar, local(calendar, 2026, 3, 7, 12), HOUR), calendar) == "Mon 09 10:00"


def test_lunch_does_not_count() -> None:
    calendar = WorkingTime("Europe/Madrid", {0: (Period(time(15), time(18)), Period(time(9), time(14)))})
    start = local(calendar, 2026, 3, 9, 13)
    assert shown(add_working(calendar, start, 2 * HOUR), calendar) == "Mon 09 16:00"
    assert working_between(calendar, start, start + timedelta(hours=5)) == 4 * HOUR


def test_a_night_belongs_to_the_evening_on_which_it_began() -> None:
    night = WorkingTime("America/Bogota", {4: (Period(time(22), time(6)),)})
    start = local(night, 2026, 3, 6, 21)
    assert shown(add_working(night, start, 5 * HOUR), night) == "Sat 07 03:00"
    assert working_between(night, start, start + timedelta(days=2)) == 8 * HOUR
    # Half way through the night, its beginning still counts.
    assert working_between(night, local(night, 2026, 3, 7, 5), local(night, 2026, 3, 7, 9)) == HOUR


def test_equal_times_are_a_whole_day_and_overlaps_count_once() -> None:
    around = WorkingTime("UTC", dict.fromkeys(range(7), (Period(time(0), time(0)),)))
    start = datetime(2026, 3, 6, 5, tzinfo=UTC)
    assert add_working(around, start, timedelta(days=3)) == start + timedelta(days=3)
    twice = WorkingTime("UTC", {4: (Period(time(9), time(13)), Period(time(12), time(17)))})
    assert working_between(twice, start, start + timedelta(days=1)) == 8 * HOUR


def test_public_and_regional_holidays_are_closed() -> None:
    """Sant Joan is a holiday in Catalonia and not in Madrid; the Epiphany in all of Spain."""
    start = (2026, 6, 23, 16, 30)
    barcelona, madrid = office(country="ES", subdivision="CT"), office(country="ES", subdivision="MD")
    assert shown(add_working(barcelona, local(barcelona, *start), HOUR), barcelona) == "Thu 25 09:30"
    assert shown(add_working(madrid, local(madrid, *start), HOUR), madrid) == "Wed 24 09:30"
    assert madrid.periods(date(2026, 1, 6)) == ()


def test_the_desks_own_days_go_before_weekday_and_holiday() -> None:
    """Closed on a Tuesday, open for a morning on Christmas Day and on a Saturday."""
    morning = (Period(time(10), time(12)),)
    days = {date(2026, 3, 10): (), date(2026, 12, 25): morning, date(2026, 3, 14): morning}
    calendar = office(country="ES", days=days)
    assert shown(add_working(calendar, local(calendar, 2026, 3, 9, 16, 30), HOUR), calendar) == "Wed 11 09:30"
    assert working_between(calendar, local(calendar, 2026, 12, 25), local(calendar, 2026, 12, 26)) == 2 * HOUR
    assert working_between(calendar, local(calendar, 2026, 3, 14), local(calendar, 2026, 3, 15)) == 2 * HOUR


def test_names_of_holidays_come_in_the_language_asked_for() -> None:
    assert public_holidays("ES", "CT", 2026, "ca")[date(2026, 6, 24)] == "Sant Joan"
    assert public_holidays("BR", "SP", 2026, "pt_BR")[date(2026, 9, 7)] == "Independência do Brasil"


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Madrid", date(2026, 3, 29), 23),
        ("Europe/Madrid", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # midnight itself was skipped
        ("Pacific/Apia", date(2011, 12, 30), 0),  # the whole date was skipped
    ],
)
def test_a_day_open_around_the_clock_is_as_long_as_it_was(zone: str, day: date, hours: float) -> None:
    calendar = WorkingTime(zone, {}, {day: (Period(time(0), time(0)),)})
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=3)
    assert working_between(calendar, start, start + timedelta(days=7)) == timedelta(hours=hours)


def wall(*parts: int) -> datetime:
    """What a clock shows: no zone of its own."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def test_a_time_that_is_skipped_is_the_moment_of_the_jump() -> None:
    zone = ZoneInfo("Europe/Madrid")
    jump = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert {moment_of(wall(2026, 3, 29, 2, minute), zone) for minute in (0, 1, 30, 59)} == {jump}
    assert moment_of(wall(2026, 10, 25, 2, 30), zone) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_calendar_that_never_opens_has_no_deadlines() -> None:
    assert add_working(WorkingTime("UTC", {}), datetime(2026, 3, 6, tzinfo=UTC), HOUR) is None


# Properties -----------------------------------------------------------------------------------------------------------

TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
PERIODS = st.lists(st.builds(Period, TIMES, TIMES), min_size=1, max_size=3).map(tuple)
ZONES = st.timezones(no_cache=True).map(lambda zone: zone.key).filter(lambda key: key is not None)
CALENDARS = st.builds(
    WorkingTime,
    timezone=ZONES,
    week=st.dictionaries(st.integers(0, 6), PERIODS, min_size=1),
    days=st.dictionaries(st.dates(date(2010, 1, 1), date(2030, 1, 1)), st.one_of(st.just(()), PERIODS), max_size=4),
    country=st.sampled_from(["", "BR", "ES", "US", "IN"]),
)
MOMENTS = st.datetimes(wall(2010, 1, 1), wall(2030, 1, 1), timezones=st.just(UTC))
LENGTHS = st.timedeltas(timedelta(minutes=1), timedelta(hours=5))


@given(CALENDARS, MOMENTS, LENGTHS)
def test_what_was_added_is_what_is_measured(calendar: WorkingTime, start: datetime, length: timedelta) -> None:
    due = add_working(calendar, start, length)
    assume(due is not None)  # a minute a week is too little for some
    assert due is not None
    assert working_between(calendar, start, due) == length


@given(CALENDARS, MOMENTS, LENGTHS, LENGTHS)
def test_more_work_is_never_done_earlier(
    calendar: WorkingTime, start: datetime, one: timedelta, two: timedelta
) -> None:
    first, second = (add_working(calendar, start, length) for length in sorted((one, two)))
    assume(second is not None)
    assert first is not None
    assert second is not None
    assert start < first <= second


@given(CALENDARS, MOMENTS, LENGTHS)
def test_a_deadline_is_never_in_closed_time(calendar: WorkingTime, start: datetime, length: timedelta) -> None:
    due = add_working(calendar, start, length)
    assume(due is not None)
    assert due is not None
    opens, closes = next(open_intervals(calendar, due - timedelta(microseconds=1)))
    assert opens < due <= closes


@given(CALENDARS, MOMENTS, st.lists(st.timedeltas(timedelta(), timedelta(days=9)), min_size=1, max_size=4))
def test_the_whole_is_the_sum_of_its_parts(calendar: WorkingTime, start: datetime, steps: list[timedelta]) -> None:
    cuts = [start]
    for step in steps:
        cuts.append(cuts[-1] + step)
    parts = [working_between(calendar, one, two) for one, two in pairwise(cuts)]
    whole = working_between(calendar, start, cuts[-1])
    assert sum(parts, timedelta()) == whole <= cuts[-1] - start


@given(CALENDARS, MOMENTS)
def test_open_stretches_come_in_order_and_never_overlap(calendar: WorkingTime, start: datetime) -> None:
    before = None
    for (opens, closes), _place in zip(open_intervals(calendar, start), range(20), strict=False):
        assert opens < closes
        assert closes > start
        assert before is None or opens >= before
        before = closes


@given(ZONES, st.datetimes(wall(2010, 1, 1), wall(2030, 1, 1)), st.timedeltas(timedelta(), timedelta(days=2)))
def test_the_order_on_the_wall_is_the_order_of_moments(key: str, shown_at: datetime, later: timedelta) -> None:
    zone = ZoneInfo(key)
    assert moment_of(shown_at, zone) <= moment_of(shown_at + later, zone)
