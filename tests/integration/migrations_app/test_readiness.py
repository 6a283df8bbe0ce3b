"""The readiness gate at work: what stops a call, who goes on without whom, what a lead lets pass, numbers that leave."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import EmailMessage

from config.core.actor import SYSTEM
from config.core.errors import NotFound
from config.core.uow import IllegalTransition
from migrations_app import tasks
from migrations_app.enums import NumberState, PinCallState, RequirementCode, RequirementState
from migrations_app.models import DeskTask, PinCallNumber, Requirement
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.selectors.chases import hold_of_case
from migrations_app.selectors.readiness import looks_due
from migrations_app.services import call_leaving, call_run, calls, move_steps, presence
from migrations_app.services.call_gate import start_proven_call
from migrations_app.services.call_run import NotReady, Override, ReasonMissing
from migrations_app.services.destination_reads import read_destinations
from migrations_app.services.readiness_facts import read_readiness
from migrations_app.services.readiness_looks import look_ahead
from providers.meta.simulator.state import Waba
from providers.models import Exchange
from tests.factories.desk import DESTINATION_WABA
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker

pytestmark = pytest.mark.usefixtures("meta")


def begin(walked: Walk, **more: Any) -> None:
    call = walked.current_call()
    walked.now = call.start
    start_proven_call(ticket_id=walked.ticket.pk, call_id=str(call.uid), by=walked.desk, now=walked.now, **more)


def line_of(walked: Walk, position: int = 1) -> PinCallNumber:
    return PinCallNumber.objects.get(number=walked.number(position), pin_call__state=PinCallState.STARTED)


def back(walked: Walk, position: int = 1) -> None:
    call = walked.current_call()
    call_leaving.switched_off_now(
        ticket_id=walked.ticket.pk, call_id=str(call.uid), number_id=walked.number(position).pk, by=walked.desk,
        now=walked.now,
    )  # fmt: skip


@pytest.fixture
def booked(walk: Walker) -> Walk:
    """Two numbers; everything is in place."""
    walked = walk(Path.SCHEDULED, NUMBER, OTHER_NUMBER)
    walked.claim("open_conversations_ack")
    return walked


def test_a_number_that_is_not_ready_is_left_for_a_later_call_and_the_others_go_on(booked: Walk) -> None:
    booked.decide("otp_channel", RequirementState.UNMET, number_id=booked.number(2).pk)
    with pytest.raises(NotReady) as refusal:
        begin(booked)
    assert refusal.value.extra["missing"] == ["otp_channel"]
    begin(booked, without=[booked.number(2).pk])
    line = line_of(booked, 2)
    assert (line.left_at, line.left_because) == (booked.now, "not_ready")
    with pytest.raises(move_steps.NotInCall):
        booked.ask_code(2)
    booked.move(1)
    # The call ends with the last number that is in it; the other one waits for a call of its own.
    assert booked.call is not None
    booked.call.refresh_from_db()
    assert booked.call.state == PinCallState.FINISHED
    assert (booked.fresh().stage, booked.ticket.waiting_on) == ("requirements", "client")
    booked.claim("otp_channel")
    assert booked.fresh().stage == "ready"
    booked.book((booked.now + timedelta(days=1)).replace(minute=0))
    begin(booked)
    booked.move(2)
    assert [number.state for number in booked.numbers()] == ["live", "live"]


def test_what_is_left_out_can_come_back_while_the_call_runs(booked: Walk) -> None:
    booked.decide("otp_channel", RequirementState.UNMET, number_id=booked.number(2).pk)
    begin(booked, without=[booked.number(2).pk])
    call = booked.current_call()
    given: dict[str, Any] = {
        "ticket_id": booked.ticket.pk,
        "call_id": str(call.uid),
        "by": booked.desk,
        "now": booked.now,
    }
    for number, refused in ((booked.number(1).pk, IllegalTransition), (0, NotFound)):
        with pytest.raises(refused):
            call_leaving.come_back(number_id=number, **given)
    with pytest.raises(IllegalTransition):
        back(booked, 2)
    call_leaving.come_back(number_id=booked.number(2).pk, **given)
    assert line_of(booked, 2).left_at is None
    booked.move(2)
    assert booked.number(2).state == "live"


def test_a_lead_lets_pass_what_is_missing_and_says_why(booked: Walk) -> None:
    booked.decide("open_conversations_ack", RequirementState.UNMET)
    with pytest.raises(NotReady):
        begin(booked)
    with pytest.raises(ReasonMissing):
        begin(booked, override=Override(" "))
    begin(booked, override=Override("The client wrote it by mail"))
    call = booked.current_call()
    assert (call.override_by, call.override_reason) == (booked.desk.label, "The client wrote it by mail")
    assert call.overridden == ["open_conversations_ack"]
    (told,) = [event for event in booked.events() if event.data.get("step") == "started"]
    assert told.internal
    assert told.data["overridden"] == ["open_conversations_ack"]


def test_what_the_start_itself_finds_at_meta_is_not_let_pass_and_is_asked_for_at_once(
    walk: Walker, meta: Meta, mailoutbox: list[EmailMessage]
) -> None:
    walked = walk(Path.SCHEDULED)
    walked.claim("open_conversations_ack")
    # A long blocker came back after the booking; until it goes, a client is told to prepare only.
    walked.decide("business_verified", RequirementState.UNMET)
    meta.fault("start_migration", error_key="two_step_enabled")
    begin(walked, override=Override("Meta verifies the business today"))
    call, line = walked.current_call(), line_of(walked)
    assert (call.overridden, call.override_reason) == (["business_verified"], "Meta verifies the business today")
    assert (line.left_because, walked.requirement("two_step_disabled").state) == ("two_step", "unmet")
    walked.now = walked.planned().due_at
    mailoutbox.clear()
    walked.send_all_due()
    assert walked.attempts()[-1].message != "two_step_prepare", "everybody waits: switch it off now"
    assert mailoutbox
    assert not any("NÃO desative ainda" in str(mail.body) for mail in mailoutbox)
    walked.finish_call()
    assert hold_of_case(walked.case).waits, "after the call the number is protected again"


def test_a_number_that_came_back_and_was_registered_has_proven_that_it_is_off(booked: Walk, meta: Meta) -> None:
    meta.fault("register", error_key="two_step_enabled")
    begin(booked)
    booked.ask_code(1)
    booked.verify(position=1)
    with pytest.raises(move_steps.MetaSaidNo):
        booked.register(position=1)
    assert booked.requirement("two_step_disabled", 1).state == "unmet"
    back(booked, 1)
    assert booked.requirement("two_step_disabled", 1).state == "claimed"
    booked.register(position=1)
    row = booked.requirement("two_step_disabled", 1)
    assert (row.state, row.decided_by, booked.number(1).state) == ("met", "Meta", "live")


def refused_account(walked: Walk) -> None:
    """Meta has refused the move because the destination's account was not approved."""
    row = walked.requirement("destination_account_ready")
    columns = {"state": "unmet", "decided_by": "Meta", "detail": "The destination account is not approved"}
    type(row).objects.filter(pk=row.pk).update(**columns)


