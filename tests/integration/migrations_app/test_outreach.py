"""Sending over a real mail server that misbehaves: nothing is lost, nothing is sent twice."""

import threading
from datetime import timedelta
from email.message import Message

import pytest
from django.conf import settings as product_settings
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from config.core.actor import OPERATOR, SYSTEM
from config.core.uow import IllegalTransition
from migrations_app.enums import AttemptState, RequirementState
from migrations_app.models import ChaseAttempt, Notice
from migrations_app.selectors import due
from migrations_app.services import outreach
from providers.models import Bsp, Exchange
from providers.services.directory import keep_edit
from providers.services.outreach import send
from tests.factories.forms import NO_PHONE, NUMBER, OTHER_NUMBER
from tests.factories.servers import MailServer, Mood
from tests.factories.walks import Path, Walk, Walker

SENDING, SENT, FAILED, UNKNOWN, PLANNED = (
    AttemptState.SENDING,
    AttemptState.SENT,
    AttemptState.FAILED,
    AttemptState.UNKNOWN,
    AttemptState.PLANNED,
)


def states(walked: Walk) -> list[str]:
    return [attempt.state for attempt in walked.attempts()]


def lose_worker(walked: Walk) -> ChaseAttempt:
    """Claim the planned message as a worker does, and die."""
    attempt = walked.planned()
    assert outreach._claim(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.now) is not None
    return attempt


def test_a_message_that_was_accepted_is_sent_and_the_next_rung_planned(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert states(walked) == [SENT, PLANNED]
    assert walked.attempts()[0].sent_at == walked.now
    exchange = Exchange.objects.get()
    assert (exchange.state, exchange.purpose, exchange.recipient) == (
        "sent",
        "chase.two_step_guide",
        "ana@padariasol.example",
    )
    assert exchange.message_id == str(smtp.received[0]["Message-ID"])
    sent = next(event for event in walked.events() if event.type == "chase.sent")
    assert sent.data["message"] == "two_step_guide"


def test_the_message_says_what_it_is_about(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP, NUMBER, OTHER_NUMBER)
    mail = smtp.received[0]
    text = f"{mail['Subject']}\n{mail.get_content()}"
    for fact in (NUMBER, OTHER_NUMBER, walked.ticket.reference, "Padaria Sol", "Ana Souza"):
        assert fact in text
    assert mail["To"] == "ana@padariasol.example"
    assert mail["X-Portero-Ticket"] == walked.ticket.reference
    assert mail["Content-Language"] == "pt-br"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Two-step verification"),
        ("es", "verificación en dos pasos"),
        ("pt-br", "confirmação em duas etapas"),
        ("ru", "двухшагов"),
        ("ca", "verificació en dos passos"),
    ],
)
def test_a_message_is_in_the_clients_language(walk: Walker, smtp: MailServer, language: str, words: str) -> None:
    walk(Path.WAITING_TWO_STEP, client={"language": language})
    assert words.casefold() in smtp.received[0].get_content().casefold()


def test_the_old_bsp_is_written_to_in_its_language_with_the_client_in_copy(walk: Walker, smtp: MailServer) -> None:
    bsp = Bsp.objects.get(slug="infobip")
    bsp.accepts_request_from, bsp.contact_email, bsp.letter_language = "client_or_partner", "exit@infobip.example", "es"
    names = ["accepts_request_from", "contact_email", "letter_language"]
    keep_edit(bsp=bsp, fields=names, by=OPERATOR, now=walk.now)
    walked = walk(Path.WAITING_TWO_STEP, waba_owner="old_bsp")
    walked.now = walked.planned().due_at
    walked.send_all_due()
    letter = smtp.received[1]
    assert (letter["To"], letter["Cc"], letter["Content-Language"]) == (
        "exit@infobip.example",
        "ana@padariasol.example",
        "es",
    )
    assert NUMBER in letter.get_content()
    assert "102290129340398" in letter.get_content()


