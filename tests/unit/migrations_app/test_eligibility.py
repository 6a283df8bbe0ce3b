# ruff: noqa: E501  (the cases are a table: one a line)
"""The rules of eligibility: for each reason a form that has it and one that just does not."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    TwoStep,
    WabaOwner,
)
from migrations_app.enums.reasons import ReasonCode, Severity
from migrations_app.enums.texts import REASON_TEXTS, reason_text
from migrations_app.rules.eligibility import RULES, Verdict, judge, refusals
from migrations_app.rules.facts import Answers, DestinationFacts, NumberAnswers
from migrations_app.rules.flows import flow_of
from migrations_app.rules.phone import NotAPhoneNumber, is_short_code, parse_phone
from migrations_app.rules.reasons import BspFacts, FormFacts, LineFacts, Reason
from tickets.enums import Party

NUMBER, OTHER, HOLDER = "+5511987654321", "+5511976543210", "+551130001000"
EVERYTHING = DestinationFacts(
    requirements=tuple(code.value for code in RequirementCode if code != RequirementCode.LOW_TRAFFIC_WINDOW),
    payment_ready=True,
    app_subscribed=True,
)
FINE = replace(
    EVERYTHING,
    requirements=tuple(
        code
        for code in EVERYTHING.requirements
        if code not in {RequirementCode.DESTINATION_ACCOUNT_READY, RequirementCode.WALLET_FUNDED}
    ),
)
ANSWERS = Answers(
    business_verification=BusinessVerification.VERIFIED,
    hosting=Hosting.CLOUD_API,
    connection_status=ConnectionStatus.CONNECTED,
    waba_id="102290129340398",
    business_manager_id="506914307656634",
    waba_owner=WabaOwner.CLIENT,
    two_step=TwoStep.DISABLED,
    moves=Moves.NUMBER,
)


def line(text: str = NUMBER, place: int = 0, *, holder: str = HOLDER, **about: Any) -> LineFacts:
    """One number with whatever is said about it; everything is in order unless said otherwise."""
    facts = {name: about.pop(name) for name in ("repeats", "own_ticket", "bad_contact_phone") if name in about}
    base = LineFacts(f"#/phone_numbers/{place}", holder_phone=holder, **facts)
    try:
        phone = parse_phone(text)
    except NotAPhoneNumber:
        return replace(base, short_code=is_short_code(text))
    said: dict[str, Any] = {
        "line_type": phone.line_type,
        "behind_ivr": False,
        "otp_method": None,
        "has_otp_contact": bool(holder),
    }
    said |= {"display_name_status": DisplayNameStatus.APPROVED, **about}
    return replace(base, phone=phone, answers=NumberAnswers(number=phone.number, **said))


def form(*lines: LineFacts, **changes: Any) -> FormFacts:
    rows = lines or (line(),)
    about = {name: changes.pop(name) for name in list(changes) if name in Answers.__dataclass_fields__}
    answers = replace(ANSWERS, numbers=tuple(row.answers for row in rows if row.answers), **about)
    destination = changes.pop("destination", FINE)
    facts = {"bsp": BspFacts(known=True), "contact_phone": HOLDER, **changes}
    return FormFacts(answers, destination, flow_of(answers, destination), tuple(rows), **facts)


def verdict(facts: FormFacts) -> Verdict:
    return judge(facts)[-1]


def codes(facts: FormFacts) -> set[ReasonCode]:
    return {reason.code for reason in verdict(facts).reasons}


def told(facts: FormFacts, code: ReasonCode) -> Reason:
    [reason] = [reason for reason in verdict(facts).reasons if reason.code == code]
    return reason


SUBMIT, SCHEDULE, START = (
    (Blocks.SUBMIT, Severity.BLOCK),
    (Blocks.SCHEDULE, Severity.BLOCK),
    (Blocks.START, Severity.BLOCK),
)
WARN_SCHEDULE, WARN_START = (Blocks.SCHEDULE, Severity.WARN), (Blocks.START, Severity.WARN)
LANDLINE, TOLL_FREE, SHARED, PREMIUM = "+551130001001", "+448001234567", "+34901123456", "+81990123456"
PAGER, PERSONAL, US = "+812012345678", "+447012345678", "+14155552671"
THREE = (line(), line(OTHER, 1), line("+5511965432109", 2))
code = ReasonCode
Case = tuple[ReasonCode, FormFacts, FormFacts, tuple[Blocks, Severity], Party]
PENDING = BusinessVerification.PENDING

# fmt: off
CASES: dict[str, Case] = {
    "no number": (code.INVALID_PHONE_NUMBER, form(line("nonsense")), form(), SUBMIT, Party.CLIENT),
    "no number behind a right code": (code.INVALID_PHONE_NUMBER, form(line("+5511123")), form(line("+551187654321")), SUBMIT, Party.CLIENT),
    "contact's phone": (code.INVALID_PHONE_NUMBER, form(bad_contact_phone=True), form(), SUBMIT, Party.CLIENT),
    "holder's phone": (code.INVALID_PHONE_NUMBER, form(line(bad_contact_phone=True)), form(), SUBMIT, Party.CLIENT),
    "short code": (code.NOT_A_WHATSAPP_CAPABLE_LINE, form(line("28 282")), form(line("2828282")), SUBMIT, Party.CLIENT),
    "pager": (code.NOT_A_WHATSAPP_CAPABLE_LINE, form(line(PAGER)), form(line(PREMIUM)), SCHEDULE, Party.CLIENT),
    "shared cost": (code.NOT_A_WHATSAPP_CAPABLE_LINE, form(line(SHARED)), form(line(TOLL_FREE)), SCHEDULE, Party.CLIENT),
    "personal number": (code.NOT_A_WHATSAPP_CAPABLE_LINE, form(line(PERSONAL)), form(line(PERSONAL, line_type=LineType.MOBILE)), SCHEDULE, Party.CLIENT),
    "voice menu": (code.BEHIND_IVR, form(line(behind_ivr=True)), form(line(behind_ivr=None)), SCHEDULE, Party.CLIENT),
    "landline by SMS": (code.OTP_NEEDS_VOICE, form(line(LANDLINE, otp_method=OtpMethod.SMS)), form(line(LANDLINE, otp_method=OtpMethod.VOICE)), SCHEDULE, Party.CLIENT),
    "nobody knows the line": (code.OTP_NEEDS_VOICE, form(line(US)), form(line(US, otp_method=OtpMethod.SMS)), SCHEDULE, Party.CLIENT),
    "landline": (code.OTP_NEEDS_VOICE, form(line(LANDLINE)), form(line()), WARN_START, Party.CLIENT),
    "premium rate": (code.OTP_NEEDS_VOICE, form(line(PREMIUM)), form(line(PREMIUM, otp_method=OtpMethod.VOICE)), WARN_START, Party.CLIENT),
    "Brazil": (code.BRAZIL_NINTH_DIGIT, form(line("+551187654321")), form(line("+5511987654321")), WARN_START, Party.CLIENT),
    "Mexico": (code.MEXICO_PREFIX, form(line("+5215512345678", otp_method=OtpMethod.SMS)), form(line("+525512345678", otp_method=OtpMethod.SMS)), WARN_START, Party.CLIENT),
    "holder is the number": (code.CONTACT_PHONE_IS_MIGRATING_NUMBER, form(line(holder=NUMBER)), form(line(holder=OTHER)), WARN_START, Party.CLIENT),
    "holder is another form of the number": (code.CONTACT_PHONE_IS_MIGRATING_NUMBER, form(line(holder="+551187654321")), form(), WARN_START, Party.CLIENT),
    "only the number is known": (code.CONTACT_PHONE_IS_MIGRATING_NUMBER, form(line(holder=""), contact_phone=NUMBER), form(line(holder="")), SCHEDULE, Party.CLIENT),
    "app": (code.BUSINESS_APP_NUMBER, form(uses_business_app=True), form(uses_business_app=False), SUBMIT, Party.CLIENT),
    "on premise": (code.ON_PREMISE_SUNSET, form(hosting=Hosting.ON_PREMISE), form(hosting=Hosting.UNKNOWN), WARN_SCHEDULE, Party.CLIENT),
    "two-step on": (code.TWO_STEP_ENABLED, form(two_step=TwoStep.ENABLED), form(two_step=TwoStep.UNKNOWN), SCHEDULE, Party.CLIENT),
    "two-step unknown": (code.TWO_STEP_UNKNOWN, form(two_step=TwoStep.UNKNOWN), form(two_step=TwoStep.DISABLED), SCHEDULE, Party.CLIENT),
    "two-step on, no matter": (code.TWO_STEP_ENABLED, form(two_step=TwoStep.ENABLED), form(two_step=TwoStep.ENABLED, moves=Moves.WABA, destination=replace(FINE, requirements=("waba_id",))), SCHEDULE, Party.CLIENT),
    "not verified": (code.BUSINESS_NOT_VERIFIED, form(business_verification=BusinessVerification.REJECTED), form(business_verification=PENDING), SCHEDULE, Party.CLIENT),
    "verification not answered": (code.BUSINESS_NOT_VERIFIED, form(business_verification=BusinessVerification.UNKNOWN), form(business_verification=BusinessVerification.UNKNOWN, unanswered=frozenset({"#/business_verification"})), SCHEDULE, Party.CLIENT),
    "pending": (code.BUSINESS_VERIFICATION_PENDING, form(business_verification=PENDING), form(), SCHEDULE, Party.META),
    "disconnected": (code.CONNECTION_NOT_CONNECTED, form(connection_status=ConnectionStatus.DISCONNECTED), form(), SCHEDULE, Party.CLIENT),
    "one is disconnected": (code.CONNECTION_NOT_CONNECTED, form(line(connection_status=ConnectionStatus.PENDING)), form(line(connection_status=ConnectionStatus.CONNECTED), connection_status=ConnectionStatus.PENDING), SCHEDULE, Party.CLIENT),
    "connection not answered": (code.CONNECTION_NOT_CONNECTED, form(connection_status=ConnectionStatus.UNKNOWN), form(connection_status=ConnectionStatus.UNKNOWN, unanswered=frozenset({"#/connection_status"})), SCHEDULE, Party.CLIENT),
    "banned": (code.NUMBER_BANNED, form(line(connection_status=ConnectionStatus.BANNED)), form(line(connection_status=ConnectionStatus.RESTRICTED)), SCHEDULE, Party.META),
    "banned, nobody asks": (code.NUMBER_BANNED, form(connection_status=ConnectionStatus.BANNED, destination=DestinationFacts()), form(destination=DestinationFacts()), WARN_SCHEDULE, Party.META),
    "flagged": (code.NUMBER_RESTRICTED, form(line(connection_status=ConnectionStatus.FLAGGED)), form(line(connection_status=ConnectionStatus.BANNED)), SCHEDULE, Party.CLIENT),
    "no WABA ID": (code.WABA_ID_MISSING, form(waba_id=""), form(), SCHEDULE, Party.CLIENT),
    "no portfolio ID": (code.BUSINESS_MANAGER_ID_MISSING, form(business_manager_id=""), form(), SCHEDULE, Party.CLIENT),
    "nine digits": (code.INVALID_IDENTIFIER, form(waba_id="123456789"), form(waba_id="1234567890"), SUBMIT, Party.CLIENT),
    "letters": (code.INVALID_IDENTIFIER, form(business_manager_id="50691430765663O"), form(), SUBMIT, Party.CLIENT),
    "equal": (code.IDENTIFIERS_NOT_DISTINCT, form(business_manager_id="102290129340398"), form(business_manager_id="102290129340399"), SUBMIT, Party.CLIENT),
    "a number as identifier": (code.IDENTIFIERS_NOT_DISTINCT, form(waba_id="5511987654321"), form(waba_id="5511987654322"), SUBMIT, Party.CLIENT),
    "its old form": (code.IDENTIFIERS_NOT_DISTINCT, form(waba_id="551187654321"), form(waba_id="551187654322"), SUBMIT, Party.CLIENT),
    "without country": (code.IDENTIFIERS_NOT_DISTINCT, form(business_manager_id="11987654321"), form(business_manager_id="11987654322"), SUBMIT, Party.CLIENT),
    "old BSP owns it": (code.WABA_OWNED_BY_BSP, form(waba_owner=WabaOwner.OLD_BSP), form(waba_owner=WabaOwner.UNKNOWN), WARN_SCHEDULE, Party.OLD_BSP),
    "owner plays no part": (code.WABA_OWNED_BY_BSP, form(waba_owner=WabaOwner.OLD_BSP), form(waba_owner=WabaOwner.OLD_BSP, moves=Moves.HOSTING), WARN_SCHEDULE, Party.OLD_BSP),
    "name": (code.DISPLAY_NAME_NOT_APPROVED, form(line(display_name_status=DisplayNameStatus.PENDING)), form(), START, Party.OLD_BSP),
    "no account": (code.DESTINATION_NOT_READY, form(destination=EVERYTHING), form(), SCHEDULE, Party.CLIENT),
    "no payment": (code.DESTINATION_NOT_READY, form(destination=replace(FINE, payment_ready=False)), form(), START, Party.ONBOARDING),
    "more than two": (code.NUMBER_CAP_EXCEEDED, form(*THREE, business_verification=PENDING), form(*THREE[:2], business_verification=PENDING), WARN_START, Party.CLIENT),
    "verified may hold more": (code.NUMBER_CAP_EXCEEDED, form(*THREE, business_verification=PENDING), form(*THREE), WARN_START, Party.CLIENT),
    "unknown": (code.UNKNOWN_BSP, form(bsp=BspFacts(known=False)), form(bsp=None), WARN_SCHEDULE, Party.ONBOARDING),
    "client only": (code.OLD_BSP_CLIENT_ONLY, form(bsp=BspFacts(known=True, client_only=True)), form(bsp=BspFacts(known=True)), WARN_SCHEDULE, Party.CLIENT),
    "open": (code.NUMBER_ALREADY_OPEN, form(line(own_ticket="MIG-7K3QXA2P")), form(), SUBMIT, Party.CLIENT),
    "twice": (code.DUPLICATE_IN_REQUEST, form(line(), line(place=1, repeats=1)), form(line(place=1, repeats=1), line(OTHER)), SUBMIT, Party.CLIENT),
}
# fmt: on


@pytest.mark.parametrize("name", CASES)
def test_a_reason_is_told_where_it_holds_and_nowhere_else(name: str) -> None:
    wanted, having, lacking, (blocks, severity), party = CASES[name]
    reason = told(having, wanted)
    assert (reason.blocks, reason.severity, reason.party) == (blocks, severity, party)
    assert wanted not in codes(lacking)


def test_every_code_has_a_rule_words_and_a_case_of_its_own() -> None:
    assert set(RULES) == set(ReasonCode)
    assert {code.value for code in ReasonCode} == set(REASON_TEXTS)
    assert {case[0] for case in CASES.values()} == set(ReasonCode)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_names_its_source(rule: Any) -> None:
    assert "Source:" in (rule.__doc__ or "")


def test_where_all_is_in_order_there_is_no_reason_and_the_call_can_be_booked() -> None:
    found = verdict(form())
    assert (found.reasons, found.can_submit, found.eligible, found.blocking) == ((), True, True, ())


@pytest.mark.parametrize("name", CASES)
def test_the_sum_follows_from_the_reasons(name: str) -> None:
    found = verdict(CASES[name][1])
    refused = any(reason.refuses for reason in found.reasons)
    assert found.can_submit is not refused
    if refused or not all(reason.curable for reason in found.reasons):
        assert found.eligible is False
    elif found.blocking or any((r.blocks, r.severity) == SCHEDULE for r in found.reasons):
        assert found.eligible is None
    else:
        assert found.eligible is True


@pytest.mark.parametrize("hopeless", ["pager", "banned"])
def test_what_nobody_can_cure_can_be_filed_but_is_not_eligible(hopeless: str) -> None:
    found = verdict(CASES[hopeless][1])
    assert (found.can_submit, found.eligible) == (True, False)


@pytest.mark.parametrize("name", CASES)
def test_a_number_keeps_as_warning_what_is_neither_refused_nor_chased(name: str) -> None:
    found = verdict(CASES[name][1])
    kept = {reason.code for reason in found.warnings}
    warned = {reason.code for reason in found.reasons if reason.severity is Severity.WARN}
    chased = {reason.code for reason in found.reasons if reason.requirement}
    assert kept == warned
    assert not kept & chased


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[3] is SUBMIT])
def test_what_refuses_the_form_is_named_once_each(name: str) -> None:
    facts = CASES[name][1]
    wrong = [(reason.code, reason.place) for reason in refusals(facts)]
    assert wrong
    assert len(wrong) == len(set(wrong))
    both = replace(facts, lines=(*facts.lines, line("+5511954321098", 7)))
    assert [(reason.code, reason.place) for reason in refusals(both)] == wrong


def test_a_form_without_numbers_is_judged_by_its_answers() -> None:
    facts = FormFacts(replace(ANSWERS, waba_id="12", uses_business_app=True), FINE, Flow.BUSINESS_APP_COEXISTENCE)
    assert {reason.code for reason in refusals(facts)} == {code.INVALID_IDENTIFIER, code.BUSINESS_APP_NUMBER}


@pytest.mark.parametrize("execution", Execution)
def test_a_move_without_a_call_asks_nothing_of_lines(execution: Execution) -> None:
    destination = DestinationFacts(execution=execution, requirements=("waba_id",))
    several = [line(LANDLINE, holder=LANDLINE), *THREE]
    facts = form(*several, moves=Moves.HOSTING, destination=destination, business_verification=PENDING)
    assert [found.reasons for found in judge(facts)] == [()] * 4


@pytest.mark.parametrize(
    ("text", "short"),
    [("123", True), ("28-282", True), ("123456", True), ("12", False), ("1234567", False), ("+1234", False)],
)
def test_short_codes_are_three_to_six_digits(text: str, short: bool) -> None:
    assert is_short_code(text) is short


def _words(reason: Reason) -> str:
    return reason_text(reason.code, reason.facts)


@pytest.mark.parametrize("name", CASES)
def test_the_words_of_a_reason_name_what_was_kept_with_it(name: str) -> None:
    reason = told(CASES[name][1], CASES[name][0])
    words = _words(reason)
    assert "%(" not in words
    assert all(value in words for value in reason.facts.values())


brazil = st.builds(
    lambda area, number, ninth: f"+55{area}{'9' if ninth else ''}{number}",
    st.sampled_from(["11", "21", "71", "92"]),
    st.tuples(st.sampled_from("6789"), st.text("0123456789", min_size=7, max_size=7)).map("".join),
    st.booleans(),
)
mexico = st.text("0123456789", min_size=10, max_size=10).map("+521{}".format)


@given(st.one_of(brazil, mexico))
def test_old_forms_are_never_invalid_and_name_the_candidate(number: str) -> None:
    facts = form(line(number, otp_method=OtpMethod.SMS))
    found = codes(facts)
    old = code.MEXICO_PREFIX if number.startswith("+52") else code.BRAZIL_NINTH_DIGIT
    try:
        phone = parse_phone(number)
    except NotAPhoneNumber:
        # With the ninth digit the metadata decides, as for any number.
        assert len(number) == len(NUMBER)
        assert code.INVALID_PHONE_NUMBER in found
        return
    if phone.warnings:
        assert _words(told(facts, old)).count(phone.warnings[0][1]) == 1
        assert code.INVALID_PHONE_NUMBER not in found
    else:
        assert old not in found


facts_at_random: Mapping[str, st.SearchStrategy[Any]] = {
    "business_verification": st.sampled_from(BusinessVerification),
    "hosting": st.sampled_from(Hosting),
    "connection_status": st.sampled_from(ConnectionStatus),
    "waba_id": st.sampled_from(["", "12", "102290129340398", "506914307656634", NUMBER[1:]]),
    "business_manager_id": st.sampled_from(["", "506914307656634"]),
    "two_step": st.sampled_from(TwoStep),
    "uses_business_app": st.booleans(),
    "moves": st.sampled_from(Moves),
    "waba_owner": st.sampled_from(WabaOwner),
}
lines_at_random = st.builds(
    line,
    st.sampled_from([NUMBER, OTHER, LANDLINE, US, PAGER, "nonsense", "+551187654321"]),
    holder=st.sampled_from(["", HOLDER, NUMBER]),
    line_type=st.sampled_from(LineType),
    behind_ivr=st.sampled_from([True, False, None]),
    otp_method=st.sampled_from([None, *OtpMethod]),
    display_name_status=st.sampled_from(DisplayNameStatus),
    connection_status=st.sampled_from([None, *ConnectionStatus]),
)


@given(st.lists(lines_at_random, min_size=1, max_size=4), st.fixed_dictionaries({}, optional=facts_at_random))
def test_whatever_is_answered_the_sum_and_the_parts_agree(lines: list[LineFacts], answers: dict[str, Any]) -> None:
    facts = form(*lines, **answers)
    for number, found in zip(lines, judge(facts), strict=True):
        chased = {
            reason.requirement for reason in found.reasons if reason.blocks is Blocks.SCHEDULE and reason.requirement
        }
        assert chased <= set(found.blocking)
        assert found.can_submit == (not {reason.place for reason in found.reasons if reason.refuses})
        assert (found.eligible is True) == (found.can_submit and not found.blocking and not facts.unanswered)
        assert all(reason.place.startswith("#/") for reason in found.reasons)
        assert number.phone or not found.can_submit
