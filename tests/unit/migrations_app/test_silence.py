"""How long a silent client is waited for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import Stage
from migrations_app.rules.silence import WAITING, Due, EndedLadder, Patience, SilenceFacts, SilenceStep, next_due

T0 = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PATIENCE = Patience(ladder_days=5, let_go_days=7, abandoned_days=45, draft_days=90)


def day(number: float) -> datetime:
    return T0 + timedelta(days=number)


def ladder(count: int = 1, *, began: float = 0, ended: float = 10) -> EndedLadder:
    return EndedLadder(chase_id=7, round=count, began_at=day(began), ended_at=day(ended))


def due(
    stage: Stage = Stage.REQUIREMENTS, *, seen: float = 0, ladders: tuple[EndedLadder, ...] = (), **more: object
) -> Due:
    found = next_due(SilenceFacts(stage=stage, seen_at=day(seen), ladders=ladders, **more), PATIENCE)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize("stage", sorted(set(Stage) - WAITING))
def test_nobody_is_let_go_in_or_after_a_call(stage: Stage) -> None:
    assert next_due(SilenceFacts(stage=stage, seen_at=T0, ladders=(ladder(2),)), PATIENCE) is None


@pytest.mark.parametrize("stage", sorted(WAITING))
def test_nothing_counts_while_the_ticket_is_on_hold(stage: Stage) -> None:
    assert next_due(SilenceFacts(stage=stage, seen_at=T0, on_hold=True, let_go_at=day(1)), PATIENCE) is None


@pytest.mark.parametrize("stage", sorted(WAITING))
def test_an_abandoned_ticket_is_warned_after_a_month_and_a_half(stage: Stage) -> None:
    assert due(stage) == Due(SilenceStep.WARN, day(45))


def test_a_draft_has_three_months() -> None:
    assert due(Stage.TRIAGE, draft=True) == Due(SilenceStep.WARN, day(90))


def test_who_waits_for_a_promise_of_the_old_bsp_is_not_abandoned() -> None:
    assert due(promised_for=day(60)).at == day(60)
    assert due(promised_for=day(20)).at == day(45)


def test_who_asked_to_be_left_alone_is_not_let_go_by_itself() -> None:
    assert due(left_alone=True, ladders=(ladder(2),)) == Due(SilenceStep.TELL_DESK, day(45))


def test_the_ladder_is_climbed_a_second_time_after_a_pause() -> None:
    assert due(ladders=(ladder(),)) == Due(SilenceStep.NEXT_LADDER, day(15), 7, 2)


def test_after_the_second_silent_ladder_the_client_is_warned_at_once() -> None:
    assert due(ladders=(ladder(2, began=15, ended=25),)) == Due(SilenceStep.WARN, day(25))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_sign_of_life_during_a_ladder_begins_the_count_again(count: int) -> None:
    assert due(seen=12, ladders=(ladder(count, began=0, ended=10),)) == Due(SilenceStep.NEXT_LADDER, day(17), 7, 1)
    assert due(seen=3, ladders=(ladder(count, began=0, ended=10),)) == Due(SilenceStep.NEXT_LADDER, day(15), 7, 1)


def test_of_two_chases_the_more_urgent_one_decides() -> None:
    found = due(ladders=(ladder(1, ended=30), ladder(2, began=15, ended=25)))
    assert found == Due(SilenceStep.WARN, day(25))


def test_a_ticket_that_is_partly_moved_is_left_to_the_desk() -> None:
    assert due(partly_moved=True).step is SilenceStep.TELL_DESK
    assert due(partly_moved=True, ladders=(ladder(2),)).step is SilenceStep.TELL_DESK


def test_once_warned_only_the_date_counts() -> None:
    assert due(let_go_at=day(52), ladders=(ladder(1),)) == Due(SilenceStep.LET_GO, day(52))


days = st.floats(min_value=0, max_value=200)


@st.composite
def facts(draw: st.DrawFn) -> SilenceFacts:
    ends = draw(st.lists(st.tuples(st.integers(1, 4), days, days), max_size=3))
    return SilenceFacts(
        stage=draw(st.sampled_from(sorted(WAITING))),
        seen_at=day(draw(days)),
        draft=draw(st.booleans()),
        partly_moved=draw(st.booleans()),
        promised_for=draw(st.none() | days.map(day)),
        ladders=tuple(
            EndedLadder(place, count, day(min(a, b)), day(max(a, b))) for place, (count, a, b) in enumerate(ends)
        ),
    )


@given(facts())
def test_nobody_is_let_go_without_a_warning_and_a_partly_moved_ticket_is_never_warned(known: SilenceFacts) -> None:
    found = next_due(known, PATIENCE)
    assert found is not None
    assert found.step is not SilenceStep.LET_GO
    assert not (known.partly_moved and found.step is SilenceStep.WARN)


@given(facts(), days)
def test_hearing_of_the_client_never_hastens_the_end(known: SilenceFacts, more: float) -> None:
    """What ends our patience comes at least as late when the client was heard of later."""
    later = SilenceFacts(**{**vars(known), "seen_at": known.seen_at + timedelta(days=more)})
    first, second = next_due(known, PATIENCE), next_due(later, PATIENCE)
    assert first is not None
    assert second is not None
    ends = {SilenceStep.WARN, SilenceStep.TELL_DESK}
    if first.step in ends and second.step in ends:
        assert second.at >= first.at


@given(facts())
def test_an_end_needs_two_silent_ladders_or_the_whole_time(known: SilenceFacts) -> None:
    found = next_due(known, PATIENCE)
    assert found is not None
    if found.step in {SilenceStep.WARN, SilenceStep.TELL_DESK}:
        days_of = PATIENCE.draft_days if known.draft else PATIENCE.abandoned_days
        by_ladders = any(end.round >= 2 and known.seen_at <= end.began_at for end in known.ladders)
        assert by_ladders or found.at >= known.seen_at + timedelta(days=days_of)
