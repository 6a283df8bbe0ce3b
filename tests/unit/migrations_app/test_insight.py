"""What past cases tell: medians, the slow tenth, and a date only where enough is known."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.admin.insight import span
from migrations_app.rules.insight import Sample, Wait, pace_of, quantile, ready_by

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
spans = st.timedeltas(timedelta(minutes=1), timedelta(days=90))


def done(days: float, messages: int = 1, *, escalated: bool = False) -> Sample:
    return Sample(days * DAY, messages, escalated)


def test_the_figures_of_a_few_known_cases() -> None:
    pace = pace_of([done(1), done(2, 3), done(3, 2, escalated=True), done(4, 2), Sample(None, 5, escalated=True)])
    assert pace is not None
    assert (pace.cases, pace.open) == (4, 1)
    assert pace.median == 2.5 * DAY
    assert pace.late == pytest.approx(3.7 * DAY, abs=timedelta(seconds=1))
    # Messages are counted where we know how many it took, escalations also where it still lasts.
    assert (pace.messages, pace.escalated) == (Fraction(2), Fraction(2, 5))


def test_without_a_finished_case_nothing_is_known() -> None:
    assert pace_of([]) is None
    assert pace_of([Sample(None, 4, escalated=True)]) is None


def test_there_is_no_quantile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no times"):
        quantile([], Fraction(1, 2))


@given(st.lists(spans, min_size=1, max_size=40))
def test_half_comes_before_nine_of_ten_and_both_lie_among_the_times(times: list[timedelta]) -> None:
    pace = pace_of([Sample(time, 1, escalated=False) for time in times])
    assert pace is not None
    assert min(times) <= pace.median <= pace.late <= max(times)


@given(st.lists(spans, min_size=3, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_the_cases_does_not_matter(times: list[timedelta], chance: object) -> None:
    shuffled = list(times)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert pace_of(done(t / DAY) for t in times) == pace_of(done(t / DAY) for t in shuffled)


def wait(days_ago: float, median: float | None, late: float | None, cases: int = 9) -> Wait:
    return Wait(
        NOW - days_ago * DAY, cases, None if median is None else median * DAY, None if late is None else late * DAY
    )


def test_the_slowest_demand_decides() -> None:
    found = ready_by([wait(1, 2, 5), wait(3, 3, 20, cases=6)])
    assert found is not None
    assert (found.likely, found.late, found.cases) == (NOW + DAY, NOW + 17 * DAY, 6)


def test_nothing_is_guessed() -> None:
    assert ready_by([]) is None
    assert ready_by([wait(1, 2, 5), wait(1, None, None, cases=0)]) is None


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(minutes=10), "1 hour"),
        (timedelta(hours=47), "47 hours"),
        (2 * DAY, "2 days"),
        (3.24 * DAY, "3.2 days"),
    ],
)
def test_a_length_of_time_in_words(time: timedelta, words: str) -> None:
    assert span(time) == words
