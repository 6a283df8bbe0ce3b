"""Moves without a call: what they ask for, where such a case stands, and the days on which an account can change its partner."""

from dataclasses import replace
from datetime import date, timedelta
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import (
    Blocks,
    BusinessVerification,
    ConnectionStatus,
    Execution,
    Flow,
    Hosting,
    NumberState,
    RequirementCode,
    RequirementState,
    Stage,
)
from migrations_app.enums.ladders import Demand
from migrations_app.rules.credit_line import may_share, next_sharing_day, sending_resumes
from migrations_app.rules.facts import Answers, DestinationFacts, NumberAnswers
from migrations_app.rules.flows import plan_of
from migrations_app.rules.playbooks import OCCASIONS, occasion_of, stage_progress
from migrations_app.rules.progress import CaseFacts, NumberFacts, RequirementFacts, position, schedulable_numbers
from migrations_app.rules.requirements import CATALOGUE, SOFT_CODES, codes_for, derive
from tests.unit.migrations_app.test_progress import cases
from tickets.enums import Party, TicketStatus

Code: TypeAlias = RequirementCode
State: TypeAlias = RequirementState

NO_CALL = [flow for flow in Flow if not plan_of(flow, Execution.GRAPH_API).call]
NEVER = {Code.TWO_STEP_DISABLED, Code.TWO_STEP_REENABLED, Code.OTP_CHANNEL, Code.OTP_CONTACT}
ANSWERS = Answers(
    business_verification=BusinessVerification.VERIFIED,
    hosting=Hosting.CLOUD_API,
    connection_status=ConnectionStatus.CONNECTED,
    numbers=(NumberAnswers("+5511987654321"),),
)
EVERYTHING = DestinationFacts(requirements=tuple(Code.values))


# What is asked


@pytest.mark.parametrize("flow", NO_CALL)
def test_a_move_without_a_call_never_asks_for_two_step_off_or_a_code_line(flow: Flow) -> None:
    assert NEVER & codes_for(flow, EVERYTHING) == set()
    careless = replace(EVERYTHING, flow_requirements={flow: tuple(Code.values)})
    assert {row.code for row in derive(ANSWERS, careless, flow)} == set(CATALOGUE) - NEVER


def test_a_flow_has_a_list_of_its_own_and_else_takes_what_suits_it() -> None:
    own = replace(EVERYTHING, flow_requirements={"waba_switch": ("waba_id", "campaigns_paused")})
    assert codes_for(Flow.WABA_SWITCH, own) == {Code.WABA_ID, Code.CAMPAIGNS_PAUSED}
    assert codes_for(Flow.HOSTING_CHANGE, own) == set(CATALOGUE) - NEVER
    assert codes_for(Flow.NUMBER_BY_API, own) == set(CATALOGUE)


def test_a_multi_partner_move_by_embedded_signup_asks_like_a_move_of_numbers() -> None:
    popup = replace(EVERYTHING, execution=Execution.EMBEDDED_SIGNUP, flow_requirements={"multi_partner": ("waba_id",)})
    assert codes_for(Flow.MULTI_PARTNER, popup) == set(CATALOGUE)
    assert codes_for(Flow.MULTI_PARTNER, replace(popup, execution=Execution.GRAPH_API)) == {Code.WABA_ID}


@pytest.mark.parametrize("code", SOFT_CODES)
def test_a_soft_requirement_blocks_only_where_the_playbook_says_so(code: Code) -> None:
    def blocks(destination: DestinationFacts) -> Blocks:
        return next(row.blocks for row in derive(ANSWERS, destination, Flow.NUMBER_BY_API) if row.code == code)

    assert blocks(EVERYTHING) == Blocks.NOTHING
    assert blocks(replace(EVERYTHING, blocking={code.value: "schedule"})) == Blocks.SCHEDULE


@pytest.mark.parametrize(("held", "state"), [(True, State.MET), (False, State.UNMET)])
def test_an_account_of_ours_is_ready_and_any_other_is_asked_for(held: bool, state: State) -> None:
    rows = derive(ANSWERS, replace(EVERYTHING, account_held=held), Flow.NUMBER_BY_API)
    assert next(row.state for row in rows if row.code == Code.DESTINATION_ACCOUNT_READY) == state


# Where the case stands


def facts(flow: Flow, *states: NumberState, open_codes: tuple[Code, ...] = ()) -> CaseFacts:
    rows = tuple(
        RequirementFacts(code, CATALOGUE[code].owner, CATALOGUE[code].blocks, State.UNMET) for code in open_codes
    )
    return CaseFacts(
        stage=Stage.REQUIREMENTS,
        plan=plan_of(flow, Execution.GRAPH_API),
        numbers=tuple(NumberFacts(place, state) for place, state in enumerate(states, start=1)),
        requirements=rows,
    )


