"""The sweeps: they find what is due, do it once, and are called as plain functions here."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.celery import app
from migrations_app import tasks
from migrations_app.enums import AttemptState
from migrations_app.models import ChaseAttempt, Notice, PinCall
from migrations_app.selectors import cases, due
from migrations_app.services.move_steps import MetaSaidNo
from tests.factories.desk import Desk, Key, make_agent
from tests.factories.forms import NO_PHONE
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tickets import tasks as ticket_tasks

At = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _empty_broker() -> None:
    lose_all_messages()


def lose_all_messages() -> None:
    with app.connection_for_write() as broker:
        queue = broker.SimpleQueue(app.conf.task_default_queue)
        queue.clear()
        queue.close()


def run_waiting_messages() -> int:
    """Do what a worker does with the messages a sweep has left."""
    done = 0
    with app.connection_for_write() as broker:
        queue = broker.SimpleQueue(app.conf.task_default_queue)
        try:
            while True:
                message = queue.get(block=False)
                app.tasks[message.headers["task"]](**message.payload[1])
                message.ack()
                done += 1
        except queue.Empty:
            return done
        finally:
            queue.close()


def test_a_sweep_hands_out_what_is_due_and_a_worker_sends_it(
    walk: Walker, clock_at: At, mailoutbox: list[object]
) -> None:
    walked = walk(Path.FILED)
    clock_at(walked.now)
    tasks.sweep_outreach()
    assert run_waiting_messages() == 1
    assert len(mailoutbox) == 1
    assert walked.attempts()[0].state == AttemptState.SENT


def test_two_sweeps_before_a_worker_comes_still_send_once(walk: Walker, clock_at: At, mailoutbox: list[object]) -> None:
    walked = walk(Path.FILED)
    clock_at(walked.now)
    tasks.sweep_outreach()
    tasks.sweep_outreach()
    assert run_waiting_messages() == 2
    assert len(mailoutbox) == 1


def test_a_lost_message_is_found_again_by_the_next_sweep(walk: Walker, clock_at: At, mailoutbox: list[object]) -> None:
    clock_at(walk(Path.FILED).now)
    tasks.sweep_outreach()
    lose_all_messages()
    tasks.sweep_outreach()
    run_waiting_messages()
    assert len(mailoutbox) == 1


def test_nothing_is_handed_out_before_its_time(walk: Walker, clock_at: At) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    clock_at(walked.planned().due_at - timedelta(seconds=1))
    tasks.sweep_outreach()
    assert run_waiting_messages() == 0


def test_the_sweep_of_the_lost_settles_dead_workers_and_ended_ladders(walk: Walker, clock_at: At) -> None:
    walked = walk(Path.FILED, client=NO_PHONE)
    ChaseAttempt.objects.update(state=AttemptState.SENDING, claimed_at=walked.now)
    clock_at(walked.now + timedelta(minutes=1))
    tasks.sweep_lost()
    assert walked.attempts()[0].state == AttemptState.SENDING
    clock_at(walked.now + timedelta(minutes=2))
    tasks.sweep_lost()
    assert walked.attempts()[0].state == AttemptState.UNKNOWN
    while walked.chase().state == "active":
        chase = walked.chase()
        assert chase.next_at is not None
        walked.now = chase.next_at
        clock_at(walked.now)
        tasks.sweep_outreach()
        run_waiting_messages()
        tasks.sweep_lost()
    assert walked.chase().state == "exhausted"


def test_the_sweep_of_the_clock_does_what_time_alone_does(walk: Walker, meta: Meta, clock_at: At, desk: Desk) -> None:
    make_agent("caio", desk.latam)  # two calls at the same moment
    held = walk(Path.READY, "+5511911110001")
    held.hold((held.now + timedelta(days=2)).replace(minute=0))
    resolved = walk(Path.RESOLVED, "+5511911110002")
    cooling = walk(Path.IN_CALL, "+5511911110003")
    meta.fault("request_code", error_key="too_many_codes")
    with pytest.raises(MetaSaidNo):
        cooling.ask_code()
    clock_at(resolved.now)
    tasks.sweep_clock()
    assert [walked.fresh().status for walked in (resolved, cooling)] == ["resolved", "in_progress"]
    clock_at(resolved.now + timedelta(days=35))
    tasks.sweep_clock()
    assert PinCall.objects.get(ticket=held.ticket).state == "expired"
    assert resolved.fresh().status == "closed"
    assert cooling.number().state == "initiated"
    for found in (
        due.expired_holds(now=resolved.now + timedelta(days=99), limit=9),
        cases.cooling_due(now=resolved.now + timedelta(days=99), limit=9),
        cases.auto_close_due(now=resolved.now + timedelta(days=99), limit=9),
    ):
        assert found == []


def test_a_sweep_takes_no_more_than_its_limit_longest_due_first(walk: Walker) -> None:
    walks: list[Walk] = []
    for place in range(3):
        walk.now -= timedelta(hours=1)
        walks.append(walk(Path.FILED, f"+551191111000{place}"))
    found = due.due_messages(ChaseAttempt, now=walks[0].now, limit=2)
    assert found == [walks[2].planned().pk, walks[1].planned().pk]


@pytest.mark.parametrize("how_many", [1, 6])
def test_an_idle_sweep_asks_a_fixed_number_of_questions(walk: Walker, clock_at: At, how_many: int) -> None:
    for place in range(how_many):
        clock_at(walk(Path.WAITING_TWO_STEP, f"+551191111000{place}").now)
    for sweep, most in ((tasks.sweep_outreach, 2), (tasks.sweep_lost, 4), (tasks.sweep_clock, 4)):
        with CaptureQueriesContext(connection) as captured:
            sweep()
        assert len(captured) <= most


def test_a_task_takes_arguments_of_a_newer_release(walk: Walker, clock_at: At) -> None:
    walked = walk(Path.FILED)
    clock_at(walked.now)
    tasks.send_attempt(kind="notice", attempt_id=10**9, added_tomorrow=True)
    tasks.send_attempt(kind="chase", attempt_id=walked.planned().pk, added_tomorrow=True)
    assert not Notice.objects.exists()


def test_a_key_remembers_its_last_use_and_never_goes_back(client_key: Key, clock_at: At, now: datetime) -> None:
    clock_at(now)
    ticket_tasks.note_key_use(key_id=client_key.row.pk)
    clock_at(now - timedelta(hours=1))
    ticket_tasks.note_key_use(key_id=client_key.row.pk)
    client_key.row.refresh_from_db()
    assert client_key.row.last_used_at == now
