"""The verification-code call as people live it: numbers that cool down, a web process that dies, and secrets kept nowhere."""

import base64
import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections
from pytest_django import DjangoDbBlocker

from migrations_app.management.walkthrough.story import FORM, Stage, Story
from tests.factories.service import Service
from tests.journeys.conftest import running

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240)]

FIRST, SECOND, THIRD = "+5511987000001", "+5511987000002", "+5511987000003"
CHOSEN = "271828"
PIN_SHOWN = re.compile(r'<p class="pt-pin">(\d{3}) (\d{3})</p>')


class Call(Story):
    """One ticket on its way through its calls; every code and PIN that passes is remembered here, and only here."""

    def __init__(self, stage: Stage, *numbers: str) -> None:
        super().__init__(stage, lambda _line: None)
        self.secrets: list[str] = []
        line = {**FORM["phone_numbers"][0], "otp_contact": {"name": "Ana", "phone": "+551130001000"}}
        lines = [{**line, "number": number} for number in numbers]
        body = {**FORM, "phone_numbers": lines, "two_step_verification": "disabled"}
        self.reference = self.api.post("/tickets", body)["reference"]
        self._until("nothing blocks the call", lambda: self.ticket()["stage"] == "ready" and self._all_proven())
        self.acknowledge()

    def _all_proven(self) -> bool:
        return all(number["state"] == "initiated" for number in self.ticket()["phone_numbers"])

    def state(self, number: str) -> str:
        return self._state(number)

    def begin(self) -> None:
        """Book the first moment that is offered, go there, and start."""
        start = self.api.get(f"/tickets/{self.reference}/slots")["data"][0]["start"]
        self.api.post(f"/tickets/{self.reference}/pin-calls", {"start": start})
        self._jump_to(self._moment(start))
        self.open()
        self.step("start")

    def open(self, number: str = "") -> str:
        """Open the page of the newest call; `number` is chosen by its tab."""
        self._open_ticket()
        found = re.findall(r'href="([^"]*/pincall/\d+/console/)"', self.page)
        self.agent.visit(found[-1])
        if number:
            tab = re.search(rf'href="(\?number=\d+)"[^>]*><span class="pt-mono">{re.escape(number)}<', self.page)
            assert tab is not None
            self.agent.visit(self.agent.page.url.partition("?")[0] + tab[1])
        return self.page

    @property
    def page(self) -> str:
        return self.agent.page.body

    def step(self, name: str, **values: str) -> None:
        self._step(name, **values)

    def ask(self, number: str, method: str = "sms") -> None:
        self.open(number)
        self.step("ask", method=method)

    def verify(self, number: str) -> None:
        """The client reads out the newest code."""
        code = self.meta.get(f"/inbox/{number[1:]}")["messages"][-1]["code"]
        self.secrets.append(code)
        self.open(number)
        self.step("verify", code=code)

    def cut_over(self, number: str) -> None:
        """Ask, verify, register with a PIN of ours, and tick it."""
        self.ask(number)
        self.verify(number)
        self.step("generate")
        shown = PIN_SHOWN.search(self.page)
        assert shown is not None, self.page
        self.secrets.append(shown[1] + shown[2])
        assert self.state(number) == "live"
        self.step("pin_noted")

    def wear_out(self, number: str) -> None:
        """Ask for codes that never arrive until the number must rest."""
        self.meta.call("PUT", f"/numbers/{number[1:]}", {"otp_never_arrives": True})
        for method in ("sms", "voice", "voice", "sms"):
            self.ask(number, method)
        assert self.state(number) == "cooling_down"
        self.meta.call("PUT", f"/numbers/{number[1:]}", {"otp_never_arrives": False})

    def of(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = next(row for row in self.ticket()["phone_numbers"] if row["number"] == number)
        return found


def test_three_numbers_and_the_second_cools_down(
    shared_service: Service, stage: Stage, django_db_blocker: DjangoDbBlocker
) -> None:
    call = Call(stage, FIRST, SECOND, THIRD)
    call.begin()
    call.cut_over(FIRST)
    call.wear_out(SECOND)
    assert "rests until" in call.open(SECOND)
    # The next one comes up by itself.
    assert f'<h2 class="pt-mono">{THIRD}</h2>' in call.open()
    call.cut_over(THIRD)
    call.open()
    call.step("finish")

    rest = call.of(SECOND)["cool_down_until"]
    ticket = call.ticket()
    assert (ticket["stage"], ticket["waiting_on"]["party"]) == ("ready", "meta")
    starts = re.findall(r'name="start" value="([^"]+)"', call.open())
    assert starts
    assert all(datetime.fromisoformat(start) >= datetime.fromisoformat(rest) for start in starts)
    call.agent.send("", having={"step": "book_rest"}, start=starts[0])
    assert call.ticket()["stage"] == "scheduled"

    call._jump_to(datetime.fromisoformat(starts[0]))
    call._until("the rest is over", lambda: call.state(SECOND) == "initiated")
    call.open()
    call.step("start")
    call.cut_over(SECOND)
    assert [row["state"] for row in call.ticket()["phone_numbers"]] == ["live"] * 3
    assert call.ticket()["stage"] == "verifying"

    kept = everything_kept(shared_service, django_db_blocker)
    assert FIRST in kept
    for secret in call.secrets:
        found = re.search(rf".{{0,60}}(?<![0-9A-Za-z.]){secret}(?![0-9A-Za-z]).{{0,20}}", kept)
        assert found is None, found


def test_when_only_cooling_numbers_remain_the_case_waits_for_meta_and_is_booked_again(stage: Stage) -> None:
    call = Call(stage, FIRST)
    call.begin()
    call.wear_out(FIRST)
    call.open()
    call.step("finish")
    ticket = call.ticket()
    assert (ticket["stage"], ticket["waiting_on"]["party"]) == ("ready", "meta")
    assert ticket["suggested_action"]["code"] == "wait_for_cool_down"

    call._jump_to(call._moment(call.of(FIRST)["cool_down_until"]) + timedelta(seconds=1))
    call._until("the client is asked again", lambda: call.ticket()["waiting_on"]["party"] == "client")
    assert call.state(FIRST) == "initiated"
    call.begin()
    call.cut_over(FIRST)
    assert call.ticket()["stage"] == "verifying"


@pytest.fixture
def mortal(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service of this test's own: it dies in it."""
    yield from running(Service(tmp_path_factory.mktemp("mortal")), django_db_blocker)


def test_a_web_process_that_dies_between_verify_and_register_leaves_the_number_verified(
    mortal: Service, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock():
        stage = mortal.afresh()
    call = Call(stage, FIRST)
    call.begin()
    call.ask(FIRST)
    call.verify(FIRST)
    assert call.state(FIRST) == "code_verified"

    # Meta registers the number, and its answer meets nobody.
    call.meta.post("/faults", [{"call": "register", "delay_seconds": 15}])
    call.open()

    def register() -> None:
        with suppress(OSError, HTTPException):
            call.step("generate")

    clicked = threading.Thread(target=register)
    clicked.start()
    call._until("Meta has registered it", lambda: "CONNECTED" in states_at_meta(call, FIRST)[1:])
    mortal.kill("web")
    clicked.join(20)
    mortal.start("web")
    mortal._wait_until_ready()

    assert call.state(FIRST) == "code_verified"
    assert "registers the number, since" in call.open()
    call._jump_to(call._moment(call.ticket()["updated_at"]) + timedelta(seconds=95))
    assert "registers the number, since" not in call.open()
    call.step("register", pin=CHOSEN)
    assert call.state(FIRST) == "live"
    assert len(call.meta.get(f"/inbox/{FIRST[1:]}")["messages"]) == 1
    assert mortal.meta.world.line(FIRST[1:]).pin_fits(CHOSEN)
    assert "Has the client written down" in call.page


def states_at_meta(call: Call, number: str) -> list[str]:
    return [phone["status"] for phone in call.meta.get(f"/numbers/{number[1:]}")["phones"]]


def everything_kept(service: Service, blocker: DjangoDbBlocker) -> str:
    """What the running service keeps anywhere: tables, sessions, files of the broker, logs, mails, and Redis."""
    found = [message.as_string() for message in service.mail.received]
    files = [path for path in service.folder.rglob("*") if path.is_file()]
    found += [path.read_bytes().decode("utf-8", "replace") for path in files]
    with blocker.unblock(), service.looking_in() as there:
        found += [_session(row.session_data) for row in Session.objects.using(there).all()]
        with connections[there].cursor() as cursor:
            for table in connections[there].introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  (our own tables)
                found += [" ".join(map(str, row)) for row in cursor.fetchall()]
    if settings.BROKER_URL.startswith("redis"):
        for url in {settings.BROKER_URL, settings.CACHE_URL}:
            with redis.Redis.from_url(url) as connection:
                found += [f"{key!r} {connection.dump(key)!r}" for key in connection.scan_iter()]
    return "\n".join(found)


def _session(data: str) -> str:
    """Read a session as anybody could who has the table: it is signed, not encrypted."""
    text = data.removeprefix(".").partition(":")[0]
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return (zlib.decompress(raw) if data.startswith(".") else raw).decode()
