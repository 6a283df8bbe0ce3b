"""Slots: wall clocks become UTC across every change of the clocks, and quiet hours come first."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.slots import (
    CELL,
    CallLength,
    LowTrafficWindow,
    Quiet,
    SlotQuestion,
    ceil_to_grid,
    cells,
    floor_to_grid,
    merged,
    occurrences,
    offers,
)

ZONES = (
    "America/Sao_Paulo", "America/New_York", "Europe/Madrid", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide",
    "Australia/Lord_Howe", "Pacific/Chatham", "America/St_Johns", "UTC",
)  # fmt: skip
moments = st.integers(0, 3 * 365 * 86400).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
zones = st.sampled_from(ZONES)
quarters = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 45])).map(lambda hm: time(*hm))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


# The grid


@given(moments)
def test_the_grid_is_quarters_of_an_hour_in_every_zone(moment: datetime) -> None:
    low, high = floor_to_grid(moment), ceil_to_grid(moment)
    assert low <= moment <= high
    assert high - low in {timedelta(0), CELL}
    assert low.minute % 15 == high.minute % 15 == low.second == high.microsecond == 0


@given(moments, st.integers(1, 240))
def test_cells_cover_a_stretch_and_nothing_more(start: datetime, minutes: int) -> None:
    found = cells(start, minutes)
    assert found[0] <= start < found[0] + CELL
    assert found[-1] < start + timedelta(minutes=minutes) <= found[-1] + CELL
    assert all(later - earlier == CELL for earlier, later in pairwise(found))


def test_a_call_of_45_minutes_and_its_buffer_takes_four_cells() -> None:
    ten = utc(2026, 3, 2, 10, 0)
    assert cells(ten, 60) == [ten + CELL * step for step in range(4)]
    assert len(cells(ten + timedelta(minutes=5), 60)) == 5


@pytest.mark.parametrize(
    ("numbers", "minutes"), [(1, 30), (2, 45), (3, 45), (4, 60), (5, 75), (9, 105), (10, 120), (11, 120), (100, 120)]
)
def test_a_call_is_as_long_as_published(numbers: int, minutes: int) -> None:
    assert CallLength().minutes(numbers) == minutes


@given(st.integers(0, 60), st.integers(1, 30), st.integers(15, 240), st.integers(1, 100))
def test_as_many_numbers_as_fit_do_fit(fixed: int, each: int, most: int, numbers: int) -> None:
    length = CallLength(fixed, each, most)
    assert length.minutes(numbers) <= most
    if length.most_numbers > 1:
        assert fixed + each * length.most_numbers <= most


# Wall clocks


@given(st.integers(0, 6), quarters, quarters, zones, moments, st.integers(1, 20))
def test_an_occurrence_is_where_the_agents_own_clock_says(
    weekday: int, start: time, end: time, name: str, since: datetime, days: int
) -> None:
    zone = ZoneInfo(name)
    until = since + timedelta(days=days)
    for opens, closes in occurrences(weekday, start, end, zone=zone, since=since, until=until):
        assert opens < until
        assert closes > since
        local = opens.astimezone(zone)
        assert local.weekday() == weekday or local.time() < start  # a gap at midnight moves on, never back
        assert timedelta(hours=-1) <= (closes - opens) - _length(start, end) <= timedelta(hours=1)


def _length(start: time, end: time) -> timedelta:
    length = timedelta(hours=end.hour - start.hour, minutes=end.minute - start.minute)
    return length if length > timedelta(0) else length + timedelta(days=1)


@pytest.mark.parametrize(
    ("zone", "day", "opens", "closes"),
    [
        ("Europe/Madrid", utc(2026, 3, 27), utc(2026, 3, 27, 8), utc(2026, 3, 27, 17)),  # winter time
        ("Europe/Madrid", utc(2026, 4, 3), utc(2026, 4, 3, 7), utc(2026, 4, 3, 16)),  # summer time
        ("America/Sao_Paulo", utc(2026, 3, 27), utc(2026, 3, 27, 12), utc(2026, 3, 27, 21)),
        ("Asia/Kolkata", utc(2026, 3, 27), utc(2026, 3, 27, 3, 30), utc(2026, 3, 27, 12, 30)),
        ("Asia/Kathmandu", utc(2026, 3, 27), utc(2026, 3, 27, 3, 15), utc(2026, 3, 27, 12, 15)),
    ],
)
def test_nine_to_six_on_a_friday(zone: str, day: datetime, opens: datetime, closes: datetime) -> None:
    found = occurrences(4, time(9), time(18), zone=ZoneInfo(zone), since=day, until=day + timedelta(days=1))
    assert list(found) == [(opens, closes)]


def test_hours_over_midnight_end_on_the_next_day_and_are_found_from_there() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    tuesday = utc(2026, 3, 3, 3, 30)  # half past midnight there
    found = list(occurrences(0, time(22), time(2), zone=zone, since=tuesday, until=tuesday + timedelta(hours=1)))
    assert found == [(utc(2026, 3, 3, 1), utc(2026, 3, 3, 5))]


def test_equal_ends_mean_a_whole_day() -> None:
    found = list(occurrences(0, time(9), time(9), zone=ZoneInfo("UTC"), since=utc(2026, 3, 2), until=utc(2026, 3, 3)))
    assert found == [(utc(2026, 3, 2, 9), utc(2026, 3, 3, 9))]


def test_an_hour_that_does_not_exist_opens_at_the_jump_and_one_that_is_twice_opens_once() -> None:
    zone = ZoneInfo("Europe/Madrid")
    gap = occurrences(6, time(2, 30), time(5), zone=zone, since=utc(2026, 3, 29), until=utc(2026, 3, 30))
    assert list(gap) == [(utc(2026, 3, 29, 1), utc(2026, 3, 29, 3))]
    fold = occurrences(6, time(2, 30), time(5), zone=zone, since=utc(2026, 10, 25), until=utc(2026, 10, 26))
    assert list(fold) == [(utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 4))]


# What a free moment is worth

FRIDAY = SlotQuestion(utc(2026, 3, 6, 12), utc(2026, 3, 6, 21), 30, ZoneInfo("America/Sao_Paulo"))
MOMENTS = {FRIDAY.since + CELL * place: (7,) for place in range(35)}


def test_quiet_hours_come_first_then_the_sooner_the_better() -> None:
    quiet = SlotQuestion(FRIDAY.since, FRIDAY.until, 30, FRIDAY.zone, (LowTrafficWindow(4, time(14), time(15)),))
    best = sorted(offers(quiet, MOMENTS), key=lambda slot: -slot.score)
    assert [slot.start for slot in best[:3]] == [utc(2026, 3, 6, 17, minute) for minute in (0, 15, 30)]
    assert [slot.low_traffic for slot in best[:4]] == [True, True, True, False]
    without = offers(FRIDAY, MOMENTS)
    assert without[0].score > without[8].score
    assert all(slot.end - slot.start == timedelta(minutes=30) and slot.agent_ids == (7,) for slot in without)


def test_a_call_is_quiet_only_if_it_is_quiet_to_its_end() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    start = utc(2026, 3, 7, 3)  # Saturday, midnight there
    quiet = Quiet([LowTrafficWindow(4, time(23), time(1))], zone=zone, since=start, until=start + timedelta(hours=2))
    assert quiet.holds(start, start + timedelta(hours=1))
    assert not quiet.holds(start, start + timedelta(hours=1, minutes=15))
    assert not Quiet([], zone=zone, since=start, until=start).holds(start, start + timedelta(hours=1))


def test_two_windows_that_touch_are_one() -> None:
    windows = [LowTrafficWindow(4, time(13), time(14)), LowTrafficWindow(4, time(14), time(15))]
    quiet = Quiet(windows, zone=ZoneInfo("UTC"), since=FRIDAY.since, until=FRIDAY.until)
    assert quiet.holds(utc(2026, 3, 6, 13, 45), utc(2026, 3, 6, 14, 15))


@given(st.lists(st.tuples(moments, st.integers(1, 500)), max_size=6))
def test_merged_stretches_hold_the_same_time_and_lie_apart(raw: list[tuple[datetime, int]]) -> None:
    stretches = [(start, start + timedelta(minutes=minutes)) for start, minutes in raw]
    found = merged(stretches)
    assert all(end < later for (_start, end), (later, _end) in pairwise(found))
    for start, end in stretches:
        assert any(opens <= start and end <= closes for opens, closes in found)
    assert {moment for pair in found for moment in pair} <= {moment for pair in stretches for moment in pair}
