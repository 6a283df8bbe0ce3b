"""What the desk does by hand: a rung by person becomes a task, its outcome goes on with the ladder, nobody calls twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage

from config.core.actor import OPERATOR, SYSTEM
from config.core.errors import Invalid
from config.core.uow import unit_of_work
from migrations_app.admin.ladder_preview import of_chase
from migrations_app.enums import (
    AttemptState,
    ChannelName,
    DeskTaskKind,
    DeskTaskState,
    RequirementCode,
    RequirementState,
    TaskOutcome,
)
from migrations_app.models import ChaseAttempt, DeskTask
from migrations_app.rules.hours import is_open
from migrations_app.selectors import due
from migrations_app.services import manners, outreach
from migrations_app.services.desk_tasks import NewTask, open_task
from migrations_app.services.editing import Edit, edit_ticket
from migrations_app.services.recipients import contacts_of
from migrations_app.services.scripts import Occasion, script
from migrations_app.services.task_outcomes import NotAskedByPerson, TaskEnded, Told, record_outcome
from providers.models import Bsp
from providers.services.directory import keep_edit
from tests.factories.desk import Desk, actor_of, make_agent
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.ladders import ESCALATE, MAIL, PHONE, PORTAL, WHATSAPP, set_ladder
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Party
from tickets.models import Calendar
from tickets.selectors.service_levels import desk_hours
from tickets.services.service_levels import publish_calendar
from tickets.services.tickets import lock_ticket

CODE = "two_step_disabled"
CLIENT_PHONE = "+5511911112222"
HELP = "https://infobip.example/help"


def with_task(walk: Walker, *rungs: dict[str, Any], **changes: Any) -> Walk:
    """A ticket whose first rung is one by person, handed over to the desk."""
    set_ladder(*(rungs or (PHONE, MAIL, ESCALATE)))
    client = {"name": "Padaria Sol", "contact_phone": CLIENT_PHONE, "contact_name": "Ana", **changes.pop("client", {})}
    walked = walk(Path.FILED, *changes.pop("numbers", ()), client=client, waba_owner="client", **changes)
    walked.send_all_due()
    walked.fresh()
    return walked


def task_of(walked: Walk) -> DeskTask:
    return DeskTask.objects.filter(case__ticket=walked.ticket).order_by("-id")[0]


def tell(walked: Walk, outcome: TaskOutcome, **more: Any) -> DeskTask:
    task = task_of(walked)
    record_outcome(task_id=task.pk, told=Told(outcome, **more), by=walked.desk, now=walked.now)
    walked.fresh()
    return task_of(walked)


def last_attempt(walked: Walk) -> ChaseAttempt:
    return ChaseAttempt.objects.filter(chase=walked.chase(), task__isnull=False).order_by("-id")[0]


def listen(**columns: str) -> None:
    bsp = Bsp.objects.get(slug="infobip")
    given = {"accepts_request_from": "client_or_partner", "contact_url": HELP, **columns}
    for name, value in given.items():
        setattr(bsp, name, value)
    keep_edit(bsp=bsp, fields=list(given), by=OPERATOR, now=bsp.created_at)


def test_a_rung_by_person_becomes_a_task_and_nothing_is_sent(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    walked = with_task(walk)
    task, attempt = task_of(walked), last_attempt(walked)
    assert (task.kind, task.state, task.recipient_party, task.contact) == ("phone", "open", "client", CLIENT_PHONE)
    assert (attempt.state, attempt.claimed_at, attempt.address, attempt.exchange) == (
        AttemptState.SENDING, walked.now, CLIENT_PHONE, None,
    )  # fmt: skip
    assert NUMBER in task.text
    assert "PIN" in task.text
    assert mailoutbox == []
    assert walked.ticket.waiting_on == "client"
    assert walked.ticket.waiting_also == ["onboarding"]
    # It takes the time it takes: no lease ends it, and no second sweep hands it over again.
    walked.later(days=20)
    assert outreach.send_due(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.now) is None
    assert due.lost_messages(ChaseAttempt, claimed_before=walked.now, limit=9) == []
    assert not outreach.mark_lost(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.now)
    assert DeskTask.objects.count() == 1


@pytest.mark.parametrize("outcome", [TaskOutcome.DONE, TaskOutcome.NO_ANSWER])
def test_who_was_asked_is_asked_again_by_the_next_rung(walk: Walker, outcome: TaskOutcome) -> None:
    walked = with_task(walk)
    walked.later(hours=2)
    task = tell(walked, outcome, note="Left a message")
    assert (task.state, task.outcome, task.note, task.done_by) == ("done", outcome, "Left a message", "bea")
    attempt = last_attempt(walked)
    assert (attempt.state, attempt.sent_at) == (AttemptState.SENT, walked.now)
    assert walked.planned().due_at > walked.now + timedelta(hours=12)
    assert walked.ticket.waiting_also == []
    assert walked.event_types()[-2:] == ["task.ended", "chase.sent"]
    ended = walked.events()[-2]
    assert ended.internal
    assert ended.data["outcome"] == outcome
    # A call that was answered is a sign of life, one that rang in vain is none.
    assert (walked.ticket.client_seen_at == walked.now) is (outcome is TaskOutcome.DONE)


def test_a_promise_silences_the_ladder_until_then(walk: Walker) -> None:
    walked = with_task(walk, numbers=(NUMBER, OTHER_NUMBER))
    walked.claim(CODE, numbers=[OTHER_NUMBER])
    friday = walked.now + timedelta(days=4)
    tell(walked, TaskOutcome.PROMISED, promised_for=friday, case_number="INC-7")
    row = walked.requirement(CODE, 1)
    assert (row.state, row.external_reference, row.promised_for) == (RequirementState.REQUESTED, "INC-7", friday)
    assert walked.requirement(CODE, 2).state == RequirementState.CLAIMED
    assert walked.planned().due_at == friday
    assert "old_bsp" in walked.ticket.waiting_also  # the client can book for the other number
    assert last_attempt(walked).state == AttemptState.SENT


def test_a_promise_for_identifiers_is_one_of_the_old_bsp(walk: Walker) -> None:
    set_ladder(PHONE, MAIL, slug="waba-id")
    walked = with_task(walk, MAIL, waba_id="")
    # The second chase of a ticket leaves the first word to the first one.
    walked.now = ChaseAttempt.objects.get(channel="phone", state="planned").due_at
    walked.send_all_due()
    friday = walked.now + timedelta(days=3)
    with pytest.raises(Invalid):
        tell(walked, TaskOutcome.CLAIMED)
    tell(walked, TaskOutcome.PROMISED, promised_for=friday)
    assert walked.requirement("waba_id").state == RequirementState.REQUESTED
    assert ChaseAttempt.objects.get(chase__requirement_code="waba_id", state="planned").due_at == friday


def test_a_promise_for_what_the_client_does_itself_only_silences(walk: Walker, meta: Any) -> None:
    """`requested` means that the old BSP was asked; a client's own promise says nothing of that."""
    closing = {"message": "closing_reminder", "wait_business_days": 1}
    set_ladder({**PHONE, **closing}, {**MAIL, **closing}, slug="closing")
    walked = walk(Path.RESOLVED)
    walked.send_all_due()
    friday = walked.now + timedelta(days=3)
    tell(walked, TaskOutcome.PROMISED, promised_for=friday)
    chase = walked.chase(RequirementCode.OLD_CONTRACT_CANCELLED)
    assert (chase.snoozed_until, chase.next_at) == (friday, friday)
    assert walked.ticket.next_nudge_at == friday
    assert walked.requirement("old_contract_cancelled").state == RequirementState.UNMET


