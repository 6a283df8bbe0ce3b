"""One mail: what its headers say, and what each failure of a server or a provider means."""

from types import SimpleNamespace
from typing import Any

import pytest
import requests
from anymail.exceptions import AnymailAPIError, AnymailRequestsAPIError
from anymail.message import AnymailRecipientStatus
from django.core import mail as outgoing
from django.core.mail import EmailMessage
from pytest_django import Settings
from urllib3.exceptions import MaxRetryError, NewConnectionError

from providers.channels.base import ChannelRefused, OutcomeUnknown
from providers.channels.mail import MailChannel
from providers.channels.registry import channel_named
from providers.types import OutboundMessage
from tests.factories.servers import MailServer, Mood

LETTER = OutboundMessage(
    recipient="exit@infobip.example",
    title="Request of Sol",
    body="Please.\n.\nLine after a dot.",
    language="es",
    ticket_reference="MIG-7K3QXA2P",
    copied_to=("ana@sol.example",),
    message_id="<abc@portero.example>",
    references=("<first@portero.example>", "<second@portero.example>"),
    reply_to="chase+token@answers.example",
    headers=(("List-Unsubscribe", "<https://portero.example/u/x>"),),
    nudge=True,
)


def changed(**parts: Any) -> OutboundMessage:
    return OutboundMessage(**{name: getattr(LETTER, name) for name in LETTER.__slots__} | parts)


def failure(message: OutboundMessage = LETTER) -> ChannelRefused | OutcomeUnknown:
    with pytest.raises((ChannelRefused, OutcomeUnknown)) as raised:
        MailChannel().send(message)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None, "the original may quote the text"
    failed = raised.value
    assert isinstance(failed, ChannelRefused | OutcomeUnknown)
    return failed


def test_the_headers_of_a_nudge(smtp: MailServer) -> None:
    MailChannel().send(LETTER)
    got = smtp.received[0]
    assert {name: str(got[name]) for name in ("Message-ID", "In-Reply-To", "References", "Reply-To")} == {
        "Message-ID": "<abc@portero.example>",
        "In-Reply-To": "<second@portero.example>",
        "References": "<first@portero.example> <second@portero.example>",
        "Reply-To": "chase+token@answers.example",
    }
    assert (got["Auto-Submitted"], got["Precedence"]) == ("auto-generated", "bulk")
    assert got["X-Portero-Ticket"] == "MIG-7K3QXA2P"
    assert got["List-Unsubscribe"] == "<https://portero.example/u/x>"
    assert got.get_content().splitlines() == LETTER.body.splitlines()


def test_a_single_message_begins_a_conversation(smtp: MailServer) -> None:
    MailChannel().send(changed(references=(), nudge=False, reply_to="", headers=()))
    got = smtp.received[0]
    assert all(got[name] is None for name in ("In-Reply-To", "References", "Precedence", "Reply-To"))


def test_no_value_can_begin_a_header_of_its_own(smtp: MailServer) -> None:
    evil = "x\r\nBcc: thief@example.com\r\n\r\nbody"
    MailChannel().send(
        changed(
            title=evil, ticket_reference=evil, references=(evil,), language=evil,
            headers=(("X-Good", evil), ("X-Bad: 1\r\nBcc", "thief@example.com")),
        )
    )  # fmt: skip
    got = smtp.received[0]
    assert got["Bcc"] is None
    assert got["X-Good"] == "x Bcc: thief@example.com body"
    assert got.get_content().splitlines() == LETTER.body.splitlines()


@pytest.mark.parametrize("part", ["recipient", "reply_to"])
def test_an_address_that_would_begin_a_header_is_refused(smtp: MailServer, part: str) -> None:
    failed = failure(changed(**{part: "a@example.com\r\nBcc: thief@example.com"}))
    assert isinstance(failed, ChannelRefused)
    assert (failed.reason, failed.permanent) == ("malformed", True)
    assert smtp.received == []


def test_many_references_are_shortened_but_keep_the_first(smtp: MailServer) -> None:
    MailChannel().send(changed(references=tuple(f"<{n}@x.example>" for n in range(50))))
    kept = str(smtp.received[0]["References"]).split()
    assert (len(kept), kept[0], kept[-1]) == (20, "<0@x.example>", "<49@x.example>")


@pytest.mark.parametrize(
    ("mood", "permanent"),
    [
        (Mood.BUSY_AT_RECIPIENT, False),
        (Mood.BUSY_AT_DATA, False),
        (Mood.REFUSE_RECIPIENT, True),
        (Mood.REFUSE_DATA, True),
        (Mood.REFUSE_SENDER, False),
        (Mood.DROP_BEFORE_DATA, False),
        (Mood.HANG_BEFORE_DATA, False),
    ],
)
def test_what_a_server_refused_was_not_accepted(smtp: MailServer, mood: Mood, permanent: bool) -> None:
    smtp.be(mood, Mood.ACCEPT)
    failed = failure()
    assert isinstance(failed, ChannelRefused)
    assert failed.permanent is permanent
    assert smtp.received == [], "not even the copy, or a second try would bring it twice"


@pytest.mark.parametrize("mood", [Mood.DROP_AFTER_DATA, Mood.HANG_AFTER_DATA])
def test_a_line_that_broke_after_the_text_tells_nothing(smtp: MailServer, mood: Mood) -> None:
    smtp.be(mood)
    assert isinstance(failure(), OutcomeUnknown)


