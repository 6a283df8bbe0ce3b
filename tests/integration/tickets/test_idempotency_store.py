"""Stored answers: kept a day, one per key, method, path and organization."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tickets.models import IdempotencyRecord
from tickets.services.idempotency import DatabaseStore, forget_old_answers

pytestmark = pytest.mark.django_db
NAME: dict[str, Any] = {
    "organization_id": 1, "key": "k-1", "method": "POST", "path": "/api/v1/tickets", "fingerprint": "f"
}  # fmt: skip


def answer(now: datetime, **changes: Any) -> DatabaseStore:
    store = DatabaseStore()
    assert store.begin(**{**NAME, **changes}, now=now) is None
    store.finish(status=201, headers={"Location": "/x"}, body='{"a": 1}')
    return store


def test_the_first_takes_the_key_and_the_second_gets_its_answer(now: datetime) -> None:
    answer(now)
    kept = DatabaseStore().begin(**NAME, now=now + timedelta(hours=23))
    assert kept is not None
    assert (kept.status, kept.headers, kept.body, kept.fingerprint) == (201, {"Location": "/x"}, '{"a": 1}', "f")


@pytest.mark.parametrize("changes", [{"organization_id": 2}, {"key": "k-2"}, {"method": "PUT"}, {"path": "/other"}])
def test_another_organization_key_method_or_path_is_another_answer(now: datetime, changes: dict[str, Any]) -> None:
    answer(now)
    answer(now, **changes)
    assert IdempotencyRecord.objects.count() == 2


def test_after_a_day_the_key_is_free_again(now: datetime) -> None:
    answer(now)
    answer(now + timedelta(hours=24, seconds=1))
    assert IdempotencyRecord.objects.count() == 1


def test_old_answers_are_forgotten(now: datetime) -> None:
    answer(now)
    answer(now + timedelta(hours=2), key="k-2")
    assert forget_old_answers(now=now + timedelta(hours=24)) == 0
    assert forget_old_answers(now=now + timedelta(hours=25)) == 1
    assert IdempotencyRecord.objects.get().key == "k-2"


def test_finishing_what_was_not_begun_writes_nothing() -> None:
    DatabaseStore().finish(status=201, headers={}, body="")
    assert not IdempotencyRecord.objects.exists()