def test_a_chase_that_is_silenced_by_hand_takes_its_call_back(walk: Walker) -> None:
    walked = with_task(walk)
    friday = walked.now + timedelta(days=4)
    manners.snooze(
        ticket_id=walked.ticket.pk, chase_id=walked.chase().pk, until=friday, reason="On holiday", said_by=Party.CLIENT,
        by=walked.desk, now=walked.now,
    )  # fmt: skip
    assert task_of(walked).state == DeskTaskState.DROPPED
    assert (walked.planned().channel, walked.planned().due_at) == ("phone", friday)


def test_what_is_said_to_be_done_is_a_claim_of_the_one_who_said_it(walk: Walker) -> None:
    walked = with_task(walk)
    tell(walked, TaskOutcome.CLAIMED, note="Confirmed the link on Monday")
    assert walked.requirement(CODE).state == RequirementState.CLAIMED
    assert walked.evidence(CODE)["confirmed_by"] == "client"
    assert walked.chase().state == "answered"
    assert walked.ticket.stage == "ready"
    # False: the ladder goes on after the call, not with it.
    walked.decide(CODE, RequirementState.UNMET)
    assert walked.planned().channel == "email"


def test_what_is_not_possible_fails_and_the_ladder_goes_on(walk: Walker) -> None:
    walked = with_task(walk)
    tell(walked, TaskOutcome.NOT_POSSIBLE, note="Wrong number")
    attempt = last_attempt(walked)
    assert (attempt.state, attempt.failure) == (AttemptState.FAILED, "not_possible")
    assert (walked.planned().step, walked.planned().channel) == (0, "email")  # the same rung by the next way
    assert "chase.sent" not in walked.event_types()


