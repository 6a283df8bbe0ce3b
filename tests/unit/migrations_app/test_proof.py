"""Claims tried at Meta: each condition on both sides, when the next try comes, what a refusal means."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import NumberState, RequirementState, Stage
from migrations_app.enums.proofs import ProofOccasion, ProofState
from migrations_app.rules.proof import (
    HOLDS,
    LAST,
    REST,
    STUMBLED_OVER,
    TRIES,
    WINDOW,
    Meaning,
    NextTry,
    PastTry,
    TryFacts,
    WhyNot,
    claim_began,
    is_final,
    meaning_of,
    next_again,
    next_try,
    why_not,
    window_opens,
)
from providers.meta.error_texts import ERROR_TEXTS

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CLAIM, AGAIN, AGENT, CALL = ProofOccasion.CLAIM, ProofOccasion.AGAIN, ProofOccasion.AGENT, ProofOccasion.CALL
MET, UNMET, CLAIMED = RequirementState.MET, RequirementState.UNMET, RequirementState.CLAIMED


def test_a_claim_is_tried_where_everything_is_in_place() -> None:
    assert why_not(TryFacts(), CLAIM) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"by_api": False}, WhyNot.NOT_BY_API),
        ({"account": False}, WhyNot.NO_ACCOUNT),
        ({"token": False}, WhyNot.NO_TOKEN),
        ({"payment": False}, WhyNot.NO_PAYMENT),
        ({"app": False}, WhyNot.NO_APP),
        ({"queue_allows": False}, WhyNot.QUEUE),
        ({"stage": Stage.TRIAGE}, WhyNot.CASE),
        ({"stage": Stage.CANCELLED}, WhyNot.CASE),
        ({"stage": Stage.VERIFYING}, WhyNot.CASE),
        ({"stage": Stage.IN_CALL}, WhyNot.IN_CALL),
        ({"on_hold": True}, WhyNot.ON_HOLD),
        ({"number": NumberState.CODE_REQUESTED}, WhyNot.NUMBER),
        ({"number": NumberState.LIVE}, WhyNot.NUMBER),
        ({"number": NumberState.COOLING_DOWN}, WhyNot.NUMBER),
        ({"two_step": None}, WhyNot.NOT_CLAIMED),
        ({"two_step": UNMET}, WhyNot.NOT_CLAIMED),
        ({"two_step": RequirementState.REQUESTED}, WhyNot.NOT_CLAIMED),
        ({"two_step": RequirementState.WAIVED}, WhyNot.NOT_CLAIMED),
        ({"under_way": True}, WhyNot.UNDER_WAY),
        ({"tries_in_window": TRIES}, WhyNot.LIMIT),
    ],
)
def test_each_condition_alone_keeps_a_claim_from_being_tried(change: dict[str, Any], reason: WhyNot) -> None:
    assert why_not(replace(TryFacts(), **change), CLAIM) is reason


@pytest.mark.parametrize(
    "change",
    [
        {"stage": Stage.READY},
        {"stage": Stage.SCHEDULED},
        {"number": NumberState.INITIATED},
        {"tries_in_window": TRIES - 1},
    ],
)
def test_the_other_side_of_each_condition(change: dict[str, Any]) -> None:
    assert why_not(replace(TryFacts(), **change), CLAIM) is None


@pytest.mark.parametrize(
    ("occasion", "tried"),
    [
        (CLAIM, {CLAIMED}),
        (AGAIN, {MET}),
        (CALL, {CLAIMED, MET}),
        (AGENT, set(RequirementState) - {RequirementState.WAIVED}),
    ],
)
def test_what_is_tried_on_which_occasion(occasion: ProofOccasion, tried: set[RequirementState]) -> None:
    assert {state for state in RequirementState if why_not(TryFacts(two_step=state), occasion) is None} == tried


def past(state: ProofState, try_no: int = 1, *, began: datetime = NOW, ended: datetime = NOW, **more: bool) -> PastTry:
    return PastTry(state, try_no, began, ended, **more)


@pytest.mark.parametrize("state", [ProofState.STILL_ON, ProofState.UNANSWERED, ProofState.POSTPONED])
def test_a_round_is_tried_again_after_10_and_30_minutes_and_2_hours(state: ProofState) -> None:
    assert [next_try(past(state, number), now=NOW) for number in (1, 2, 3)] == [
        NextTry(NOW + 10 * MINUTE, 2, NOW),
        NextTry(NOW + 30 * MINUTE, 3, NOW),
        NextTry(NOW + 2 * HOUR, 4, NOW),
    ]


def test_three_tries_fill_the_day_so_the_fourth_waits_for_the_first_to_be_a_day_old() -> None:
    tries = [NOW, NOW + 10 * MINUTE, NOW + 30 * MINUTE]
    wanted = next_try(past(ProofState.STILL_ON, 3, ended=tries[-1]), now=tries[-1])
    assert wanted is not None
    assert window_opens(tries, now=wanted.due) == NOW + WINDOW
    assert window_opens(tries[:2], now=tries[-1]) == tries[-1]


@given(st.lists(st.integers(0, 3000), max_size=12), st.integers(0, 3000))
def test_no_window_ever_holds_more_than_three_tries(minutes: list[int], wish: int) -> None:
    tries: list[datetime] = []
    for minute in sorted(minutes):
        moment = window_opens(tries, now=max([NOW + minute * MINUTE, *tries]))
        tries.append(moment)
    tries.append(window_opens(tries, now=max([NOW + wish * MINUTE, *tries])))
    for last in tries:
        assert len([moment for moment in tries if last - WINDOW < moment <= last]) <= TRIES


def test_what_follows_a_round_depends_on_what_it_brought() -> None:
    assert next_try(None, now=NOW) == NextTry(NOW)
    assert next_try(past(ProofState.ACCEPTED), now=NOW) is None
    assert next_try(past(ProofState.STILL_ON, LAST), now=NOW) is None
    assert next_try(past(ProofState.UNANSWERED, LAST), now=NOW) == NextTry(NOW + REST)
    assert next_try(past(ProofState.REFUSED), now=NOW) is None
    assert next_try(past(ProofState.REFUSED, cleared=True), now=NOW) == NextTry(NOW)


def test_a_late_sweep_tries_at_once_and_a_lost_try_is_looked_for_at_once() -> None:
    later = NOW + HOUR
    assert next_try(past(ProofState.STILL_ON), now=later) == NextTry(later, 2, NOW)
    assert next_try(past(ProofState.UNANSWERED, 2, lost=True), now=later) == NextTry(later, 2, NOW)


def test_a_proof_is_made_anew_after_72_hours_and_silence_is_tried_again_like_any_other() -> None:
    assert next_again(NOW, None, now=NOW) == NextTry(NOW + HOLDS)
    assert next_again(NOW, past(ProofState.ACCEPTED), now=NOW + HOUR) == NextTry(NOW + HOLDS)
    then = NOW + HOLDS
    silent = past(ProofState.UNANSWERED, began=then, ended=then)
    assert next_again(NOW, silent, now=then) == NextTry(then + 10 * MINUTE, 2, then)
    assert next_again(NOW, past(ProofState.REFUSED, ended=then), now=then) == NextTry(then + HOLDS)


@pytest.mark.parametrize(
    ("occasion", "state", "try_no", "final"),
    [
        (CLAIM, CLAIMED, 1, False),
        (CLAIM, CLAIMED, LAST - 1, False),
        (CLAIM, CLAIMED, LAST, True),
        (AGENT, CLAIMED, 1, False),
        (AGENT, UNMET, LAST, False),
        (AGAIN, MET, 1, True),
        (AGENT, MET, 1, True),
        (CALL, CLAIMED, 1, True),
    ],
)
def test_when_a_refusal_opens_the_requirement(
    occasion: ProofOccasion, state: RequirementState, try_no: int, final: bool
) -> None:
    assert is_final(occasion, state, try_no) is final


def test_every_error_of_the_catalogue_has_a_meaning_and_only_one_is_about_two_step_verification() -> None:
    assert {key for key in ERROR_TEXTS if meaning_of(key) is Meaning.STILL_ON} == {"two_step_enabled"}
    assert {key for key in ERROR_TEXTS if meaning_of(key) is Meaning.REQUIREMENT} == set(STUMBLED_OVER)
    assert {key for key in ERROR_TEXTS if meaning_of(key) is Meaning.OURS} == {"rate_limited", "token_invalid"}
    for key in ("different_business", "number_is_free", "number_cap_exceeded", "waba_restricted", "unknown"):
        assert meaning_of(key) is Meaning.PERSON
    assert meaning_of("something new") is Meaning.PERSON
    assert set(STUMBLED_OVER) <= set(ERROR_TEXTS)


def test_what_is_added_to_a_claim_does_not_make_it_a_new_one() -> None:
    first, better = {"at": "1", "verdict": "pending"}, {"at": "2"}
    assert claim_began(None, []) == ""
    assert claim_began({"at": "1"}, []) == "1"
    assert claim_began(better, [first]) == "1"
    assert claim_began({"at": "3"}, [{"at": "1", "verdict": "refused"}, {"at": "2", "verdict": "pending"}]) == "2"
    assert claim_began({"at": "2"}, [{"at": "1", "verdict": "refused"}]) == "2"
