"""Where a case stands: a total function whose answer always makes sense."""

from dataclasses import replace
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import Blocks, NumberState, RequirementCode, RequirementState, Stage
from migrations_app.rules.progress import (
    ENDED,
    CaseFacts,
    NumberFacts,
    RequirementFacts,
    blocking,
    numbers_without_call,
    party_of,
    position,
    schedulable_numbers,
    waits_for_us,
)
from migrations_app.rules.requirements import CATALOGUE
from tickets.enums import OPEN_STATUSES, Party, TicketStatus

Code: TypeAlias = RequirementCode
State: TypeAlias = RequirementState
N: TypeAlias = NumberState


@st.composite
def cases(draw: st.DrawFn) -> CaseFacts:
    numbers = tuple(
        NumberFacts(place, draw(st.sampled_from(list(N)))) for place in range(1, draw(st.integers(0, 3)) + 1)
    )
    requirements = []
    for code in draw(st.sets(st.sampled_from(list(Code)), max_size=6)):
        kind = CATALOGUE[code]
        for number_id in [number.id for number in numbers] if kind.per_number else [None]:
            state = draw(st.sampled_from(list(State)))
            refused = state is State.UNMET and draw(st.booleans())
            requirements.append(RequirementFacts(code, kind.owner, kind.blocks, state, number_id, refused))
    return CaseFacts(
        stage=draw(st.sampled_from(list(Stage))),
        in_triage=draw(st.booleans()),
        call_booked=draw(st.booleans()),
        call_started=draw(st.booleans()),
        in_call=draw(st.sets(st.integers(1, 3)).map(frozenset)),
        reviews_claims=draw(st.booleans()),
        verification_pending=draw(st.booleans()),
        chase_exhausted=draw(st.booleans()),
        tried=draw(st.sets(st.integers(1, 3)).map(frozenset)),
        contested=draw(st.sets(st.integers(1, 3)).map(frozenset)),
        requirements=tuple(requirements),
        numbers=numbers,
    )


@given(cases())
def test_who_has_a_call_and_numbers_without_one_is_asked_for_a_further_call(case: CaseFacts) -> None:
    where = position(case)
    if where.stage == Stage.SCHEDULED:
        rest = numbers_without_call(case)
        assert set(rest) == set(schedulable_numbers(case)) - case.in_call
        assert (where.next_action == "book_call", where.party == Party.CLIENT) == (bool(rest), True) or not rest


@given(cases())
def test_every_case_stands_somewhere_and_an_open_ticket_waits_on_somebody(case: CaseFacts) -> None:
    where = position(case)
    if where.status in OPEN_STATUSES:
        assert where.party != Party.NOBODY
    if where.stage in ENDED:
        assert (where.stage, where.party, where.also) == (case.stage, Party.NOBODY, ())
    assert where.party not in where.also
    assert len(set(where.also)) == len(where.also)


@given(cases())
def test_standing_somewhere_changes_nothing(case: CaseFacts) -> None:
    """Settling twice is settling once: the stage that the facts give is a fixed point."""
    once = position(case)
    again = position(replace(case, stage=once.stage))
    assert again == once


@given(cases())
def test_what_blocks_scheduling_blocks_starting_too(case: CaseFacts) -> None:
    assert set(blocking(case, Blocks.SCHEDULE)) <= set(blocking(case, Blocks.START))


@given(cases(), st.data())
def test_meeting_a_requirement_never_blocks_anything_more(case: CaseFacts, data: st.DataObject) -> None:
    if not case.requirements:
        return
    place = data.draw(st.integers(0, len(case.requirements) - 1))
    met = list(case.requirements)
    met[place] = replace(met[place], state=State.MET)
    better = replace(case, requirements=tuple(met))
    for transition in (Blocks.SCHEDULE, Blocks.START, Blocks.RESOLVE):
        assert set(blocking(better, transition)) <= set(blocking(case, transition))
    assert set(schedulable_numbers(case)) <= set(schedulable_numbers(better))


