"""A real service for the journeys: web, worker and beat as processes of their own, on a database of their own.

Mail and Meta are servers of the test process, so a journey can look into them. All share one virtual clock.
"""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from config.core import clock
from migrations_app.management.walkthrough.browser import ApiCaller
from migrations_app.management.walkthrough.story import Stage
from providers.meta.simulator.server import SimulatorServer
from tests.factories import databases
from tests.factories.pristine import back_to_pristine, keep_pristine
from tests.factories.servers import free_port, start_mail_server

START_SECONDS = 60.0
PASSWORD = "only-for-this-journey"
MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""When every journey begins: noon in São Paulo."""
PROCESSES = ("web", "worker", "webhooks", "beat")
ROOT = Path(settings.BASE_DIR)


class Service:
    """The processes of one service. Each leads a group, so that a kill takes all it has started."""

    def __init__(self, folder: Path, **extra: str) -> None:
        self.folder = folder
        self.clock_file = folder / "clock.json"
        clock.set_virtual(self.clock_file, moment=MONDAY)
        self.meta = SimulatorServer(clock=lambda: clock.read(self.clock_file))
        self.mail, self._mail_controller = start_mail_server()
        self.database = databases.template(f"service_{uuid.uuid4().hex[:8]}")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.environment = {
            **_environment(self.database, folder),
            "PORTERO_CLOCK_FILE": str(self.clock_file),
            "PORTERO_TICK_SECONDS": "1",
            "PORTERO_BASE_URL": self.base,
            "PORT": str(port),
            "META_BASE_URL": self.meta.base_url,
            "EMAIL_URL": f"smtp://{self.mail.host}:{self.mail.port}",
            "BROKER_QUEUE": f"journey-{uuid.uuid4().hex[:8]}",
            **extra,
        }

    def start(self, name: str) -> None:
        """Start one of web, worker, webhooks, beat."""
        python = sys.executable
        worker = [python, "-W", "ignore:You're running the worker", "-m", "config.worker"]
        commands = {
            "web": [python, "-m", "gunicorn", "config.wsgi", "--bind", urlsplit(self.base).netloc, "--worker-class",
                    "config.web.ProblemWorker",
                    "--threads", "4", "--no-control-socket", "--log-level", "warning"],
            "worker": [*worker, "celery"],
            "webhooks": [*worker, "webhooks", f"{self.environment['BROKER_QUEUE']}-webhooks"],
            "beat": [python, "-m", "config.beat", str(self.folder / "beat")],
        }  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                commands[name], cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """Kill a process and all it has started, without a chance to tidy up."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def up(self) -> None:
        """Start everything on a fresh copy of the demo desk, and wait until it serves."""
        self.lay_ground()
        for name in PROCESSES:
            self.start(name)
        self._wait_until_ready()

    def lay_ground(self) -> None:
        """Make the database, a fresh copy of the demo desk, and start Meta; nothing works on it yet."""
        prepare_demo_desk()
        databases.copy(databases.template("demo"), self.database)
        self.meta.start()

    def afresh(self) -> Stage:
        """Make all things as they were in the beginning, it is Monday again, and return where a story can play.

        Processes that were killed are started again, additional ones are killed.
        """
        for name in self.processes.keys() - set(PROCESSES):
            self.kill(name)
        for name in set(PROCESSES) - self.processes.keys():
            self.start(name)
        with _connected(self.database) as opened:
            back_to_pristine(opened, databases.template("demo"))
        self.meta.world.clear()
        self.meta.faults.clear()
        self.mail.reset()
        clock.set_virtual(self.clock_file, moment=MONDAY)
        return Stage(self.base, self.meta.base_url, _key_file().read_text(), "admin", PASSWORD, self.clock_file)

    def manage(self, *arguments: str) -> str:
        """Run a management command beside the service, as an operator does, and return what it prints."""
        return _manage(self.environment, *arguments)

    def down(self) -> None:
        """Kill everything: nothing of a journey has to outlive it."""
        for name in list(self.processes):
            self.kill(name)
        self.meta.stop()
        self._mail_controller.stop()
        databases.drop(self.database)

    @contextmanager
    def looking_in(self) -> Iterator[str]:
        """Give the alias by which this process reaches the service's database."""
        with _connected(self.database):
            yield "another"

    def logs(self) -> str:
        """Return the end of every process's log."""
        return "\n".join(f"== {path.name}\n{path.read_text()[-2000:]}" for path in sorted(self.folder.glob("*.log")))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if ApiCaller(self.base).call("GET", "/readyz").status == 200:
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(self.logs())


def prepare_demo_desk() -> None:
    """Make the template `demo` once a run: the demo desk as the commands make it. Its API key is told only now."""
    with databases.one_at_a_time():
        if _key_file().exists():
            return
        name = databases.template("demo")
        databases.copy(databases.template("migrated"), name)
        environment = {**_environment(name, databases.RUN / "demo"), "PORTERO_ADMIN_PASSWORD": PASSWORD}
        _manage(environment, "load_desk")
        key = re.search(r"mig_live_\w+", _manage(environment, "load_demo"))
        assert key is not None
        with _connected(name) as opened:
            keep_pristine(opened)
        _key_file().write_text(key[0])


def _manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a management command and return what it prints."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _environment(database: str, folder: Path) -> dict[str, str]:
    """Return what every process needs: the database, a folder, and the run's own broker and cache where that is Redis."""
    if databases.on_sqlite():
        url = f"sqlite:///{database}"
    else:
        url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))
    redis = {"BROKER_URL": settings.BROKER_URL, "CACHE_URL": settings.CACHE_URL}
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PORTERO_VAR": str(folder / "var"),
        "DATABASE_URL": url,
        **(redis if settings.BROKER_URL.startswith("redis") else {}),
    }


def _key_file() -> Path:
    return databases.RUN / f"demo-{databases.RUN_ID}.key"


@contextmanager
def _connected(name: str) -> Iterator[BaseDatabaseWrapper]:
    """Look into another database from here."""
    opened = connections["another"] = connection.copy("another")
    opened.settings_dict["NAME"] = name
    if databases.on_sqlite():
        # Its service may be writing: wait for a turn at the beginning instead of failing in the middle.
        opened.settings_dict["OPTIONS"] = {
            **opened.settings_dict["OPTIONS"],
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        }
    try:
        yield opened
    finally:
        opened.close()
        del connections["another"]
