"""Links to the client's page on the ticket page: shown once, listed, ended; by the desk and by the client's own people."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.test import Client

from migrations_app.admin.words import EMAIL_WORDS
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person
from tickets.models import ShareLink


def made_by(person: Person, ticket_id: int, **data: Any) -> str:
    answer = person.post("tickets_ticket_share_links", ticket_id, **data)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    [url] = re.findall(r'id="new-link">([^<]+)<', answer.content.decode())
    return str(url)


def test_a_link_is_shown_once_and_ended_by_a_button(agent_at_desk: Person, walk: Walker) -> None:
    walked = walk(Path.FILED)
    url = made_by(agent_at_desk, walked.ticket.pk, label="Ana", permissions=["answer", "nonsense"], days="30")
    row = ShareLink.objects.get()
    assert (row.label, row.permissions, (row.expires_at - row.created_at).days) == ("Ana", ["view", "answer"], 30)
    page = agent_at_desk.page(walked)
    assert "Ana" in page
    assert "Answer, attach files, comment" in page
    token = url.rsplit("/", 1)[1]
    assert token not in page
    assert not any(token in str(session.get_decoded()) for session in Session.objects.all())
    assert Client().get(urlsplit(url).path).status_code == 200
    assert "opens nothing" in agent_at_desk.do(walked, "revoke-link", link=str(row.uid))
    assert Client().get(urlsplit(url).path).status_code == 404
    assert "Nobody was given a link by hand." in agent_at_desk.page(walked)
    assert "Link to the client&#x27;s page ended" in agent_at_desk.page(walked)
    assert "There is no such link." in agent_at_desk.do(walked, "revoke-link", link="x")


def test_a_clients_own_people_make_and_end_links_too(client_person: Person, walk: Walker) -> None:
    walked = walk(Path.FILED)
    url = made_by(client_person, walked.ticket.pk, days="9999")
    row = ShareLink.objects.get()
    assert (row.permissions, row.by_desk, (row.expires_at - row.created_at).days) == (["view"], False, 14)
    assert Client().get(urlsplit(url).path).status_code == 200
    assert "opens nothing" in client_person.do(walked, "revoke-link", link=str(row.uid))


def test_looking_at_the_address_makes_nothing(agent_at_desk: Person, walk: Walker) -> None:
    assert agent_at_desk.get("tickets_ticket_share_links", walk(Path.FILED).ticket.pk).status_code == 405
    assert not ShareLink.objects.exists()


def test_the_desk_finds_the_links_of_messages_by_message_and_ends_one(
    agent_at_desk: Person, client_person: Person, walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    walked.later(days=3)
    walked.send_all_due()
    first, second = ShareLink.objects.order_by("id")
    page = agent_at_desk.page(walked)
    listed = page[page.index('id="mail-links"') :].partition("</details>")[0]
    words = [str(EMAIL_WORDS[attempt.message]) for attempt in walked.attempts() if attempt.state == "sent"]
    assert [word in listed for word in words] == [True, True]
    assert listed.count("ana@padariasol.example") == 2
    assert listed.index(str(second.uid)) < listed.index(str(first.uid)), "newest first"
    links = [re.findall(r"http://[^/\s]+(/t/[\w-]+)", str(mail.body))[0] for mail in mailoutbox]
    assert [Client().get(link).status_code for link in links] == [200, 200]

    # The client's own people do not see them, and cannot end one whose id they guessed.
    assert 'id="mail-links"' not in client_person.page(walked)
    assert "opens nothing" not in client_person.do(walked, "revoke-link", link=str(first.uid))
    assert "opens nothing" in agent_at_desk.do(walked, "revoke-link", link=str(first.uid))
    assert [Client().get(link).status_code for link in links] == [404, 200]
    page = agent_at_desk.page(walked)
    assert (str(first.uid) in page, str(second.uid) in page) == (False, True)