@pytest.mark.parametrize(
    ("outcome", "days"), [(TaskOutcome.PROMISED, None), (TaskOutcome.PROMISED, -1), (TaskOutcome.DONE, -1)]
)
def test_a_promise_needs_a_date_to_come(walk: Walker, outcome: TaskOutcome, days: int | None) -> None:
    walked = with_task(walk)
    with pytest.raises(Invalid):
        tell(walked, outcome, promised_for=None if days is None else walked.now + timedelta(days=days))
    assert task_of(walked).state == "open"


def test_the_first_outcome_counts(walk: Walker) -> None:
    walked = with_task(walk)
    tell(walked, TaskOutcome.NO_ANSWER)
    before = walked.fresh().revision
    with pytest.raises(TaskEnded) as refusal:
        tell(walked, TaskOutcome.DONE)
    assert refusal.value.extra == {"by": "bea", "state": "done", "outcome": "no_answer"}
    assert (task_of(walked).outcome, walked.fresh().revision) == ("no_answer", before)


@pytest.mark.parametrize("end", ["claim", "cancel", "requested"])
def test_a_task_ends_by_itself_when_nobody_needs_it(walk: Walker, end: str) -> None:
    walked = with_task(walk)
    walked.later(hours=1)
    if end == "claim":
        walked.claim()
    elif end == "cancel":
        walked.cancel()
    else:
        walked.ask_bsp(promised_for=walked.now + timedelta(days=3))
    task, attempt = task_of(walked), last_attempt(walked)
    assert (task.state, task.done_at) == (DeskTaskState.DROPPED, walked.now)
    assert (attempt.state, attempt.failure) == (AttemptState.FAILED, "not_needed")
    assert "onboarding" not in walked.fresh().waiting_also
    if end == "requested":
        # Then the same rung again.
        assert (walked.planned().channel, walked.planned().due_at) == ("phone", walked.now + timedelta(days=3))
    elif end == "claim":
        walked.decide(CODE, RequirementState.UNMET)
        assert walked.planned().channel == "phone"


def test_the_end_of_a_case_leaves_what_has_to_be_done_just_then(walk: Walker) -> None:
    walked = walk(Path.READY)
    with unit_of_work(by=SYSTEM, now=walked.now) as uow:
        lock_ticket(uow, walked.ticket.pk)
        for kind in (DeskTaskKind.REMOVE_NUMBER, DeskTaskKind.JUDGE_ANSWER):
            open_task(uow, walked.case, NewTask(kind, number=walked.number()))
    walked.cancel()
    states = dict(DeskTask.objects.values_list("kind", "state"))
    assert states == {"remove_number": "open", "judge_answer": "dropped"}
    assert walked.fresh().waiting_on == "nobody"
    with pytest.raises(NotAskedByPerson):
        record_outcome(
            task_id=DeskTask.objects.get(kind="remove_number").pk, told=Told(TaskOutcome.DONE), by=walked.desk,
            now=walked.now,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        ({}, True),
        ({"accepts_request_from": "client_only"}, False),
        ({"accepts_request_from": "unknown"}, False),
        ({"contact_url": ""}, True),
        ({"contact_url": "", "channel": "email"}, False),
    ],
)
def test_a_bsp_is_asked_on_its_portal_only_if_it_listens_to_partners(
    walk: Walker, columns: dict[str, str], asked: bool
) -> None:
    listen(**{"source_url": "https://infobip.example/docs", "channel": "support_ticket", **columns})
    walked = with_task(walk, PORTAL, MAIL)
    tasks = DeskTask.objects.filter(case__ticket=walked.ticket, kind="portal")
    assert tasks.exists() is asked
    if asked:
        assert tasks[0].url == (columns.get("contact_url", HELP) or "https://infobip.example/docs")
        assert "Dear Infobip team" in tasks[0].text
    else:
        assert last_sent(walked) == "two_step_reminder"