@pytest.mark.parametrize("mood", [Mood.BUSY_AT_RECIPIENT, Mood.BUSY_AT_DATA])
def test_a_passing_refusal_is_tried_again_after_growing_pauses(walk: Walker, smtp: MailServer, mood: Mood) -> None:
    smtp.be(mood)
    walked = walk(Path.WAITING_TWO_STEP, client=NO_PHONE)
    pauses = []
    for _ in range(3):
        assert states(walked)[-2:] == [FAILED, PLANNED]
        pauses.append(walked.planned().due_at - walked.now)
        walked.now = walked.planned().due_at
        assert walked.planned().step == 0
        walked.send_all_due()
    for pause, minutes in zip(pauses, (5, 30, 120), strict=True):
        assert timedelta(minutes=minutes / 2) <= pause < timedelta(minutes=minutes * 1.5)
    assert [attempt.try_no for attempt in walked.attempts()] == [1, 2, 3, 4, 1]
    assert len({attempt.message_key for attempt in walked.attempts()[:4]}) == 1, "every try is the same message"
    given_up = walked.attempts()[3]
    assert (given_up.undelivered_at, given_up.failure[:4]) == (walked.now, "reci" if "recipient" in mood else "smtp")
    told = [event for event in walked.events() if event.type == "chase.attempt_undelivered"]
    assert [event.internal for event in told] == [True]
    assert states(walked) == [FAILED, FAILED, FAILED, FAILED, PLANNED]
    assert walked.planned().step == 1
    assert not smtp.received


def test_a_greylisting_server_gets_the_message_the_second_time(walk: Walker, smtp: MailServer) -> None:
    smtp.be(Mood.BUSY_AT_RECIPIENT, Mood.ACCEPT)
    walked = walk(Path.WAITING_TWO_STEP)
    walked.now = walked.planned().due_at
    walked.send_all_due()
    assert states(walked) == [FAILED, SENT, PLANNED]
    assert len(smtp.received) == 1


@pytest.mark.parametrize("mood", [Mood.REFUSE_RECIPIENT, Mood.REFUSE_DATA])
def test_a_refusal_for_good_goes_on_with_the_next_rung(walk: Walker, smtp: MailServer, mood: Mood) -> None:
    smtp.be(mood)
    walked = walk(Path.WAITING_TWO_STEP, client=NO_PHONE)
    assert states(walked) == [FAILED, PLANNED]
    assert walked.planned().step == 1
    assert Exchange.objects.get().error is not None


@pytest.mark.parametrize("mood", [Mood.DROP_AFTER_DATA, Mood.HANG_AFTER_DATA])
def test_a_line_that_breaks_after_the_text_leaves_the_outcome_unknown(
    walk: Walker, smtp: MailServer, mood: Mood
) -> None:
    smtp.be(mood, Mood.ACCEPT)
    walked = walk(Path.WAITING_TWO_STEP)
    assert states(walked) == [UNKNOWN, PLANNED]
    assert walked.planned().step == 1
    assert Exchange.objects.get().state == "unknown"
    told = next(event for event in walked.events() if event.type == "chase.attempt_unknown")
    assert told.internal
    assert len(smtp.received) == 1


def test_an_unknown_message_is_never_sent_again_by_itself(walk: Walker, smtp: MailServer) -> None:
    smtp.be(Mood.DROP_AFTER_DATA, Mood.ACCEPT)
    walked = walk(Path.WAITING_TWO_STEP)
    walked.later(minutes=59)
    assert walked.send_all_due() == []
    assert len(smtp.received) == 1


@pytest.mark.parametrize("arrived", [True, False])
def test_a_person_settles_an_unknown_message(walk: Walker, smtp: MailServer, arrived: bool) -> None:
    smtp.be(Mood.DROP_AFTER_DATA)
    walked = walk(Path.WAITING_TWO_STEP)
    attempt = walked.attempts()[0]
    outreach.judge_unknown(ChaseAttempt, attempt.pk, arrived=arrived, by=walked.desk, now=walked.later(hours=1))
    assert states(walked)[0] == (SENT if arrived else FAILED)
    assert Exchange.objects.get().state == ("sent" if arrived else "failed")
    with pytest.raises(IllegalTransition):
        outreach.judge_unknown(ChaseAttempt, attempt.pk, arrived=True, by=walked.desk, now=walked.now)


@pytest.mark.parametrize("state", [PLANNED, SENT, FAILED])
def test_only_an_unknown_message_can_be_settled_by_a_person(
    walk: Walker, smtp: MailServer, state: AttemptState
) -> None:
    smtp.be(Mood.REFUSE_DATA if state is FAILED else Mood.ACCEPT)
    walked = walk(Path.FILED if state is PLANNED else Path.WAITING_TWO_STEP)
    attempt = walked.attempts()[0]
    assert attempt.state == state
    with pytest.raises(IllegalTransition):
        outreach.judge_unknown(ChaseAttempt, attempt.pk, arrived=True, by=walked.desk, now=walked.now)


