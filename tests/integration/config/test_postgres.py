"""Connections to PostgreSQL that are kept from request to request."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.databases import end_backend

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def next_request() -> None:
    connection.close_if_unusable_or_obsolete()


def test_a_connection_that_works_is_kept_without_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    before = backend()
    monkeypatch.setattr(connection, "is_usable", lambda: pytest.fail("the server was asked"))
    next_request()
    assert backend() == before


def test_one_that_the_server_ended_is_made_anew_before_it_is_used() -> None:
    before = backend()
    end_backend(before)
    next_request()
    with CaptureQueriesContext(connection):
        assert backend() != before