def test_what_meta_refused_of_the_account_closes_when_a_read_shows_it_approved(booked: Walk, meta: Meta) -> None:
    add_requirement(booked, "destination_account_ready")
    refused_account(booked)
    waba = meta.server.world.wabas[DESTINATION_WABA] = Waba(DESTINATION_WABA, approved=False)
    booked.now = booked.current_call().start - timedelta(hours=20)
    assert "destination_account_ready" in look_ahead(call_pk=booked.current_call().pk, by=SYSTEM, now=booked.now)
    assert booked.requirement("destination_account_ready").state == "unmet"
    check = next(
        each
        for part in read_readiness([booked.current_call()], now=booked.now).cases
        for each in part.readiness.case
        if each.code == "destination_account_ready"
    )
    assert (check.why, check.who) == ("meta_said_no", "meta"), "nobody blames the client for Meta's review"
    waba.approved = True
    read_destinations([booked.current_call()], by=booked.desk, now=booked.now, again=True)
    row = booked.requirement("destination_account_ready")
    assert (row.state, row.decided_by) == ("met", "Meta")
    begin(booked)
    assert booked.fresh().stage == "in_call"


def test_what_a_person_opened_is_not_closed_by_a_read(booked: Walk) -> None:
    add_requirement(booked, "destination_account_ready")
    booked.decide("destination_account_ready", RequirementState.MET)
    booked.decide("destination_account_ready", RequirementState.UNMET)
    read_destinations([booked.current_call()], by=booked.desk, now=booked.now, again=True)
    assert booked.requirement("destination_account_ready").state == "unmet"