def test_a_message_whose_worker_died_becomes_unknown_and_the_ladder_goes_on(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.FILED)
    attempt = lose_worker(walked)
    walked.later(seconds=product_settings.ATTEMPT_LEASE_SECONDS - 1)
    assert not outreach.mark_lost(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.now)
    assert due.lost_messages(ChaseAttempt, claimed_before=walked.now, limit=9) == [attempt.pk]
    walked.later(seconds=1)
    assert outreach.mark_lost(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.now)
    assert not outreach.mark_lost(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.now)
    assert states(walked) == [UNKNOWN, PLANNED]
    assert walked.planned().step == 1
    assert Exchange.objects.get().error == {"reason": "worker_lost"}
    assert walked.send_all_due() == []
    assert not smtp.received


@pytest.mark.parametrize("arrived", [True, False])
def test_a_late_answer_is_recorded_and_plans_nothing_twice(walk: Walker, smtp: MailServer, arrived: bool) -> None:
    smtp.be(Mood.ACCEPT if arrived else Mood.REFUSE_DATA)
    walked = walk(Path.FILED)
    attempt = walked.planned()
    claimed = outreach._claim(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.now)
    assert claimed is not None
    outreach.mark_lost(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.later(minutes=5))
    outcome = send(claimed.message, channel=claimed.channel)
    outreach._record(ChaseAttempt, claimed, outcome, by=SYSTEM, now=walked.later(minutes=1))
    assert states(walked) == [SENT if arrived else FAILED, PLANNED]
    assert Exchange.objects.get().state == ("sent" if arrived else "failed")


def test_an_answer_that_comes_after_a_persons_verdict_changes_nothing(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.FILED)
    attempt = walked.planned()
    claimed = outreach._claim(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.now)
    assert claimed is not None
    outreach.mark_lost(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.later(minutes=5))
    outreach.judge_unknown(ChaseAttempt, attempt.pk, arrived=False, by=walked.desk, now=walked.now)
    outcome = send(claimed.message, channel=claimed.channel)
    assert outreach._record(ChaseAttempt, claimed, outcome, by=SYSTEM, now=walked.now) == FAILED
    assert states(walked) == [FAILED, PLANNED]


def test_a_server_that_is_down_is_tried_again_later(walk: Walker, smtp: MailServer, settings: Settings) -> None:
    settings.EMAIL_PORT = 1  # nothing listens there
    walked = walk(Path.WAITING_TWO_STEP)
    assert states(walked) == [FAILED, PLANNED]
    assert walked.planned().step == 0


