"""Two requests with the same key at the same moment: the work is done once."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from config.core.actor import SYSTEM
from config.core.api.idempotency import InProgress
from config.core.uow import unit_of_work
from tickets.models import IdempotencyRecord
from tickets.services.idempotency import DatabaseStore

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
NAME: dict[str, Any] = {"organization_id": 1, "key": "k", "method": "POST", "path": "/p", "fingerprint": "f"}
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def request(now: datetime, *, takes: float = 0.1) -> str:
    with unit_of_work(by=SYSTEM, now=now):
        store = DatabaseStore()
        kept = store.begin(**NAME, now=now)
        if kept is not None:
            return f"kept {kept.body}"
        time.sleep(takes)
        store.finish(status=201, headers={}, body="answer")
        return "done"


def test_twins_do_the_work_once_and_get_the_same_answer(at_once: AtOnce, now: datetime) -> None:
    results = at_once([lambda: request(now)] * 4)
    assert sorted(results) == ["done", "kept answer", "kept answer", "kept answer"]


def test_a_twin_of_one_that_failed_does_the_work(at_once: AtOnce, now: datetime) -> None:
    def fail() -> None:
        with unit_of_work(by=SYSTEM, now=now):
            assert DatabaseStore().begin(**NAME, now=now) is None
            entered.set()
            time.sleep(0.2)
            raise ZeroDivisionError

    def follow() -> str:
        assert entered.wait(timeout=5)
        return request(now, takes=0)

    entered = threading.Event()
    results = at_once([fail, follow])
    assert isinstance(results[0], ZeroDivisionError)
    assert results[1] == "done"
    assert IdempotencyRecord.objects.get().body == "answer"


@pytest.mark.postgres
def test_a_twin_waits_two_seconds_and_no_longer(at_once: AtOnce, now: datetime) -> None:
    def slow() -> str:
        with unit_of_work(by=SYSTEM, now=now):
            DatabaseStore().begin(**NAME, now=now)
            entered.set()
            assert given_up.wait(timeout=10)
            return "done"

    def twin() -> float:
        assert entered.wait(timeout=5)
        started = time.monotonic()
        try:
            request(now)
        except InProgress:
            return time.monotonic() - started
        finally:
            given_up.set()
        return 0.0

    entered, given_up = threading.Event(), threading.Event()
    _slow, waited = at_once([slow, twin])
    assert 1.9 < waited < 4