@given(cases())
def test_a_number_that_can_be_scheduled_is_still_to_move_and_clear(case: CaseFacts) -> None:
    states = {number.id: number.state for number in case.numbers}
    for number in schedulable_numbers(case):
        assert states[number] not in {N.LIVE, N.SKIPPED, N.REGISTERED, N.COOLING_DOWN}
        assert not blocking(case, Blocks.SCHEDULE, number_ids=[number])


@given(cases())
def test_a_ready_case_has_a_number_to_book_or_one_that_cools_down(case: CaseFacts) -> None:
    where = position(case)
    if where.stage == Stage.READY:
        cooling = any(number.state == N.COOLING_DOWN for number in case.numbers)
        assert schedulable_numbers(case) or cooling
        mover = Party.ONBOARDING if waits_for_us(case) else Party.CLIENT
        assert where.party == (mover if schedulable_numbers(case) else Party.META)


def facts(*states: N, requirements: tuple[RequirementFacts, ...] = (), **changes: object) -> CaseFacts:
    numbers = tuple(NumberFacts(place, state) for place, state in enumerate(states, start=1))
    case = CaseFacts(stage=Stage.TRIAGE, numbers=numbers, requirements=requirements)
    return replace(case, **changes)  # type: ignore[arg-type]


def needs(code: Code, state: State = State.UNMET, number: int | None = None) -> RequirementFacts:
    return RequirementFacts(code, CATALOGUE[code].owner, CATALOGUE[code].blocks, state, number)


def test_what_meta_refuses_for_something_of_ours_makes_it_our_turn_before_a_call() -> None:
    payment = replace(needs(Code.DESTINATION_PAYMENT), refused=True)
    where = position(facts(N.PENDING, requirements=(payment,)))
    assert (where.stage, where.status, where.party) == (Stage.READY, TicketStatus.OPEN, Party.ONBOARDING)
    assert where.next_action == "mend_destination"
    also = position(facts(N.PENDING, requirements=(payment, needs(Code.WABA_ID)))).also
    assert also == (Party.ONBOARDING,)
    by_itself = position(facts(N.PENDING, requirements=(replace(payment, refused=False),)))
    assert (by_itself.party, by_itself.next_action) == (Party.CLIENT, "book_call"), "it blocks the start alone"


def test_nobody_is_urged_to_book_while_meta_denies_the_claim() -> None:
    where = position(facts(N.PENDING, contested=frozenset({1})))
    assert (where.stage, where.party, where.next_action) == (Stage.READY, Party.CLIENT, "check_two_step")


TEST = needs(Code.SEND_RECEIVE_TEST)