def test_a_server_that_is_down_may_come_back(smtp: MailServer, settings: Settings) -> None:
    settings.EMAIL_PORT = 1
    failed = failure()
    assert isinstance(failed, ChannelRefused)
    assert (failed.reason, failed.permanent) == ("server_unreachable", False)


# Providers


@pytest.fixture
def provider(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Anymail's own test backend; what is put under "answer" becomes the provider's answer."""
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    outgoing.outbox = []
    told: dict[str, Any] = {}
    send = EmailMessage.send

    def answering(message: EmailMessage, fail_silently: bool = False) -> int:
        if "answer" in told:
            message.anymail_test_response = told["answer"]  # type: ignore[attr-defined]
        return send(message, fail_silently)

    monkeypatch.setattr(EmailMessage, "send", answering)
    return told


def given(status: str, name: str) -> dict[str, AnymailRecipientStatus]:
    return {
        LETTER.recipient: AnymailRecipientStatus(name, status),
        "ana@sol.example": AnymailRecipientStatus("copy-1", "sent"),
    }


def test_a_provider_gets_all_that_a_mail_has(provider: dict[str, Any]) -> None:
    provider["answer"] = {"recipient_status": given("queued", "esp-1")}
    receipt = MailChannel().send(LETTER)
    assert receipt.provider_id == "esp-1"
    params = getattr(outgoing.outbox[0], "anymail_test_params")  # noqa: B009  (Anymail's own attribute)
    assert params["extra_headers"]["Message-ID"] == "<abc@portero.example>"
    assert params["extra_headers"]["In-Reply-To"] == "<second@portero.example>"
    assert [address.addr_spec for address in params["reply_to"]] == ["chase+token@answers.example"]
    assert params["metadata"] == {"message_id": "<abc@portero.example>", "ticket": "MIG-7K3QXA2P"}


def test_a_provider_that_rejects_who_has_to_act_has_not_reached_it(provider: dict[str, Any]) -> None:
    provider["answer"] = {"recipient_status": given("rejected", "esp-1")}
    failed = failure()
    assert isinstance(failed, ChannelRefused)
    assert (failed.reason, failed.permanent) == ("recipient_refused", True)


def http(status: int, **headers: str) -> AnymailRequestsAPIError:
    return AnymailRequestsAPIError(response=SimpleNamespace(status_code=status, headers=headers, request=None))


def broken(kind: type[Exception], *args: Any) -> Exception:
    """The error that Anymail makes of a broken line."""
    error: Exception = type("AnymailRequestsAPIError", (AnymailRequestsAPIError, kind), {})("Error posting")
    error.__cause__ = kind(*args)
    return error


@pytest.mark.parametrize(
    ("answer", "permanent", "retry_after"),
    [
        (http(429, **{"Retry-After": "90"}), False, 90),
        (http(503, **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), False, 0),
        (http(401), False, 0),
        (http(422), True, 0),
        (AnymailAPIError("no luck"), False, 0),
        (broken(requests.ConnectTimeout), False, 0),
        (
            broken(requests.ConnectionError, MaxRetryError(None, "/", NewConnectionError(None, "down"))),  # type: ignore[arg-type]
            False,
            0,
        ),
    ],
)
def test_what_a_provider_refused_was_not_accepted(
    provider: dict[str, Any], answer: Exception, permanent: bool, retry_after: int
) -> None:
    provider["answer"] = answer
    failed = failure()
    assert isinstance(failed, ChannelRefused)
    assert (failed.permanent, failed.retry_after) == (permanent, retry_after)


@pytest.mark.parametrize(
    "answer", [http(504), http(200), broken(requests.ReadTimeout), broken(requests.ConnectionError, "aborted")]
)
def test_what_a_provider_may_have_taken_is_unknown(provider: dict[str, Any], answer: Exception) -> None:
    provider["answer"] = answer
    assert isinstance(failure(), OutcomeUnknown)


def test_ways_behind_which_a_person_acts_send_nothing() -> None:
    for name in ("portal", "phone", "whatsapp"):
        channel = channel_named(name)
        assert channel.capabilities.by_person
        with pytest.raises(ChannelRefused):
            channel.send(LETTER)


INVITE = (
    "MIG-7K3QXA2P.ics",
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Звонок\r\nEND:VCALENDAR\r\n".encode(),
    "text/calendar; method=REQUEST",
)


def test_an_invitation_is_an_alternative_to_the_text_and_a_file(smtp: MailServer) -> None:
    """What Gmail and Outlook read, and what all other programs open. Source: RFC 6047, 2.4."""
    MailChannel().send(changed(attachments=(INVITE, ("letter.txt", b"Dear", "text/plain"))))
    got = smtp.received[0]
    assert [part.get_content_type() for part in got.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/calendar", "application/ics", "text/plain",
    ]  # fmt: skip
    calendar, file = list(got.walk())[3:5]
    assert (calendar.get_param("method"), calendar.get_content_charset()) == ("REQUEST", "utf-8")
    assert calendar.get_content().replace("\r\n", "\n").encode() == INVITE[1].replace(b"\r\n", b"\n")
    assert (file.get_filename(), file.get_payload(decode=True)) == (INVITE[0], INVITE[1])


def test_a_provider_gets_the_invitation_as_a_file_that_says_what_it_is(settings: Settings) -> None:
    """Their interfaces take no parts of other types, and would refuse the whole mail."""
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    MailChannel().send(changed(attachments=(INVITE,)))
    sent: Any = outgoing.outbox[-1]
    (file,) = sent.anymail_test_params["attachments"]
    assert (file.name, file.mimetype) == (INVITE[0], INVITE[2])
    assert "alternatives" not in sent.anymail_test_params
