"""Files on the ticket page: attached by both sides, shown to whom they are for, given back to be saved."""

import uuid
from pathlib import Path as Folder
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories.files import EXE, PDF, TXT
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person
from tickets.models import Attachment
from tickets.rules.files import MOST_BYTES

CODE = "two_step_disabled"


@pytest.fixture
def walked(walk: Walker, files: Folder) -> Walk:
    return walk(Path.FILED)


def sent(content: bytes = PDF, name: str = "off.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def download(person: Person, walked: Walk, row: Attachment) -> Any:
    return person.get("tickets_ticket_file", walked.ticket.pk, row.uid)


@pytest.mark.parametrize("who", ["client_person", "agent_at_desk", "lead_at_desk"])
def test_both_sides_attach_and_get_it_back(who: str, walked: Walk, request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(who)
    told = person.do(walked, "attach", file=sent())
    assert told == "Attached: client and desk can see it."
    row = Attachment.objects.get()
    assert row.from_desk == (who != "client_person")
    assert "off.pdf" in person.page(walked)
    given = download(person, walked, row)
    assert b"".join(given.streaming_content) == PDF
    assert given.headers["Content-Disposition"] == 'attachment; filename="off.pdf"'
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert {"private", "no-store"} <= set(given.headers["Cache-Control"].split(", "))


def test_internal_files_are_seen_by_the_desk_only(walked: Walk, agent_at_desk: Person, client_person: Person) -> None:
    agent_at_desk.do(walked, "attach", file=sent(name="shady.pdf"), visibility="internal")
    row = Attachment.objects.get()
    assert "shady.pdf" in agent_at_desk.page(walked)
    assert "shady.pdf" not in client_person.page(walked)
    assert download(client_person, walked, row).status_code == 404
    download(agent_at_desk, walked, row).close()


def test_a_client_cannot_attach_internally(walked: Walk, client_person: Person) -> None:
    client_person.do(walked, "attach", file=sent(), visibility="internal")
    assert Attachment.objects.get().visibility == "public"


@pytest.mark.parametrize("who", ["stranger_person", "other_agent"])
def test_others_neither_attach_nor_download(
    who: str, walked: Walk, client_person: Person, request: pytest.FixtureRequest
) -> None:
    client_person.do(walked, "attach", file=sent())
    other: Person = request.getfixturevalue(who)
    assert download(other, walked, Attachment.objects.get()).status_code == 404
    answer = other.post("tickets_ticket_do", walked.ticket.pk, "attach", file=sent(), version=walked.fresh().version)
    assert answer.status_code == 404
    assert Attachment.objects.count() == 1


def test_a_file_that_is_not_there_is_a_404(walked: Walk, client_person: Person, files: Folder) -> None:
    assert client_person.get("tickets_ticket_file", walked.ticket.pk, uuid.uuid4()).status_code == 404
    client_person.do(walked, "attach", file=sent())
    row = Attachment.objects.get()
    (files / row.uid.hex[:2] / row.uid.hex).unlink()
    assert download(client_person, walked, row).status_code == 404
    assert client_person.post("tickets_ticket_file", walked.ticket.pk, row.uid).status_code == 405


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a file."),
        ({"file": SimpleUploadedFile("off.pdf", EXE)}, "not understood"),
        ({"file": SimpleUploadedFile("off.txt", b"")}, "empty"),
        ({"file": SimpleUploadedFile("a.txt", b"a" * (MOST_BYTES + 1))}, "10 MiB"),
    ],
)
def test_what_is_refused_is_told_in_words(
    walked: Walk, client_person: Person, data: dict[str, Any], words: str
) -> None:
    assert words in client_person.do(walked, "attach", **data)
    assert not Attachment.objects.exists()


def test_a_client_claims_with_a_file_and_a_link_and_the_page_shows_both(
    walked: Walk, client_person: Person, agent_at_desk: Person
) -> None:
    told = client_person.do(walked, "claim", code=CODE, statement="Off", link="https://example.com/x", file=sent())
    assert told == "Thank you, recorded."
    for person in (client_person, agent_at_desk):
        page = person.page(walked)
        assert "off.pdf" in page
        assert 'href="https://example.com/x"' in page
        assert "Shown for:" in page


def test_a_claim_with_a_file_that_is_not_taken_claims_nothing(walked: Walk, client_person: Person) -> None:
    client_person.do(walked, "claim", code=CODE, statement="Off", file=sent(EXE))
    assert walked.requirement(CODE).state == "unmet"
    assert not Attachment.objects.exists()


def test_an_earlier_round_stays_on_the_page(walked: Walk, client_person: Person, agent_at_desk: Person) -> None:
    client_person.do(walked, "claim", code=CODE, statement="It is off", file=sent(TXT, "old.txt"))
    assert "needs a reason" in agent_at_desk.do(walked, "decide", code=CODE, state="unmet")
    agent_at_desk.do(walked, "decide", code=CODE, state="unmet", reason="Meta sees it on")
    page = agent_at_desk.page(walked)
    assert "earlier, not accepted:" in page
    assert "It is off" in page
    assert "old.txt" in page
    client_person.do(walked, "claim", code=CODE, statement="Now it is")
    assert "(Meta sees it on)" in agent_at_desk.page(walked)
    assert walked.requirement(CODE).reason == ""
    assert "Meta sees it on" not in client_person.page(walked)


def test_the_timeline_tells_who_attached_something(walked: Walk, client_person: Person) -> None:
    client_person.do(walked, "attach", file=sent())
    assert "The client attached a file" in client_person.page(walked)