def add_requirement(walked: Walk, code: str) -> None:
    line = CATALOGUE[RequirementCode(code)]
    Requirement.objects.get_or_create(
        case=walked.case, code=line.code, number=None,
        defaults={
            "owner": line.owner, "blocks": line.blocks, "state": RequirementState.UNMET,
            "created_at": walked.now, "updated_at": walked.now,
        },
    )  # fmt: skip


def test_an_override_that_was_not_needed_is_none(booked: Walk) -> None:
    begin(booked, override=Override("To be sure"))
    assert booked.current_call().override_by == ""


def test_nobody_overrides_a_number_that_rests(booked: Walk) -> None:
    call = booked.current_call()
    booked.now = call.start
    number = booked.number(2)
    type(number).objects.filter(pk=number.pk).update(
        state=NumberState.COOLING_DOWN, cool_down_until=booked.now + timedelta(hours=8)
    )
    with pytest.raises(NotReady) as refusal:
        begin(booked, override=Override("We are in a hurry"))
    assert refusal.value.extra["missing"] == ["rested"]
    begin(booked, without=[number.pk])
    assert booked.fresh().stage == "in_call"


def test_the_destination_is_read_at_the_start_and_its_refusal_names_itself(booked: Walk, meta: Meta) -> None:
    booked.decide("two_step_disabled", RequirementState.MET, number_id=booked.number(1).pk)
    booked.decide("two_step_disabled", RequirementState.MET, number_id=booked.number(2).pk)
    meta.server.world.wabas[DESTINATION_WABA] = Waba(DESTINATION_WABA, approved=False, subscribed_apps=[])
    with pytest.raises(NotReady) as refusal:
        begin(booked)
    assert refusal.value.extra["missing"] == ["app_subscribed", "destination_approved"]
    kept = booked.case.destination_read or {}
    assert (kept["answered"], kept["review"], kept["apps"]) == (True, "PENDING", 0)
    reads = Exchange.objects.filter(purpose="meta.read", subject_key=f"waba:{DESTINATION_WABA}")
    assert reads.count() == 2
    meta.server.world.wabas.clear()
    # What was read minutes ago holds, until a person asks for more.
    with pytest.raises(NotReady):
        begin(booked)
    assert reads.count() == 2
    read_destinations([booked.current_call()], by=booked.desk, now=booked.now, again=True)
    begin(booked)
    assert booked.fresh().stage == "in_call"


def test_a_meta_that_does_not_answer_keeps_nobody_from_the_call(booked: Walk, meta: Meta) -> None:
    meta.fault("waba_facts", drop="before")
    begin(booked)
    assert (booked.case.destination_read or {})["answered"] is False
    assert booked.fresh().stage == "in_call"


def test_the_person_is_here_with_the_phone(booked: Walk) -> None:
    call = booked.current_call()
    given: dict[str, Any] = {
        "ticket_id": booked.ticket.pk,
        "call_id": str(call.uid),
        "by": booked.desk,
        "now": booked.now,
    }
    for _ in range(2):
        presence.note_person_here(number_id=booked.number().pk, **given)
    line = call.lines.get(number=booked.number())
    assert (line.here_at, line.here_by) == (booked.now, booked.desk.label)
    assert [event.data["step"] for event in booked.events() if event.type == "pin_call.step"] == ["person_here"]
    (part,) = read_readiness([call], now=booked.now).cases
    standing = {pk: {c.code: c.standing for c in checks} for pk, checks in part.readiness.numbers.items()}
    assert standing[booked.number(1).pk]["person_present"] == "ok"
    assert standing[booked.number(2).pk]["person_present"] == "doubtful"
    with pytest.raises(NotFound):
        presence.note_person_here(number_id=0, **given)
    begin(booked)
    booked.finish_call()
    with pytest.raises(IllegalTransition):
        presence.note_person_here(number_id=booked.number(2).pk, **given)


