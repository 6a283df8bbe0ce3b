"""Rate limits, and what callers are told while the database is busy."""

import sqlite3
import time

import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django import Settings

from tests.factories.forms import answers
from tests.integration.api.caller import Caller
from tickets.models import Ticket


@pytest.fixture(autouse=True)
def _early_in_a_minute() -> None:
    """Do not start where the window would turn in the middle of a test."""
    left = 60 - time.time() % 60
    if left < 3:
        time.sleep(left)


def test_one_request_too_many_is_429_with_the_time_to_wait(api: Caller, settings: Settings) -> None:
    settings.RATE_LIMITS = {"read": 3, "write": 1, "anonymous": 3}
    left = [api.get("me").headers["RateLimit"].split(";")[1] for _ in range(3)]
    assert left == ["r=2", "r=1", "r=0"]
    answer = api.get("me")
    assert (answer.status, answer.code) == (429, "throttled")
    assert answer.headers["RateLimit"].startswith('"read";r=0;t=')
    assert int(answer.headers["Retry-After"]) >= int(answer.headers["RateLimit"].split("t=")[1])
    assert answer.json["retry_after"] == int(answer.headers["Retry-After"])


def test_reading_and_writing_are_counted_apart_and_per_key(
    api: Caller, api_colleague: Caller, settings: Settings
) -> None:
    settings.RATE_LIMITS = {"read": 1, "write": 1, "anonymous": 1}
    assert api.get("me").status == 200
    assert api.get("me").status == 429
    assert api.post("tickets", answers()).status == 201
    assert api.post("tickets", answers()).status == 429
    assert api_colleague.get("me").status == 200


def test_a_throttled_write_does_nothing(api: Caller, settings: Settings) -> None:
    settings.RATE_LIMITS = {"read": 9, "write": 0, "anonymous": 9}
    assert api.post("tickets", answers()).status == 429
    assert Ticket.objects.count() == 0


def test_guessing_keys_is_counted_against_the_address(desk: object, settings: Settings) -> None:
    settings.RATE_LIMITS = {"read": 9, "write": 9, "anonymous": 2}
    statuses = [Caller(f"mig_live_guess_{place}").get("me").status for place in range(3)]
    assert statuses == [401, 401, 429]


def test_a_304_counts_and_says_so(api: Caller) -> None:
    tag = api.get("me").etag
    answer = api.get("me", If_None_Match=tag)
    assert answer.headers["RateLimit"].split(";")[1] == "r=5998"


def test_a_counter_that_cannot_be_reached_keeps_nobody_out(api: Caller, settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert api.get("me").status == 200
    cache.close()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_while_sqlite_is_busy_a_writer_gets_503_and_a_reader_is_served(api: Caller) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite's one writer")
    assert api.get("tickets").status == 200
    connection.cursor().execute("PRAGMA busy_timeout = 100")
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        answer = api.post("tickets", answers())
        assert (answer.status, answer.code) == (503, "temporarily_unavailable")
        assert answer.headers["Retry-After"] == "1"
        assert api.get("tickets").data == []
    finally:
        other.rollback()
        other.close()
        connection.cursor().execute("PRAGMA busy_timeout = 5000")
    assert api.post("tickets", answers()).status == 201
