"""Tasks by hand: links that open a conversation, whom one can disturb now, what an outcome means, whose turn it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import (
    Blocks,
    DeskTaskKind,
    NumberState,
    RequirementCode,
    RequirementState,
    Stage,
    TaskOutcome,
)
from migrations_app.rules.desk_tasks import asked, waits_too_long, was_heard_of
from migrations_app.rules.hours import office_hours
from migrations_app.rules.links import LONGEST_LINK, is_being_moved, phone_link, web_link, whatsapp_link
from migrations_app.rules.progress import CaseFacts, NumberFacts, RequirementFacts, position
from tickets.enums import Party, TicketStatus

PHONE = "+5511911112222"


@given(st.text(max_size=600))
def test_a_chat_opens_with_exactly_the_text_that_was_given(text: str) -> None:
    link = whatsapp_link(PHONE, text)
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "wa.me", "/5511911112222")
    assert len(link) <= LONGEST_LINK
    if "?" in link:
        assert parse_qs(parts.query, keep_blank_values=True, strict_parsing=True) == {"text": [text]}


def test_a_text_that_no_link_can_carry_is_left_out() -> None:
    assert whatsapp_link(PHONE, "я" * 2000) == "https://wa.me/5511911112222"


@pytest.mark.parametrize(
    "phone", ["", "11911112222", "+0119", "+55 11 91111-2222", "+5511911112222?text=x", "javascript:x"]
)
def test_what_is_no_number_opens_nothing(phone: str) -> None:
    assert whatsapp_link(phone, "x") == phone_link(phone) == ""


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://bsp.example/help?a=1", "https://bsp.example/help?a=1"),
        (" http://bsp.example ", "http://bsp.example"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//bsp.example", ""),
        ("https://", ""),
        ("http://[bad", ""),
        ("", ""),
    ],
)
def test_only_the_web_is_opened_by_a_click(url: str, link: str) -> None:
    assert web_link(url) == link


def test_a_line_that_is_moved_is_recognised_in_any_of_its_forms() -> None:
    assert is_being_moved("+5511987654321", ["+551187654321"])
    assert not is_being_moved("+5511987654321", ["+5511987654322"])
    assert not is_being_moved("", ["+5511987654321"])


def test_more_than_a_working_day_of_the_desk_is_too_long() -> None:
    hours = office_hours("UTC")
    friday = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)
    assert not waits_too_long(friday, friday + timedelta(days=2), hours)  # the weekend does not count
    assert not waits_too_long(friday, datetime(2026, 3, 9, 15, 0, tzinfo=UTC), hours)
    assert waits_too_long(friday, datetime(2026, 3, 9, 15, 1, tzinfo=UTC), hours)


def test_what_an_outcome_means() -> None:
    assert {outcome for outcome in TaskOutcome if not asked(outcome)} == {TaskOutcome.NOT_POSSIBLE}
    heard = {(kind, outcome) for kind in DeskTaskKind for outcome in TaskOutcome if was_heard_of(kind, outcome)}
    assert (DeskTaskKind.PHONE, TaskOutcome.DONE) in heard
    assert (DeskTaskKind.WHATSAPP, TaskOutcome.DONE) not in heard
    assert (DeskTaskKind.PHONE, TaskOutcome.NO_ANSWER) not in heard
    assert (DeskTaskKind.WHATSAPP, TaskOutcome.PROMISED) in heard


TWO_STEP = RequirementFacts(RequirementCode.TWO_STEP_DISABLED, Party.OLD_BSP, Blocks.SCHEDULE, RequirementState.UNMET)
OPEN_CASE = CaseFacts(
    stage=Stage.REQUIREMENTS, requirements=(TWO_STEP,), numbers=(NumberFacts(1, NumberState.PENDING),), task_open=True
)


def test_an_open_task_makes_it_our_turn_too() -> None:
    where = position(OPEN_CASE)
    assert (where.party, where.also, where.status) == (Party.CLIENT, (Party.ONBOARDING,), TicketStatus.WAITING)
    both = position(replace(OPEN_CASE, chase_exhausted=True))
    assert both.also == (Party.ONBOARDING,)
    ready = position(replace(OPEN_CASE, requirements=()))
    assert (ready.party, ready.also) == (Party.CLIENT, (Party.ONBOARDING,))


def test_an_open_task_of_an_ended_case_keeps_nobody_waiting() -> None:
    assert position(replace(OPEN_CASE, stage=Stage.CANCELLED)).party == Party.NOBODY
    moved = replace(OPEN_CASE, requirements=(), numbers=(NumberFacts(1, NumberState.LIVE),))
    assert (position(moved).stage, position(moved).party, position(moved).also) == (Stage.CLOSING, Party.ONBOARDING, ())