def test_a_holder_without_the_phone_keeps_its_number_out_until_the_agent_sees_it(booked: Walk) -> None:
    call = booked.current_call()
    call.lines.filter(number=booked.number(2)).update(holder_state="refused")
    call.lines.filter(number=booked.number(1)).update(holder_state="confirmed")
    with pytest.raises(NotReady) as refusal:
        begin(booked)
    assert refusal.value.extra["missing"] == ["person_present"]
    given: dict[str, Any] = {"ticket_id": booked.ticket.pk, "call_id": str(call.uid), "by": booked.desk}
    presence.note_person_here(number_id=booked.number(2).pk, now=booked.now, **given)
    begin(booked)
    assert booked.fresh().stage == "in_call"


def test_two_step_found_on_in_the_call_takes_the_number_out_and_the_chase_goes_on(booked: Walk, meta: Meta) -> None:
    begin(booked)
    meta.protect(OTHER_NUMBER)
    booked.move(1)
    type(booked.number(2)).objects.filter(pk=booked.number(2).pk).update(phone_number_id="", state="pending")
    with pytest.raises(move_steps.MetaSaidNo):
        booked.ask_code(2)
    number = booked.number(2)
    assert (number.state, (number.last_error or {})["key"]) == ("pending", "two_step_enabled")
    assert line_of(booked, 2).left_because == "two_step"
    assert booked.requirement("two_step_disabled", 2).state == "unmet"
    assert booked.chase().state == "active"
    # Nobody's number is in the call any more, so the case does not wait for it; a person ends it.
    assert (booked.fresh().stage, booked.ticket.waiting_on) == ("requirements", "client")
    assert booked.current_call().state == PinCallState.STARTED


def test_what_a_call_waits_for_is_said_at_any_hour_and_all_else_in_the_clients_hours(
    walk: Walker, meta: Meta, mailoutbox: list[EmailMessage]
) -> None:
    # The agents' noon is midnight in Tokyo.
    walked = walk(Path.IN_CALL, client={"timezone": "Asia/Tokyo"})
    meta.protect(NUMBER)
    with pytest.raises(move_steps.MetaSaidNo):
        walked.ask_code()
    assert walked.now.astimezone(ZoneInfo("Asia/Tokyo")).hour == 0
    before = len(mailoutbox)
    with walked.undone():
        walked.finish_call()
        walked.send_all_due()
        assert walked.planned().due_at.astimezone(ZoneInfo("Asia/Tokyo")).hour == 9, "nobody waits any more"
        assert not [mail for mail in mailoutbox[before:] if mail.to == ["ana@padariasol.example"]]
    walked.send_all_due()
    (told,) = [attempt for attempt in walked.attempts() if attempt.sent_at == walked.now]
    assert (told.recipient_party, mailoutbox[-1].to) == ("client", ["ana@padariasol.example"])


