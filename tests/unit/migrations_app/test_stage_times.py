"""How long a case was in each stage, however often it came back."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.stage_times import StageTimes, first_entered, moved, seconds_in

START = datetime(2026, 3, 2, 15, tzinfo=UTC)
STAGES = ("triage", "requirements", "ready", "scheduled")


@given(st.lists(st.tuples(st.sampled_from(STAGES), st.integers(0, 100_000)), max_size=12))
def test_all_stretches_together_are_the_whole_time(walk: list[tuple[str, int]]) -> None:
    times: StageTimes = {}
    stage, since, now = "triage", START, START
    entered = {"triage": START}
    for following, seconds in walk:
        now += timedelta(seconds=seconds)
        if following == stage:
            continue
        times = moved(times, old=stage, since=since, new=following, now=now)
        stage, since = following, now
        entered.setdefault(stage, now)
    total = sum(seconds_in(times, each, present=stage, since=since, at=now) or 0 for each in STAGES)
    assert total == int((now - START).total_seconds())
    for each in STAGES:
        assert first_entered(times, each, present=stage, since=since) == entered.get(each)


def test_a_stage_that_was_never_entered_has_no_time() -> None:
    assert seconds_in({}, "ready", present="triage", since=START, at=START) is None
    assert first_entered({}, "ready", present="triage", since=START) is None
    assert seconds_in({}, "triage", present="triage", since=START, at=START + timedelta(minutes=1)) == 60
