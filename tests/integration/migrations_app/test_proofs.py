"""Claims tried at Meta, against the simulator over real HTTP."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from config.core.actor import SYSTEM
from config.core.uow import IllegalTransition
from migrations_app import tasks
from migrations_app.enums import DeskTaskState, Flow, NumberState, RequirementState
from migrations_app.enums.proofs import ProofState
from migrations_app.enums.texts import detail_text
from migrations_app.models import DeskTask, NumberMove, ProofTry
from migrations_app.selectors.proofs import due_tries
from migrations_app.services import call_leaving, call_run, editing, endings, flow_choice, moves, proofs, removals
from migrations_app.services.call_gate import start_proven_call
from migrations_app.services.move_steps import STILL_ON, AnotherStepRuns, NoAnswer
from providers.models import Exchange
from providers.services import whatsapp
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tickets.models import Queue
from tickets.services.tickets import set_hold

pytestmark = pytest.mark.usefixtures("meta")
At = Callable[[datetime], None]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def claimed(walk: Walker) -> Walk:
    """The client was asked, and says that it is off."""
    walked = walk(Path.WAITING_TWO_STEP)
    walked.claim()
    return walked


def tries(walked: Walk) -> list[ProofTry]:
    return list(ProofTry.objects.filter(number__case__ticket=walked.ticket).order_by("id"))


def open_try(walked: Walk) -> ProofTry:
    return ProofTry.objects.get(number__case__ticket=walked.ticket, state=ProofState.PLANNED)


def try_all_due(walked: Walk) -> list[ProofState | None]:
    return [proofs.try_due(pk, by=SYSTEM, now=walked.now) for pk in due_tries(now=walked.now, limit=100)]


def starts() -> int:
    return Exchange.objects.filter(purpose="meta.start").count()


def removals_open() -> list[DeskTask]:
    return list(DeskTask.objects.filter(kind="remove_number", state=DeskTaskState.OPEN).order_by("id"))


# What is planned, and when


def test_a_claim_is_proven_by_the_migration_call(claimed: Walk, meta: Meta) -> None:
    assert (claimed.number().state, open_try(claimed).due_at) == ("pending", claimed.now)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    number, row = claimed.number(), claimed.requirement("two_step_disabled")
    assert (number.state, number.busy_since) == ("initiated", None)
    assert [number.phone_number_id] == meta.at_destination(NUMBER)
    assert (row.state, claimed.chase().state) == ("met", "satisfied")
    assert (row.evidence or {})["meta_accepted_migration"] == number.phone_number_id
    assert [e.data["new"] for e in claimed.events() if e.type == "number.state_changed"] == ["initiated"]
    # Proven anew after 72 hours.
    assert (open_try(claimed).occasion, open_try(claimed).due_at) == ("again", claimed.now + timedelta(hours=72))
    claimed.book((claimed.now + timedelta(days=1)).replace(minute=0))
    claimed.claim("open_conversations_ack")
    claimed.start_call()
    claimed.move()
    assert (claimed.number().state, starts()) == ("live", 1)
    assert not ProofTry.objects.filter(state=ProofState.PLANNED).exists()


def test_filing_with_it_switched_off_is_such_a_claim_for_each_number(walk: Walker) -> None:
    walked = walk(Path.FILED, NUMBER, OTHER_NUMBER, two_step_verification="disabled")
    assert starts() == 0
    assert try_all_due(walked) == [ProofState.ACCEPTED, ProofState.ACCEPTED]
    assert {number.state for number in walked.numbers()} == {"initiated"}


def test_a_sweep_hands_the_try_to_a_task(claimed: Walk, clock_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    clock_at(claimed.now)
    monkeypatch.setattr(tasks, "try_claim", SimpleNamespace(delay=tasks.try_claim))
    tasks.sweep_proofs()
    assert claimed.number().state == "initiated"


def test_what_is_not_allowed_is_not_tried_and_what_is_dropped_comes_back(walk: Walker, claimed: Walk) -> None:
    set_hold(ticket_id=claimed.ticket.pk, on_hold=True, by=claimed.desk, now=claimed.now)
    assert tries(claimed) == []
    set_hold(ticket_id=claimed.ticket.pk, on_hold=False, by=claimed.desk, now=claimed.now)
    assert len(tries(claimed)) == 1
    Queue.objects.update(tries_claims=False)
    assert try_all_due(claimed) == [None]
    assert (tries(claimed), starts(), claimed.number().state) == ([], 0, "pending")
    assert walk(Path.FILED, OTHER_NUMBER, two_step_verification="disabled").ticket.waiting_on == "client"
    assert ProofTry.objects.count() == 0


def test_two_workers_make_one_try(claimed: Walk) -> None:
    pk = open_try(claimed).pk
    assert proofs.try_due(pk, by=SYSTEM, now=claimed.now) is ProofState.ACCEPTED
    assert proofs.try_due(pk, by=SYSTEM, now=claimed.now) is None
    assert starts() == 1


def test_ten_workers_at_once_make_one_try(claimed: Walk, at_once: Callable[[list[Any]], list[Any]]) -> None:
    pk = open_try(claimed).pk
    answers = at_once([lambda: proofs.try_due(pk, by=SYSTEM, now=claimed.now)] * 4)
    assert sorted(answers, key=str) == [None, None, None, ProofState.ACCEPTED]
    assert starts() == 1


# Still on


def test_a_false_claim_is_tried_three_times_a_day_then_the_ladder_goes_one_rung_further(
    claimed: Walk, meta: Meta
) -> None:
    meta.protect(NUMBER)
    began, rung = claimed.now, claimed.chase().last_step
    for due in (began, began + 10 * MINUTE, began + 30 * MINUTE):
        claimed.now = open_try(claimed).due_at
        assert claimed.now == due
        assert try_all_due(claimed) == [ProofState.STILL_ON]
        row = claimed.requirement("two_step_disabled")
        assert (row.state, row.detail, claimed.fresh().stage) == ("claimed", STILL_ON, "ready")
    # 2 hours would be the fourth of the day.
    assert open_try(claimed).due_at == began + timedelta(hours=24)
    assert [n.message for n in claimed.notices()].count("two_step_still_on") == 1
    claimed.send_all_due()
    claimed.now = open_try(claimed).due_at
    assert try_all_due(claimed) == [ProofState.STILL_ON]
    row = claimed.requirement("two_step_disabled")
    assert (row.state, row.evidence, row.evidence_history[-1]["verdict"]) == ("unmet", None, "refused")
    assert (claimed.chase().state, claimed.planned().step) == ("active", (rung or 0) + 1)
    assert (claimed.fresh().stage, claimed.ticket.waiting_on) == ("requirements", "client")
    assert not ProofTry.objects.filter(state=ProofState.PLANNED).exists()
    # A new claim is a new round; it waits for the window too.
    claimed.claim()
    assert open_try(claimed).try_no == 1
    meta.unprotect(NUMBER)
    claimed.now = open_try(claimed).due_at
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    assert claimed.requirement("two_step_disabled").detail == ""


def test_the_client_is_told_once_for_all_numbers_and_not_when_it_is_off_meanwhile(
    walk: Walker, meta: Meta, mailoutbox: list[Any]
) -> None:
    walked = walk(Path.WAITING_TWO_STEP, NUMBER, OTHER_NUMBER)
    meta.protect(NUMBER)
    meta.protect(OTHER_NUMBER)
    walked.claim()
    try_all_due(walked)
    walked.later(minutes=1)
    mailoutbox.clear()
    walked.send_all_due()
    (mail,) = [mail for mail in mailoutbox if "Meta" in mail.subject]
    assert all(number in mail.body for number in (NUMBER, OTHER_NUMBER))
    other = walk(Path.WAITING_TWO_STEP, "+5511955554444")
    meta.protect("+5511955554444")
    other.claim()
    try_all_due(other)
    meta.unprotect("+5511955554444")
    other.later(minutes=10)
    try_all_due(other)
    mailoutbox.clear()
    other.send_all_due()
    assert [mail for mail in mailoutbox if "Meta" in mail.subject] == []


def test_the_limit_counts_the_line_across_tickets_and_leaves_out_what_never_reached_meta(
    claimed: Walk, meta: Meta, settings: Any
) -> None:
    settings.META_BASE_URL = "http://127.0.0.1:1"
    assert try_all_due(claimed) == [ProofState.UNANSWERED]
    assert open_try(claimed).due_at == claimed.now + 10 * MINUTE
    settings.META_BASE_URL = meta.base_url
    ProofTry.objects.all().delete()
    Exchange.objects.all().delete()
    for ago in (3, 2, 1):
        made = claimed.now - ago * HOUR
        Exchange.objects.create(channel="meta", purpose="meta.start", subject_key=NUMBER, state="sent", created_at=made)
    claimed.claim("open_conversations_ack")
    assert open_try(claimed).due_at == claimed.now + 21 * HOUR
    number = claimed.number().pk
    with pytest.raises(proofs.NotTried) as refusal:
        proofs.ask_for_try(ticket_id=claimed.ticket.pk, number_id=number, by=claimed.desk, now=claimed.now)
    assert refusal.value.extra["why"] == "limit"


def test_the_ticket_says_what_meta_said_and_suggests_to_check_instead_of_a_call(claimed: Walk, meta: Meta) -> None:
    meta.protect(NUMBER)
    try_all_due(claimed)
    ticket = claimed.fresh()
    assert (ticket.stage, ticket.waiting_on, ticket.next_action) == ("ready", "client", "check_two_step")
    (detail,) = ticket.status_details
    assert (detail["code"], detail["action_by"], detail["requirement"]) == (
        "two_step_enabled",
        "client",
        "two_step_disabled",
    )
    assert "Meta, asked last" in detail_text(detail)
    # The claim suffices for booking all the same.
    claimed.book((claimed.now + timedelta(days=1)).replace(minute=0))
    assert claimed.fresh().stage == "scheduled"
    assert [each["code"] for each in claimed.ticket.status_details] == ["two_step_enabled"]
    meta.unprotect(NUMBER)
    claimed.later(minutes=10)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    assert (claimed.fresh().next_action, claimed.ticket.status_details) == ("join_call", [])


def test_what_is_missing_on_our_side_makes_it_our_turn_until_it_is_mended(claimed: Walk, meta: Meta) -> None:
    meta.fault("start_migration", error_key="destination_payment_missing")
    assert try_all_due(claimed) == [ProofState.REFUSED]
    ticket = claimed.fresh()
    assert (ticket.status, ticket.waiting_on, ticket.next_action) == ("open", "onboarding", "mend_destination")
    assert [(each["code"], each["action_by"]) for each in ticket.status_details] == [
        ("destination_payment", "onboarding"),
    ]
    assert told(claimed) == [], "no time is proposed"
    claimed.decide("destination_payment", RequirementState.MET)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    assert (claimed.fresh().waiting_on, claimed.ticket.next_action) == ("client", "book_call")
    assert (claimed.ticket.status_details, told(claimed)) == ([], ["slot_invitation"])


# Other refusals


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("destination_payment_missing", "destination_payment"),
        ("webhooks_missing", "app_subscribed"),
        ("display_name_not_approved", "display_name_approved"),
        ("source_not_set_up", "account_approved"),
        ("destination_not_approved", "destination_account_ready"),
        ("messaging_for_pending", "notification_accepted"),
    ],
)
def test_another_refusal_becomes_its_own_requirements_problem(claimed: Walk, meta: Meta, error: str, code: str) -> None:
    meta.fault("start_migration", error_key=error)
    assert try_all_due(claimed) == [ProofState.REFUSED]
    assert claimed.requirement("two_step_disabled").state == "claimed"
    row = claimed.requirement(code)
    assert (row.state, row.decided_by) == ("unmet", "Meta")
    assert row.detail
    assert (claimed.number().last_error or {})["key"] == error
    assert not ProofTry.objects.filter(state=ProofState.PLANNED).exists()
    # Settled: the claim is tried again at once.
    claimed.decide(code, RequirementState.MET)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    assert claimed.number().last_error is None


def test_an_accepted_move_closes_what_a_refusal_had_opened(claimed: Walk, meta: Meta) -> None:
    meta.fault("start_migration", error_key="destination_not_approved")
    assert try_all_due(claimed) == [ProofState.REFUSED]
    number = claimed.number().pk
    proofs.ask_for_try(ticket_id=claimed.ticket.pk, number_id=number, by=claimed.desk, now=claimed.now)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    row = claimed.requirement("destination_account_ready")
    assert (row.state, row.decided_by, row.detail) == ("met", "Meta", "")
    assert claimed.fresh().stage == "ready"


@pytest.mark.parametrize("error", ["different_business", "number_is_free", "number_cap_exceeded", "waba_restricted"])
def test_what_no_rule_can_settle_is_a_persons_task(claimed: Walk, meta: Meta, error: str) -> None:
    meta.fault("start_migration", error_key=error)
    assert try_all_due(claimed) == [ProofState.REFUSED]
    (task,) = DeskTask.objects.filter(state=DeskTaskState.OPEN)
    assert (task.kind, task.number_id) == ("meta_problem", claimed.number().pk)
    assert (tries(claimed)[0].answer or {})["fbtrace_id"] in task.text
    assert claimed.requirement("two_step_disabled").state == "claimed"
    number = claimed.number().pk
    proofs.ask_for_try(ticket_id=claimed.ticket.pk, number_id=number, by=claimed.desk, now=claimed.now)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    task.refresh_from_db()
    assert task.state == DeskTaskState.DROPPED
    tried = [event for event in claimed.events() if event.type == "number.tried"]
    assert [event.data["outcome"] for event in tried] == ["refused", "accepted"]
    assert all(event.internal for event in tried)


@pytest.mark.parametrize("error", ["maintenance", "migration_failed_retry", "rate_limited", "token_invalid"])
def test_what_passes_by_itself_is_tried_again(claimed: Walk, meta: Meta, error: str) -> None:
    meta.fault("start_migration", error_key=error)
    assert try_all_due(claimed) == [ProofState.POSTPONED]
    # Our own trouble with Meta is nothing that a client could read or mend.
    assert (claimed.number().last_error is None) == (error in {"rate_limited", "token_invalid"})
    assert DeskTask.objects.filter(kind="meta_problem").exists() == (error == "token_invalid")
    claimed.later(minutes=10)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]


def test_a_number_that_is_there_already_is_read_and_taken(claimed: Walk, meta: Meta) -> None:
    world = meta.server.world
    world.line(NUMBER[1:])
    there = world.add_phone(NUMBER[1:], "735467396201142", status="CONNECTED")
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    assert claimed.number().phone_number_id == there.id


# Lost answers


@pytest.mark.parametrize("drop", ["after", "before"])
def test_a_lost_answer_is_looked_for_before_anything_is_repeated(claimed: Walk, meta: Meta, drop: str) -> None:
    meta.fault("start_migration", drop=drop)
    if drop == "after":
        assert try_all_due(claimed) == [ProofState.ACCEPTED]
        assert starts() == 1
        return
    assert try_all_due(claimed) == [ProofState.UNANSWERED]
    assert open_try(claimed).read_first
    claimed.later(minutes=10)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    assert starts() == 2
    assert list(Exchange.objects.filter(channel="meta").order_by("id").values_list("purpose", flat=True)) == [
        "meta.start", "meta.read", "meta.read", "meta.start",
    ]  # fmt: skip


def die(walked: Walk, monkeypatch: pytest.MonkeyPatch, *, done: bool) -> None:
    """Let the worker die between claim and record, after Meta did it or before."""
    real = whatsapp.start_migration

    def crash(**given: Any) -> str:
        if done:
            real(**given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(whatsapp, "start_migration", crash)
        with pytest.raises(KeyboardInterrupt):
            try_all_due(walked)


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_on_the_way_leaves_a_try_that_reads_first(
    claimed: Walk, meta: Meta, clock_at: At, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    die(claimed, monkeypatch, done=done)
    assert (tries(claimed)[0].state, claimed.number().busy_since) == ("trying", claimed.now)
    claimed.later(seconds=119)
    assert not proofs.give_up_lost(tries(claimed)[0].pk, by=SYSTEM, now=claimed.now)
    clock_at(claimed.later(seconds=1))
    monkeypatch.setattr(tasks, "try_claim", SimpleNamespace(delay=tasks.try_claim))
    before = starts()
    tasks.sweep_proofs()
    assert [row.state for row in tries(claimed)] == ["unanswered", "accepted", "planned"]
    assert (claimed.number().state, claimed.number().busy_since) == ("initiated", None)
    assert len(meta.at_destination(NUMBER)) == 1
    assert starts() == before + (0 if done else 1)
    tasks.sweep_proofs()
    assert starts() == before + (0 if done else 1)


def test_a_lost_third_try_is_looked_for_although_the_limit_is_reached(
    claimed: Walk, meta: Meta, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ago in (2, 1, 0):
        made = claimed.now - ago * HOUR
        Exchange.objects.create(channel="meta", purpose="meta.start", subject_key=NUMBER, state="sent", created_at=made)
    row = open_try(claimed)
    ProofTry.objects.filter(pk=row.pk).update(
        state=ProofState.TRYING, claimed_at=claimed.now, round_started_at=claimed.now
    )
    claimed.later(minutes=2)
    assert proofs.give_up_lost(row.pk, by=SYSTEM, now=claimed.now)
    assert try_all_due(claimed) == [ProofState.UNANSWERED]
    assert starts() == 3
    assert open_try(claimed).due_at == claimed.now - 2 * MINUTE + 22 * HOUR


def test_a_try_and_a_step_of_the_call_never_run_at_once(walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    walked.claim("open_conversations_ack")
    row = open_try(walked)
    NumberMove.objects.update(busy_since=walked.now)
    assert proofs.try_due(row.pk, by=SYSTEM, now=walked.now) is None
    assert open_try(walked).pk == row.pk
    walked.start_call()
    assert tries(walked) == []
    NumberMove.objects.update(busy_since=walked.now)
    with pytest.raises(AnotherStepRuns):
        walked.ask_code()


# Proven again


def test_a_proof_of_72_hours_is_made_anew_and_a_number_protected_again_opens_its_requirement(
    claimed: Walk, meta: Meta
) -> None:
    try_all_due(claimed)
    claimed.later(hours=72)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    assert len(meta.at_destination(NUMBER)) == 1
    meta.protect(NUMBER)
    claimed.later(hours=72)
    assert try_all_due(claimed) == [ProofState.STILL_ON]
    assert (claimed.requirement("two_step_disabled").state, claimed.number().state) == ("unmet", "initiated")
    assert (claimed.chase().state, claimed.fresh().stage) == ("active", "requirements")
    meta.unprotect(NUMBER)
    claimed.claim()
    assert try_all_due(claimed) == [ProofState.ACCEPTED]


def start(walked: Walk) -> None:
    call = walked.current_call()
    walked.now = call.start
    start_proven_call(ticket_id=walked.ticket.pk, call_id=str(call.uid), by=walked.desk, now=walked.now)


def test_the_call_begins_with_a_fresh_proof_and_leaves_only_protected_numbers_behind(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.SCHEDULED, NUMBER, OTHER_NUMBER)
    walked.claim("open_conversations_ack")
    meta.protect(OTHER_NUMBER)
    start(walked)
    assert walked.fresh().stage == "in_call"
    assert [number.state for number in walked.numbers()] == ["initiated", "pending"]
    rows = [walked.requirement("two_step_disabled", place).state for place in (1, 2)]
    assert rows == ["met", "unmet"]
    # Switched off while everybody waits: the call goes on with it.
    meta.unprotect(OTHER_NUMBER)
    given: dict[str, Any] = {
        "ticket_id": walked.ticket.pk,
        "call_id": str(walked.current_call().uid),
        "by": walked.desk,
    }
    call_leaving.switched_off_now(number_id=walked.number(2).pk, now=walked.now, **given)
    walked.move(2)
    assert walked.number(2).state == "live"


def test_a_call_of_protected_numbers_alone_does_not_begin(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.SCHEDULED)
    walked.claim("open_conversations_ack")
    meta.protect(NUMBER)
    with pytest.raises(call_run.NotReady) as refusal:
        start(walked)
    assert refusal.value.extra["blocking"] == ["two_step_disabled"]
    assert walked.requirement("two_step_disabled").state == "unmet"


def test_a_fresh_proof_is_not_made_twice_and_a_silent_meta_keeps_nobody_from_the_call(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.SCHEDULED)
    walked.claim("open_conversations_ack")
    try_all_due(walked)
    start(walked)
    assert starts() == 1
    walked.finish_call()
    other = walk(Path.READY, OTHER_NUMBER)
    other.book((other.now + timedelta(days=2)).replace(minute=0))
    other.claim("open_conversations_ack")
    meta.fault("start_migration", drop="before")
    start(other)
    assert other.fresh().stage == "in_call"


def test_a_start_that_was_overtaken_is_made_again_in_the_call(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.SCHEDULED)
    try_all_due(walked)
    walked.claim("open_conversations_ack")
    walked.start_call()
    meta.server.world.phones[walked.number().phone_number_id].migrating = False
    assert walked.ask_code() == NumberState.CODE_REQUESTED
    assert starts() == 2


# What is left at the destination


def test_a_cancelled_ticket_leaves_a_task_to_remove_its_number(claimed: Walk, meta: Meta) -> None:
    try_all_due(claimed)
    there = claimed.number().phone_number_id
    claimed.cancel()
    (task,) = removals_open()
    assert there in task.text
    assert "735467396201142" in task.url
    with pytest.raises(removals.StillThere):
        removals.confirm_removed(task_id=task.pk, by=claimed.desk, now=claimed.now)
    meta.fault("numbers_of", drop="before")
    with pytest.raises(NoAnswer):
        removals.confirm_removed(task_id=task.pk, by=claimed.desk, now=claimed.now)
    assert claimed.number().phone_number_id == there
    meta.remove(there)
    removals.confirm_removed(task_id=task.pk, by=claimed.desk, now=claimed.now)
    number = claimed.number()
    assert (removals_open(), number.phone_number_id, number.state) == ([], "", "pending")
    with pytest.raises(IllegalTransition):
        removals.confirm_removed(task_id=task.pk, by=claimed.desk, now=claimed.now)


def test_a_reopened_ticket_uses_what_is_still_there(claimed: Walk, meta: Meta) -> None:
    try_all_due(claimed)
    there = claimed.number().phone_number_id
    claimed.cancel()
    endings.reopen(ticket_id=claimed.ticket.pk, by=claimed.by, now=claimed.now)
    assert removals_open() == []
    assert (claimed.number().state, claimed.number().phone_number_id) == ("initiated", there)
    claimed.later(hours=72)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    assert meta.at_destination(NUMBER) == [there]


def test_a_later_ticket_of_the_line_takes_the_object_over(claimed: Walk, walk: Walker) -> None:
    try_all_due(claimed)
    claimed.cancel()
    later = walk(Path.FILED, two_step_verification="disabled")
    assert try_all_due(later) == [ProofState.ACCEPTED]
    assert removals_open() == []
    assert claimed.number().phone_number_id == ""
    assert later.number().phone_number_id


def test_a_number_left_out_and_a_case_that_goes_another_way_leave_tasks_too(walk: Walker) -> None:
    walked = walk(Path.FILED, NUMBER, OTHER_NUMBER, two_step_verification="disabled")
    try_all_due(walked)
    moves.skip(number_id=walked.number(2).pk, reason="stays", by=walked.desk, now=walked.now)
    assert [task.number_id for task in removals_open()] == [walked.number(2).pk]
    flow_choice.choose_flow(
        ticket_id=walked.ticket.pk,
        flow=Flow.WABA_SWITCH,
        reason="The whole account moves",
        by=walked.desk,
        now=walked.now,
    )
    assert len(removals_open()) == 2
    assert walked.number(1).state == "pending"
    edit = editing.Edit({"phone_numbers": [OTHER_NUMBER]}, None)
    with pytest.raises(IllegalTransition):
        editing.edit_ticket(ticket_id=walked.ticket.pk, edit=edit, by=walked.by, now=walked.now)


def test_a_ticket_that_ends_while_meta_is_asked_remembers_the_object(
    claimed: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = whatsapp.start_migration

    def cancelled_meanwhile(**given: Any) -> str:
        claimed.cancel()
        return real(**given)

    monkeypatch.setattr(whatsapp, "start_migration", cancelled_meanwhile)
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    assert claimed.fresh().status == "cancelled"
    assert [task.number_id for task in removals_open()] == [claimed.number().pk]


# What the client is told meanwhile


def told(walked: Walk) -> list[str]:
    return [notice.message for notice in walked.notices()]


def test_nobody_is_invited_to_a_call_before_meta_has_been_asked(claimed: Walk, meta: Meta) -> None:
    assert (claimed.fresh().stage, told(claimed)) == ("ready", [])
    set_hold(ticket_id=claimed.ticket.pk, on_hold=True, by=claimed.desk, now=claimed.now)
    assert told(claimed) == []
    set_hold(ticket_id=claimed.ticket.pk, on_hold=False, by=claimed.desk, now=claimed.now)
    try_all_due(claimed)
    assert told(claimed) == ["slot_invitation"]


def test_whom_meta_does_not_believe_gets_no_invitation_beside_that_news(claimed: Walk, meta: Meta) -> None:
    meta.protect(NUMBER)
    for _ in range(3):
        claimed.now = open_try(claimed).due_at
        assert try_all_due(claimed) == [ProofState.STILL_ON]
    claimed.claim("open_conversations_ack")  # the case is settled once more; the next try is a day away
    assert open_try(claimed).due_at > claimed.now + 20 * HOUR
    assert told(claimed) == ["two_step_still_on"]
    meta.unprotect(NUMBER)
    claimed.now = open_try(claimed).due_at
    assert try_all_due(claimed) == [ProofState.ACCEPTED]
    assert told(claimed) == ["two_step_still_on", "slot_invitation"]


def test_one_number_that_meta_does_not_believe_holds_the_invitation_of_all(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.WAITING_TWO_STEP, NUMBER, OTHER_NUMBER)
    meta.protect(OTHER_NUMBER)
    walked.claim()
    assert try_all_due(walked) == [ProofState.ACCEPTED, ProofState.STILL_ON]
    assert told(walked) == ["two_step_still_on"]


def test_a_meta_that_does_not_answer_keeps_nobody_from_the_call(claimed: Walk, settings: Any) -> None:
    settings.META_BASE_URL = "http://127.0.0.1:1"
    for _ in range(3):
        assert told(claimed) == []
        claimed.now = open_try(claimed).due_at
        assert try_all_due(claimed) == [ProofState.UNANSWERED]
    claimed.now = open_try(claimed).due_at
    assert try_all_due(claimed) == [ProofState.UNANSWERED]
    # The round is over; the next one is a day away.
    assert told(claimed) == ["slot_invitation"]


def test_where_tries_stop_a_claim_suffices(claimed: Walk) -> None:
    Queue.objects.update(tries_claims=False)
    assert try_all_due(claimed) == [None]
    assert told(claimed) == ["slot_invitation"]
