"""Everything goes wrong at once: workers and beats are killed, Redis loses all it has, the mail server misbehaves.

Ten workers and two beats, real processes on PostgreSQL and a Redis of their own, a real mail server. In the end no message is
lost, and none was sent twice: where nobody can know whether one arrived, it is `unknown` and a person is told.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import redis
from pytest_django import DjangoDbBlocker

from config.core import clock
from tests.factories.servers import Mood, free_port
from tests.factories.service import MONDAY, ROOT, Service

pytestmark = [pytest.mark.postgres, pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240)]

WORKERS, BEATS, TICKETS = 10, 2, 40
RETRIES = (timedelta(minutes=20), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12))
"""How far the clock jumps after each phase: past every pause between two tries of one message."""


class OwnRedis:
    """A Redis of this test's own, which can lose everything: by a flush, and by dying and coming back empty."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        while True:
            with closing(socket.socket()) as probe:
                if not probe.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.02)

    def die(self) -> None:
        self.process.kill()
        self.process.wait()

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as connection:
            connection.flushall()


@pytest.fixture
def broker() -> Iterator[OwnRedis]:
    if shutil.which("redis-server") is None:
        pytest.skip("needs Debian's redis-server: the test kills it")
    made = OwnRedis()
    yield made
    made.die()


@pytest.fixture
def service(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path, broker: OwnRedis
) -> Iterator[Service]:
    """A service on which nothing works yet, impatient with mail servers and with the dead."""
    quick = {"EMAIL_TIMEOUT_SECONDS": "1", "ATTEMPT_LEASE_SECONDS": "60", "BROKER_URL": broker.url}
    made = Service(tmp_path, **quick)
    try:
        with django_db_blocker.unblock():
            made.lay_ground()
        yield made
    finally:
        with django_db_blocker.unblock():
            made.down()


class Crew:
    """Workers and beats, and the database they work on."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.pids = service.folder / "pids.json"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.journeys.crew", str(self.service.folder)]
        with (self.service.folder / "crew.log").open("ab") as log:
            self.service.processes["crew"] = subprocess.Popen(
                [*command, str(WORKERS), str(BEATS), str(TICKETS)],
                cwd=ROOT, env=self.service.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def members(self) -> dict[int, str]:
        if not self.pids.exists():
            return {}
        return {int(pid): role for pid, role in json.loads(self.pids.read_text()).items()}

    def kill_one(self, chance: random.Random) -> None:
        """Kill a member of the crew without a chance to tidy up."""
        with suppress(ProcessLookupError):  # killed in the turn before, not yet replaced
            os.kill(chance.choice(sorted(self.members())), signal.SIGKILL)

    def ask(self, question: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.service.environment["DATABASE_URL"]) as connection:
            return connection.execute(question, values).fetchall()

    def at_work(self) -> int:
        """How many messages are due or on their way."""
        now = clock.read(self.service.clock_file)
        counted = (
            "SELECT count(*) FROM migrations_app_chaseattempt WHERE channel = 'email'"
            " AND (state = 'sending' OR (state = 'planned' AND due_at <= %s))"
        )
        return int(str(self.ask(counted, now)[0][0]))

    def wait_until(self, what: str, happened: object) -> None:
        deadline = time.monotonic() + 60
        while not happened():  # type: ignore[operator]
            assert time.monotonic() < deadline, f"{what}\n{self.service.logs()}"
            time.sleep(0.1)


def moods(chance: random.Random) -> list[Mood]:
    """How the mail server meets the next sessions; in the end it is itself again."""
    worst = [mood for mood in Mood if mood is not Mood.ACCEPT]
    return [chance.choice([Mood.ACCEPT, Mood.ACCEPT, *worst]) for _ in range(2 * TICKETS)] + [Mood.ACCEPT]


def test_nothing_is_lost_and_nothing_is_sent_twice(service: Service, broker: OwnRedis) -> None:
    chance, mail = random.Random(20260302), service.mail
    mail.be(*moods(chance))
    crew = Crew(service)
    # Ten seconds of the story pass in one of ours.
    clock.set_virtual(service.clock_file, moment=MONDAY, rate=10)
    crew.start()
    crew.wait_until("the crew is complete", lambda: len(crew.members()) == WORKERS + BEATS)
    crew.wait_until("mail goes out", lambda: len(mail.received) > 3)
    for place, jump in enumerate((timedelta(0), *RETRIES)):
        moment = clock.read(service.clock_file) + jump
        clock.set_virtual(service.clock_file, moment=moment, rate=10)
        if place < 3:
            for _ in range(4):
                crew.kill_one(chance)
                time.sleep(0.3)
            if place < 2:
                broker.flush()
            if place > 0:
                broker.die()
                crew.kill_one(chance)
                broker.start()
        crew.wait_until("what is due has been sent", lambda: not crew.at_work())
    service.kill("crew")

    attempts = crew.ask(
        "SELECT a.id, t.contact_email, a.step, a.state, e.message_id FROM migrations_app_chaseattempt a"
        " JOIN migrations_app_chase c ON c.id = a.chase_id JOIN migrations_app_migrationcase m ON m.id = c.case_id"
        " JOIN tickets_ticket t ON t.id = m.ticket_id LEFT JOIN providers_exchange e ON e.id = a.exchange_id"
        " WHERE a.state <> 'planned' AND a.step = 0 AND a.channel = 'email'"
    )
    states = Counter(state for _id, _to, _step, state, _message in attempts)
    arrived = Counter((str(message["To"]), str(message["Subject"])) for message in mail.received)

    # Nothing twice: of each first message at most one copy reached the server.
    assert max(arrived.values()) == 1, arrived.most_common(3)
    # Nothing lost: every ticket's first message was sent, or failed for good and says so, or somebody is told that nobody knows.
    last = {to: state for _id, to, _step, state, _message in sorted(attempts)}
    assert len(last) == TICKETS
    assert set(last.values()) <= {"sent", "failed", "unknown"}
    # What is called sent arrived; what arrived is called sent, or unknown where the line broke or the worker died.
    sent = {to for _id, to, _step, state, _message in attempts if state == "sent"}
    in_doubt = {to for _id, to, _step, state, _message in attempts if state == "unknown"}
    reached = {to for to, _subject in arrived}
    assert sent <= reached <= sent | in_doubt
    # The storm was one.
    assert states["failed"] > TICKETS / 15
    assert states["unknown"] > TICKETS / 30
    assert states["sent"] > TICKETS / 6
