"""What a call leaves over: the next call for it with one click, never before its rest is over."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest

from config.core.actor import SYSTEM
from config.core.uow import IllegalTransition
from migrations_app.enums import NumberState, PinCallState
from migrations_app.models import PinCall
from migrations_app.services import calls, moves, slot_taking
from migrations_app.services.move_steps import CoolingDown
from migrations_app.services.slot_taking import SlotNotAvailable, Wish
from tests.factories.desk import Key
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, told
from tests.integration.admin.test_call_page import _offered, _page, _step
from tests.integration.api.caller import Caller

THIRD = "+5511911110003"


@pytest.fixture
def cooled(walk: Walker, meta: Meta) -> Walk:
    """Three numbers: the first is live, the second rests after three codes, the third was not begun; the call is over."""
    walked = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER, THIRD)
    walked.move()
    for _ in range(3):
        walked.ask_code(2)
    with pytest.raises(CoolingDown):
        walked.ask_code(2)
    walked.finish_call()
    return walked


def moments(page: str) -> list[str]:
    return [html.unescape(start) for start in re.findall(r'name="start" value="([^"]+)"', page)]


def book(walked: Walk, start: Any, *numbers: str) -> PinCall:
    wish = Wish(start, numbers or None)
    return calls.book(ticket_id=walked.ticket.pk, wish=wish, by=walked.by, now=walked.now)


def test_the_page_of_a_call_that_is_over_offers_the_next_one_for_what_remains(
    cooled: Walk, agent_at_desk: Person
) -> None:
    rests_until = cooled.number(2).cool_down_until
    assert rests_until is not None
    page = _page(agent_at_desk, cooled)
    assert f"rests until {rests_until:%a} {rests_until.day} {rests_until:%b, %H:%M} UTC" in page
    assert "times before that are not offered" in page
    offered = moments(page)
    assert len(offered) == 3
    assert offered == sorted(offered)
    assert all(start >= rests_until.isoformat() for start in offered)
    said = told(_step(agent_at_desk, cooled, "book_rest", start=offered[0], numbers=[OTHER_NUMBER, THIRD]))
    assert said.startswith("Booked for")
    booked = PinCall.objects.get(ticket=cooled.ticket, state=PinCallState.BOOKED)
    assert booked.start.isoformat() == offered[0]
    assert {number.number for number in booked.numbers.all()} == {OTHER_NUMBER, THIRD}
    assert cooled.fresh().stage == "scheduled"
    page = _page(agent_at_desk, cooled)
    assert moments(page) == []
    assert page.count("has another call already") == 2


@pytest.mark.parametrize("start", ["", "soon", "2026-03-05T10:00:00", "2026-03-05T10:07:00+00:00"])
def test_a_moment_that_is_none_books_nothing(cooled: Walk, agent_at_desk: Person, start: str) -> None:
    assert told(_step(agent_at_desk, cooled, "book_rest", start=start, numbers=[THIRD]))
    assert not PinCall.objects.filter(ticket=cooled.ticket, state=PinCallState.BOOKED).exists()


def test_what_is_blocked_says_by_what_and_is_in_no_offer(walk: Walker, agent_at_desk: Person, meta: Meta) -> None:
    walked = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)
    walked.move()
    meta.protect(OTHER_NUMBER)
    _step(agent_at_desk, walked, "ask", 2, method="sms")
    _step(agent_at_desk, walked, "finish", anyway="yes")
    page = _page(agent_at_desk, walked)
    assert "waits for: Two-step verification" in page
    assert moments(page) == []


def test_when_everything_is_done_nothing_is_offered(walk: Walker, agent_at_desk: Person, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    walked.move()
    page = _page(agent_at_desk, walked)
    assert "All numbers of this call are done." in page
    assert "book_rest" not in _offered(page)


# The rest is kept by whoever books


def test_a_number_that_rests_is_booked_for_after_its_rest_only_and_only_by_name(cooled: Walk) -> None:
    rests_until = cooled.number(2).cool_down_until
    assert rests_until is not None
    sooner = (cooled.now + timedelta(hours=2)).replace(minute=0)
    assert sooner < rests_until
    with pytest.raises(IllegalTransition) as refusal:
        book(cooled, sooner, OTHER_NUMBER)
    assert refusal.value.extra["allowed"] == [THIRD]
    assert [row.number for row in slot_taking.numbers_for_call(cooled.ticket, cooled.case)] == [THIRD]
    later = (cooled.now + timedelta(days=1)).replace(minute=0)
    assert [row.number for row in book(cooled, later, OTHER_NUMBER).numbers.all()] == [OTHER_NUMBER]


def test_a_call_is_not_moved_into_the_rest_of_its_number(cooled: Walk) -> None:
    call = book(cooled, (cooled.now + timedelta(days=1)).replace(minute=0), OTHER_NUMBER)
    sooner = (cooled.now + timedelta(hours=2)).replace(minute=0)
    with pytest.raises(SlotNotAvailable):
        calls.reschedule(ticket_id=cooled.ticket.pk, call_id=str(call.uid), start=sooner, by=cooled.by, now=cooled.now)
    moves.end_cool_down(number_id=cooled.number(2).pk, by=SYSTEM, now=cooled.later(hours=9))
    assert cooled.number(2).state == NumberState.INITIATED


def test_only_cooling_numbers_invite_nobody_until_their_rest_is_over(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)

    def invitations() -> int:
        return sum(notice.message == "slot_invitation" for notice in walked.notices())

    before = invitations()
    for _ in range(3):
        walked.ask_code()
    with pytest.raises(CoolingDown):
        walked.ask_code()
    walked.finish_call()
    assert (walked.fresh().stage, walked.ticket.waiting_on, walked.ticket.next_action) == (
        "ready",
        "meta",
        "wait_for_cool_down",
    )
    assert invitations() == before
    moves.end_cool_down(number_id=walked.number().pk, by=SYSTEM, now=walked.later(hours=8))
    assert (walked.fresh().waiting_on, invitations()) == ("client", before + 1)


def test_the_api_offers_moments_after_the_rest_of_the_number_that_is_named(cooled: Walk, client_key: Key) -> None:
    api = Caller(client_key.secret)
    rests_until = cooled.number(2).cool_down_until
    assert rests_until is not None
    address = f"tickets/{cooled.ticket.reference}/slots"
    assert api.get(address).json["numbers"] == [THIRD]
    offered = api.get(f"{address}?numbers={OTHER_NUMBER[1:]}").json
    assert offered["numbers"] == [OTHER_NUMBER]
    assert min(slot["start"] for slot in offered["data"]) >= rests_until.isoformat()
    until = (cooled.now + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert api.get(f"{address}?numbers={OTHER_NUMBER[1:]}&to={until}").code == "illegal_transition"
