"""What must be true, derived from the answers: both sides of every rule."""

from dataclasses import replace
from typing import TypeAlias

import pytest

from migrations_app.enums import (
    Blocks,
    BusinessVerification,
    ConnectionStatus,
    DisplayNameStatus,
    Execution,
    Flow,
    Hosting,
    LineType,
    Moves,
    OtpMethod,
    RequirementCode,
    RequirementState,
    TwoStep,
)
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.rules.facts import Answers, DestinationFacts, NumberAnswers
from migrations_app.rules.flows import flow_of, plan_of
from migrations_app.rules.requirements import (
    CATALOGUE,
    CLOSING_CODES,
    DESK_ONLY_CODES,
    VALUE_CODES,
    default_otp_method,
    derive,
    otp_channel_works,
)

Code: TypeAlias = RequirementCode
State: TypeAlias = RequirementState

GOOD_NUMBER = NumberAnswers(
    "+5511987654321", LineType.MOBILE, False, OtpMethod.SMS, has_otp_contact=True,
    display_name_status=DisplayNameStatus.APPROVED,
)  # fmt: skip
GOOD = Answers(
    business_verification=BusinessVerification.VERIFIED,
    hosting=Hosting.CLOUD_API,
    connection_status=ConnectionStatus.CONNECTED,
    waba_id="102290129340398",
    business_manager_id="506914307656634",
    two_step=TwoStep.DISABLED,
    has_low_traffic_windows=True,
    numbers=(GOOD_NUMBER,),
)
EVERYTHING = DestinationFacts(requirements=tuple(Code.values), payment_ready=True, app_subscribed=True)


def state_of(code: Code, answers: Answers, destination: DestinationFacts = EVERYTHING) -> State:
    return next(row.state for row in derive(answers, destination, Flow.NUMBER_BY_API) if row.code == code)


@pytest.mark.parametrize(
    ("code", "answers", "destination"),
    [
        (Code.WABA_ID, replace(GOOD, waba_id=""), EVERYTHING),
        (Code.BUSINESS_MANAGER_ID, replace(GOOD, business_manager_id=""), EVERYTHING),
        *(
            (Code.BUSINESS_VERIFIED, replace(GOOD, business_verification=value), EVERYTHING)
            for value in BusinessVerification
            if value != BusinessVerification.VERIFIED
        ),
        *(
            (Code.ACCOUNT_APPROVED, replace(GOOD, connection_status=value), EVERYTHING)
            for value in ConnectionStatus
            if value != ConnectionStatus.CONNECTED
        ),
        (Code.LOW_TRAFFIC_WINDOW, replace(GOOD, has_low_traffic_windows=False), EVERYTHING),
        (Code.DESTINATION_PAYMENT, GOOD, replace(EVERYTHING, payment_ready=False)),
        (Code.APP_SUBSCRIBED, GOOD, replace(EVERYTHING, app_subscribed=False)),
        *(
            (Code.DISPLAY_NAME_APPROVED, replace(GOOD, numbers=(replace(GOOD_NUMBER, display_name_status=value),)), EVERYTHING)
            for value in DisplayNameStatus
            if value != DisplayNameStatus.APPROVED
        ),
        (Code.OTP_CONTACT, replace(GOOD, numbers=(replace(GOOD_NUMBER, has_otp_contact=False),)), EVERYTHING),
        (Code.OTP_CHANNEL, replace(GOOD, numbers=(replace(GOOD_NUMBER, behind_ivr=True),)), EVERYTHING),
    ],
)  # fmt: skip
def test_both_sides_of_every_rule(code: Code, answers: Answers, destination: DestinationFacts) -> None:
    assert state_of(code, GOOD) == State.MET
    assert state_of(code, answers, destination) == State.UNMET


@pytest.mark.parametrize(
    ("filed", "state"),
    [(TwoStep.DISABLED, State.CLAIMED), (TwoStep.ENABLED, State.UNMET), (TwoStep.UNKNOWN, State.UNMET)],
)
def test_two_step_said_to_be_off_is_a_claim_and_no_proof(filed: TwoStep, state: State) -> None:
    assert state_of(Code.TWO_STEP_DISABLED, replace(GOOD, two_step=filed)) == state


def test_what_nobody_can_know_at_filing_begins_unmet() -> None:
    asked = [row.code for row in derive(GOOD, EVERYTHING, Flow.NUMBER_BY_API) if row.state == State.UNMET]
    assert set(asked) == {
        Code.DESTINATION_ACCOUNT_READY, Code.WALLET_FUNDED, Code.NOTIFICATION_ACCEPTED, Code.OPEN_CONVERSATIONS_ACK,
        Code.TEMPLATES_ACK, Code.INVOICES_SETTLED, Code.CONTACTS_EXPORTED, Code.CAMPAIGNS_PAUSED, Code.SEND_RECEIVE_TEST,
        Code.TEMPLATES_CHECKED, *CLOSING_CODES,
    }  # fmt: skip


def test_only_what_the_playbook_asks_for_applies() -> None:
    derived = derive(GOOD, replace(EVERYTHING, requirements=("waba_id", "two_step_disabled")), Flow.NUMBER_BY_API)
    assert [row.code for row in derived] == [Code.WABA_ID, Code.TWO_STEP_DISABLED]
    assert derive(GOOD, replace(EVERYTHING, requirements=()), Flow.NUMBER_BY_API) == []