def test_switched_off_while_everybody_waits_it_comes_back(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    meta.protect(NUMBER)
    with pytest.raises(move_steps.MetaSaidNo):
        walked.ask_code()
    back(walked)
    assert (walked.requirement("two_step_disabled").state, walked.fresh().stage) == ("claimed", "in_call")
    # It was not true: out again.
    with pytest.raises(move_steps.MetaSaidNo):
        walked.ask_code()
    meta.unprotect(NUMBER)
    back(walked)
    walked.move()
    assert walked.number().state == "live"
    assert walked.requirement("two_step_disabled").state == "met"


def test_a_pin_refused_at_the_registration_needs_no_second_code_in_the_next_call(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    walked.ask_code()
    walked.verify()
    meta.protect(NUMBER)
    with pytest.raises(move_steps.MetaSaidNo):
        walked.register("602917")
    assert (walked.number().state, line_of(walked).left_because) == ("code_verified", "two_step")
    walked.finish_call()
    meta.unprotect(NUMBER)
    walked.claim()
    walked.book((walked.now + timedelta(days=1)).replace(minute=0))
    begin(walked)
    assert walked.register() == NumberState.LIVE
    assert meta.codes_sent_to(NUMBER) == 1


def test_a_call_that_is_over_takes_nobody_back(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    meta.protect(NUMBER)
    with pytest.raises(move_steps.MetaSaidNo):
        walked.ask_code()
    uid = str(walked.current_call().uid)
    call_run.finish_call(ticket_id=walked.ticket.pk, call_id=uid, by=walked.desk, now=walked.now)
    given: dict[str, Any] = {"ticket_id": walked.ticket.pk, "call_id": uid, "by": walked.desk, "now": walked.now}
    with pytest.raises(IllegalTransition):
        call_leaving.switched_off_now(number_id=walked.number().pk, **given)


def tasks_open(walked: Walk) -> list[DeskTask]:
    return list(DeskTask.objects.filter(case=walked.case, kind="call_not_ready", state="open"))


def looked(walked: Walk) -> list[str] | None:
    """What a sweep finds missing; None when no look is due."""
    due = looks_due(now=walked.now, limit=10)
    return look_ahead(call_pk=due[0], by=SYSTEM, now=walked.now) if due else None


def test_a_call_is_looked_at_the_day_before_and_an_hour_before(walk: Walker) -> None:
    walked = walk(Path.READY)
    call = walked.book((walked.now + timedelta(days=2)).replace(minute=0))
    assert looked(walked) is None
    walked.now = call.start - timedelta(hours=24)
    assert looked(walked) == ["open_conversations_ack"]
    assert looked(walked) is None
    (task,) = tasks_open(walked)
    assert task.text == "Open conversations: understood: Nobody has answered this yet."
    assert "onboarding" in [walked.fresh().waiting_on, *walked.ticket.waiting_also]
    (told,) = [event for event in walked.events() if event.data.get("step") == "not_ready"]
    assert (told.internal, told.data["missing"]) == (True, ["open_conversations_ack"])
    walked.now = call.start - timedelta(hours=1)
    assert looked(walked) == ["open_conversations_ack"]
    assert len(tasks_open(walked)) == 1
    walked.claim("open_conversations_ack")
    begin(walked)
    assert tasks_open(walked) == []


def test_a_look_that_finds_everything_takes_the_task_away_and_a_moved_call_is_looked_at_again(walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    call = walked.current_call()
    assert looked(walked) == ["open_conversations_ack"]
    walked.claim("open_conversations_ack")
    walked.now = call.start - timedelta(minutes=50)
    assert looked(walked) == []
    assert tasks_open(walked) == []
    walked.decide("open_conversations_ack", RequirementState.UNMET)
    calls.reschedule(
        ticket_id=walked.ticket.pk, call_id=str(call.uid), start=call.start + timedelta(days=2), by=walked.desk,
        now=walked.now,
    )  # fmt: skip
    assert looked(walked) is None
    walked.now = call.start + timedelta(days=1)
    assert looked(walked) == ["open_conversations_ack"]
    calls.cancel_call(ticket_id=walked.ticket.pk, call_id=str(call.uid), by=walked.desk, now=walked.now)
    assert tasks_open(walked) == []
    assert look_ahead(call_pk=call.pk, by=SYSTEM, now=walked.now) == []


def test_the_sweep_hands_a_call_to_a_task(
    walk: Walker, clock_at: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = walk(Path.SCHEDULED)
    clock_at(walked.now)
    monkeypatch.setattr(tasks.look_at_call, "delay", tasks.look_at_call)
    tasks.sweep_clock()
    assert len(tasks_open(walked)) == 1
