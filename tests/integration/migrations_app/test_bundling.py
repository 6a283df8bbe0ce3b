"""One message instead of many, in the recipient's hours, and no more than a day allows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from config.core.actor import SYSTEM
from migrations_app.enums import AttemptState
from migrations_app.models import ChaseAttempt, Mailbox
from migrations_app.selectors import due
from migrations_app.services import outreach
from migrations_app.services.digests import entry_of
from providers.models import Bsp, Exchange
from tests.factories.desk import Key
from tests.factories.servers import MailServer, Mood
from tests.factories.walks import Path, Walk, Walker
from tickets.models import Ticket

NUMBERS = [f"+55119876543{place:02d}" for place in range(10)]
TUESDAY = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)


def waiting(walk: Walker, count: int, **changes: Any) -> list[Walk]:
    """So many tickets whose first message has left; the second is due on Tuesday noon."""
    walks = [walk(Path.WAITING_TWO_STEP, NUMBERS[place], **changes) for place in range(count)]
    ChaseAttempt.objects.filter(state=AttemptState.PLANNED).update(due_at=TUESDAY)
    Exchange.objects.update(created_at=walk.now)
    return walks


def send_due(now: datetime) -> list[AttemptState | None]:
    found = due.due_messages(ChaseAttempt, now=now, limit=100)
    return [outreach.send_due(ChaseAttempt, attempt_id, by=SYSTEM, now=now) for attempt_id in found]


def make_reachable(slug: str = "infobip") -> None:
    Bsp.objects.filter(slug=slug).update(accepts_request_from="client_or_partner", contact_email="exit@infobip.example")


# -------------------------------------------------------------------------------------------------------------- digest


def test_what_is_due_to_one_client_leaves_as_one_mail(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    walks = waiting(walk, 3)
    assert send_due(TUESDAY) == [AttemptState.SENT, None, None]
    assert len(mailoutbox) == 4
    digest = mailoutbox[-1]
    assert digest.to == ["ana@padariasol.example"]
    for walked in walks:
        assert walked.ticket.reference in digest.body
        assert walked.number().number in digest.body
        sent = walked.attempts()[1]
        assert (sent.state, sent.message) == (AttemptState.SENT, "two_step_letter")
        assert walked.planned().due_at > TUESDAY
        assert walked.event_types().count("chase.sent") == 2
    exchange = Exchange.objects.get(purpose="chase.chase_digest")
    assert {walked.attempts()[1].exchange_id for walked in walks} == {exchange.pk}
    assert exchange.ticket_reference == walks[0].ticket.reference
    names = [attachment[0] for attachment in digest.attachments]
    assert {f"{walked.ticket.reference}.txt" for walked in walks} <= set(names), "a letter is more than a line"


def test_a_digest_says_of_each_ticket_which_letter_the_client_must_send_to_whom(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    walks = waiting(walk, 2)
    assert send_due(TUESDAY) == [AttemptState.SENT, None]
    digest = mailoutbox[-1]
    names = [attachment[0] for attachment in digest.attachments]
    assert len(set(names)) == len(names)
    for walked in walks:
        reference = walked.ticket.reference
        assert reference in digest.subject
        letters = [name for name in names if name.endswith(f"-{reference}.txt")]
        assert len(letters) == 1
        assert f"{letters[0]}. " in digest.body
        assert f"{reference}.txt\n" in digest.body
    assert str(digest.body).count("Infobip") >= 2 * len(walks)


def test_the_subject_of_a_long_digest_names_three_tickets_and_counts_the_others(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    walks = waiting(walk, 5)
    Ticket.objects.update(
        client_name="A company whose name is so long that it leaves no room for anything else in a subject " * 2
    )
    send_due(TUESDAY)
    subject = mailoutbox[-1].subject
    assert sum(walked.ticket.reference in subject for walked in walks) == 3
    assert "+2" in subject


def test_clients_of_different_organizations_never_share_a_mail(
    walk: Walker, stranger: Key, mailoutbox: list[EmailMessage]
) -> None:
    one = walk(Path.WAITING_TWO_STEP, NUMBERS[0])
    other = walk(Path.WAITING_TWO_STEP, NUMBERS[1], key=stranger)
    ChaseAttempt.objects.filter(state=AttemptState.PLANNED).update(due_at=TUESDAY)
    mailoutbox.clear()
    assert send_due(TUESDAY) == [AttemptState.SENT] * 2
    assert [other.ticket.reference in mail.body for mail in mailoutbox] == [False, True]
    assert [one.ticket.reference in mail.body for mail in mailoutbox] == [True, False]


def test_a_bsp_gets_one_mail_about_several_clients_and_nobody_is_copied(
    walk: Walker, stranger: Key, mailoutbox: list[EmailMessage]
) -> None:
    make_reachable()
    alone = walk(Path.WAITING_TWO_STEP, NUMBERS[0], waba_owner="old_bsp")
    assert alone.planned().recipient_party == "old_bsp"
    ChaseAttempt.objects.filter(state=AttemptState.PLANNED).update(due_at=TUESDAY)
    walk(Path.WAITING_TWO_STEP, NUMBERS[1], waba_owner="old_bsp", key=stranger, client={"name": "Farmacia Lua"})
    mailoutbox.clear()
    ChaseAttempt.objects.filter(state=AttemptState.PLANNED).update(due_at=TUESDAY)
    assert send_due(TUESDAY) == [AttemptState.SENT, None]
    assert (mailoutbox[0].to, mailoutbox[0].cc) == (["exit@infobip.example"], [])
    assert "Padaria Sol" in mailoutbox[0].body
    assert "Farmacia Lua" in mailoutbox[0].body
    assert Exchange.objects.get(purpose="chase.chase_digest_bsp").copied_to == []


def test_a_first_message_is_never_bundled(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    waiting(walk, 1)
    walk.now = TUESDAY
    walk(Path.FILED, NUMBERS[5])
    walk(Path.FILED, NUMBERS[6])
    mailoutbox.clear()
    assert send_due(TUESDAY) == [AttemptState.SENT] * 3
    assert not Exchange.objects.filter(purpose__contains="digest").exists()


def test_what_is_planned_for_about_the_same_time_is_planned_together(walk: Walker, settings: Settings) -> None:
    one = walk(Path.WAITING_TWO_STEP, NUMBERS[0])
    walk.now += timedelta(hours=3)
    near = walk(Path.WAITING_TWO_STEP, NUMBERS[1])
    assert near.planned().due_at == one.planned().due_at
    walk.now += timedelta(hours=20)
    far = walk(Path.WAITING_TWO_STEP, NUMBERS[2])
    assert far.planned().due_at != one.planned().due_at
    walk.now -= timedelta(hours=20)
    settings.CHASE_BUNDLE_HOURS = 0
    assert walk(Path.WAITING_TWO_STEP, NUMBERS[3]).planned().due_at != one.planned().due_at


def test_one_that_cannot_be_put_into_words_does_not_keep_the_others(
    walk: Walker, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, poisoned, third = waiting(walk, 3)

    def entry(attempt: ChaseAttempt, ticket: Ticket, *rest: Any, **more: Any) -> dict[str, Any]:
        if ticket.pk == poisoned.ticket.pk:
            raise ZeroDivisionError
        return entry_of(attempt, ticket, *rest, **more)

    monkeypatch.setattr("migrations_app.services.bundling.entry_of", entry)
    assert outreach.send_due(ChaseAttempt, first.planned().pk, by=SYSTEM, now=TUESDAY) == AttemptState.SENT
    assert first.ticket.reference in mailoutbox[-1].body
    assert third.ticket.reference in mailoutbox[-1].body
    assert poisoned.ticket.reference not in mailoutbox[-1].body
    assert poisoned.planned().due_at == TUESDAY


def test_what_fails_for_a_digest_fails_for_each_and_is_gathered_again(walk: Walker, smtp: MailServer) -> None:
    walks = waiting(walk, 2)
    smtp.be(Mood.BUSY_AT_DATA)
    assert send_due(TUESDAY) == [AttemptState.FAILED, None]
    assert [walked.attempts()[1].state for walked in walks] == [AttemptState.FAILED] * 2
    again = max(walked.planned().due_at for walked in walks)
    smtp.be(Mood.ACCEPT)
    received = len(smtp.received)
    first = min(walked.planned().due_at for walked in walks)
    send_due(first)
    send_due(again)
    assert len(smtp.received) == received + 1, "two tries that are apart by chance are one mail again"


def test_an_unknown_outcome_is_unknown_for_each_and_judged_by_itself(walk: Walker, smtp: MailServer) -> None:
    walks = waiting(walk, 2)
    smtp.be(Mood.DROP_AFTER_DATA)
    assert send_due(TUESDAY) == [AttemptState.UNKNOWN, None]
    rows = [walked.attempts()[1] for walked in walks]
    assert [row.state for row in rows] == [AttemptState.UNKNOWN] * 2
    outreach.judge_unknown(ChaseAttempt, rows[0].pk, arrived=True, by=SYSTEM, now=TUESDAY)
    assert [walked.attempts()[1].state for walked in walks] == [AttemptState.SENT, AttemptState.UNKNOWN]


def test_a_worker_that_dies_between_two_records_leaves_nothing_in_doubt_that_the_log_knows(
    walk: Walker, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    walks = waiting(walk, 2)
    record = outreach._record_one

    def die(model: Any, attempt_id: int, *rest: Any, **more: Any) -> AttemptState:
        if attempt_id == walks[1].attempts()[1].pk:
            raise SystemExit
        return record(model, attempt_id, *rest, **more)

    monkeypatch.setattr(outreach, "_record_one", die)
    with pytest.raises(SystemExit):
        send_due(TUESDAY)
    assert [walked.attempts()[1].state for walked in walks] == [AttemptState.SENT, AttemptState.SENDING]
    monkeypatch.undo()
    later = TUESDAY + timedelta(minutes=5)
    assert outreach.mark_lost(ChaseAttempt, walks[1].attempts()[1].pk, by=SYSTEM, now=later)
    assert walks[1].attempts()[1].state == AttemptState.SENT
    assert walks[1].planned().due_at > TUESDAY


# ---------------------------------------------------------------------------------------------------- hours and the cap


def test_what_is_overdue_at_night_waits_for_the_morning(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    """Everything was down on Tuesday; at midnight it is back."""
    (walked,) = waiting(walk, 1)
    night, morning = datetime(2026, 3, 4, 3, 0, tzinfo=UTC), datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    assert send_due(night) == [None]
    assert walked.planned().due_at == walked.fresh().next_nudge_at == morning
    assert send_due(morning) == [AttemptState.SENT]


def test_what_answers_a_filing_leaves_at_night(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    walk.now = datetime(2026, 3, 8, 3, 0, tzinfo=UTC)
    walk(Path.WAITING_TWO_STEP)
    assert len(mailoutbox) == 1


def test_a_day_allows_so_many_messages_and_the_next_day_the_oldest_first(
    walk: Walker, settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    settings.CHASE_DAILY_CAP, settings.CHASE_BUNDLE_HOURS = 2, 0
    walks = waiting(walk, 4)
    for place, walked in enumerate(walks):
        ChaseAttempt.objects.filter(pk=walked.planned().pk).update(due_at=TUESDAY + timedelta(minutes=place))
    mailoutbox.clear()
    tomorrow = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    moments = [walked.planned().due_at for walked in walks]
    assert [send_due(moment)[0] for moment in moments] == [AttemptState.SENT, AttemptState.SENT, None, None]
    assert len(mailoutbox) == 2
    for walked in walks[2:]:
        assert walked.planned().due_at == walked.fresh().next_nudge_at == tomorrow
    planned = due.due_messages(ChaseAttempt, now=tomorrow, limit=10)
    assert planned[:2] == [walked.planned().pk for walked in walks[2:]]
    assert outreach.send_due(ChaseAttempt, planned[0], by=SYSTEM, now=tomorrow) == AttemptState.SENT


def test_a_digest_counts_as_one_and_first_messages_count_but_do_not_wait(
    walk: Walker, settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    settings.CHASE_DAILY_CAP = 2
    waiting(walk, 3)
    mailoutbox.clear()
    send_due(TUESDAY)
    walk.now = TUESDAY
    filed = [walk(Path.WAITING_TWO_STEP, NUMBERS[place]) for place in (5, 6)]
    assert len(mailoutbox) == 3, "the digest, and two answers to filings"
    ChaseAttempt.objects.filter(pk=filed[0].planned().pk).update(due_at=TUESDAY)
    assert send_due(TUESDAY) == [None]
    assert filed[0].planned().due_at == datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_yesterdays_messages_do_not_count(walk: Walker, settings: Settings) -> None:
    settings.CHASE_DAILY_CAP = 1
    waiting(walk, 1)
    assert send_due(TUESDAY) == [AttemptState.SENT]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_both_send_the_last_reminder_of_a_day(
    walk: Walker, at_once: Callable[[list[Callable[[], Any]]], list[Any]], settings: Settings, smtp: MailServer
) -> None:
    """Tickets and locks of their own: only the address is the same, and it was corrected since they were planned."""
    settings.CHASE_DAILY_CAP = 1
    walks = waiting(walk, 4)
    ids = [walked.planned().pk for walked in walks]
    for place, attempt_id in enumerate(ids):
        ChaseAttempt.objects.filter(pk=attempt_id).update(address=f"old-{place}@padariasol.example")
    Mailbox.objects.create(address="ana@padariasol.example", created_at=walk.now, updated_at=walk.now)
    received = len(smtp.received)

    def send(attempt_id: int) -> Callable[[], Any]:
        return lambda: outreach.send_due(ChaseAttempt, attempt_id, by=SYSTEM, now=TUESDAY)

    results = at_once([send(attempt_id) for attempt_id in ids])
    assert sorted(result or "" for result in results) == ["", "", "", AttemptState.SENT]
    assert len(smtp.received) == received + 1
    assert ChaseAttempt.objects.filter(state=AttemptState.PLANNED, due_at__gt=TUESDAY).count() == 4


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_the_members_of_one_digest_send_it_once(
    walk: Walker, at_once: Callable[[list[Callable[[], Any]]], list[Any]], smtp: MailServer
) -> None:
    walks = waiting(walk, 4)
    received = len(smtp.received)
    ids = [walked.planned().pk for walked in walks]

    def send(attempt_id: int) -> Callable[[], Any]:
        return lambda: outreach.send_due(ChaseAttempt, attempt_id, by=SYSTEM, now=TUESDAY)

    results = at_once([send(attempt_id) for attempt_id in ids])
    assert sorted(result or "" for result in results) == ["", "", "", AttemptState.SENT]
    assert len(smtp.received) == received + 1
    assert [walked.attempts()[1].state for walked in walks] == [AttemptState.SENT] * 4
