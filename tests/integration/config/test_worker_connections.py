"""A worker keeps its connection to the database from task to task, and does without one that went away."""

from collections.abc import Callable, Iterator

import pytest
from celery.fixups import django as celery_with_django
from celery.signals import task_postrun, task_prerun
from django.db import connection

from config.celery import app
from tests.factories.databases import end_backend

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture(autouse=True)
def _nothing_is_left_of_it(transactional_db: None) -> Iterator[None]:
    """Leave no broken connection to the tests that follow."""
    yield
    connection.close()


@pytest.fixture
def run() -> Callable[[], int]:
    """Do what a worker does around a task, and return the server process that answered the task."""
    fixup = celery_with_django.DjangoWorkerFixup(app)  # type: ignore[attr-defined]  # not in the type stubs

    def task() -> int:
        fixup.close_database()
        task_prerun.send(sender=None)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = int(cursor.fetchone()[0])
        task_postrun.send(sender=None)
        fixup.close_database()
        return pid

    return task


def test_the_connection_stays(run: Callable[[], int]) -> None:
    assert run() == run() == run()


def test_one_that_the_server_has_ended_is_made_anew(run: Callable[[], int]) -> None:
    lost = run()
    end_backend(lost)
    assert run() != lost
