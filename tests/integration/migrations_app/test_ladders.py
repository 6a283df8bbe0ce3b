"""Chases of further requirements, the ladder that is climbed, and what happens at its end."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage

from config.core.actor import OPERATOR, SYSTEM
from migrations_app.enums import RequirementCode, RequirementState
from migrations_app.enums.ladders import Demand
from migrations_app.models import Chase, Ladder, MigrationCase
from migrations_app.services import letting_go, outreach
from migrations_app.services.exhaustion import BSP_SILENT, TAG
from migrations_app.services.ladders import NotClimbable, ladder_for, save_ladder
from providers.models import Bsp
from tests.factories.forms import NUMBER, OTHER_NUMBER, number_answers
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Priority
from tickets.services.tickets import set_priority

CODE = RequirementCode
READY_ELSE: dict[str, Any] = {"two_step_verification": "disabled"}


def chases(walked: Walk) -> dict[str, Chase]:
    return {chase.requirement_code: chase for chase in Chase.objects.filter(case=walked.case).order_by("id")}


def climb_to_the_end(walked: Walk, code: CODE = CODE.TWO_STEP_DISABLED) -> Chase:
    """Let time pass until the chase has ended unanswered."""
    while (chase := walked.chase(code)).state == "active":
        assert chase.next_at is not None
        walked.now = max(walked.now, chase.next_at)
        walked.send_all_due()
        outreach.escalate(chase.pk, walked.ticket.pk, by=SYSTEM, now=walked.now)
    return chase


def make_ladder(walk: Walker, slug: str, demand: Demand = Demand.TWO_STEP, **columns: Any) -> Ladder:
    step = {"to": "client", "message": "requirement_reminder", "channel": "best", "wait_business_days": 1}
    columns = {"steps": [step, {"escalate": True, "wait_business_days": 1}], **columns}
    return save_ladder(ladder=Ladder(slug=slug, name=slug, demand=demand, **columns), by=OPERATOR, now=walk.now)


# One chase for everything else


def test_one_mail_asks_for_all_that_is_missing_and_goes_at_once_if_it_is_the_only_one(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    """At filing, at any hour, with how each thing is done; only the numbers that lack it are named."""
    second = number_answers(OTHER_NUMBER, display_name_status="pending")
    walked = walk(Path.FILED, NUMBER, second, business_verification="unverified", **READY_ELSE)
    found = chases(walked)
    assert list(found) == ["display_name_approved", "business_verified"]
    first = walked.planned(CODE.DISPLAY_NAME_APPROVED)
    assert (first.due_at, first.message, first.channel) == (walked.now, "requirement_reminder", "email")
    # What Meta reviews is asked about once a week.
    assert walked.planned(CODE.BUSINESS_VERIFIED).due_at > walked.now + timedelta(days=6)
    walked.send_all_due()
    [mail] = mailoutbox
    assert f"({OTHER_NUMBER})" in mail.body
    items = [line for line in mail.body.splitlines() if line.startswith("  - ") and ":" in line]
    assert len(items) == 3, "the acknowledgement too, so that nobody is asked in slices"


def test_beside_another_chase_the_list_waits_a_day(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    walked = walk(Path.WAITING_TWO_STEP, number_answers(behind_ivr=True), waba_id=None)
    assert len(mailoutbox) == 1
    found = chases(walked)
    assert list(found) == ["two_step_disabled", "waba_id", "otp_channel"]
    assert found["otp_channel"].ladder_slug == "requirements"
    for code in (CODE.WABA_ID, CODE.OTP_CHANNEL):
        assert walked.planned(code).due_at == walked.now + timedelta(days=1)


def test_the_list_follows_what_is_open(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    """It is named after what is missing, takes in what comes up later, and begins anew after it was settled."""
    walked = walk(Path.FILED, number_answers(behind_ivr=True), **READY_ELSE)
    assert list(chases(walked)) == ["otp_channel"]
    walked.send_all_due()
    walked.claim("otp_channel", statement="The menu is off.")
    walked.decide("otp_channel", RequirementState.MET)
    [chase] = chases(walked).values()
    assert walked.fresh().stage == "ready"
    assert (chase.requirement_code, chase.state, chase.round) == ("open_conversations_ack", "active", 1)
    assert chase.covers == ["otp_channel", "open_conversations_ack"]
    assert walked.planned(CODE.OPEN_CONVERSATIONS_ACK).step == 0
    assert walked.planned(CODE.OPEN_CONVERSATIONS_ACK).due_at > walked.now + timedelta(hours=12)
    walked.claim("open_conversations_ack")
    assert chases(walked)["open_conversations_ack"].state == "answered"
    walked.decide("open_conversations_ack", RequirementState.UNMET)
    assert walked.planned(CODE.OPEN_CONVERSATIONS_ACK).message == "requirement_reminder"
    walked.cancel()
    assert {chase.state for chase in chases(walked).values()} == {"stopped"}


def test_a_ladder_of_one_requirement_takes_it_out_of_the_list(walk: Walker) -> None:
    make_ladder(walk, "codes", Demand.REQUIREMENT, requirement="otp_channel")
    walked = walk(Path.FILED, number_answers(behind_ivr=True, display_name_status="pending"))
    found = chases(walked)
    assert {code: chase.ladder_slug for code, chase in found.items()} == {
        "two_step_disabled": "two-step-client-owns", "otp_channel": "codes", "display_name_approved": "requirements",
    }  # fmt: skip
    assert (found["otp_channel"].covers, found["display_name_approved"].covers) == ([], ["display_name_approved"])
    # A ladder that comes later changes nothing for what is being asked already.
    make_ladder(walk, "names", Demand.REQUIREMENT, requirement="display_name_approved")
    walked.claim("otp_channel", statement="The menu is off.")
    assert set(chases(walked)) == set(found)


# Which ladder


def test_the_most_special_ladder_is_climbed_and_a_running_chase_keeps_its_own(walk: Walker) -> None:
    infobip = Bsp.objects.get(slug="infobip")
    make_ladder(walk, "urgent", priority="urgent")
    ladder = make_ladder(walk, "infobip", bsp=infobip)
    running = walk(Path.FILED)
    assert (running.chase().ladder_slug, running.chase().ladder_version) == ("infobip", 1)
    rungs = running.chase().steps
    ladder.steps = [*ladder.steps[:1], *ladder.steps]
    assert save_ladder(ladder=ladder, by=OPERATOR, now=walk.now).version == 2
    assert running.chase().steps == rungs
    assert walk(Path.FILED, OTHER_NUMBER).chase().ladder_version == 2
    ladder.active = False
    assert save_ladder(ladder=ladder, by=OPERATOR, now=walk.now).version == 2
    assert walk(Path.FILED, "+5511955550001").chase().ladder_slug == "two-step-client-owns"


def test_what_a_playbook_names_goes_first(walk: Walker) -> None:
    make_ladder(walk, "infobip", bsp=Bsp.objects.get(slug="infobip"))
    make_ladder(walk, "patient", priority="low")
    walked = walk(Path.DRAFT)
    case = walked.case
    case.playbook_copy["ladders"] = {"two_step_client_owns": "patient"}
    case.save()
    walked.fresh()

    chosen = ladder_for(Demand.TWO_STEP, walked.ticket, case)
    assert chosen is not None
    assert chosen.slug == "patient"


def test_a_ladder_that_could_not_be_climbed_is_not_stored(walk: Walker) -> None:
    with pytest.raises(NotClimbable):
        make_ladder(walk, "wrong", steps=[{"to": "client", "message": "no_such_text"}])
    assert not Ladder.objects.filter(slug="wrong").exists()


def test_a_rung_speaks_the_language_that_it_is_to_speak(walk: Walker) -> None:
    Bsp.objects.filter(slug="infobip").update(letter_language="es")
    step = {"to": "client", "message": "two_step_letter", "channel": "email", "language": "bsp"}
    make_ladder(walk, "spanish", priority="normal", steps=[step])
    assert walk(Path.FILED).planned().language == "es"


# The end


def test_the_end_raises_the_priority_once_and_marks_the_old_bsp_until_it_is_done(walk: Walker) -> None:
    ends = ["raise_priority", "old_bsp_unresponsive"]
    make_ladder(walk, "short", bsp=Bsp.objects.get(slug="infobip"), on_exhausted=ends)
    walked = walk(Path.FILED)
    chase = climb_to_the_end(walked)
    ticket = walked.fresh()
    assert (chase.state, ticket.priority, TAG in ticket.tags) == ("exhausted", "high", True)
    assert walked.requirement(CODE.TWO_STEP_DISABLED).detail == BSP_SILENT
    assert walked.case.bsp_silent_since == walked.now
    # Nobody asked for a person: it is not our turn, and no client is told of an escalation.
    assert "onboarding" not in ticket.waiting_also
    assert "chase.escalated" not in walked.event_types()
    silent = [event for event in walked.events() if event.type == "ticket.old_bsp_silent"]
    assert [(event.internal, event.data["silent"]) for event in silent] == [(True, True)]
    # The second ladder in a row ends in the same way, but is no reason to raise it again.
    walked.later(days=30)
    assert letting_go.look_after(ticket_id=ticket.pk, now=walked.now) is not None
    assert (walked.chase().state, walked.chase().round) == ("active", 2)
    climb_to_the_end(walked)
    assert walked.fresh().priority == "high"
    walked.claim()
    walked.decide(CODE.TWO_STEP_DISABLED, RequirementState.MET)
    assert TAG not in walked.fresh().tags
    assert MigrationCase.objects.filter(pk=walked.case.pk, bsp_silent_since=None).exists()
    assert walked.requirement(CODE.TWO_STEP_DISABLED).detail == ""
    assert [event.data["silent"] for event in walked.events() if event.type == "ticket.old_bsp_silent"] == [True, False]


def test_the_priority_never_rises_beyond_urgent_and_a_person_takes_over(walk: Walker) -> None:
    make_ladder(walk, "short", bsp=Bsp.objects.get(slug="infobip"), on_exhausted=["escalate", "raise_priority"])
    walked = walk(Path.FILED)
    set_priority(ticket_id=walked.ticket.pk, priority=Priority.URGENT, by=walked.desk, now=walked.now)
    climb_to_the_end(walked)
    assert walked.fresh().priority == "urgent"
    assert "onboarding" in walked.ticket.waiting_also
    assert walked.event_types().count("chase.escalated") == 1