def script_of(walked: Walk) -> str:
    """What the open task's page says now, in English."""
    task = task_of(walked)
    assert task.attempt is not None
    return script(Occasion(DeskTaskKind(task.kind), task.attempt, None), walked.ticket, walked.case, language="en").text


def test_the_script_asks_for_an_address_only_until_one_is_entered(walk: Walker) -> None:
    walked = with_task(walk, MAIL, PHONE)
    sent = walked.attempts()[0]
    assert sent.exchange_id
    outreach.mark_bounced(exchange_id=sent.exchange_id, permanent=True, reason="5.1.1", by=SYSTEM, now=walked.now)
    walked.now = walked.planned().due_at
    walked.send_all_due()
    assert "come back" in script_of(walked)
    fixed = Edit({"client": {"contact_email": "rui@sol.example"}}, version=None)
    edit_ticket(ticket_id=walked.ticket.pk, edit=fixed, by=walked.desk, now=walked.now)
    walked.fresh()
    assert "come back" not in script_of(walked)


def last_sent(walked: Walk) -> str:
    return walked.attempts()[-1].message


def test_where_mail_cannot_be_delivered_a_person_calls_for_the_same_rung(walk: Walker) -> None:
    walked = with_task(walk, MAIL, PHONE)
    sent = walked.attempts()[0]
    assert sent.exchange_id
    outreach.mark_bounced(exchange_id=sent.exchange_id, permanent=True, reason="5.1.1", by=SYSTEM, now=walked.now)
    again = walked.planned()
    assert (again.step, again.channel, again.address) == (0, "phone", CLIENT_PHONE)
    walked.now = again.due_at
    walked.send_all_due()
    assert f"to {walked.ticket.contact_email} come back" in script_of(walked)
    # A wrong number too: by WhatsApp, then nothing is left and a person sees that.
    tell(walked, TaskOutcome.NOT_POSSIBLE)
    assert (walked.planned().step, walked.planned().channel) == (0, "whatsapp")
    walked.now = walked.planned().due_at
    walked.send_all_due()
    tell(walked, TaskOutcome.NOT_POSSIBLE)
    assert last_attempt(walked).undelivered_at == walked.now
    assert walked.planned().step == 1


def test_a_client_without_a_phone_is_not_called(walk: Walker) -> None:
    walked = with_task(walk, PHONE, WHATSAPP, MAIL, client={"contact_phone": ""})
    assert DeskTask.objects.count() == 0
    contacts = contacts_of(walked.ticket, walked.case)
    assert contacts[Party.CLIENT].ways == {ChannelName.EMAIL}


def test_a_phone_that_is_gone_when_the_rung_is_due_is_a_rung_that_failed(walk: Walker) -> None:
    set_ladder(PHONE, MAIL)
    walked = walk(Path.FILED, client={"name": "Padaria Sol", "contact_phone": CLIENT_PHONE}, waba_owner="client")
    type(walked.ticket).objects.filter(pk=walked.ticket.pk).update(contact_phone="")
    walked.send_all_due()
    first = walked.attempts()[0]
    assert (first.state, first.failure) == ("failed", "no_address")
    assert walked.planned().channel == "email"


def test_nobody_is_called_to_switch_off_what_has_to_stay_on_for_weeks(walk: Walker) -> None:
    walked = with_task(walk, PHONE, MAIL, business_verification="pending")
    task = task_of(walked)
    assert last_attempt(walked).message == "two_step_prepare"
    assert "deixe a confirmação em duas etapas ativa" in task.text
    tell(walked, TaskOutcome.DONE)
    assert [a.state for a in walked.attempts()] == [AttemptState.SENT]  # all is said until the blocker goes
    walked.decide("business_verified", RequirementState.MET)
    assert (walked.planned().channel, walked.planned().step) == ("phone", 0)
    walked.now = walked.planned().due_at
    walked.send_all_due()
    assert "é preciso desativar" in task_of(walked).text


