"""The call page before the start: what is missing by name, who is there, going on without a number, a lead's override."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.core.actor import SYSTEM
from migrations_app.enums import PinCallState, RequirementState
from migrations_app.models import DeskTask, NumberMove, Playbook
from migrations_app.services.readiness_looks import look_ahead
from tests.factories.files import PNG
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, text_of, told


@pytest.fixture
def booked(walk: Walker, meta: Meta) -> Walk:
    walked = walk(Path.SCHEDULED, NUMBER, OTHER_NUMBER)
    walked.claim("open_conversations_ack")
    return walked


def page(person: Person, walked: Walk, **query: Any) -> str:
    assert walked.call is not None
    shown = text_of(person.get("migrations_app_pincall_console", walked.call.pk, **query))
    return re.sub(r"\s+", " ", shown)


def step(person: Person, walked: Walk, name: str, **data: Any) -> str:
    assert walked.call is not None
    return told(person.post("migrations_app_pincall_console", walked.call.pk, step=name, **data))


def state(walked: Walk) -> str:
    assert walked.call is not None
    walked.call.refresh_from_db()
    return walked.call.state


def test_what_is_missing_is_named_with_who_can_mend_it_and_where(booked: Walk, agent_at_desk: Person) -> None:
    booked.decide("open_conversations_ack", RequirementState.UNMET)
    shown = page(agent_at_desk, booked)
    assert "The call cannot start yet: Open conversations: understood" in shown
    assert "Nobody has answered this yet." in shown
    assert "Who can mend it: Client." in shown
    assert f"/tickets/ticket/{booked.ticket.pk}/change/#requirements" in shown
    assert "A lead can begin the call all the same" in shown
    # What the case lacks is no fault of its numbers.
    assert "Not ready" not in shown
    assert 'name="override"' not in shown
    assert "Still missing: Open conversations: understood" in step(agent_at_desk, booked, "start")
    assert state(booked) == PinCallState.BOOKED


def test_the_agent_ticks_that_the_person_is_there(booked: Walk, agent_at_desk: Person) -> None:
    before = page(agent_at_desk, booked)
    assert before.count('name="step" value="here"') == 2
    assert "Nobody has confirmed that the phone is at hand." in before
    # Doubts stop nothing, but not everything is in place either; and it is said who rings whom.
    assert re.search(r"Nothing is missing, but look at \d+ doubtful things first", before)
    assert "Everything that was asked for is in place" not in before
    assert "You ring the client" in before
    step(agent_at_desk, booked, "here", number=booked.number().pk)
    after = page(agent_at_desk, booked)
    assert after.count('name="step" value="here"') == 1
    assert "person and phone confirmed by bea" in after


def test_going_on_without_a_number_is_ticked_beforehand(booked: Walk, agent_at_desk: Person) -> None:
    later = booked.number(2)
    booked.decide("otp_channel", RequirementState.UNMET, number_id=later.pk)
    shown = page(agent_at_desk, booked)
    assert f'name="without" value="{later.pk}" checked' in shown
    assert "Start the call with 1 number<" in shown
    assert "Still missing" in step(agent_at_desk, booked, "start")
    assert step(agent_at_desk, booked, "start", without=[later.pk]) == "The call has begun."
    shown = page(agent_at_desk, booked, number=later.pk)
    assert "It was not ready when the call began." in shown
    assert "Left the call" in shown
    step(agent_at_desk, booked, "back", number=later.pk)
    assert "Left the call" not in page(agent_at_desk, booked, number=later.pk)


def test_only_a_lead_overrides_and_it_stays_visible(booked: Walk, agent_at_desk: Person, lead_at_desk: Person) -> None:
    booked.decide("open_conversations_ack", RequirementState.UNMET)
    step(agent_at_desk, booked, "start", override="I know better")
    assert state(booked) == PinCallState.BOOKED
    assert 'name="override"' in page(lead_at_desk, booked)
    assert "Say why" in step(lead_at_desk, booked, "start", override=" ")
    step(lead_at_desk, booked, "start", override="Said on the phone")
    assert state(booked) == PinCallState.STARTED
    words = "let the call begin without: Open conversations: understood. Reason: Said on the phone"
    assert words in page(agent_at_desk, booked)
    assert "although something was missing (Open conversations: understood): Said on the phone" in agent_at_desk.page(
        booked
    )


def test_what_nobody_overrides_is_said_and_stays_out(booked: Walk, lead_at_desk: Person) -> None:
    tired = booked.number(2)
    until = booked.now.replace(hour=23)
    NumberMove.objects.filter(pk=tired.pk).update(state="cooling_down", cool_down_until=until)
    booked.decide("open_conversations_ack", RequirementState.UNMET)
    shown = page(lead_at_desk, booked)
    assert "The number rests after too many tries." in shown
    assert "Only time mends it. Nobody can override this." in shown
    assert f'<input type="hidden" name="without" value="{tired.pk}">' in shown
    step(lead_at_desk, booked, "start", override="Said on the phone", without=[tired.pk])
    assert state(booked) == PinCallState.STARTED


def test_two_step_found_on_is_said_with_what_follows(booked: Walk, meta: Meta, agent_at_desk: Person) -> None:
    step(agent_at_desk, booked, "start")
    meta.protect(NUMBER)
    NumberMove.objects.filter(pk=booked.number().pk).update(phone_number_id="", state="pending")
    step(agent_at_desk, booked, "ask", number=booked.number().pk, method="sms")
    # The next number comes up by itself.
    assert f'name="number" value="{booked.number(2).pk}"' in page(agent_at_desk, booked)
    shown = page(agent_at_desk, booked, number=booked.number().pk)
    assert "Two-step verification is still switched on. Go on with the other numbers" in shown
    assert 'name="step" value="switched_off"' in shown
    meta.unprotect(NUMBER)
    step(agent_at_desk, booked, "switched_off", number=booked.number().pk)
    step(agent_at_desk, booked, "ask", number=booked.number().pk, method="sms")
    assert booked.number().state == "code_requested"


def test_the_account_is_read_when_asked(booked: Walk, agent_at_desk: Person) -> None:
    assert "Not read at Meta yet." in page(agent_at_desk, booked)
    assert "read anew" in step(agent_at_desk, booked, "read")
    assert "✓ Account at the destination approved by Meta" in page(agent_at_desk, booked)


def test_moves_elsewhere_are_recorded_on_the_call_page(walk: Walker, meta: Meta, agent_at_desk: Person) -> None:
    Playbook.objects.filter(is_default=True).update(execution="embedded_signup")
    walked = walk(Path.SCHEDULED)
    walked.claim("open_conversations_ack")
    step(agent_at_desk, walked, "start")
    number = walked.number()
    shown = page(agent_at_desk, walked)
    assert "from this moment messages may get lost" in shown
    assert 'name="kind" value="opened"' in shown
    # Nobody is asked to read a code to us that is typed into Meta's popup, and no PIN is made here.
    said = page(agent_at_desk, walked, language="en")
    assert "read me the 6-digit code" not in said
    assert "into Meta&#x27;s window yourself" in said
    assert "Shall I make one" not in said
    assert "I do not need to know it" in said
    assert 'value="no_show"' in said
    step(agent_at_desk, walked, "milestone", number=number.pk, kind="opened", note="")
    assert re.search(r"Messages may get lost since \d\d:\d\d UTC\.", page(agent_at_desk, walked))
    assert 'value="no_show"' not in page(agent_at_desk, walked), "somebody opened the popup"
    step(agent_at_desk, walked, "milestone", number=number.pk, kind="accepted", note="")
    assert "Say what you saw" in step(agent_at_desk, walked, "milestone", number=number.pk, kind="live", note="")
    picture = SimpleUploadedFile("live.png", PNG, "image/png")
    step(agent_at_desk, walked, "milestone", number=number.pk, kind="live", note="", file=picture)
    assert (walked.number().state, state(walked)) == ("live", PinCallState.FINISHED)
    for bad in ("", "exploded"):
        assert step(agent_at_desk, walked, "milestone", number=number.pk, kind=bad)
    assert "seen live" in agent_at_desk.page(walked)


def test_everybody_is_ticked_as_there_with_one_button(booked: Walk, agent_at_desk: Person) -> None:
    first, second = booked.numbers()
    step(agent_at_desk, booked, "here", number=first.pk)
    assert "Everybody is here" not in page(agent_at_desk, booked), "one is left"
    booked.current_call().lines.update(here_at=None, here_by="")
    assert "Everybody is here with their phones" in page(agent_at_desk, booked)
    assert "Recorded" in step(agent_at_desk, booked, "everybody_here", here=[first.pk, second.pk, "x", 10**9])
    lines = list(booked.current_call().lines.all())
    assert {line.here_by for line in lines} == {booked.desk.label}
    (told_of,) = [e.data["numbers"] for e in booked.events() if e.data.get("step") == "person_here"][1:]
    assert told_of == [first.number, second.number]
    # Once more changes nothing; none of the call's numbers is refused.
    step(agent_at_desk, booked, "everybody_here", here=[first.pk, second.pk])
    assert len([e for e in booked.events() if e.data.get("step") == "person_here"]) == 2
    assert "Recorded" not in step(agent_at_desk, booked, "everybody_here", here=[0])


def test_a_move_elsewhere_leads_on_to_the_next_number(walk: Walker, meta: Meta, agent_at_desk: Person) -> None:
    Playbook.objects.filter(is_default=True).update(execution="provider_console")
    walked = walk(Path.SCHEDULED, NUMBER, OTHER_NUMBER)
    walked.claim("open_conversations_ack")
    step(agent_at_desk, walked, "start")
    assert "only to the person who works in the console" in page(agent_at_desk, walked, language="en")
    first, second = walked.numbers()
    for kind in ("opened", "accepted", "live"):
        step(agent_at_desk, walked, "milestone", number=first.pk, kind=kind, note="Connected")
    assert f"Go on with {second.number}" in page(agent_at_desk, walked, number=first.pk)


def test_a_task_of_an_unready_call_leads_to_its_page(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.SCHEDULED)
    call = walked.current_call()
    look_ahead(call_pk=call.pk, by=SYSTEM, now=walked.now)
    task = DeskTask.objects.get(kind="call_not_ready")
    shown = text_of(agent_at_desk.get("migrations_app_desktask_change", task.pk))
    assert f"/pincall/{call.pk}/console/" in shown
    assert "Open conversations: understood: Nobody has answered this yet." in shown
