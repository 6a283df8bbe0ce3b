"""Which text suits the moment, whom we may ask, when switching off has to wait, and lists that stay readable."""

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import Blocks, RequirementCode, RequirementState
from migrations_app.rules.progress import RequirementFacts
from migrations_app.rules.wording import (
    EACH_ON_A_LINE,
    LONG_BLOCKERS,
    MAILTO_MOST,
    Hold,
    Moment,
    hold_of,
    letter_languages,
    mailto,
    message_for,
    number_lines,
    short_subject,
    wished_by,
)
from providers.enums import AcceptsRequestFrom
from providers.rules.listening import takes_partner_requests
from tickets.enums import Party

TWO_STEP, WABA = RequirementCode.TWO_STEP_DISABLED, RequirementCode.WABA_ID
CLIENT, BSP = Party.CLIENT, Party.OLD_BSP
UNMET, MET, CLAIMED = RequirementState.UNMET, RequirementState.MET, RequirementState.CLAIMED
FREE, WAITS, BOTH = Hold(free=frozenset({1})), Hold(held=frozenset({1})), Hold(frozenset({1}), frozenset({2}))


def fact(code: RequirementCode, state: RequirementState = UNMET, number: int | None = None) -> RequirementFacts:
    return RequirementFacts(code, CLIENT, Blocks.SCHEDULE, state, number)


@pytest.mark.parametrize(
    ("listens_to", "ours"),
    [
        (AcceptsRequestFrom.CLIENT_ONLY, False),
        (AcceptsRequestFrom.CLIENT_OR_PARTNER, True),
        (AcceptsRequestFrom.UNKNOWN, False),
        ("", False),
    ],
)
def test_only_a_bsp_that_takes_partners_hears_from_us(listens_to: str, ours: bool) -> None:
    assert takes_partner_requests(listens_to) is ours


def test_every_word_of_the_directory_has_been_thought_of() -> None:
    assert set(AcceptsRequestFrom) == {"client_only", "client_or_partner", "unknown"}


# Prepare now, switch off when we tell you


@pytest.mark.parametrize("code", sorted(LONG_BLOCKERS))
@pytest.mark.parametrize("state", list(RequirementState))
def test_a_number_waits_while_a_long_blocker_is_open(code: RequirementCode, state: RequirementState) -> None:
    number = 1 if code == RequirementCode.DISPLAY_NAME_APPROVED else None
    hold = hold_of([fact(TWO_STEP, number=1), fact(code, state, number)])
    waits = state in {UNMET, RequirementState.REQUESTED, RequirementState.FAILED}
    assert hold == (WAITS if waits else FREE)
    assert hold.waits is waits


def test_other_requirements_hold_nothing_back() -> None:
    others = [fact(code) for code in RequirementCode if code not in LONG_BLOCKERS | {TWO_STEP}]
    assert hold_of([fact(TWO_STEP, number=1), *others]) == FREE


def test_a_blocker_of_one_number_holds_only_that_one() -> None:
    rows = [fact(TWO_STEP, number=1), fact(TWO_STEP, number=2), fact(RequirementCode.DISPLAY_NAME_APPROVED, number=2)]
    assert hold_of(rows) == BOTH
    assert not BOTH.waits


def test_what_is_claimed_or_promised_already_is_not_held() -> None:
    rows = [
        fact(TWO_STEP, CLAIMED, 1),
        fact(TWO_STEP, RequirementState.REQUESTED, 2),
        fact(RequirementCode.BUSINESS_VERIFIED),
    ]
    assert hold_of(rows) == Hold()


def test_once_told_to_prepare_there_is_silence_until_a_blocker_goes() -> None:
    assert not WAITS.quiet([])
    assert WAITS.quiet([1])
    assert not WAITS.released([1])
    assert FREE.released([1])
    assert not FREE.released([])
    assert not Hold(held=frozenset({1, 2})).quiet([1]), "a number that was not told is told"
    assert not Hold().released([1]), "nothing is asked any more"


# The text


@pytest.mark.parametrize("planned", ["two_step_guide", "two_step_letter", "two_step_reminder"])
def test_the_client_is_told_to_prepare_instead(planned: str) -> None:
    assert message_for(planned, Moment(TWO_STEP, CLIENT, WAITS)) == "two_step_prepare"
    for hold in (FREE, BOTH):
        assert message_for(planned, Moment(TWO_STEP, CLIENT, hold)) == planned


def test_the_old_bsp_is_not_asked_while_everything_waits() -> None:
    assert message_for("two_step_bsp_request", Moment(TWO_STEP, BSP, WAITS)) is None


