"""The whole life of test tickets by API alone, as `docs/api/test-mode.md` tells it: real processes, nobody at the desk."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from config.core import clock
from migrations_app.management.walkthrough.browser import ApiCaller
from migrations_app.management.walkthrough.story import Stage
from providers.meta.sandbox import CODE
from tests.factories.service import ROOT, Service

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(120)]
ALL_WELL, REGISTRATION_LOST = "+61491570006", "+61491572665"
GUIDE = (ROOT / "docs" / "api" / "test-mode.md").read_text(encoding="utf-8")
(_shown,) = re.findall(r"<<'FORM'\n(\{.+?\n\})\nFORM\n", GUIDE, re.DOTALL)
FORM: dict[str, Any] = json.loads(_shown)
"""What the guide files."""


@dataclass
class Tried:
    """A test ticket, as an integrator holds it."""

    api: ApiCaller
    reference: str
    base: datetime

    def get(self, part: str = "") -> Any:
        return self.api.get(f"/tickets/{self.reference}{part}")

    def book(self) -> None:
        """Book the first call of the day after tomorrow: its hastened moment comes within a second."""
        start = self.base + timedelta(days=2)
        offer = self.get(f"/slots?from={start:%Y-%m-%dT%H:%M:%SZ}")["data"]
        self.api.post(f"/tickets/{self.reference}/pin-calls", {"start": offer[0]["start"]})

    def number(self) -> str:
        return str(self.get("/status")["phone_numbers"][0]["state"])

    def until(self, what: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 40
        while not holds():
            assert time.monotonic() < deadline, f"{what}: {self.get()}"
            time.sleep(0.1)


@pytest.fixture
def api(stage: Stage, shared_service: Service, django_db_blocker: DjangoDbBlocker) -> ApiCaller:
    """Somebody with a test key."""
    told = shared_service.manage("issue_api_key", "Padaria Sol", "--test")
    (key,) = re.findall(r"^mig_test_\w+$", told, re.MULTILINE)
    return ApiCaller(f"{stage.base}/api/v1", key)


def test_a_test_ticket_closes_and_one_that_fails_gets_through_in_its_next_call(
    api: ApiCaller, stage: Stage, shared_service: Service
) -> None:
    def filed(number: str) -> Tried:
        lines = [{**line, "number": number} for line in FORM["phone_numbers"]]
        reference = api.post("/tickets", {**FORM, "phone_numbers": lines})["reference"]
        api.post(f"/tickets/{reference}/requirements/open_conversations_ack/claim", {"statement": "We have seen them."})
        return Tried(api, reference, clock.read(stage.clock_file))

    good, bad = filed(ALL_WELL), filed(REGISTRATION_LOST)
    for each in (good, bad):
        each.until("what is asked is settled", lambda each=each: each.get("/status")["stage"] == "ready")  # type: ignore[misc]
        each.book()
    bad.until("registering fails", lambda: bad.number() == "failed")
    bad.until("it can be tried again", lambda: bad.get("/status")["stage"] == "ready")
    bad.book()
    bad.until("the next call works", lambda: bad.number() == "live")
    good.until("it closes by itself", lambda: good.get("/status")["status"] == "closed")

    assert good.number() == "live"
    feed = api.get("/events?limit=200")["data"]
    mine = [event["type"] for event in feed if event["ticket"] == good.reference]
    assert (mine[0], mine.count("pin_call.booked"), mine.count("ticket.closed")) == ("ticket.created", 1, 1)
    assert {(event["test"], event["ticket"]) for event in feed} == {(True, good.reference), (True, bad.reference)}
    assert CODE not in str(feed)
    # Nothing of it has left the house, and a live key sees none of it.
    assert shared_service.mail.received == []
    live = ApiCaller(f"{stage.base}/api/v1", stage.key)
    assert live.call("GET", f"/tickets/{good.reference}").status == 404
    assert live.get("/tickets")["data"] == live.get("/events")["data"] == []
