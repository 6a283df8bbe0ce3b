"""Test tickets: a world of their own with a machine at the desk, in which each magic number meets its fate."""

import secrets
from datetime import timedelta
from pathlib import Path as Path_
from typing import Any

import pytest
from pytest_django import Settings

from migrations_app.models import PinCall
from migrations_app.services.slot_taking import SlotTaken
from providers.selectors.fates import all_fates
from tests.factories.hastened import pass_time
from tests.factories.walks import Path, Walk, Walker

pytestmark = pytest.mark.django_db
NUMBERS = {fate.code: fate.number for fate in all_fates()}
START = timedelta(hours=24)
ONCE = (
    "two_step_lingers", "sms_lost", "code_expired", "code_wrong", "at_destination", "answer_lost", "server_error",
)  # fmt: skip
STOPPED = ("too_many_codes", "register_limit", "registration_lost", "otp_lost")


@pytest.fixture(autouse=True)
def _nobody_at_meta(settings: Settings) -> None:
    """No address answers: whatever left the house would be lost."""
    settings.META_BASE_URL = "http://127.0.0.1:1"


def filed(walk: Walker, *fates: str, **changes: Any) -> Walk:
    """A test ticket with magic numbers whose client has done its part."""
    numbers = [NUMBERS[fate] for fate in fates]
    walked = walk(Path.FILED, *numbers, test=True, **{"two_step_verification": "disabled", **changes})
    walked.claim("open_conversations_ack")
    pass_time(walked, seconds=10)
    return walked


def called(walked: Walk) -> dict[str, str]:
    """Book a call, let it pass, and return the states of the ticket's numbers by fate."""
    walked.book(walked.now.replace(minute=15, second=0) + START)
    pass_time(walked, seconds=75)
    codes = {number: code for code, number in NUMBERS.items()}
    return {codes[number.number]: number.state for number in walked.numbers()}


def test_all_goes_well_from_filing_to_closing_with_nobody_at_the_desk(
    walk: Walker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first PIN drawn is a birthday: such ones are refused, so the machine takes another.
    drawn = iter([241290, 482615])
    monkeypatch.setattr(secrets, "randbelow", lambda _below: next(drawn))
    walked = filed(walk, "all_well")
    assert called(walked) == {"all_well": "live"}
    pass_time(walked, minutes=6)
    assert walked.ticket.status == "closed"


def test_what_goes_wrong_once_keeps_no_number_from_its_first_call(walk: Walker) -> None:
    walked = filed(walk, *ONCE)
    assert called(walked) == dict.fromkeys(ONCE, "live")
    assert walked.number(ONCE.index("sms_lost") + 1).code_method == "voice"


def test_numbers_that_are_stopped_in_their_call_get_through_in_the_next_but_the_one_that_nothing_reaches(
    walk: Walker,
) -> None:
    walked = filed(walk, *STOPPED)
    first = called(walked)
    assert first["register_limit"] == "cooling_down"
    assert (first["registration_lost"], first["otp_lost"]) == ("failed", "code_requested")
    assert walked.ticket.stage == "ready"
    pass_time(walked, minutes=3)
    assert called(walked) == dict.fromkeys(STOPPED, "live") | {"otp_lost": "code_requested"}
    rests = {event.data["number"] for event in walked.events() if event.data.get("new") == "cooling_down"}
    assert {NUMBERS["too_many_codes"], NUMBERS["register_limit"]} <= rests


def test_what_meta_says_of_a_claim_comes_within_minutes(walk: Walker) -> None:
    walked = filed(walk, "two_step_on", "name_declined", "cap_exceeded", "banned", "all_well")
    pass_time(walked, minutes=2)
    row = walked.requirement("two_step_disabled", 1)
    assert (row.state, row.decided_by) == ("unmet", "Meta")
    assert walked.requirement("display_name_approved", 2).state == "unmet"
    # The desk has made room at the destination, and left out what Meta does not take.
    assert [number.state for number in walked.numbers()][2:] == ["initiated", "skipped", "initiated"]
    walked.claim("display_name_approved")
    pass_time(walked, seconds=10)
    assert walked.number(2).state == "initiated"


def test_a_ticket_of_which_meta_takes_nothing_is_refused(walk: Walker) -> None:
    walked = filed(walk, "banned")
    pass_time(walked, minutes=2)
    assert walked.ticket.status == "rejected"


@pytest.mark.parametrize(("fate", "state"), [("bsp_answers", "met"), ("bsp_refuses", "failed")])
def test_an_old_provider_that_was_asked_answers_or_refuses(walk: Walker, fate: str, state: str) -> None:
    walked = filed(walk, fate, two_step_verification="enabled")
    walked.ask_bsp()
    pass_time(walked, minutes=2)
    assert walked.requirement("two_step_disabled").state == state


def test_an_old_provider_that_says_nothing_lets_the_ladder_come_to_its_end(walk: Walker) -> None:
    walked = filed(walk, "bsp_silent", two_step_verification="enabled")
    walked.ask_bsp()
    pass_time(walked, minutes=20)
    assert walked.requirement("two_step_disabled").state == "requested"
    assert "chase.escalated" in walked.event_types()


def test_a_business_is_verified_after_a_while_or_never(walk: Walker) -> None:
    good, bad = (filed(walk, fate, business_verification="pending") for fate in ("all_well", "never_verified"))
    pass_time(good, minutes=3)
    assert (good.requirement("business_verified").state, good.ticket.stage) == ("met", "ready")
    assert (bad.requirement("business_verified").state, bad.fresh().stage) == ("unmet", "requirements")


def test_a_slot_is_taken_by_somebody_else_and_the_next_one_is_free(walk: Walker) -> None:
    walked = filed(walk, "slot_taken")
    full_hour = walked.now.replace(minute=0, second=0) + timedelta(days=1)
    for refused in (walked.book, walked.hold):
        with pytest.raises(SlotTaken):
            refused(full_hour)
    assert walked.book(full_hour + timedelta(minutes=15)).state == "booked"


def test_nobody_comes_to_the_first_call_and_somebody_to_the_second(walk: Walker) -> None:
    walked = filed(walk, "no_show")
    called(walked)
    assert PinCall.objects.get(ticket=walked.ticket).state == "no_show"
    assert called(walked) == {"no_show": "live"}


def test_each_fate_is_in_one_of_these_tests() -> None:
    here = Path_(__file__).read_text(encoding="utf-8")
    assert [code for code in NUMBERS if f'"{code}"' not in here] == []