@pytest.mark.parametrize(
    ("flow", "status", "party", "action"),
    [
        (Flow.WABA_SWITCH, TicketStatus.WAITING, Party.CLIENT, "switch_waba"),
        (Flow.MULTI_PARTNER, TicketStatus.WAITING, Party.CLIENT, "accept_solution"),
        (Flow.HOSTING_CHANGE, TicketStatus.OPEN, Party.ONBOARDING, "change_hosting"),
        (Flow.BUSINESS_APP_COEXISTENCE, TicketStatus.WAITING, Party.CLIENT, "connect_app"),
    ],
)
def test_a_case_without_a_call_is_ready_for_the_step_that_moves_it(
    flow: Flow, status: TicketStatus, party: Party, action: str
) -> None:
    case = facts(flow, NumberState.PENDING)
    where = position(case)
    assert (where.stage, where.status, where.party, where.next_action) == (Stage.READY, status, party, action)
    assert schedulable_numbers(case) == ()


def test_what_would_block_the_start_of_a_call_blocks_a_move_without_one() -> None:
    where = position(facts(Flow.WABA_SWITCH, NumberState.PENDING, open_codes=(Code.OPEN_CONVERSATIONS_ACK,)))
    assert (where.stage, [row.code for row in where.blocking]) == (Stage.REQUIREMENTS, [Code.OPEN_CONVERSATIONS_ACK])
    by_call = position(facts(Flow.NUMBER_BY_API, NumberState.PENDING, open_codes=(Code.OPEN_CONVERSATIONS_ACK,)))
    assert (by_call.stage, by_call.blocking) == (Stage.READY, ())


def test_recorded_numbers_are_verified_and_then_finished() -> None:
    assert position(facts(Flow.WABA_SWITCH, NumberState.REGISTERED)).stage == Stage.VERIFYING
    assert position(facts(Flow.WABA_SWITCH, NumberState.REGISTERED, NumberState.PENDING)).stage == Stage.READY
    tested = facts(Flow.WABA_SWITCH, NumberState.LIVE, open_codes=(Code.SEND_RECEIVE_TEST,))
    assert position(tested).stage == Stage.VERIFYING
    assert position(replace(tested, requirements=())).stage == Stage.CLOSING


@given(cases(), st.sampled_from(NO_CALL))
def test_no_call_is_ever_asked_for_where_none_is_needed(case: CaseFacts, flow: Flow) -> None:
    without = replace(case, plan=plan_of(flow, Execution.GRAPH_API))
    where = position(without)
    assert where.next_action != "book_call"
    assert schedulable_numbers(without) == ()
    assert position(replace(without, stage=where.stage)) == where


# The turn of the month

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 12, 31))


@pytest.mark.parametrize(
    ("day", "possible"),
    [
        (date(2026, 4, 4), False),
        (date(2026, 4, 5), True),
        (date(2026, 4, 27), True),
        (date(2026, 4, 28), False),
        (date(2026, 4, 30), False),
        (date(2028, 2, 26), True),
        (date(2028, 2, 27), False),
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
    ],
)
def test_credit_lines_rest_in_the_last_three_and_the_first_four_days(day: date, possible: bool) -> None:
    assert may_share(day) is possible


def test_sending_resumes_on_the_first_of_the_next_month() -> None:
    assert sending_resumes(date(2026, 4, 20)) == date(2026, 5, 1)
    assert sending_resumes(date(2026, 12, 31)) == date(2027, 1, 1)


@given(DAYS)
def test_a_month_has_seven_days_without_sharing_and_the_next_day_is_the_first_possible(day: date) -> None:
    first = day.replace(day=1)
    month = [first + timedelta(days=n) for n in range((sending_resumes(day) - first).days)]
    assert sum(not may_share(each) for each in month) == 7
    following = next_sharing_day(day)
    assert may_share(following)
    assert not any(may_share(day + timedelta(days=n)) for n in range((following - day).days))


# Ladders and stages


def test_every_demand_of_a_ladder_has_an_occasion_on_which_a_playbook_names_it() -> None:
    named = {occasion_of(demand, client_owns=owns) for demand in Demand for owns in (True, False)}
    assert named == set(OCCASIONS)
    assert all(OCCASIONS[occasion_of(demand, client_owns=True)] == demand for demand in Demand)


STAGES = [
    {"slug": "a", "requirements": ["waba_id", "wallet_funded"], "moves": False},
    {"slug": "b", "requirements": ["otp_contact"], "moves": True},
    {"slug": "c", "requirements": ["send_receive_test"], "moves": False},
]


@pytest.mark.parametrize(
    ("states", "moved", "expected"),
    [
        ({"waba_id": [State.UNMET]}, False, ["now", "ahead", "ahead"]),
        ({"waba_id": [State.MET, State.UNMET]}, False, ["now", "ahead", "ahead"]),
        ({"waba_id": [State.MET], "otp_contact": [State.WAIVED]}, False, ["done", "now", "ahead"]),
        ({"waba_id": [State.MET], "send_receive_test": [State.UNMET]}, True, ["done", "done", "now"]),
        ({"waba_id": [State.MET], "send_receive_test": [State.MET]}, True, ["done", "done", "done"]),
    ],
)
def test_stages_are_done_in_their_order_and_one_is_the_present_one(
    states: dict[str, list[State]], moved: bool, expected: list[str]
) -> None:
    assert [line.state for line in stage_progress(STAGES, states, moved=moved)] == expected


def test_a_stage_counts_what_applies_to_the_case() -> None:
    first = stage_progress(STAGES, {"waba_id": [State.MET]}, moved=False)[0]
    assert (first.met, first.total) == (1, 1)
