"""The doors by which mail comes in: a provider's webhooks and a mailbox; twins at once are one row."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from pathlib import Path as Folder
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from config.core.actor import SYSTEM
from migrations_app.enums.mail import MailSource
from migrations_app.models import InboundMail, MailboxPlace
from migrations_app.services import fetching, mail_filing
from migrations_app.services.inbound import Arrival, receive
from providers.channels import mailbox
from providers.models import Exchange
from tests.factories.mails import raw_mail
from tests.factories.walks import Path, Walk, Walker
from tests.unit.providers.test_mailbox import URL, Server
from tickets.models import Comment

SECRET = "hook:a-long-enough-secret"
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


@pytest.fixture
def door(settings: Settings, clock_at: Callable[[datetime], None], now: datetime) -> Client:
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    clock_at(now)
    return Client(headers={"authorization": f"Basic {b64encode(SECRET.encode()).decode()}"})


def knock(door: Client, address: str, body: dict[str, Any]) -> int:
    return int(door.post(f"/hooks/{address}/", json.dumps(body), content_type="application/json").status_code)


def postmark(walked: Walk, **more: Any) -> dict[str, Any]:
    return {
        "FromFull": {"Email": "ana@padariasol.example", "Name": "Ana"},
        "To": "onboarding@portero.example",
        "ToFull": [{"Email": "onboarding@portero.example", "Name": ""}],
        "OriginalRecipient": f"chase+{walked.chase().reply_token}@answers.portero.example",
        "Subject": "Re: two-step",
        "MessageID": "x",
        "TextBody": "It is off",
        "Headers": [{"Name": "Message-ID", "Value": "<p1@x.example>"}, {"Name": "Received-SPF", "Value": "Pass (x)"}],
        "Attachments": [],
        **more,
    }


def test_a_providers_webhook_brings_an_answer_once(walk: Walker, door: Client, files: Folder) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    big = {"Name": "big.txt", "ContentType": "application/zip", "Content": b64encode(b"x" * 6_000_000).decode()}
    body = postmark(walked, Attachments=[big])
    assert [knock(door, "postmark/inbound", body) for _ in range(2)] == [200, 200]
    row = InboundMail.objects.get()
    assert (row.state, row.matched_by, row.source, row.facts["verdicts"]) == (
        "filed",
        "token",
        "webhook",
        {"spf": "pass"},
    )
    assert Comment.objects.get(ticket=walked.ticket).body == "It is off"


@pytest.mark.parametrize(
    ("record", "state"),
    [
        ({"RecordType": "Bounce", "Type": "HardBounce", "Email": "ana@padariasol.example"}, "bounced"),
        ({"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Email": "ana@padariasol.example"}, "bounced"),
        ({"RecordType": "Bounce", "Type": "HardBounce", "Email": "somebody.in.copy@x.example"}, "sent"),
        ({"RecordType": "Delivery", "Recipient": "ana@padariasol.example"}, "sent"),
    ],
)
def test_a_providers_report_marks_the_message(walk: Walker, door: Client, record: dict[str, str], state: str) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    first = walked.attempts()[0]
    Exchange.objects.filter(pk=first.exchange_id or 0).update(provider_id="pm-1")
    assert knock(door, "postmark/tracking", {"MessageID": "pm-1", **record}) == 200
    assert knock(door, "postmark/tracking", {"MessageID": "unknown", **record}) == 200
    first.refresh_from_db()
    assert first.state == state


def test_the_door_is_closed_without_a_secret_and_slow_for_guesses(db: None, settings: Settings) -> None:
    stranger = Client()
    settings.ANYMAIL = {}
    assert knock(stranger, "postmark/inbound", {}) == 404
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "anonymous": 40}
    assert [knock(stranger, "postmark/inbound", {}) for _ in range(3)] == [401, 401, 429]
    huge = stranger.post("/hooks/postmark/inbound/", b"{}", content_type="application/json", CONTENT_LENGTH=99_999_999)
    assert huge.status_code == 413
    assert not InboundMail.objects.exists()


def test_a_mail_that_cannot_be_filed_now_is_kept_and_the_provider_is_content(
    walk: Walker, door: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = walk(Path.WAITING_TWO_STEP)

    def fail(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("migrations_app.receivers.process", fail)
    assert knock(door, "postmark/inbound", postmark(walked)) == 200
    assert InboundMail.objects.get().state == "received"


def test_a_mailbox_is_read_on_from_where_it_was_left(
    walk: Walker, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk(Path.FILED)
    server = Server({uid: raw_mail(f"Mail {uid}", message_id=f"<{uid}@x.example>") for uid in (4, 5, 6)}, breaks_at=5)
    monkeypatch.setattr(mailbox.ImapMailbox.__init__, "__kwdefaults__", {"connect_by": lambda _address: server})

    def run() -> fetching.Fetched:
        return fetching.fetch_imap(url=URL, by=SYSTEM, now=now)

    first = run()
    assert (len(first.mails), first.trouble) == (1, "fetch_failed")
    assert MailboxPlace.objects.get().last_uid == 4
    server.breaks_at = 0
    assert len(run().mails) == 2
    assert run() == fetching.Fetched()
    MailboxPlace.objects.update(uid_validity=1)  # numbered anew by the server: read again, and known again
    assert len(run().mails) == 3
    assert InboundMail.objects.count() == 3
    assert "s3cret" not in MailboxPlace.objects.get().mailbox


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_same_mail_from_many_at_once_is_one_row_and_one_comment(
    walk: Walker, at_once: AtOnce, files: Folder
) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    raw = raw_mail(to=f"chase+{walked.chase().reply_token}@answers.portero.example")

    def take() -> int:
        row = receive(arrival=Arrival(raw, MailSource.IMAP), by=SYSTEM, now=walked.now)
        mail_filing.process(mail_id=row.pk, by=SYSTEM, now=walked.now)
        return row.pk

    results = at_once([take] * 6)
    assert len({*results}) == 1, results
    assert InboundMail.objects.get().state == "filed"
    assert Comment.objects.filter(ticket=walked.ticket).count() == 1
