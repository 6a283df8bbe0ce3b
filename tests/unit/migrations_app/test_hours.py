"""When a rung is due: in the recipient's working time, by its clock, without its weekend and its public holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.hours import (
    CLOSES,
    OPENS,
    Hours,
    add_business_days,
    doubts,
    due_at,
    end_of_business,
    is_open,
    local_day,
    next_day,
    office_hours,
    opening,
    opening_of_both,
    together,
    zone_of,
)
from migrations_app.rules.ladders import Step
from tickets.enums import Party
from tickets.rules.calendars import public_holidays, weekend_of

moments = st.integers(0, 3 * 365 * 86400).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
PLACES = [
    ("America/Sao_Paulo", "BR"),
    ("Europe/Kyiv", "UA"),
    ("Europe/Madrid", "ES"),
    ("America/New_York", "US"),
    ("Asia/Riyadh", "SA"),
    ("Asia/Kathmandu", ""),
    ("Australia/Lord_Howe", "AU"),
    ("UTC", ""),
]
places = st.sampled_from(PLACES)
waits = st.one_of(st.integers(0, 15), st.floats(0, 15))
"""Working days of a wait."""


def rung(wait: float) -> Step:
    return Step(0, wait, Party.CLIENT, "email", "guide")


def sendable(moment: datetime, place: tuple[str, str]) -> bool:
    """The same judgement by other means: the wall clock, the weekend and the list of holidays."""
    zone, country = place
    local = moment.astimezone(ZoneInfo(zone))
    free = country and local.date() in public_holidays(country, "", local.year)
    return OPENS <= local.time() < CLOSES and local.weekday() not in weekend_of(country) and not free


@given(moments, places)
def test_what_answers_a_filing_goes_at_once_at_any_hour(moment: datetime, place: tuple[str, str]) -> None:
    assert due_at(rung(0), previous=moment, calendar=office_hours(*place), first=True) == moment


@given(moments, places, st.floats(0.01, 5))
def test_a_first_rung_that_is_to_wait_does_so(moment: datetime, place: tuple[str, str], wait: float) -> None:
    hours = office_hours(*place)
    later = add_business_days(moment, wait, calendar=hours)
    assert due_at(rung(wait), previous=moment, calendar=hours, first=True) == later


@given(moments, places, waits)
def test_a_nudge_is_never_due_outside_hours_on_a_holiday_or_before_its_time(
    moment: datetime, place: tuple[str, str], wait: float
) -> None:
    due = due_at(rung(wait), previous=moment, calendar=office_hours(*place), first=False)
    assert due >= moment
    assert sendable(due, place)


@given(moments, places, waits, waits)
def test_waiting_longer_never_comes_sooner(moment: datetime, place: tuple[str, str], one: float, two: float) -> None:
    low, high = (add_business_days(moment, wait, calendar=office_hours(*place)) for wait in sorted((one, two)))
    assert low <= high


@given(moments, moments, places, waits)
def test_who_was_asked_earlier_is_never_reminded_later(
    one: datetime, two: datetime, place: tuple[str, str], wait: float
) -> None:
    early, late = (add_business_days(moment, wait, calendar=office_hours(*place)) for moment in sorted((one, two)))
    assert early <= late


@given(moments, places, st.integers(1, 10))
def test_between_two_rungs_there_are_as_many_working_days_as_asked(
    moment: datetime, place: tuple[str, str], days: int
) -> None:
    """Asked within working time: so many working days later. Asked outside: the coming working day is the first of them."""
    zone, hours = ZoneInfo(place[0]), office_hours(*place)
    begins = opening(hours, moment)
    due = add_business_days(moment, days, calendar=hours).astimezone(zone).date()
    day = begins.astimezone(zone).date()
    worked = sum(bool(hours.periods(day + timedelta(days=n))) for n in range((due - day).days + 1))
    assert worked == (days + 1 if begins == moment else days)


@given(moments, places)
def test_open_is_what_the_wall_clock_says(moment: datetime, place: tuple[str, str]) -> None:
    hours = office_hours(*place)
    assert is_open(hours, moment) is bool(sendable(moment, place))
    assert opening(hours, moment) == moment if is_open(hours, moment) else opening(hours, moment) > moment
    assert is_open(hours, opening(hours, moment))


@given(moments, places)
def test_the_next_day_opens_after_midnight_of_the_wall(moment: datetime, place: tuple[str, str]) -> None:
    hours = office_hours(*place)
    begins, ends = local_day(hours, moment)
    assert begins <= moment < ends
    assert next_day(hours, moment) >= ends
    assert sendable(next_day(hours, moment), place)


KYIV, SAO_PAULO = ("Europe/Kyiv", "UA"), ("America/Sao_Paulo", "BR")


@pytest.mark.parametrize(
    ("place", "asked", "due"),
    [
        # Good Friday, 3 April 2026, is a holiday in Brazil and a working day in Ukraine.
        (KYIV, "2026-04-02T19:30", "2026-04-03T17:45"),
        (SAO_PAULO, "2026-04-02T19:30", "2026-04-06T17:45"),
        (KYIV, "2026-04-02T17:00", "2026-04-03T17:00"),
        (SAO_PAULO, "2026-04-02T17:00", "2026-04-06T17:00"),
    ],
)
def test_asked_on_thursday_evening_holiday_on_friday_in_sao_paulo_not_in_kyiv(
    place: tuple[str, str], asked: str, due: str
) -> None:
    zone = ZoneInfo(place[0])
    moment = datetime.fromisoformat(asked).replace(tzinfo=zone)
    found = add_business_days(moment, 1, calendar=office_hours(*place))
    assert found == datetime.fromisoformat(due).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-03-06T17:30", 1, "2026-03-09T17:30"),  # over a weekend
        ("2026-03-04T17:30", 1, "2026-03-05T17:30"),
        ("2026-03-04T18:01", 0, "2026-03-05T09:00"),
        ("2026-03-04T18:00", 0, "2026-03-05T09:00"),
        ("2026-03-04T03:00", 0, "2026-03-04T09:00"),
        ("2026-03-07T11:00", 0, "2026-03-09T09:00"),
        ("2026-03-04T11:00", 0.5, "2026-03-04T15:30"),
        ("2026-03-04T11:00", 2.5, "2026-03-06T15:30"),
        ("2026-03-04T09:00", 1, "2026-03-05T09:00"),
        ("2026-03-04T08:59", 1, "2026-03-04T17:45"),
        ("2026-03-04T17:50", 1, "2026-03-05T17:45"),  # not in the last minutes of a day
        ("2026-03-27T11:00", 2, "2026-03-31T11:00"),  # the clocks go forward in between
        ("2026-10-23T11:00", 1, "2026-10-26T11:00"),  # and back
    ],
)
def test_business_days_by_the_clock_of_madrid(start: str, days: float, due: str) -> None:
    zone = ZoneInfo("Europe/Madrid")
    moment = datetime.fromisoformat(start).replace(tzinfo=zone)
    found = add_business_days(moment, days, calendar=office_hours("Europe/Madrid"))
    assert found == datetime.fromisoformat(due).replace(tzinfo=zone)


def test_the_week_is_the_countrys() -> None:
    sunday = datetime(2026, 3, 1, 11, tzinfo=ZoneInfo("Asia/Riyadh"))
    friday = datetime(2026, 3, 6, 11, tzinfo=ZoneInfo("Asia/Riyadh"))
    assert is_open(office_hours("Asia/Riyadh", "SA"), sunday)
    assert not is_open(office_hours("Asia/Riyadh", "SA"), friday)
    assert not is_open(office_hours("Asia/Riyadh"), sunday)


@pytest.mark.parametrize(
    ("timezone", "country", "told"),
    [
        ("Europe/Madrid", "ES", ()),
        ("Europe/Madrid", "es", ()),
        ("Europe/Madrid", "", ()),
        ("Mars/Olympus", "ES", ("unknown_timezone",)),
        ("Europe/Madrid", "XX", ("unknown_country",)),
        ("", "??", ("unknown_timezone", "unknown_country")),
        ("../etc/passwd", "", ("unknown_timezone",)),
    ],
)
def test_a_place_that_nobody_knows_is_said_so_and_stops_nothing(
    timezone: str, country: str, told: tuple[str, ...]
) -> None:
    assert doubts(timezone, country) == told
    hours = office_hours(timezone, country)
    assert add_business_days(datetime(2026, 3, 2, 15, tzinfo=UTC), 3, calendar=hours) > datetime(2026, 3, 4, tzinfo=UTC)
    assert zone_of(timezone).key == ("UTC" if "unknown_timezone" in told else timezone)


def test_a_calendar_that_never_opens_holds_nothing_up() -> None:
    moment = datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert add_business_days(moment, 2, calendar=Hours("UTC", {})) == moment


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW = timedelta(hours=4)


@pytest.mark.parametrize(
    ("others", "found"),
    [
        ([], 0),
        ([5, -5], 0),
        ([3], 3),
        ([-3], -3),
        ([3, -2], -2),
        ([2, -2], -2),
        ([4], 4),
        ([0, 1], 0),
    ],
)
def test_what_leaves_at_about_the_same_time_leaves_together(others: list[int], found: int) -> None:
    times = [NOON + timedelta(hours=hours) for hours in others]
    assert together(NOON, times, floor=NOON - WINDOW, within=WINDOW) == NOON + timedelta(hours=found)


def test_nothing_is_brought_forward_before_what_was_promised() -> None:
    assert together(NOON, [NOON - timedelta(hours=1)], floor=NOON, within=WINDOW) == NOON


# Two calendars


@given(moments, places, places)
def test_what_needs_both_is_done_when_both_are_there(
    moment: datetime, one: tuple[str, str], two: tuple[str, str]
) -> None:
    theirs, ours = office_hours(*one), office_hours(*two)
    found = opening_of_both(theirs, ours, moment)
    assert found >= moment
    assert is_open(ours, found)
    assert is_open(theirs, found) or one != two


def test_the_first_moment_at_which_both_are_open_is_found() -> None:
    brazil, ukraine = office_hours("America/Sao_Paulo"), office_hours("Europe/Kyiv")
    evening = datetime(2026, 3, 6, 20, tzinfo=UTC)  # a Friday
    assert opening_of_both(brazil, ukraine, evening) == datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_where_two_never_meet_ours_counts() -> None:
    apia, madrid = office_hours("Pacific/Apia"), office_hours("Europe/Madrid")
    assert opening_of_both(apia, madrid, datetime(2026, 3, 7, tzinfo=UTC)) == datetime(2026, 3, 9, 8, tzinfo=UTC)


def test_a_promised_day_is_over_in_the_evening_of_its_place() -> None:
    assert end_of_business(date(2026, 3, 6), "America/Sao_Paulo") == datetime(2026, 3, 6, 21, tzinfo=UTC)
    assert end_of_business(date(2026, 7, 6), "Europe/Madrid") == datetime(2026, 7, 6, 16, tzinfo=UTC)
