"""The readiness gate: every check by its name, what stops the start, what nobody can override."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import Blocks, LineType, NumberState, OtpMethod, RequirementCode, RequirementState
from migrations_app.enums.readiness import Standing, Why
from migrations_app.rules.attempts import codes, registrations
from migrations_app.rules.checks import AccountRead, CaseFacts, Check, LineFacts
from migrations_app.rules.facts import NumberAnswers
from migrations_app.rules.progress import CaseFacts as PlaceFacts
from migrations_app.rules.progress import NumberFacts, RequirementFacts, blocking
from migrations_app.rules.readiness import Readiness, codes_of, look
from migrations_app.rules.requirements import CATALOGUE
from tickets.enums import Party

NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
MOBILE = NumberAnswers("+5511987654321", LineType.MOBILE, behind_ivr=False, has_otp_contact=True)
READ = AccountRead(NOW, review="APPROVED", verification="VERIFIED", apps=1)
CASE = CaseFacts(read=READ)
LINE = LineFacts(1, MOBILE, here=True)
HOUR = timedelta(hours=1)


def row(code: RequirementCode, state: RequirementState, number: int | None = 1) -> RequirementFacts:
    line = CATALOGUE[code]
    return RequirementFacts(code, line.owner, line.blocks, state, number)


def judged(line: LineFacts = LINE, case: CaseFacts = CASE) -> Readiness:
    return look(case, [line], now=NOW)


def check(code: str, line: LineFacts = LINE, case: CaseFacts = CASE) -> Check:
    found = judged(line, case)
    (mine,) = [each for each in [*found.case, *found.numbers.get(line.id, ())] if each.code == code]
    return mine


def test_what_is_in_place_stops_nobody() -> None:
    found = judged(replace(LINE, requirements=(row(RequirementCode.TWO_STEP_DISABLED, RequirementState.MET),)))
    assert found.missing() == ()
    assert {each.standing for each in [*found.case, *found.numbers[1]]} == {Standing.OK}


def test_a_number_that_has_moved_needs_nothing() -> None:
    assert judged(replace(LINE, state=NumberState.REGISTERED)).numbers == {}


@pytest.mark.parametrize(
    ("state", "proven", "refused", "reviewed", "standing", "why"),
    [
        (RequirementState.MET, NOW - 71 * HOUR, False, False, Standing.OK, Why.NONE),
        (RequirementState.MET, NOW - 72 * HOUR, False, False, Standing.DOUBTFUL, Why.PROOF_OLD),
        # An agent's own word is not doubted.
        (RequirementState.MET, None, False, False, Standing.OK, Why.NONE),
        (RequirementState.WAIVED, NOW - 90 * HOUR, False, False, Standing.OK, Why.NONE),
        (RequirementState.CLAIMED, None, False, False, Standing.DOUBTFUL, Why.SAID_ONLY),
        (RequirementState.CLAIMED, None, False, True, Standing.MISSING, Why.NOT_JUDGED),
        (RequirementState.UNMET, None, False, False, Standing.MISSING, Why.NOT_MET),
        (RequirementState.UNMET, None, True, False, Standing.MISSING, Why.META_REFUSED),
        (RequirementState.REQUESTED, None, False, False, Standing.MISSING, Why.REQUESTED),
    ],
)
def test_two_step(
    state: RequirementState, proven: datetime | None, refused: bool, reviewed: bool, standing: Standing, why: Why
) -> None:
    line = replace(
        LINE, requirements=(row(RequirementCode.TWO_STEP_DISABLED, state),), proven_at=proven, refused=refused
    )
    found = check("two_step_disabled", line, replace(CASE, reviews_claims=reviewed))
    assert (found.standing, found.why, found.final) == (standing, why, False)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (NumberAnswers("+551130001000", LineType.LANDLINE, otp_method=OtpMethod.SMS), Why.SMS_UNSUITED),
        (NumberAnswers("+551130001000", LineType.LANDLINE, behind_ivr=True), Why.BEHIND_IVR),
        (NumberAnswers("+551130001000", LineType.SHARED_COST), Why.NO_CODE_LINE),
        (NumberAnswers("+551130001000", LineType.UNKNOWN), Why.LINE_UNKNOWN),
    ],
)
def test_a_code_that_may_not_reach_the_line(answers: NumberAnswers, why: Why) -> None:
    unmet = replace(LINE, answers=answers, requirements=(row(RequirementCode.OTP_CHANNEL, RequirementState.UNMET),))
    assert (check("otp_channel", unmet).standing, check("otp_channel", unmet).why) == (Standing.MISSING, why)
    # An agent has let it pass: it is doubted, and stops nobody.
    passed = replace(unmet, requirements=(row(RequirementCode.OTP_CHANNEL, RequirementState.MET),))
    assert (check("otp_channel", passed).standing, check("otp_channel", passed).why) == (Standing.DOUBTFUL, why)
    # Ownership is proven already: no code has to arrive.
    assert check("otp_channel", replace(passed, state=NumberState.CODE_VERIFIED)).standing is Standing.OK


@pytest.mark.parametrize(
    ("here", "said", "named", "standing", "why"),
    [
        (True, False, True, Standing.OK, Why.NONE),
        (False, True, False, Standing.OK, Why.NONE),
        (False, False, True, Standing.MISSING, Why.HOLDER_REFUSED),
        (False, None, True, Standing.DOUBTFUL, Why.NOT_CONFIRMED),
        (False, None, False, Standing.DOUBTFUL, Why.NO_CONTACT),
    ],
)
def test_person_and_phone(here: bool, said: bool | None, named: bool, standing: Standing, why: Why) -> None:
    line = replace(LINE, here=here, said=said, answers=replace(MOBILE, has_otp_contact=named))
    found = check("person_present", line)
    assert (found.standing, found.why) == (standing, why)


@pytest.mark.parametrize(
    ("code", "kind", "used", "standing"),
    [
        ("codes_left", "codes", 0, Standing.OK),
        ("codes_left", "codes", 1, Standing.OK),
        ("codes_left", "codes", 2, Standing.DOUBTFUL),
        ("codes_left", "codes", 3, Standing.MISSING),
        ("registrations_left", "registrations", 6, Standing.OK),
        ("registrations_left", "registrations", 7, Standing.DOUBTFUL),
        ("registrations_left", "registrations", 10, Standing.MISSING),
    ],
)
def test_attempts_left_and_who_can_do_nothing_about_them(code: str, kind: str, used: int, standing: Standing) -> None:
    tries = [NOW - timedelta(minutes=10 * (used - place)) for place in range(used)]
    budget = registrations(tries, now=NOW) if kind == "registrations" else codes(tries, most=3, rest=8 * HOUR, now=NOW)
    found = check(code, replace(LINE, **{kind: budget}))  # type: ignore[arg-type]  # either budget
    assert (found.standing, found.used, found.final) == (standing, used, standing is Standing.MISSING)
    if standing is Standing.MISSING:
        assert found.until == budget.free_at


def test_limits_are_ours_to_count_only_where_we_make_the_calls() -> None:
    used_up = codes([NOW - HOUR] * 3, most=3, rest=8 * HOUR, now=NOW)
    found = judged(replace(LINE, codes=used_up), replace(CASE, by_api=False, account=False, read=None))
    assert found.missing() == ()
    assert {each.code for each in found.numbers[1]} == {"person_present"}


def test_a_number_that_rests_or_a_pager_stays_out_whatever_a_lead_says() -> None:
    rests = check("rested", replace(LINE, state=NumberState.COOLING_DOWN, cool_down_until=NOW + 3 * HOUR))
    assert (rests.standing, rests.final, rests.until) == (Standing.MISSING, True, NOW + 3 * HOUR)
    pager = check("line", replace(LINE, answers=NumberAnswers("+447600123456")))
    assert (pager.standing, pager.final) == (Standing.MISSING, True)


@pytest.mark.parametrize(
    ("read", "standing", "why"),
    [
        (READ, Standing.OK, Why.NONE),
        (None, Standing.DOUBTFUL, Why.NOT_READ),
        (replace(READ, answered=False), Standing.DOUBTFUL, Why.NO_ANSWER),
        (replace(READ, review=""), Standing.DOUBTFUL, Why.NO_ANSWER),
        (replace(READ, review="PENDING"), Standing.MISSING, Why.REVIEW_PENDING),
        (replace(READ, review="REJECTED"), Standing.MISSING, Why.REVIEW_PENDING),
        (replace(READ, verification="UNVERIFIED"), Standing.DOUBTFUL, Why.NOT_VERIFIED),
    ],
)
def test_the_destination_as_meta_tells_it(read: AccountRead | None, standing: Standing, why: Why) -> None:
    found = check("destination_approved", case=replace(CASE, read=read))
    assert (found.standing, found.why) == (standing, why)


def test_metas_word_about_apps_goes_before_the_desks() -> None:
    rows = (row(RequirementCode.APP_SUBSCRIBED, RequirementState.MET, None),)
    assert check("app_subscribed", case=replace(CASE, requirements=rows)).standing is Standing.OK
    none = check("app_subscribed", case=replace(CASE, requirements=rows, read=replace(READ, apps=0)))
    assert (none.standing, none.why) == (Standing.MISSING, Why.NO_APP)
    silent = replace(READ, apps=0, answered=False)
    assert check("app_subscribed", case=replace(CASE, requirements=rows, read=silent)).standing is Standing.OK


def test_without_an_account_there_is_nowhere_to_move_to() -> None:
    found = check("destination_held", case=replace(CASE, account=False))
    assert (found.standing, found.final) == (Standing.MISSING, True)


def test_campaigns_are_a_warning_unless_the_playbook_says_more() -> None:
    rows = (row(RequirementCode.CAMPAIGNS_PAUSED, RequirementState.UNMET, None),)
    assert check("campaigns_paused", case=replace(CASE, requirements=rows)).standing is Standing.DOUBTFUL
    said = (replace(rows[0], state=RequirementState.CLAIMED),)
    assert check("campaigns_paused", case=replace(CASE, requirements=said)).standing is Standing.OK
    strict = (replace(rows[0], blocks=Blocks.START),)
    assert check("campaigns_paused", case=replace(CASE, requirements=strict)).standing is Standing.MISSING


def test_templates_are_understood_or_on_their_way() -> None:
    rows = (row(RequirementCode.TEMPLATES_ACK, RequirementState.UNMET, None),)
    assert check("templates_ack", case=replace(CASE, requirements=rows)).standing is Standing.MISSING
    assert check("templates_ack", case=replace(CASE, requirements=rows, copy_begun=True)).standing is Standing.OK


def test_a_claimed_display_name_is_doubted() -> None:
    line = replace(LINE, requirements=(row(RequirementCode.DISPLAY_NAME_APPROVED, RequirementState.CLAIMED),))
    assert check("display_name_approved", line).why is Why.SAID_ONLY


ROWS = st.lists(
    st.builds(
        lambda code, state, number: row(code, state, number if CATALOGUE[code].per_number else None),
        st.sampled_from(list(CATALOGUE)),
        st.sampled_from(list(RequirementState)),
        st.sampled_from([1, 2]),
    ),
    unique_by=lambda each: (each.code, each.number_id),
)


@given(ROWS, st.booleans(), st.sampled_from([NumberState.PENDING, NumberState.INITIATED, NumberState.CODE_VERIFIED]))
def test_nothing_that_blocks_the_start_is_overlooked(
    rows: list[RequirementFacts], reviews: bool, state: NumberState
) -> None:
    """The gate is at least as strict as the requirements, for any numbers of the call."""
    case = replace(CASE, reviews_claims=reviews, requirements=tuple(rows))
    lines = [
        LineFacts(number, MOBILE, state, tuple(each for each in rows if each.number_id == number)) for number in (1, 2)
    ]
    place = PlaceFacts(
        stage=None,  # type: ignore[arg-type]  # not looked at here
        reviews_claims=reviews,
        requirements=tuple(rows),
        numbers=tuple(NumberFacts(number, state) for number in (1, 2)),
    )
    found = look(case, lines, now=NOW)
    for wanted in ([1], [2], [1, 2]):
        demanded = {each.code.value for each in blocking(place, Blocks.START, number_ids=wanted)}
        assert set(codes_of(found.missing(wanted))) == demanded


def test_who_can_mend_what_the_client_has_to_ask_for() -> None:
    line = replace(LINE, requirements=(row(RequirementCode.TWO_STEP_DISABLED, RequirementState.UNMET),))
    assert check("two_step_disabled", line).who is Party.CLIENT