def test_what_is_a_numbers_has_a_row_per_number_and_the_rest_one() -> None:
    other = replace(GOOD_NUMBER, number="+5511976543210", has_otp_contact=False)
    derived = derive(replace(GOOD, numbers=(GOOD_NUMBER, other)), EVERYTHING, Flow.NUMBER_BY_API)
    for code, kind in CATALOGUE.items():
        rows = [row for row in derived if row.code == code]
        assert [row.number for row in rows] == ([GOOD_NUMBER.number, other.number] if kind.per_number else [None])
    assert [row.state for row in derived if row.code == Code.OTP_CONTACT] == [State.MET, State.UNMET]


METHODS: list[OtpMethod | None] = [OtpMethod.SMS, OtpMethod.VOICE, None]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("line", LineType)
def test_the_code_reaches_mobiles_by_text_and_others_by_voice(line: LineType, method: OtpMethod | None) -> None:
    works = otp_channel_works(replace(GOOD_NUMBER, line_type=line, otp_method=method))
    voice_only = {LineType.LANDLINE, LineType.VOIP, LineType.TOLL_FREE, LineType.OTHER}
    if line == LineType.SHARED_COST:
        assert not works
    elif method is None:
        assert works == (line != LineType.UNKNOWN)
    else:
        assert works == (method == OtpMethod.VOICE or line not in voice_only)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("line", LineType)
def test_no_code_reaches_a_line_behind_a_voice_menu(line: LineType, method: OtpMethod | None) -> None:
    assert not otp_channel_works(replace(GOOD_NUMBER, line_type=line, otp_method=method, behind_ivr=True))


@pytest.mark.parametrize("line", LineType)
def test_the_default_method_suits_the_line(line: LineType) -> None:
    method = default_otp_method(line)
    assert (method is None) == (line in {LineType.SHARED_COST, LineType.UNKNOWN})
    assert (method == OtpMethod.SMS) == (line == LineType.MOBILE)


def test_the_catalogue_is_complete_and_has_words_for_all() -> None:
    assert set(CATALOGUE) == set(Code)
    assert set(REQUIREMENT_TEXTS) == set(Code.values)
    assert set(CLOSING_CODES) <= set(CATALOGUE)
    assert all(CATALOGUE[code].blocks == Blocks.NOTHING for code in CLOSING_CODES)
    assert {Code.WABA_ID, Code.BUSINESS_MANAGER_ID} == VALUE_CODES
    assert Code.SEND_RECEIVE_TEST in DESK_ONLY_CODES
    assert not DESK_ONLY_CODES & VALUE_CODES


BLOCKS = {
    Blocks.SCHEDULE: {
        Code.WABA_ID, Code.BUSINESS_MANAGER_ID, Code.TWO_STEP_DISABLED, Code.BUSINESS_VERIFIED, Code.ACCOUNT_APPROVED,
        Code.DESTINATION_ACCOUNT_READY, Code.WALLET_FUNDED, Code.OTP_CHANNEL, Code.OTP_CONTACT,
    },
    Blocks.START: {
        Code.DISPLAY_NAME_APPROVED, Code.DESTINATION_PAYMENT, Code.APP_SUBSCRIBED, Code.NOTIFICATION_ACCEPTED,
        Code.OPEN_CONVERSATIONS_ACK, Code.TEMPLATES_ACK,
    },
    Blocks.RESOLVE: {Code.SEND_RECEIVE_TEST, Code.TEMPLATES_CHECKED},
}  # fmt: skip


@pytest.mark.parametrize("blocks", BLOCKS)
def test_what_blocks_what_is_as_published(blocks: Blocks) -> None:
    assert {code for code, kind in CATALOGUE.items() if kind.blocks == blocks} == BLOCKS[blocks]


@pytest.mark.parametrize(
    ("changes", "destination", "flow"),
    [
        ({}, DestinationFacts(Execution.GRAPH_API), Flow.NUMBER_BY_API),
        ({}, DestinationFacts(Execution.PROVIDER_CONSOLE), Flow.NUMBER_BY_API),
        ({}, DestinationFacts(Execution.EMBEDDED_SIGNUP), Flow.NUMBER_BY_EMBEDDED_SIGNUP),
        ({"moves": Moves.WABA}, DestinationFacts(Execution.EMBEDDED_SIGNUP), Flow.WABA_SWITCH),
        ({"moves": Moves.WABA}, DestinationFacts(account_flow=Flow.MULTI_PARTNER), Flow.MULTI_PARTNER),
        ({"moves": Moves.HOSTING}, DestinationFacts(Execution.GRAPH_API), Flow.HOSTING_CHANGE),
        ({"moves": Moves.WABA, "uses_business_app": True}, DestinationFacts(), Flow.BUSINESS_APP_COEXISTENCE),
    ],
)
def test_the_flow_follows_from_answers_and_playbook(
    changes: dict[str, object], destination: DestinationFacts, flow: Flow
) -> None:
    assert flow_of(replace(GOOD, **changes), destination) == flow  # type: ignore[arg-type]


@pytest.mark.parametrize("flow", Flow)
def test_only_a_move_of_numbers_needs_two_step_off_and_a_call(flow: Flow) -> None:
    plan = plan_of(flow, Execution.GRAPH_API)
    by_number = flow in {Flow.NUMBER_BY_API, Flow.NUMBER_BY_EMBEDDED_SIGNUP}
    assert (plan.two_step_off, plan.call) == (by_number, by_number)


def test_a_multi_partner_move_through_embedded_signup_has_the_number_verified_again() -> None:
    plan = plan_of(Flow.MULTI_PARTNER, Execution.EMBEDDED_SIGNUP)
    assert plan.two_step_off
    assert plan.call
