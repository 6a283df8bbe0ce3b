"""A worker is killed while something is in flight: no message is lost or sent twice, no webhook is lost."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from config.core import clock
from migrations_app.management.walkthrough.story import Stage, Story
from tests.factories.servers import Mood, Receiver
from tests.factories.service import Service
from tests.journeys.conftest import running

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def mortal_service(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service of this module's own, whose lost attempts are given up after three seconds."""
    yield from running(Service(tmp_path_factory.mktemp("mortal"), ATTEMPT_LEASE_SECONDS="3"), django_db_blocker)


@pytest.fixture
def service(mortal_service: Service) -> Service:
    return mortal_service


@pytest.fixture
def stage(service: Service, django_db_blocker: DjangoDbBlocker) -> Stage:
    with django_db_blocker.unblock():
        return service.afresh()


def _attempts(story: Story) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = story.api.get(f"/tickets/{story.reference}/chases")["data"][0]["attempts"]
    return found


def test_a_message_in_flight_becomes_unknown_and_is_not_sent_again(service: Service, stage: Stage) -> None:
    mail, in_flight = service.mail, threading.Event()
    mail.on_data = lambda _message: in_flight.set()
    mail.be(Mood.HANG_AFTER_DATA, Mood.ACCEPT)
    story = Story(stage, lambda _line: None)
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
    story.agent.log_in(stage.user, stage.password)
    story._open_ticket()
    assert "do/judge/" in story.agent.page.body
    public = [event["type"] for event in story.api.get(f"/tickets/{story.reference}/events")["data"]]
    assert "chase.attempt_unknown" not in public


def test_messages_due_while_no_worker_lived_are_sent_once_when_two_come_back(service: Service, stage: Stage) -> None:
    mail = service.mail
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


@pytest.fixture
def receivers() -> Iterator[tuple[Receiver, Receiver]]:
    """One that answers, and one that never does."""
    found = Receiver(), Receiver()
    found[0].gate.set()
    yield found
    for each in found:
        each.stop()


def test_webhooks_all_arrive_though_their_worker_is_killed_and_one_that_hangs_is_in_nobodys_way(
    service: Service, stage: Stage, receivers: tuple[Receiver, Receiver]
) -> None:
    story = Story(stage, lambda _line: None)
    good, hanging = receivers
    for each in receivers:
        story.api.post("/webhook-endpoints", {"url": each.url})

    def file(place: int) -> None:
        client = {"name": f"Loja {place}", "contact_email": f"loja{place}@example.com"}
        story.api.post("/tickets", {**_FORM, "client": client, "phone_numbers": [f"+55119871000{place}0"]})

    def happened() -> set[str]:
        return {event["id"] for event in story.api.get("/events?limit=200")["data"]}

    file(0)
    story._until("the one that hangs was told something", lambda: len(hanging.told) == 1)
    asked = time.monotonic()
    file(1)
    assert time.monotonic() - asked < 10, "filing waits for no receiver"
    story._until("the other one was told everything", lambda: set(good.ids()) == happened())

    good.gate.clear()
    before = len(good.told)
    file(2)
    story._until("a delivery is in flight", lambda: len(good.told) > before)
    service.kill("webhooks")
    in_flight = [webhook_id for webhook_id, _body in good.told[before:]]
    good.gate.set()
    service.start("webhooks")
    # So long a try may take before its process must have died.
    later = clock.read(service.clock_file) + timedelta(minutes=2)
    clock.set_virtual(service.clock_file, moment=later)
    story._until("what was in flight is told again", lambda: good.ids().count(in_flight[0]) > 1)
    story._until("everything has arrived", lambda: set(good.ids()) == happened())

    assert all(body["data"]["id"] == webhook_id for webhook_id, body in good.told)
    twice = {webhook_id for webhook_id, times in Counter(good.ids()).items() if times > 1}
    assert twice <= set(in_flight), "only what was in flight is told again, under the same id"


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
