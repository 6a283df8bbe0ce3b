"""The live and the test world do not meet: messages, calls, counters, clocks, lists."""

import json
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from pytest_django import Settings

from config.core.actor import SYSTEM
from config.core.uow import unit_of_work
from migrations_app.models import CallCell, DeskTask, Notice
from migrations_app.selectors.attempts import budget_of
from migrations_app.selectors.dead_letters import undelivered_count
from migrations_app.selectors.slots import SlotFrame, offered_slots
from migrations_app.services.delivery import give_up
from providers.models import Exchange, SandboxWorld
from providers.selectors.fates import all_fates
from tests.factories.hastened import pass_time
from tests.factories.servers import Meta
from tests.factories.walks import CALL_IN, Path, Walker

pytestmark = pytest.mark.django_db
NUMBERS = {fate.code: fate.number for fate in all_fates()}
BSP_HEARS = {"current_bsp": "gupshup", "waba_owner": "old_bsp"}


def test_no_message_of_a_test_ticket_leaves_and_the_ladder_goes_on(walk: Walker) -> None:
    walked = walk(Path.FILED, test=True)
    pass_time(walked, minutes=30)
    assert mail.outbox == []
    sent = Exchange.objects.filter(ticket_reference=walked.ticket.reference).exclude(channel="meta")
    assert set(sent.values_list("state", "test")) == {("sent", True)}
    assert {attempt.channel for attempt in walked.attempts()} >= {"email", "phone"}
    assert not DeskTask.objects.filter(case=walked.case, state="open").exists()


def test_reminders_of_live_tickets_are_due_as_before_and_those_of_test_tickets_in_minutes(walk: Walker) -> None:
    live, tried = walk(Path.WAITING_TWO_STEP), walk(Path.WAITING_TWO_STEP, test=True)
    wait = live.planned().due_at - live.now
    assert wait > timedelta(hours=12)
    assert tried.planned().due_at == tried.now + wait / 1440
    assert tried.fresh().next_nudge_at == tried.planned().due_at
    assert (live.fresh().poll_after_seconds, tried.ticket.poll_after_seconds) == (60, 5)


def test_a_mail_about_a_test_ticket_does_not_count_for_its_address(walk: Walker, settings: Settings) -> None:
    settings.CHASE_DAILY_CAP = 1
    tried, live = walk(Path.WAITING_TWO_STEP, test=True), walk(Path.WAITING_TWO_STEP)
    pass_time(tried, minutes=2)
    live.now = live.planned().due_at
    live.send_all_due()
    assert [attempt.state for attempt in live.attempts()][:2] == ["sent", "sent"]


def test_calls_of_both_worlds_take_the_same_hour_and_no_agent_hears_of_a_test(walk: Walker, agent_user: User) -> None:
    live, tried = walk(Path.SCHEDULED), walk(Path.READY, test=True)
    tried.book(live.current_call().start)
    assert live.current_call().agent == agent_user
    machine = tried.current_call().agent
    assert (machine.is_active, machine.has_usable_password()) == (False, False)
    assert set(CallCell.objects.filter(pin_call__ticket=tried.ticket).values_list("agent", flat=True)) == {machine.pk}
    assert not Notice.objects.filter(case=tried.case, agent__isnull=False).exists()
    assert tried.ticket.assignee is None


def test_slots_are_offered_to_test_tickets_where_nobody_works(walk: Walker, agent_user: User) -> None:
    live, tried = walk(Path.READY), walk(Path.READY, test=True)
    agent_user.working_hours.all().delete()
    frame = SlotFrame(live.now, live.now + timedelta(days=3), 30, "America/Sao_Paulo", live.ticket.queue_id)
    assert offered_slots(frame, live.case, now=live.now) == []
    assert offered_slots(frame, tried.case, now=live.now)


def test_what_one_world_asks_of_meta_does_not_count_in_the_other(walk: Walker, meta: Meta) -> None:
    live, tried = walk(Path.LIVE), walk(Path.FILED, test=True, two_step_verification="disabled")
    pass_time(tried, seconds=10)
    number = live.number().number
    assert budget_of(live.ticket, number, now=live.now).registrations.used == 1
    assert budget_of(tried.ticket, number, now=live.now).registrations.used == 0
    assert not Exchange.objects.filter(ticket_reference=tried.ticket.reference, subject_key=number).exists()


def test_a_magic_number_in_a_live_ticket_is_an_ordinary_one(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE, NUMBERS["banned"])
    assert walked.number().state == "live"
    assert not SandboxWorld.objects.exists()


def test_two_tickets_with_the_same_magic_number_meet_its_fate_each_for_itself(walk: Walker) -> None:
    first, second = (
        walk(Path.FILED, NUMBERS["two_step_lingers"], test=True, two_step_verification="disabled") for _ in range(2)
    )
    pass_time(first, minutes=2)
    tries = [[row.state for row in each.number().tries.order_by("id")] for each in (first, second)]
    assert tries[0][:3] == tries[1][:3] == ["still_on", "still_on", "accepted"]
    assert first.number().phone_number_id != second.number().phone_number_id


def test_the_sandbox_keeps_neither_code_nor_pin(walk: Walker) -> None:
    walked = walk(Path.FILED, NUMBERS["otp_lost"], NUMBERS["all_well"], test=True, two_step_verification="disabled")
    walked.claim("open_conversations_ack")
    pass_time(walked, seconds=10)
    walked.book(walked.now.replace(second=0, minute=0) + CALL_IN)
    pass_time(walked, minutes=2)
    kept = json.dumps(SandboxWorld.objects.get().content)
    assert "424242" not in kept
    assert '"pin_digest": "' in kept


def test_test_tickets_have_no_service_level_no_forecast_and_nothing_undelivered(walk: Walker, lead_user: User) -> None:
    tried, live = walk(Path.WAITING_TWO_STEP, test=True), walk(Path.WAITING_TWO_STEP)
    assert (tried.ticket.sla, bool(live.ticket.sla)) == ([], True)
    assert tried.case.ready_likely_at is None
    for walked in (tried, live):
        with unit_of_work(by=SYSTEM, now=walked.now) as uow:
            give_up(uow, walked.ticket, walked.attempts()[0], "no_address")
    assert undelivered_count(lead_user) == 1


def test_a_call_waits_for_what_the_client_owes_and_is_given_up_after_a_while(walk: Walker) -> None:
    walked = walk(Path.FILED, test=True, two_step_verification="disabled")
    pass_time(walked, seconds=10)
    call = walked.book(walked.now.replace(minute=0, second=0) + CALL_IN)
    pass_time(walked, seconds=90)
    call.refresh_from_db()
    assert call.state == "booked"
    pass_time(walked, minutes=3)
    call.refresh_from_db()
    assert (call.state, walked.ticket.stage) == ("cancelled", "ready")


def test_a_hold_of_a_test_ticket_lives_its_five_minutes(walk: Walker, now: datetime) -> None:
    hold = walk(Path.READY, test=True).hold()
    assert hold.expires_at is not None
    assert hold.expires_at - hold.created_at == timedelta(minutes=5)
