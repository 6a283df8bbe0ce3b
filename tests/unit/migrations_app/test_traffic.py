"""Message profiles, and the score of a moment as the sum of its reasons."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums.slots import SLOT_REASON_TEXTS, slot_reason_text
from migrations_app.rules.message_times import MOST_LINES, BadLine, LineProblem, read_table, read_times
from migrations_app.rules.traffic import CUT_OVER, MessageProfile, ReasonCode, Traffic, profile_of, score_of

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MONDAY = datetime(2026, 3, 2, tzinfo=SAO_PAULO)
HOUR = timedelta(hours=1)
moments = st.integers(0, 700 * 96).map(lambda step: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * step))
tables = st.lists(st.lists(st.floats(0, 1e9) | st.integers(0, 5), min_size=24, max_size=24), min_size=7, max_size=7)


def week(**busy: float) -> MessageProfile:
    """A profile of one message an hour, but for hours named as d0h09=100."""
    hours = [[1.0] * 24 for _day in range(7)]
    for name, count in busy.items():
        hours[int(name[1])][int(name[3:])] = count
    profile = profile_of(hours)
    assert profile
    return profile


def traffic(**known: object) -> Traffic:
    return Traffic(**{"zone": SAO_PAULO, "length": timedelta(minutes=30), "asked_at": MONDAY, **known})  # type: ignore[arg-type]


@given(tables, moments, moments, st.booleans(), st.booleans(), st.integers(30, 120))
def test_the_score_is_the_sum_of_its_reasons_and_lies_between_zero_and_one(
    hours: list[list[float]], asked_at: datetime, start: datetime, quiet: bool, windows: bool, minutes: int
) -> None:
    known = traffic(
        profile=profile_of(hours), asked_at=asked_at, has_windows=windows or quiet, length=timedelta(minutes=minutes)
    )
    reasons = known.reasons(start, quiet=quiet)
    total = sum(reason.effect for reason in reasons)
    assert -1e-9 <= total <= 1 + 1e-9
    assert score_of(reasons) == pytest.approx(total, abs=1e-9)
    assert len({reason.code for reason in reasons}) == len(reasons)


@given(tables, st.integers(0, 6), st.integers(0, 23), st.integers(0, 3), st.integers(1, 16))
def test_what_is_expected_is_the_sum_of_its_quarters_and_never_more_than_the_busiest_stretch(
    hours: list[list[float]], day: int, hour: int, quarter: int, steps: int
) -> None:
    profile = MessageProfile(tuple(map(tuple, hours)))
    length = timedelta(minutes=15 * steps)
    local = MONDAY + timedelta(days=day, hours=hour, minutes=15 * quarter)
    by_hand = sum(
        hours[moment.weekday()][moment.hour] / 4
        for moment in (local + timedelta(minutes=15 * step) for step in range(steps))
    )
    assert profile.expected(local, length) == pytest.approx(by_hand, rel=1e-6, abs=1e-3)
    assert profile.expected(local, length) <= profile.busiest(length)


def test_what_comes_in_until_the_numbers_have_moved_counts_too() -> None:
    known = traffic(profile=week(d0h11=1000))
    busy, calm = (known.reasons(MONDAY.replace(hour=hour), quiet=False)[1] for hour in (9, 13))
    assert (busy.code, calm.code) == (ReasonCode.BUSY_HOUR, ReasonCode.FEW_MESSAGES)
    assert (busy.expected, calm.expected, busy.busiest) == (1002, 3, 1002)


def test_the_quietest_hour_of_a_profile_beats_every_other() -> None:
    flat = [[100.0] * 24 for _day in range(7)]
    for hour in (20, 21, 22):
        flat[2][hour] = 0
    known = traffic(profile=profile_of(flat))
    starts = [MONDAY + HOUR * step for step in range(120)]
    best = max(starts, key=lambda start: score_of(known.reasons(start, quiet=False)))
    assert best == MONDAY + timedelta(days=2, hours=20)


def test_a_window_and_soonness_keep_their_say_beside_a_profile() -> None:
    known = traffic(profile=week(d0h09=50), has_windows=True)
    start = MONDAY.replace(hour=14)
    inside, outside = (score_of(known.reasons(start, quiet=quiet)) for quiet in (True, False))
    assert inside - outside == pytest.approx(0.4)
    assert inside > score_of(known.reasons(start + timedelta(days=7), quiet=True))


def test_without_any_knowledge_the_edges_of_the_day_are_the_better_guess() -> None:
    early, noon = (traffic().reasons(MONDAY.replace(hour=hour), quiet=False) for hour in (8, 12))
    assert [reason.code for reason in early] == ["agent_free", "early_or_late", "soon"]
    assert [reason.code for reason in noon] == ["agent_free", "soon"]


@pytest.mark.parametrize(
    ("hour", "minute", "night"), [(6, 45, True), (7, 0, False), (21, 30, False), (21, 45, True), (23, 45, True)]
)
def test_the_quietest_hour_is_not_in_the_clients_night(hour: int, minute: int, night: bool) -> None:
    start = MONDAY.replace(hour=hour, minute=minute)
    codes = [reason.code for reason in traffic(profile=week(d0h14=9)).reasons(start, quiet=False)]
    assert (ReasonCode.AT_NIGHT in codes) == night
    named_by_the_client = traffic(has_windows=True).reasons(start, quiet=True)
    assert ReasonCode.AT_NIGHT not in [reason.code for reason in named_by_the_client]


def test_an_empty_table_is_no_profile() -> None:
    assert profile_of([]) is None
    assert profile_of([[0] * 24] * 7) is None


def test_every_reason_has_words() -> None:
    assert set(SLOT_REASON_TEXTS) == set(ReasonCode)
    assert "12" in slot_reason_text("busy_hour", expected=12, busiest=34)


def test_a_stretch_is_at_least_what_campaigns_pause() -> None:
    assert timedelta(hours=3) == CUT_OVER


def lines(*moments: datetime) -> str:
    return "\n".join(moment.isoformat() for moment in moments)


@given(st.lists(moments, min_size=1, max_size=40))
def test_a_list_of_times_keeps_its_weekly_average(times: list[datetime]) -> None:
    read = read_times(lines(*times), zone=SAO_PAULO)
    days = {moment.astimezone(SAO_PAULO).date() for moment in times}
    span = (max(days) - min(days)).days + 1
    if span < 7:
        assert read.problems == (LineProblem(0, BadLine.TOO_SHORT),)
        return
    assert not read.problems
    assert sum(map(sum, read.hours)) <= len(times)
    if span % 7 == 0:
        assert sum(map(sum, read.hours)) == pytest.approx(len(times) / (span / 7), abs=0.01 * 168)


def test_times_count_by_the_clients_clock_and_a_weekday_by_its_average() -> None:
    first = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)  # Sunday, 23:30 in Sao Paulo
    times = [first, first + timedelta(days=7), first + timedelta(days=8), first + timedelta(days=9, minutes=10)]
    hours = read_times(lines(*times), zone=SAO_PAULO).hours
    assert {(day, hour): count for day, row in enumerate(hours) for hour, count in enumerate(row) if count} == {
        (6, 23): 1,
        (0, 23): 0.5,
        (1, 23): 0.5,
    }


def test_a_table_with_a_column_of_times_is_read_whatever_its_separator() -> None:
    rows = ["id;Timestamp;text", *(f"{n};2026-03-{n:02}T10:00:00Z;a" for n in range(1, 9))]
    for text in ("\n".join(rows), "\ufeff" + "\r\n".join(rows).replace(";", ","), "\n".join(rows).replace(";", "\t")):
        assert sum(map(sum, read_times(text, zone=SAO_PAULO).hours)) == 7


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("yesterday", BadLine.NO_TIME),
        ("2026-03-02", BadLine.NO_TIME),
        ("2026-03-02T10:00:00", BadLine.NO_OFFSET),
        ("1026-03-02T10:00:00Z", BadLine.NO_TIME),
        ("2026-13-02T10:00:00Z", BadLine.NO_TIME),
    ],
)
def test_bad_lines_are_named_by_their_number(value: str, why: BadLine) -> None:
    text = f"timestamp\n2026-03-02T10:00:00Z\n\n{value}\n"
    assert read_times(text, zone=SAO_PAULO).problems == (LineProblem(4, why),)


def test_a_file_is_not_read_beyond_its_limits() -> None:
    assert len(read_times("no\n" * 1000, zone=SAO_PAULO).problems) == 50
    too_many = read_times("2026-03-02T10:00:00Z\n" * (MOST_LINES + 1), zone=SAO_PAULO)
    assert too_many.problems == (LineProblem(0, BadLine.TOO_MANY),)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    read = read_times(text, zone=SAO_PAULO)
    assert bool(read.hours) != bool(read.problems)
    read_table(text)


def test_a_table_from_a_spreadsheet_is_seven_rows_of_twenty_four() -> None:
    row = "\t".join(str(hour) for hour in range(24))
    assert read_table("\n".join([row] * 7)) == (tuple(map(float, range(24))),) * 7
    assert read_table("\n".join([row] * 6)) is None
    assert read_table("\n".join([row] * 6 + [row.replace("23", "-1")])) is None
    assert read_table("\n".join([row] * 6 + [row.replace("23", "nan")])) is None