def test_a_ladder_that_says_prepare_says_the_guide_when_nothing_is_in_the_way() -> None:
    assert message_for("two_step_prepare", Moment(TWO_STEP, CLIENT, FREE)) == "two_step_guide"


@pytest.mark.parametrize("planned", ["two_step_bsp_request", "two_step_bsp_reminder"])
@pytest.mark.parametrize(("asked", "text"), [(False, "two_step_bsp_request"), (True, "two_step_bsp_reminder")])
def test_the_old_bsp_gets_the_whole_request_once_and_then_reminders(planned: str, asked: bool, text: str) -> None:
    assert message_for(planned, Moment(TWO_STEP, BSP, FREE, bsp_asked=asked)) == text


@pytest.mark.parametrize(("party", "text"), [(CLIENT, "promise_outcome"), (BSP, "promise_outcome_bsp")])
@pytest.mark.parametrize("demand", [TWO_STEP, WABA])
def test_when_only_promises_are_left_their_outcome_is_asked(demand: RequirementCode, party: Party, text: str) -> None:
    for planned in ("two_step_letter", "two_step_bsp_request", "waba_id_request"):
        assert message_for(planned, Moment(demand, party, Hold(), only_promised=True)) == text


def test_two_letters_to_one_bsp_become_one() -> None:
    """The request about two-step verification asks for the account too."""
    planned = "waba_id_bsp_request"
    assert message_for(planned, Moment(WABA, BSP, FREE)) is None
    assert message_for(planned, Moment(WABA, BSP, WAITS)) == planned
    assert message_for(planned, Moment(WABA, BSP, Hold())) == planned
    assert message_for("waba_id_request", Moment(WABA, CLIENT, FREE)) == "waba_id_request"


def test_the_closing_reminder_stays_what_it_is() -> None:
    moment = Moment(RequirementCode.OLD_CONTRACT_CANCELLED, CLIENT, WAITS, only_promised=True)
    assert message_for("closing_reminder", moment) == "closing_reminder"


@pytest.mark.parametrize(
    ("of_bsp", "of_client", "languages"),
    [
        ("en", "pt-br", ("en",)),
        ("pt-br", "pt-br", ("pt-br",)),
        (None, "pt-br", ("pt-br", "en")),
        (None, "en", ("en",)),
    ],
)
def test_a_letter_is_in_the_bsps_language_or_in_two(
    of_bsp: str | None, of_client: str, languages: tuple[str, ...]
) -> None:
    assert letter_languages(of_bsp, of_client) == languages


# What stays readable


@given(st.integers(0, 120))
def test_no_number_is_lost_in_a_list_and_a_hundred_stay_readable(count: int) -> None:
    numbers = [f"+{10**14 + place}" for place in range(count)]
    lines = number_lines(numbers)
    assert ", ".join(lines).split(", ") == (numbers or [""])[: len(numbers) or 1]
    assert len(lines) <= max(EACH_ON_A_LINE, 30)
    assert all(len(line) <= 76 for line in lines)
    if len(numbers) <= EACH_ON_A_LINE:
        assert lines == numbers


@given(st.text(alphabet="aж ,.", max_size=300), st.booleans())
def test_a_subject_is_short_and_keeps_its_reference(words: str, with_reference: bool) -> None:
    subject = f"{words} (MIG-7K3QXA2P)" if with_reference else words
    short = short_subject(subject, "MIG-7K3QXA2P")
    assert len(short) < 120
    assert short.endswith("(MIG-7K3QXA2P)") or not with_reference
    assert short == subject or len(subject) > 118


def test_a_letter_wishes_for_an_answer_within_five_working_days() -> None:
    assert wished_by(date(2026, 3, 2)) == date(2026, 3, 9)  # Monday to Monday
    assert wished_by(date(2026, 3, 6)) == date(2026, 3, 13)
    assert wished_by(date(2026, 3, 7)) == date(2026, 3, 13)  # Saturday to Friday


def test_a_mail_link_brings_subject_and_text_unless_mail_programs_would_cut_it() -> None:
    link = mailto("exit@bsp.example", title="Año & más?", body="línea 1\nlínea 2 = ok")
    parts = urlsplit(link)
    assert (parts.scheme, parts.path) == ("mailto", "exit@bsp.example")
    assert parse_qs(parts.query) == {"subject": ["Año & más?"], "body": ["línea 1\r\nlínea 2 = ok"]}
    assert "+" not in link
    cut = mailto("exit@bsp.example", title="T", body="ж" * 1000)
    assert len(cut) < MAILTO_MOST
    assert "body" not in cut
    assert mailto("", title="T", body="b") == ""