@pytest.mark.parametrize(
    ("case", "stage", "status", "party"),
    [
        (facts(N.PENDING, in_triage=True), Stage.TRIAGE, TicketStatus.OPEN, Party.ONBOARDING),
        (facts(N.PENDING), Stage.READY, TicketStatus.WAITING, Party.CLIENT),
        (facts(N.PENDING, requirements=(needs(Code.WABA_ID),)), Stage.REQUIREMENTS, TicketStatus.WAITING, Party.CLIENT),
        (
            facts(N.PENDING, requirements=(needs(Code.WABA_ID, State.FAILED),)),
            Stage.REQUIREMENTS,
            TicketStatus.OPEN,
            Party.ONBOARDING,
        ),
        (
            facts(N.PENDING, call_booked=True, in_call=frozenset({1})),
            Stage.SCHEDULED,
            TicketStatus.SCHEDULED,
            Party.ONBOARDING,
        ),
        (
            facts(N.PENDING, N.PENDING, call_booked=True, in_call=frozenset({1})),
            Stage.SCHEDULED,
            TicketStatus.SCHEDULED,
            Party.CLIENT,
        ),
        (
            facts(N.PENDING, call_booked=True, call_started=True),
            Stage.IN_CALL,
            TicketStatus.IN_PROGRESS,
            Party.ONBOARDING,
        ),
        (facts(N.COOLING_DOWN), Stage.READY, TicketStatus.WAITING, Party.META),
        (facts(N.COOLING_DOWN, N.LIVE), Stage.READY, TicketStatus.WAITING, Party.META),
        (facts(N.COOLING_DOWN, N.PENDING), Stage.READY, TicketStatus.WAITING, Party.CLIENT),
        (facts(N.FAILED), Stage.READY, TicketStatus.WAITING, Party.CLIENT),
        (facts(N.SKIPPED), Stage.REQUIREMENTS, TicketStatus.OPEN, Party.ONBOARDING),
        (facts(), Stage.REQUIREMENTS, TicketStatus.OPEN, Party.ONBOARDING),
        (facts(N.LIVE, N.SKIPPED, requirements=(TEST,)), Stage.VERIFYING, TicketStatus.IN_PROGRESS, Party.ONBOARDING),
        (facts(N.REGISTERED), Stage.VERIFYING, TicketStatus.IN_PROGRESS, Party.ONBOARDING),
        (facts(N.REGISTERED, N.PENDING), Stage.READY, TicketStatus.WAITING, Party.CLIENT),
        (facts(N.LIVE), Stage.CLOSING, TicketStatus.RESOLVED, Party.NOBODY),
        (
            facts(N.LIVE, requirements=(needs(Code.OLD_CONTRACT_CANCELLED),)),
            Stage.CLOSING,
            TicketStatus.RESOLVED,
            Party.CLIENT,
        ),
    ],
)
def test_where_a_case_stands(case: CaseFacts, stage: Stage, status: TicketStatus, party: Party) -> None:
    where = position(case)
    assert (where.stage, where.status, where.party) == (stage, status, party)


TWO = Code.TWO_STEP_DISABLED


@pytest.mark.parametrize(
    ("requirement", "pending", "party"),
    [
        (needs(TWO), False, Party.CLIENT),
        (needs(TWO, State.REQUESTED), False, Party.OLD_BSP),
        (needs(TWO, State.CLAIMED), False, Party.ONBOARDING),
        (needs(TWO, State.FAILED), False, Party.ONBOARDING),
        (needs(Code.BUSINESS_VERIFIED), False, Party.CLIENT),
        (needs(Code.BUSINESS_VERIFIED), True, Party.META),
        (needs(Code.ACCOUNT_APPROVED), False, Party.META),
        (needs(Code.ACCOUNT_APPROVED, State.REQUESTED), False, Party.META),
        (needs(Code.SEND_RECEIVE_TEST), False, Party.ONBOARDING),
    ],
)
def test_whom_we_wait_for_next(requirement: RequirementFacts, pending: bool, party: Party) -> None:
    assert party_of(requirement, facts(verification_pending=pending)) == party


def test_one_clear_number_suffices_and_a_requirement_of_the_case_stops_all() -> None:
    mine = (needs(TWO, number=1), needs(TWO, State.CLAIMED, 2))
    assert schedulable_numbers(facts(N.PENDING, N.PENDING, requirements=mine)) == (2,)
    all_stopped = facts(N.PENDING, N.PENDING, requirements=(*mine, needs(Code.WABA_ID)))
    assert schedulable_numbers(all_stopped) == ()
    assert schedulable_numbers(facts(N.PENDING, N.PENDING, requirements=mine, reviews_claims=True)) == ()


def test_after_a_ladder_without_answer_a_person_is_asked_too() -> None:
    case = facts(N.PENDING, requirements=(needs(TWO, number=1),), chase_exhausted=True)
    assert position(case).also == (Party.ONBOARDING,)


def test_while_a_claim_is_tried_meta_has_the_move_else_the_desk_that_reviews_it() -> None:
    mine = (needs(TWO, State.CLAIMED, 1),)
    case = facts(N.PENDING, requirements=mine, reviews_claims=True)
    assert position(case).party == Party.ONBOARDING
    assert position(replace(case, tried=frozenset({1}))).party == Party.META
    assert position(replace(case, tried=frozenset({2}))).party == Party.ONBOARDING
