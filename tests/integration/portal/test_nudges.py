"""No more reminders: the link in every one of them, its page, and what follows on the tickets."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from migrations_app.enums import AttemptState
from migrations_app.models import ChaseAttempt, NudgeStop
from migrations_app.services import letting_go
from providers.models import Bsp, Exchange
from tests.factories.desk import Key
from tests.factories.forms import OTHER_NUMBER
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import (
    Person,
    agent_at_desk,  # noqa: F401  (a fixture)
)
from tickets.models import Ticket

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def remind(walked: Walk) -> None:
    """Send the second message: the first one answers the filing, this one is a reminder."""
    walked.now = walked.planned().due_at
    walked.send_all_due()


def link_in(mail: EmailMessage) -> str:
    found = re.search(r"https?://[^/]+(/u/\S+)", str(mail.body))
    assert found, mail.body
    return found[1]


@pytest.fixture
def web() -> Client:
    return Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})


@pytest.fixture
def reminded(walk: Walker, mailoutbox: list[EmailMessage], clock_at: Callable[[datetime], None]) -> Walk:
    walked = walk(Path.WAITING_TWO_STEP)
    remind(walked)
    clock_at(walked.now)
    return walked


def planned(walked: Walk) -> list[ChaseAttempt]:
    return [attempt for attempt in walked.attempts() if attempt.state == AttemptState.PLANNED]


# ------------------------------------------------------------------------------------------------------------- the link


def test_every_reminder_has_the_link_and_what_answers_a_filing_has_none(
    reminded: Walk, mailoutbox: list[EmailMessage]
) -> None:
    first, second = mailoutbox
    assert "/u/" not in str(first.body)
    assert "List-Unsubscribe" not in first.extra_headers
    address = f"http://127.0.0.1:8000{link_in(second)}"
    assert second.extra_headers["List-Unsubscribe"] == f"<{address}>"
    assert second.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "lembretes" in str(second.body).rsplit("\n-- \n", 1)[1].casefold()


def test_the_link_tells_nothing_and_does_not_stand_in_the_log_of_what_left(
    reminded: Walk, mailoutbox: list[EmailMessage]
) -> None:
    token = link_in(mailoutbox[-1]).removeprefix("/u/")
    payload, signature = token.split("~")
    assert re.fullmatch(r"\d+\.\d+\.pt-br", payload)
    assert len(signature) >= 43, "256 bits"
    assert not Exchange.objects.filter(body__contains="/u/").exists()


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: "9" + t, lambda _t: "x", lambda t: t + "a"])
def test_a_link_that_we_have_not_signed_leads_nowhere(
    reminded: Walk, mailoutbox: list[EmailMessage], web: Client, change: Callable[[str], str]
) -> None:
    token = change(link_in(mailoutbox[-1]).removeprefix("/u/"))
    for answer in (web.get(f"/u/{token}"), web.post(f"/u/{token}", {"do": "stop"})):
        assert answer.status_code == 404
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "This link is not valid." in answer.content.decode()
    assert not NudgeStop.objects.exists()


# ------------------------------------------------------------------------------------------------------------- the page


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("en", "No more reminders?"),
        ("es", "¿No quiere más recordatorios?"),
        ("pt-BR,pt;q=0.9", "Não quer mais lembretes?"),
        ("ru", "Больше не напоминать?"),
        ("ca", "No voleu més recordatoris?"),
        ("", "Não quer mais lembretes?"),
    ],
)
def test_the_page_speaks_the_readers_language_else_that_of_the_message(
    reminded: Walk, mailoutbox: list[EmailMessage], header: str, words: str
) -> None:
    answer = Client().get(link_in(mailoutbox[-1]), headers={"Accept-Language": header} if header else {})
    page = answer.content.decode()
    assert words in page
    assert f'<html lang="{answer.headers["Content-Language"]}">' in page


def test_opening_the_page_changes_nothing_and_leaves_no_trace(
    reminded: Walk, mailoutbox: list[EmailMessage], web: Client
) -> None:
    before = reminded.fresh().revision
    link = link_in(mailoutbox[-1])
    assert web.get(link).status_code == 200
    answer = web.get(link)
    assert answer.status_code == 200
    assert not NudgeStop.objects.exists()
    assert web.head(link).status_code == 200
    assert not answer.cookies
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "no-store" in answer.headers["Cache-Control"]
    page = answer.content.decode()
    assert "a•••@padariasol.example" in page
    assert "ana@padariasol.example" not in page
    assert "<script" not in page
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert reminded.fresh().revision == before
    assert web.put(link).status_code == 405


# ------------------------------------------------------------------------------------------------------ stop and go on


def test_the_button_stops_reminders_and_the_ticket_stays(
    reminded: Walk, mailoutbox: list[EmailMessage], web: Client
) -> None:
    link = link_in(mailoutbox[-1])
    answer = web.post(link, {"do": "stop"})
    assert (answer.status_code, answer.headers["Location"]) == (303, link)
    assert "a•••@padariasol.example gets no more reminders" in web.get(link).content.decode()
    ticket = reminded.fresh()
    assert (ticket.status, ticket.next_nudge_at, ticket.client_seen_at) == ("waiting", None, reminded.now)
    assert planned(reminded) == []
    assert reminded.chase().state == "active"
    assert reminded.chase().next_at is not None, "a person takes over when the ladder ends"
    web.post(link, {"do": "stop"})
    assert NudgeStop.objects.count() == 1
    assert [event.data for event in reminded.events() if event.type == "chase.left_alone"] == [
        {"party": "client", "stopped": True}
    ]


def test_a_mail_program_stops_reminders_with_one_post(
    reminded: Walk, mailoutbox: list[EmailMessage], web: Client
) -> None:
    answer = web.post(link_in(mailoutbox[-1]), ONE_CLICK)
    assert (answer.status_code, answer.content) == (200, b"")
    assert NudgeStop.objects.get().address == "ana@padariasol.example"


def test_who_takes_it_back_is_asked_what_is_still_open(
    reminded: Walk, mailoutbox: list[EmailMessage], web: Client
) -> None:
    message = reminded.planned().message
    link = link_in(mailoutbox[-1])
    web.post(link, {"do": "stop"})
    web.post(link, {"do": "remind"})
    assert reminded.planned().message == message
    assert reminded.fresh().next_nudge_at == reminded.planned().due_at > reminded.now
    assert "No more reminders?" in web.get(link).content.decode()
    web.post(link, {"do": "stop"})
    assert planned(reminded) == []
    assert NudgeStop.objects.count() == 2


def test_the_next_recipient_of_the_ladder_is_asked_instead(
    walk: Walker, mailoutbox: list[EmailMessage], web: Client, clock_at: Callable[[datetime], None]
) -> None:
    Bsp.objects.filter(slug="infobip").update(
        accepts_request_from="client_or_partner", contact_email="exit@bsp.example"
    )
    walked = walk(Path.WAITING_TWO_STEP)
    remind(walked)
    clock_at(walked.now)
    assert walked.planned().recipient_party == "client"
    web.post(link_in(mailoutbox[-1]), {"do": "stop"})
    assert walked.planned().recipient_party == "old_bsp"


def test_other_organizations_and_new_filings_are_not_silenced(
    reminded: Walk, walk: Walker, stranger: Key, mailoutbox: list[EmailMessage], web: Client
) -> None:
    other = walk(Path.WAITING_TWO_STEP, OTHER_NUMBER, key=stranger)
    web.post(link_in(mailoutbox[1]), {"do": "stop"})
    assert len(planned(other)) == 1
    walk.now = reminded.now
    mine = walk(Path.WAITING_TWO_STEP, "+5511976543299")
    assert [attempt.state for attempt in mine.attempts()] == [AttemptState.SENT], (
        "the filing is answered, no reminder follows"
    )


def test_what_was_planned_when_the_stop_came_is_left_out_at_its_time(
    reminded: Walk, mailoutbox: list[EmailMessage]
) -> None:
    """The process died after the stop was written and before the ticket had followed."""
    stamps = {"since": reminded.now, "created_at": reminded.now, "updated_at": reminded.now}
    organization = reminded.ticket.organization
    NudgeStop.objects.create(organization=organization, address="ana@padariasol.example", **stamps)
    sent = len(mailoutbox)
    remind(reminded)
    assert len(mailoutbox) == sent
    assert planned(reminded) == []


def test_messages_about_a_booked_call_still_come(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    walked = walk(Path.READY)
    stamps = {"since": walked.now, "created_at": walked.now, "updated_at": walked.now}
    NudgeStop.objects.create(organization=walked.ticket.organization, address="ana@padariasol.example", **stamps)
    walked.book()
    before = len(mailoutbox)
    walked.send_all_due()
    assert [mail.to for mail in mailoutbox[before:]] == [["ana@padariasol.example"], ["bea@portero.example"]]


def test_a_ticket_whose_client_wants_no_reminders_is_never_let_go_by_itself(
    reminded: Walk, mailoutbox: list[EmailMessage], web: Client
) -> None:
    web.post(link_in(mailoutbox[-1]), {"do": "stop"})
    for _ in range(60):
        reminded.later(days=2)
        letting_go.look_after(ticket_id=reminded.ticket.pk, now=reminded.now)
    assert (reminded.fresh().status, reminded.ticket.let_go_at) == ("waiting", None)
    told = [event.data["reason"] for event in reminded.events() if event.type == "ticket.client_silent"]
    assert told
    assert set(told) == {"left_alone"}


def test_an_agent_sees_it_and_takes_it_back(
    reminded: Walk,
    mailoutbox: list[EmailMessage],
    web: Client,
    agent_at_desk: Person,  # noqa: F811
) -> None:
    web.post(link_in(mailoutbox[-1]), {"do": "stop"})
    page = agent_at_desk.page(reminded)
    assert "Client (ana@padariasol.example) itself stopped the reminders by mail on" in page
    assert "Client wants no more reminders by mail" in page
    assert "itself has stopped" in agent_at_desk.do(reminded, "remind-again", party="client", reason=" ")
    assert NudgeStop.objects.get().undone_at is None
    told = agent_at_desk.do(reminded, "remind-again", party="client", reason="Ana asked for it by phone")
    assert told == "Reminders by mail go on."
    assert "Client is reminded by mail again. Ana asked for it by phone" in agent_at_desk.page(reminded)
    assert len(planned(reminded)) == 1
    assert "itself stopped the reminders" not in agent_at_desk.page(reminded)
    agent_at_desk.do(reminded, "remind-again", party="old_bsp", reason="x")
    assert NudgeStop.objects.get().undone_by == "bea"


def test_a_long_forgotten_link_still_works(reminded: Walk, mailoutbox: list[EmailMessage], web: Client) -> None:
    link = link_in(mailoutbox[-1])
    Ticket.objects.update(contact_email="rui@padariasol.example")
    assert web.post(link, {"do": "stop"}).status_code == 303
    assert NudgeStop.objects.get().address == "ana@padariasol.example"
