"""A client books by the link in a mail, does not come, and is proposed new times: by real mail, with web, worker and beat."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from config.core import clock
from migrations_app.management.walkthrough.story import NUMBERS, Stage, Story
from tests.factories.servers import MailServer

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240)]

LINK = re.compile(r"http://\S+?(/c/[\w-]+)")


class Client(Story):
    """A client that answers by the links in its mails, and comes late."""

    def __init__(self, stage: Stage, mail: MailServer) -> None:
        super().__init__(stage, lambda _line: None)
        self.mail = mail

    def get_ready(self) -> None:
        self.file()
        self.watch_guide()
        self.claim()

    def mails(self, *words: str) -> list[EmailMessage]:
        """What came to the client about this ticket with these words in the subject."""
        return [
            mail
            for mail in self.mail.received
            if self.reference in str(mail["Subject"]) and any(word in str(mail["Subject"]) for word in words)
        ]

    def until(self, what: str, happened: Callable[[], Any]) -> None:
        self._until(what, lambda: bool(happened()))

    def links(self, mail: EmailMessage) -> list[str]:
        part = mail.get_body(("plain",))
        assert part is not None
        return LINK.findall(part.get_content())

    def look(self, link: str) -> str:
        with build_opener().open(f"{self.stage.base}{link}") as answer:
            return str(answer.read().decode())

    def press(self, link: str, **data: str) -> str:
        """Post a button of the page, and return the page that follows."""
        request = Request(f"{self.stage.base}{link}", urlencode(data).encode(), {"Accept-Language": "en"})  # noqa: S310
        with build_opener(HTTPRedirectHandler).open(request) as answer:
            return str(answer.read().decode())

    def call(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ticket()["pin_call"]
        return found

    def missed(self) -> None:
        """Let the time of the call pass, and have the agent say that nobody came."""
        start = datetime.fromisoformat(self.call()["start"])
        self._jump_to(start + timedelta(minutes=15))
        self._open_call()
        self._step("no_show")


def invitations(client: Client) -> list[EmailMessage]:
    return client.mails("escolha um horário")


def test_client_no_show(stage: Stage, mail: MailServer) -> None:
    client = Client(stage, mail)
    client.get_ready()
    client.agent.log_in(stage.user, stage.password)
    client.until("times are proposed", lambda: invitations(client))
    first = invitations(client)[-1]
    links = client.links(first)
    assert len(set(links)) == 4

    # Looking books nothing; the button does.
    page = client.look(links[0])
    wanted = re.search(r'name="start" value="([^"]+)"', page)
    assert wanted, page
    assert client.ticket()["stage"] == "ready"
    assert "The call is booked" in client.press(links[0], do="book", start=wanted[1])
    assert client.ticket()["stage"] == "scheduled"
    assert datetime.fromisoformat(client.call()["start"]) == datetime.fromisoformat(wanted[1])

    # Nobody comes: back to the ladder, with words for it, at once.
    client.missed()
    ticket = client.ticket()
    assert (ticket["stage"], ticket["pin_calls"][0]["status"]) == ("ready", "no_show")
    client.until("new times are proposed", lambda: len(invitations(client)) >= 2)
    second = invitations(client)[-1]
    body = second.get_body(("plain",))
    assert body is not None
    assert "desencontramos" in body.get_content()

    # The second time a person is asked to ring.
    again = client.links(second)
    start = re.search(r'name="start" value="([^"]+)"', client.look(again[1]))
    assert start
    client.press(again[1], do="book", start=start[1])
    client.missed()
    assert "onboarding" in {client.ticket()["waiting_on"]["party"], *client.ticket()["waiting_on"]["also"]}
    assert "Ring the client" in client.agent.visit("/admin/migrations_app/desktask/")
    kinds = [event["type"] for event in client.api.get(f"/tickets/{client.reference}/events?limit=200")["data"]]
    assert kinds.count("pin_call.no_show") == 2
    assert clock.read(stage.clock_file) > start_of(start[1])
    assert len(NUMBERS) == len(ticket["phone_numbers"])


def start_of(text: str) -> datetime:
    return datetime.fromisoformat(text)
