"""Which times are proposed, and what follows silence."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.proposals import ROUNDS, AfterSilence, SilenceFacts, after_silence, best_slots, by_day
from migrations_app.rules.slots import Slot

ZONE = ZoneInfo("America/Sao_Paulo")
FIRST = datetime(2026, 3, 2, 12, tzinfo=UTC)


def slot(step: int, score: float = 0.5, quiet: bool = False) -> Slot:
    start = FIRST + timedelta(minutes=15 * step)
    return Slot(start, start + timedelta(minutes=30), quiet, score, (1,))


slot_lists = st.lists(
    st.builds(slot, st.integers(0, 2000), st.sampled_from([0.2, 0.5, 0.55, 0.6, 1.0]), st.booleans()),
    unique_by=lambda found: found.start,
    max_size=60,
)


@given(slot_lists)
def test_what_is_proposed_is_free_apart_and_has_the_best(slots: list[Slot]) -> None:
    chosen = best_slots(slots, zone=ZONE)
    assert len(chosen) <= 3
    assert set(chosen) <= set(slots)
    assert chosen == sorted(chosen, key=lambda found: found.start)
    assert all(abs(one.start - two.start) >= timedelta(hours=3) for one, two in combinations(chosen, 2))
    if slots:
        assert max(found.score for found in chosen) == max(found.score for found in slots)
    assert chosen == best_slots(reversed(slots), zone=ZONE)


def test_near_scores_are_spread_over_days_and_hours() -> None:
    days = [slot(step + 96 * day, 0.5 - 0.01 * day) for day in range(5) for step in (0, 16, 32)]
    local = [found.start.astimezone(ZONE) for found in best_slots(days, zone=ZONE)]
    assert len({moment.date() for moment in local}) == 3
    assert len({moment.hour for moment in local}) == 3


def test_a_much_better_day_is_not_left_for_variety() -> None:
    slots = [slot(0, 0.9), slot(16, 0.9), slot(32, 0.9), slot(96, 0.4), slot(192, 0.4)]
    assert {found.score for found in best_slots(slots, zone=ZONE)} == {0.9}


def test_beside_a_rare_quiet_hour_stand_good_times_that_are_sooner() -> None:
    # Quiet on one day of the week only, three weeks long; every day has times that are worth less.
    quiet = [slot(96 * 7 * week + 96 * 3 + step, 0.8 - 0.05 * week, quiet=True) for week in range(3) for step in (0, 4)]
    others = [slot(96 * day + step, 0.4 - 0.01 * day) for day in range(21) for step in (20, 32)]
    chosen = best_slots([*quiet, *others], zone=ZONE)
    assert [found.low_traffic for found in chosen] == [False, False, True]
    assert chosen[-1] == quiet[0]
    assert len({found.start.astimezone(ZONE).weekday() for found in chosen}) == 3


def test_quiet_hours_on_many_days_are_all_that_is_proposed() -> None:
    quiet = [slot(96 * day, 0.8, quiet=True) for day in range(5)]
    others = [slot(96 * day + 20, 0.4) for day in range(5)]
    assert all(found.low_traffic for found in best_slots([*quiet, *others], zone=ZONE))


@given(slot_lists)
def test_a_day_of_choices_is_short_and_in_order(slots: list[Slot]) -> None:
    days = by_day(slots, zone=ZONE)
    assert [day[0].start for day in days] == sorted(day[0].start for day in days)
    for day in days:
        assert len(day) <= 8
        assert len({found.start.astimezone(ZONE).date() for found in day}) == 1


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        (SilenceFacts(ready=False, round=1), AfterSilence.WITHDRAW),
        (SilenceFacts(ready=True, round=1), AfterSilence.PROPOSE),
        (SilenceFacts(ready=True, round=ROUNDS), AfterSilence.STOP),
        (SilenceFacts(ready=True, round=ROUNDS, may_book=True), AfterSilence.BOOK),
        (SilenceFacts(ready=True, round=ROUNDS, may_book=True, missed=True), AfterSilence.STOP),
        (SilenceFacts(ready=True, round=1, on_hold=True), AfterSilence.WAIT),
        (SilenceFacts(ready=True, round=1, warned=True), AfterSilence.WAIT),
        (SilenceFacts(ready=True, round=ROUNDS, may_book=True, left_alone=True), AfterSilence.STOP),
    ],
)
def test_what_follows_silence(facts: SilenceFacts, step: AfterSilence) -> None:
    assert after_silence(facts) is step
