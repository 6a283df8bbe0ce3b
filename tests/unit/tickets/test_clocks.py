"""Clocks: stretches that are kept, deadlines that follow from them, ends that are never touched again."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.enums import ClockState, Party, SlaMetric
from tickets.rules.calendars import Period, WorkingTime
from tickets.rules.clocks import Clock, Goal, Situation, Wish, begin, follow, paused, tick, wish_of, worked
from tickets.rules.lifecycle import CLOCK

ALWAYS = WorkingTime("UTC", dict.fromkeys(range(7), (Period(time(0), time(0)),)))
OFFICE = WorkingTime("UTC", dict.fromkeys(range(5), (Period(time(9), time(17)),)))
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
METRIC = SlaMetric.TIME_TO_SCHEDULE


def goal(hours: float = 8, *, calendar: WorkingTime = ALWAYS, stamp: str = "1", warn: int | None = 75) -> Goal:
    return Goal(HOUR * hours, warn, frozenset({"client", "old_bsp", "on_hold"}), calendar, stamp)


def at(hours: float) -> datetime:
    return MONDAY + HOUR * hours


def situation(waiting_on: Party = Party.ONBOARDING, **rest: object) -> Situation:
    values: dict[str, object] = {"waiting_also": frozenset(), "on_hold": False, "ended_since": None, **rest}
    return Situation(waiting_on=waiting_on, **values)  # type: ignore[arg-type]


def test_a_new_clock_is_due_after_its_target_and_warns_before() -> None:
    clock = begin(METRIC, 1, goal(8), now=MONDAY)
    assert (clock.state, clock.due_at, clock.warn_at) == (ClockState.RUNNING, at(8), at(6))
    assert begin(METRIC, 1, goal(8, warn=None), now=MONDAY).warn_at is None


def test_a_pause_moves_the_deadline_by_its_length() -> None:
    clock = begin(METRIC, 1, goal(8), now=MONDAY)
    clock = follow(clock, Wish.PAUSE, goal(8), now=at(2))
    assert (clock.state, clock.due_at, clock.warn_at) == (ClockState.PAUSED, None, None)
    clock = follow(clock, Wish.RUN, goal(8), now=at(5))
    assert (clock.state, clock.due_at, clock.warn_at) == (ClockState.RUNNING, at(11), at(9))
    assert clock.spans == ((MONDAY, at(2)), (at(5), None))


def test_another_target_keeps_the_pauses() -> None:
    clock = begin(METRIC, 1, goal(8), now=MONDAY)
    clock = follow(clock, Wish.PAUSE, goal(8), now=at(2))
    clock = follow(clock, Wish.RUN, goal(8), now=at(5))
    longer = follow(clock, Wish.RUN, goal(20, stamp="2"), now=at(6))
    assert (longer.due_at, longer.stamp) == (at(23), "2")
    # Shorter than what is gone already: missed from now on, not in the past.
    shorter = follow(clock, Wish.RUN, goal(1, stamp="3"), now=at(6))
    assert (shorter.due_at, shorter.state) == (at(6), ClockState.RUNNING)
    assert tick(shorter, now=at(6)).state is ClockState.BREACHED


def test_another_calendar_measures_anew() -> None:
    clock = begin(METRIC, 1, goal(16), now=MONDAY)
    follows = follow(clock, Wish.RUN, goal(16, calendar=OFFICE, stamp="2"), now=at(1))
    assert follows.due_at == datetime(2026, 3, 3, 17, tzinfo=UTC)


def test_a_target_that_grows_while_paused_counts_when_it_runs_again() -> None:
    clock = follow(begin(METRIC, 1, goal(8), now=MONDAY), Wish.PAUSE, goal(8), now=at(7))
    clock = follow(clock, Wish.PAUSE, goal(10, stamp="2"), now=at(8))
    assert clock.due_at is None
    assert follow(clock, Wish.RUN, goal(10, stamp="2"), now=at(20)).due_at == at(23)


def test_time_warns_first_and_misses_then() -> None:
    clock = begin(METRIC, 1, goal(8), now=MONDAY)
    assert tick(clock, now=at(5)) == clock
    warned = tick(clock, now=at(6))
    assert (warned.state, warned.warned_at) == (ClockState.RUNNING, at(6))
    assert tick(warned, now=at(7)) == warned
    missed = tick(warned, now=at(9))
    assert (missed.state, missed.breached_at) == (ClockState.BREACHED, at(8))
    assert tick(missed, now=at(20)) == missed


def test_a_sweep_that_was_away_does_not_warn_of_what_is_missed() -> None:
    assert tick(begin(METRIC, 1, goal(8), now=MONDAY), now=at(30)).warned_at is None


def test_what_is_late_is_missed_before_it_is_met_or_paused() -> None:
    clock = begin(METRIC, 1, goal(8), now=MONDAY)
    met = follow(clock, Wish.MEET, goal(8), now=at(9))
    assert (met.state, met.breached_at, met.met_at, met.ended_at) == (ClockState.BREACHED, at(8), at(9), at(9))
    waiting = follow(clock, Wish.PAUSE, goal(8), now=at(9))
    assert (waiting.state, waiting.ticking) == (ClockState.BREACHED, False)


def test_a_missed_target_keeps_its_deadline_whatever_the_policy_says_then() -> None:
    missed = tick(begin(METRIC, 1, goal(8), now=MONDAY), now=at(9))
    after = follow(missed, Wish.RUN, goal(80, stamp="2"), now=at(10))
    assert (after.state, after.due_at, after.breached_at) == (ClockState.BREACHED, at(8), at(8))


def test_without_a_target_a_clock_stops() -> None:
    stopped = follow(begin(METRIC, 1, goal(8), now=MONDAY), Wish.RUN, None, now=at(1))
    assert (stopped.state, stopped.ended_at, stopped.met_at) == (ClockState.STOPPED, at(1), None)


@pytest.mark.parametrize(
    ("where", "stands"),
    [
        (situation(Party.CLIENT), True),
        (situation(Party.OLD_BSP), True),
        (situation(Party.META), False),  # not among what this policy pauses on
        (situation(Party.ONBOARDING), False),
        (situation(Party.CLIENT, waiting_also={"onboarding"}), False),  # we owe something too
        (situation(Party.ONBOARDING, on_hold=True), True),
    ],
)
def test_a_clock_stands_still_while_only_others_have_the_move(where: Situation, stands: bool) -> None:
    assert paused(where, goal().pauses_on) is stands
    assert wish_of(METRIC, None, goal(), where) is (Wish.PAUSE if stands else Wish.RUN)


@pytest.mark.parametrize(
    ("where", "wish"),
    [
        (situation(our_turn=True), Wish.RUN),
        (situation(our_turn=False), Wish.MEET),
        (situation(our_turn=None), None),
        (situation(our_turn=True, on_hold=True), Wish.PAUSE),
        (situation(our_turn=True, ended_since=MONDAY), Wish.STOP),
    ],
)
def test_our_turn_is_met_by_giving_it_away(where: Situation, wish: Wish | None) -> None:
    assert wish_of(SlaMetric.REQUIREMENT_TURNAROUND, None, goal(), where) is wish


def test_what_is_reached_is_met_even_at_the_end_and_what_never_applies_stops() -> None:
    ended = situation(reached={METRIC}, ended_since=MONDAY)
    assert wish_of(METRIC, None, goal(), ended) is Wish.MEET
    assert wish_of(METRIC, None, goal(), situation(not_applicable={METRIC}, reached={METRIC})) is Wish.STOP


def test_an_answer_never_waits_and_what_is_asked_after_the_end_stays_open() -> None:
    metric = SlaMetric.FIRST_RESPONSE
    clock = begin(metric, 1, goal(), now=MONDAY)
    assert wish_of(metric, clock, goal(), situation(Party.CLIENT, on_hold=True)) is None
    assert wish_of(metric, clock, goal(), situation(ended_since=at(1))) is Wish.STOP
    assert wish_of(metric, clock, goal(), situation(ended_since=at(-1))) is None


# Properties -----------------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from([Wish.RUN, Wish.PAUSE, None]),
        st.sampled_from([goal(8), goal(8, calendar=OFFICE, stamp="2"), goal(3, stamp="3")]),
        st.timedeltas(timedelta(), timedelta(hours=9)),
    ),
    max_size=12,
)


def walked(steps: list[tuple[Wish | None, Goal, timedelta]]) -> list[tuple[Clock, datetime]]:
    now = MONDAY
    found = [(begin(METRIC, 1, goal(8), now=now), now)]
    for wish, target, later in steps:
        now += later
        found.append((follow(found[-1][0], wish, target, now=now), now))
    return found


@given(STEPS)
def test_spans_are_in_order_and_only_the_last_may_be_open(steps: list[tuple[Wish | None, Goal, timedelta]]) -> None:
    for clock, now in walked(steps):
        moments = [moment for span in clock.spans for moment in span if moment is not None]
        assert moments == sorted(moments)
        assert all(end is not None for _start, end in clock.spans[:-1])
        assert not moments or moments[-1] <= now


@given(STEPS)
def test_a_running_clock_is_never_due_in_the_past_and_a_paused_one_never_due(
    steps: list[tuple[Wish | None, Goal, timedelta]],
) -> None:
    for (before, _then), (clock, now) in pairwise(walked(steps)):
        assert CLOCK.allows(before.state, clock.state) or before.state is clock.state
        if clock.state is ClockState.RUNNING:
            assert clock.due_at is not None
            assert clock.due_at >= now
        if clock.state is ClockState.PAUSED:
            assert clock.due_at is None


@given(STEPS)
def test_history_is_never_rewritten(steps: list[tuple[Wish | None, Goal, timedelta]]) -> None:
    """Stretches that have ended stay, and so does the moment at which a target was missed."""
    found = [clock for clock, _now in walked(steps)]
    for before, after in pairwise(found):
        ended = [span for span in before.spans if span[1] is not None]
        assert list(after.spans[: len(ended)]) == ended
        assert before.breached_at in {None, after.breached_at}


@given(STEPS)
def test_the_target_is_reached_exactly_when_its_time_is_worked(
    steps: list[tuple[Wish | None, Goal, timedelta]],
) -> None:
    """With one goal all along, the deadline is where the worked time, pauses left out, adds up to the target."""
    same = [(wish, goal(8), later) for wish, _goal, later in steps]
    for clock, _now in walked(same):
        if clock.state is ClockState.RUNNING:
            assert clock.due_at is not None
            ended = replace(clock, spans=(*clock.spans[:-1], (clock.spans[-1][0], clock.due_at)))
            assert worked(ended, ALWAYS) == 8 * HOUR