def test_the_desks_own_ladder_asks_by_person_before_it_gives_up(walk: Walker) -> None:
    listen(channel="support_ticket", contact_email="")
    walked = walk(Path.FILED, waba_owner="old_bsp")
    asked: list[str] = []
    while (chase := walked.chase()).state == "active":
        planned = chase.attempts.filter(state=AttemptState.PLANNED).first()
        walked.now = max(walked.now, planned.due_at if planned else chase.next_at or walked.now)
        if planned is None:
            assert outreach.escalate(chase.pk, walked.ticket.pk, by=SYSTEM, now=walked.now)
            continue
        outreach.send_due(ChaseAttempt, planned.pk, by=SYSTEM, now=walked.now)
        asked.append(f"{planned.recipient_party}:{planned.channel}")
        if planned.channel != ChannelName.EMAIL:
            tell(walked, TaskOutcome.NO_ANSWER)
    assert asked[:2] == ["client:email", "old_bsp:portal"]
    assert {"client:whatsapp", "client:phone"} <= set(asked)
    assert asked.index("client:whatsapp") > 2
    assert walked.fresh().waiting_also == ["onboarding"]


@pytest.mark.django_db(transaction=True)
def test_of_two_agents_one_is_heard(
    walk: Walker, desk: Desk, at_once: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    walked = with_task(walk)
    tom = actor_of(make_agent("tom", desk.latam))
    task = task_of(walked)

    def say(by: Any, outcome: TaskOutcome) -> Callable[[], Any]:
        return lambda: record_outcome(task_id=task.pk, told=Told(outcome), by=by, now=walked.now)

    answers = at_once([say(walked.desk, TaskOutcome.NO_ANSWER), say(tom, TaskOutcome.NOT_POSSIBLE)])
    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "TaskEnded"]
    assert walked.event_types().count("task.ended") == 1
    assert ChaseAttempt.objects.filter(chase=walked.chase(), state="planned").count() == 1


# When the desk is there


def set_desk_hours(walked: Walk, zone: str) -> None:
    """Let the desk work from nine to six of another zone."""
    Calendar.objects.update(timezone=zone)
    for calendar in Calendar.objects.all():
        publish_calendar(calendar_id=calendar.pk, by=walked.desk, now=walked.now)


def is_desk_open(walked: Walk, moment: datetime) -> bool:
    hours = desk_hours(walked.fresh())
    assert hours is not None
    return is_open(hours, moment)


def test_a_first_rung_by_person_waits_for_desk_and_client_where_a_mail_would_not(walk: Walker) -> None:
    set_ladder(PHONE, MAIL, ESCALATE)
    client = {"name": "Padaria Sol", "contact_phone": CLIENT_PHONE}
    walk.now = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)  # midnight in Sao Paulo
    walked = walk(Path.FILED, client=client, waba_owner="client")
    call = walked.planned()
    assert call.channel == "phone"
    assert is_desk_open(walked, call.due_at)
    assert is_open(contacts_of(walked.ticket, walked.case)[Party.CLIENT].hours, call.due_at)
    set_ladder(MAIL, PHONE, ESCALATE)
    other = walk(Path.FILED, OTHER_NUMBER, client=client, waba_owner="client")
    assert other.planned().due_at == walk.now


def test_a_call_after_a_bounce_waits_for_the_desk_and_the_preview_says_so(walk: Walker) -> None:
    walked = with_task(walk, MAIL, PHONE, ESCALATE)
    set_desk_hours(walked, "Europe/Kyiv")  # has gone home at noon in Sao Paulo
    walked.later(hours=2)
    assert not is_desk_open(walked, walked.now)
    sent = walked.attempts()[0]
    assert sent.exchange_id
    outreach.mark_bounced(exchange_id=sent.exchange_id, permanent=True, reason="5.1.1", by=SYSTEM, now=walked.now)
    call = walked.planned()
    assert call.channel == "phone"
    shown = of_chase(walked.chase(), now=walked.now)["lines"]
    assert shown[0]["desk"] == call.due_at
    hours = contacts_of(walked.ticket, walked.case)[Party.CLIENT].hours
    for line in shown[:2]:
        assert is_desk_open(walked, line["desk"])
        assert is_open(hours, line["desk"])


def test_a_promise_that_moves_a_call_keeps_to_the_desks_hours(walk: Walker) -> None:
    set_ladder(MAIL, PHONE, ESCALATE)
    walked = walk(Path.WAITING_TWO_STEP, client={"contact_phone": CLIENT_PHONE}, waba_owner="client")
    set_desk_hours(walked, "Europe/Kyiv")
    walked.ask_bsp(promised_for=datetime(2026, 3, 12, 20, 30, tzinfo=UTC))
    assert walked.planned().channel == "phone"
    assert is_desk_open(walked, walked.planned().due_at)
    assert walked.planned().due_at > datetime(2026, 3, 12, 20, 30, tzinfo=UTC)
    walked.ask_bsp()
    assert is_desk_open(walked, walked.planned().due_at)
