"""A worker is killed while a message of the chase is in flight: nothing is lost and nothing is sent twice."""

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from config.core import clock
from migrations_app.management.walkthrough.story import Story
from tests.factories.servers import MailServer, Mood, start_mail_server
from tests.journeys.conftest import Service

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server, controller = start_mail_server()
    yield server
    controller.stop()


@pytest.fixture
def mailing_service(tmp_path: Path, database_url: str, mail: MailServer) -> Iterator[Service]:
    """A service whose mail goes to a real server, and whose lost attempts are given up after three seconds."""
    made = Service(tmp_path, database_url, EMAIL_URL=f"smtp://{mail.host}:{mail.port}", ATTEMPT_LEASE_SECONDS="3")
    yield made
    made.stop()


def _attempts(story: Story) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = story.api.get(f"/tickets/{story.reference}/chases")["data"][0]["attempts"]
    return found


def test_a_message_in_flight_becomes_unknown_and_is_not_sent_again(mailing_service: Service, mail: MailServer) -> None:
    service, in_flight = mailing_service, threading.Event()
    mail.on_data = lambda _message: in_flight.set()
    mail.be(Mood.HANG_AFTER_DATA, Mood.ACCEPT)
    story = Story(service.up(), lambda _line: None)
    story.file()
    assert in_flight.wait(30), service.logs()
    assert _attempts(story)[0]["state"] == "sending"

    service.kill("worker")
    service.start("worker")

    story._until("the attempt is given up", lambda: _attempts(story)[0]["state"] == "unknown")
    planned = _attempts(story)[1]
    assert (planned["message"], planned["state"]) == ("two_step_letter", "planned")

    clock.set_virtual(service.clock_file, moment=datetime.fromisoformat(planned["planned_at"]))
    story._until("the next rung is climbed", lambda: _attempts(story)[1]["state"] == "sent")

    assert [attempt["state"] for attempt in _attempts(story)] == ["unknown", "sent", "planned"]
    subjects = [str(message["Subject"]) for message in mail.received]
    assert len(subjects) == len(set(subjects)) == 2, "the guide once (in flight), the letter once"

    # A person is told, and only a person.
    story.agent.log_in("admin", service.password)
    story._open_ticket()
    assert "do/judge/" in story.agent.page.body
    public = [event["type"] for event in story.api.get(f"/tickets/{story.reference}/events")["data"]]
    assert "chase.attempt_unknown" not in public


def test_messages_due_while_no_worker_lived_are_sent_once_when_two_come_back(
    mailing_service: Service, mail: MailServer
) -> None:
    service = mailing_service
    stage = service.up()
    service.kill("worker")
    service.kill("beat")
    stories = [Story(stage, lambda _line: None) for _ in range(3)]
    for place, story in enumerate(stories):
        body = {
            "phone_numbers": [f"+55119870000{place}0"],
            "client": {"name": f"Loja {place}", "contact_email": f"loja{place}@example.com"},
        }
        story.reference = story.api.post("/tickets", {**_FORM, **body})["reference"]
    assert mail.received == []

    # Two workers and two beats: more hands must not mean more mails.
    service.start("worker")
    service.processes["worker-2"] = service.processes.pop("worker")
    service.start("worker")
    service.start("beat")

    for story in stories:
        story._until("the guide is sent", lambda story=story: _attempts(story)[0]["state"] == "sent")  # type: ignore[misc]
    assert sorted(str(message["To"]) for message in mail.received) == [f"loja{place}@example.com" for place in range(3)]


_FORM = {
    "current_bsp": "infobip",
    "business_verification": "verified",
    "hosting": "cloud_api",
    "connection_status": "connected",
    "waba_id": "102290129340398",
    "business_manager_id": "506914307656634",
    "waba_owner": "client",
    "two_step_verification": "enabled",
}
