"""The ticket's page tells the story, offers what may be done now and only that, and changes nothing."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.actor import SYSTEM
from migrations_app.enums import RequirementState
from migrations_app.models import ChaseAttempt
from migrations_app.services.outreach import mark_lost
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person


def _actions(page: str, walk: Walk) -> set[str]:
    return set(re.findall(rf"/admin/tickets/ticket/{walk.ticket.pk}/do/([a-z-]+)/", page))


def _states_offered(page: str, code: str) -> set[str]:
    return set(re.findall(rf'name="code" value="{code}">\s*<input type="hidden" name="state" value="(\w+)"', page))


def test_it_says_whom_we_wait_for_and_why(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    page = agent_at_desk.page(walked)
    assert "Waiting on <strong>Client</strong>" in page
    for words in ("Two-step verification is still switched on.", "Next nudge", "+5511987654321", "Infobip",
                  "rule “Latin America”", "Guide: switch two-step verification off", "102290129340398"):  # fmt: skip
        assert words in page, words


@pytest.mark.parametrize("path", list(Path))
def test_every_stage_has_a_page(path: Path, walk: Walker, lead_at_desk: Person, meta: Any) -> None:
    walked = walk(path)
    assert walked.ticket.reference in lead_at_desk.page(walked)


_ALWAYS = {"attach", "comment", "assign", "reroute"}
_WORK = {*_ALWAYS, "decide", "requested"}
_CHASED = {"snooze-chase", "stop-chase"}
_TOLD = {"message-profile", "contact"}


@pytest.mark.parametrize(
    ("path", "offered"),
    [
        (Path.WAITING_TWO_STEP, {*_WORK, *_TOLD, "hold", "priority", "cancel", "reject", "flow", "try-now", *_CHASED}),
        (
            Path.SCHEDULED,
            {*_WORK, *_TOLD, "hold", "priority", "cancel", "reject", "cancel-call", "flow", "try-now", *_CHASED},
        ),
        (Path.LIVE, {*_WORK, *_TOLD, "hold", "priority", "tested", "look-again"}),
        (Path.RESOLVED, {*_WORK, "close", "reopen", "look-again", *_CHASED}),
        (Path.CLOSED, {*_ALWAYS, "reopen"}),
        (Path.CANCELLED, {*_ALWAYS, "reopen"}),
        (Path.REJECTED, _ALWAYS),
    ],
)
def test_only_what_may_be_done_now_is_offered(
    path: Path, offered: set[str], walk: Walker, agent_at_desk: Person, meta: Any
) -> None:
    walked = walk(path)
    # Each message to the client has brought a link, which can be ended whatever the state.
    elsewhere = {"requested", "revoke-link"}
    assert _actions(agent_at_desk.page(walked), walked) - elsewhere == offered - elsewhere


def test_a_requirement_offers_its_own_next_states(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert _states_offered(agent_at_desk.page(walked), "open_conversations_ack") == {"met", "failed", "waived"}
    walked.decide("open_conversations_ack", RequirementState.WAIVED, reason="told by phone")
    page = agent_at_desk.page(walked)
    assert _states_offered(page, "open_conversations_ack") == {"unmet"}
    assert "told by phone" in page


def test_a_client_is_offered_claims_words_and_files_only(walk: Walker, client_person: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP, waba_id=None)
    page = client_person.page(walked)
    assert _actions(page, walked) == {"comment", "claim", "attach", "message-profile"}
    claimed = set(re.findall(r'name="code" value="(\w+)"', page))
    assert "waba_id" in claimed
    assert not {"send_receive_test", "destination_payment"} & claimed


def test_a_message_of_unknown_outcome_stands_out_with_two_judgements(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.FILED)
    attempt = walked.planned()
    ChaseAttempt.objects.filter(pk=attempt.pk).update(state="sending", claimed_at=walked.now)
    walked.later(minutes=10)
    assert mark_lost(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.now)
    page = agent_at_desk.page(walked)
    assert "It arrived" in page
    assert "It did not arrive" in page
    assert 'class="pt-alarm"' in page


def test_public_and_internal_words_look_different(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.FILED)
    agent_at_desk.do(walked, "comment", body="for all", visibility="public")
    agent_at_desk.do(walked, "comment", body="for us", visibility="internal")
    page = agent_at_desk.page(walked)
    assert len(re.findall(r'<article class="pt-comment pt-ours">', page)) == 1
    assert len(re.findall(r'<article class="pt-comment pt-internal">', page)) == 1


def test_what_people_write_is_never_markup(walk: Walker, agent_at_desk: Person) -> None:
    evil = "<script>alert(1)</script>"
    walked = walk(Path.FILED, client={"name": evil}, notes=evil)
    agent_at_desk.do(walked, "comment", body=evil, visibility="public")
    assert evil not in agent_at_desk.page(walked)


def test_the_number_of_queries_does_not_grow_with_numbers(walk: Walker, agent_at_desk: Person) -> None:
    def queries(walked: Walk) -> int:
        with CaptureQueriesContext(connection) as seen:
            agent_at_desk.page(walked)
        return len(seen)

    small, big = walk(Path.FILED), walk(Path.FILED, *[f"+55119555500{n:02d}" for n in range(12)])
    agent_at_desk.page(small)
    assert queries(big) == queries(small) <= 46


def test_looking_changes_nothing_and_the_page_takes_no_posts(walk: Walker, superuser: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    before = values_of(walked)
    superuser.page(walked)
    answer = superuser.post("tickets_ticket_change", walked.ticket.pk, status="closed", stage="done", version=1)
    assert answer.status_code == 405
    assert values_of(walked) == before


def values_of(walked: Walk) -> dict[str, Any]:
    fresh = walked.fresh()
    return {field.attname: getattr(fresh, field.attname) for field in fresh._meta.concrete_fields}


_BSP_ONLY = "only the old BSP can switch two-step verification off"


def test_a_warning_about_leaving_ends_when_the_number_is_free(walk: Walker, agent_at_desk: Person) -> None:
    numbers = (NUMBER, OTHER_NUMBER)
    walked = walk(Path.FILED, *numbers, waba_owner="old_bsp")
    assert agent_at_desk.page(walked).count(_BSP_ONLY) == 1, "what holds for all numbers is told once"
    first, second = walked.case.numbers.order_by("position")
    first.requirements.filter(code="two_step_disabled").update(state=RequirementState.MET)
    assert agent_at_desk.page(walked).count(_BSP_ONLY) == 1
    second.requirements.filter(code="two_step_disabled").update(state=RequirementState.MET)
    assert _BSP_ONLY not in agent_at_desk.page(walked)


def test_what_is_settled_is_folded_and_the_chases_come_right_after_what_is_missing(
    walk: Walker, agent_at_desk: Person
) -> None:
    page = agent_at_desk.page(walk(Path.WAITING_TWO_STEP))
    places = [page.index(f'id="{name}"') for name in ("requirements", "chases", "playbook", "numbers", "comments")]
    assert places == sorted(places)
    missing = page[places[0] : places[1]]
    assert missing.index("Two-step verification switched off") < missing.index("Settled: ")
    assert missing.index("Settled: ") < missing.index("WhatsApp Business Account approved by Meta")