def test_a_message_before_its_time_is_not_sent(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    second = walked.planned()
    assert outreach.send_due(ChaseAttempt, second.pk, by=SYSTEM, now=second.due_at - timedelta(seconds=1)) is None
    assert outreach.send_due(ChaseAttempt, second.pk, by=SYSTEM, now=second.due_at) == SENT
    assert outreach.send_due(ChaseAttempt, second.pk, by=SYSTEM, now=second.due_at) is None
    assert outreach.send_due(ChaseAttempt, 10**9, by=SYSTEM, now=second.due_at) is None


def test_a_message_that_somebody_has_sent_costs_one_read(
    walk: Walker, smtp: MailServer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    sent = walked.attempts()[0]
    assert sent.state == SENT
    with django_assert_num_queries(1):
        assert outreach.send_due(ChaseAttempt, sent.pk, by=SYSTEM, now=walked.now) is None


def test_an_address_that_has_vanished_is_said_so_and_the_ladder_goes_on(walk: Walker, smtp: MailServer) -> None:
    bsp = Bsp.objects.get(slug="infobip")
    bsp.accepts_request_from, bsp.contact_email = "client_or_partner", "exit@infobip.example"
    bsp.channel = "email"
    keep_edit(bsp=bsp, fields=["accepts_request_from", "contact_email", "channel"], by=OPERATOR, now=walk.now)
    walked = walk(Path.WAITING_TWO_STEP, waba_owner="old_bsp")
    bsp.contact_email = ""
    keep_edit(bsp=bsp, fields=["contact_email"], by=OPERATOR, now=walk.now)
    walked.now = walked.planned().due_at
    assert walked.send_all_due() == [None]
    assert [(a.message, a.state) for a in walked.attempts()] == [
        ("two_step_letter", SENT),
        ("two_step_bsp_request", FAILED),
        ("two_step_reminder", PLANNED),
    ]


def test_a_passing_failure_of_a_chase_that_was_answered_meanwhile_is_not_repeated(
    walk: Walker, smtp: MailServer
) -> None:
    smtp.be(Mood.BUSY_AT_DATA)
    walked = walk(Path.FILED)
    claimed = outreach._claim(ChaseAttempt, walked.planned().pk, by=SYSTEM, now=walked.now)
    assert claimed is not None
    walked.claim()
    outcome = send(claimed.message, channel=claimed.channel)
    outreach._record(ChaseAttempt, claimed, outcome, by=SYSTEM, now=walked.now)
    assert states(walked) == [FAILED]


def test_who_has_booked_already_is_not_invited_to_book(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.SCHEDULED)
    walked.send_all_due()
    assert [notice.message for notice in walked.notices() if notice.state == SENT] == [
        "call_booked",
        "agent_call_booked",
    ]


def test_who_fails_a_claim_before_the_invitation_left_is_not_invited(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.READY)
    walked.decide("two_step_disabled", RequirementState.UNMET)
    walked.send_all_due()
    assert not Notice.objects.filter(state=SENT).exists()


@pytest.mark.django_db(transaction=True)
def test_the_attempt_is_on_record_before_anything_leaves(walk: Walker, smtp: MailServer) -> None:
    seen: list[tuple[list[str], list[str]]] = []

    def look(_mail: Message) -> None:
        assert threading.current_thread() is not threading.main_thread()
        attempts = list(ChaseAttempt.objects.order_by("id").values_list("state", flat=True))
        seen.append((attempts, list(Exchange.objects.values_list("state", flat=True))))
        connection.close()

    smtp.on_data = look
    walked = walk(Path.WAITING_TWO_STEP)
    assert seen == [([SENDING], ["sending"])]
    assert states(walked) == [SENT, PLANNED]


def test_the_reminders_of_a_call_are_due_in_time_and_vanish_with_it(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.READY)
    start = walked.now.replace(minute=0) + timedelta(hours=48)
    walked.book(start)
    reminders = {n.message: start - n.due_at for n in walked.notices() if n.message.startswith("call_reminder")}
    assert reminders == {
        "call_reminder_24h": timedelta(hours=24),
        "call_reminder_1h": timedelta(hours=1),
        "call_reminder_10m": timedelta(minutes=10),
    }
    walked.send_all_due()
    walked.cancel()
    left = [n.message for n in walked.notices() if n.state == PLANNED and n.pin_call_id]
    assert left == ["agent_call_cancelled", "call_cancelled"]


@pytest.mark.parametrize(
    ("minutes_before", "left"),
    [
        (90, ["call_booked", "call_reminder_24h"]),
        (50, ["call_booked", "call_reminder_1h"]),
        (5, ["call_booked", "call_reminder_10m"]),
        (-1, ["call_booked"]),
    ],
)
def test_a_reminder_that_comes_so_late_that_the_next_is_due_stays_at_home(
    walk: Walker, smtp: MailServer, minutes_before: int, left: list[str]
) -> None:
    """Nothing was sent for a day; "in one hour" is not said of a call that begins in five minutes."""
    walked = walk(Path.READY)
    walked.book(walked.now.replace(minute=0) + timedelta(hours=48))
    walked.now = walked.current_call().start - timedelta(minutes=minutes_before)
    walked.send_all_due()
    names = [n.message for n in walked.notices() if n.state == SENT and n.agent_id is None and n.holder_id is None]
    assert [name for name in names if name.startswith("call_")] == left


def test_a_call_that_was_never_announced_is_not_called_off(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.READY)
    walked.book()
    walked.cancel()
    walked.send_all_due()
    assert not [n.message for n in walked.notices() if n.pin_call_id]
    walked.send_all_due()
    assert [str(mail["Subject"]) for mail in smtp.received][-1:] != []
    assert walked.ticket.reference in str(smtp.received[-1]["Subject"])
