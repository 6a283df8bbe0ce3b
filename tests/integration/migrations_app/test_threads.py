"""A chase is one conversation: named messages, one subject, an address of its own for answers."""

import pytest
from pytest_django import Settings

from config.core.actor import OPERATOR, SYSTEM
from migrations_app.models import Chase, ChaseAttempt
from migrations_app.services import outreach
from providers.models import Bsp, Exchange
from providers.selectors.exchanges import exchange_of_message
from providers.services.directory import keep_edit
from tests.factories.forms import NO_PHONE
from tests.factories.servers import MailServer, Mood
from tests.factories.walks import Path, Walk, Walker


def climb(walked: Walk, rungs: int) -> None:
    for _ in range(rungs):
        walked.now = walked.planned().due_at
        walked.send_all_due()


def test_later_messages_to_one_recipient_continue_its_conversation(walk: Walker, smtp: MailServer) -> None:
    bsp = Bsp.objects.get(slug="infobip")
    bsp.accepts_request_from, bsp.contact_email, bsp.letter_language = "client_or_partner", "exit@infobip.example", "es"
    keep_edit(bsp=bsp, fields=[], by=OPERATOR, now=walk.now)
    walked = walk(Path.WAITING_TWO_STEP, waba_owner="old_bsp")
    climb(walked, 3)
    letter, request, reminder, again = smtp.received
    names = [str(mail["Message-ID"]) for mail in smtp.received]
    assert len(set(names)) == 4
    assert all(name.endswith("@portero.example>") for name in names)
    # Each recipient has a conversation of its own.
    assert (letter["In-Reply-To"], request["In-Reply-To"]) == (None, None)
    assert (reminder["References"], again["References"]) == (letter["Message-ID"], request["Message-ID"])
    subjects = [" ".join(str(mail["Subject"]).split()) for mail in smtp.received]
    assert subjects[2:] == [f"Re: {subject}" for subject in subjects[:2]]
    assert walked.ticket.reference in subjects[0]
    # Whoever answers writes to this chase.
    assert {str(mail["Reply-To"]) for mail in smtp.received} == {
        f"chase+{walked.chase().reply_token}@answers.portero.example"
    }
    newest = Exchange.objects.order_by("-id")[0]
    assert (newest.message_id, newest.references, newest.reply_to) == (names[3], [names[1]], str(again["Reply-To"]))


def test_what_certainly_did_not_arrive_is_not_referred_to(walk: Walker, smtp: MailServer) -> None:
    smtp.be(Mood.REFUSE_DATA, Mood.ACCEPT)
    walked = walk(Path.WAITING_TWO_STEP, client=NO_PHONE)
    climb(walked, 1)
    assert smtp.received[0]["References"] is None
    assert not str(smtp.received[0]["Subject"]).startswith("Re:")


def test_another_try_is_the_same_message(walk: Walker, smtp: MailServer) -> None:
    smtp.be(Mood.BUSY_AT_DATA, Mood.ACCEPT)
    walked = walk(Path.WAITING_TWO_STEP)
    climb(walked, 1)
    first, second = Exchange.objects.order_by("id")
    assert (first.state, second.state) == ("failed", "sent")
    assert first.message_id == second.message_id == str(smtp.received[0]["Message-ID"])
    assert exchange_of_message(first.message_id.strip("<>")) == second


def test_the_name_of_a_message_is_on_record_before_it_leaves(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.FILED)
    claimed = outreach._claim(ChaseAttempt, walked.planned().pk, by=SYSTEM, now=walked.now)
    assert claimed is not None
    assert Exchange.objects.get().message_id == claimed.message.message_id != ""


def test_a_chase_from_before_there_were_addresses_gets_one(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.FILED)
    Chase.objects.update(reply_token=None)
    walked.send_all_due()
    token = walked.chase().reply_token
    assert token
    assert str(smtp.received[0]["Reply-To"]) == f"chase+{token}@answers.portero.example"


def test_without_a_domain_for_answers_there_is_no_address_but_a_name(
    walk: Walker, smtp: MailServer, settings: Settings
) -> None:
    settings.CHASE_REPLY_DOMAIN = ""
    walk(Path.WAITING_TWO_STEP)
    assert smtp.received[0]["Reply-To"] is None
    assert smtp.received[0]["Message-ID"]


@pytest.mark.usefixtures("claims_suffice")
def test_a_single_message_is_answered_at_the_common_address(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.READY)
    walked.send_all_due()
    invitation = smtp.received[-1]
    assert (invitation["Reply-To"], invitation["Precedence"]) == ("chase@answers.portero.example", None)
    assert invitation["References"] is None


@pytest.mark.parametrize(
    ("provider_id", "told"),
    [
        ("<4711@mailgun.example>", "<4711@mailgun.example>"),
        ("0100-abc", "0100-abc"),
        ("0100-abc", "<0100-abc@eu-west-1.amazonses.com>"),
    ],
)
def test_a_message_is_found_by_the_name_that_a_provider_gave_it(
    walk: Walker, smtp: MailServer, provider_id: str, told: str
) -> None:
    walk(Path.WAITING_TWO_STEP)
    row = Exchange.objects.get()
    Exchange.objects.filter(pk=row.pk).update(provider_id=provider_id)
    assert exchange_of_message(told) == row
    assert exchange_of_message(row.message_id) == row
    assert exchange_of_message("<somebody@else.example>") is None
    assert exchange_of_message("<>") is None


def test_a_conversation_goes_by_the_name_that_the_recipient_knows(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    Exchange.objects.update(provider_id="4711@mailgun.example")
    climb(walked, 1)
    assert str(smtp.received[1]["References"]) == "<4711@mailgun.example>"


def test_a_message_in_another_language_keeps_its_own_subject(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    ChaseAttempt.objects.filter(pk=walked.planned().pk).update(language="ca")
    climb(walked, 1)
    assert not str(smtp.received[1]["Subject"]).startswith("Re:")
    assert smtp.received[1]["References"] == smtp.received[0]["Message-ID"]
