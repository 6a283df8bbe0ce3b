"""A real service for the journeys: web, worker, beat and simulator as processes of their own, on the database of this run."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings

from config.core import clock
from migrations_app.management.walkthrough.browser import ApiCaller
from migrations_app.management.walkthrough.story import Stage
from tests.journeys.moments import MONDAY

START_SECONDS = 60.0
ROOT = Path(settings.BASE_DIR)


def free_ports() -> tuple[int, int]:
    """Return two ports nobody listens on."""
    with closing(socket.socket()) as first, closing(socket.socket()) as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


class Service:
    """The processes of one service. Each leads a group, so that a kill takes all it has started."""

    def __init__(self, folder: Path, database_url: str, **extra: str) -> None:
        self.folder = folder
        self.port, self.simulator_port = free_ports()
        self.base, self.simulator = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.simulator_port}"
        self.clock_file = folder / "clock.json"
        self.password = "only-for-this-journey"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PORTERO_VAR": str(folder / "var"),
            "PORTERO_CLOCK_FILE": str(self.clock_file),
            "PORTERO_TICK_SECONDS": "1",
            "PORTERO_ADMIN_PASSWORD": self.password,
            "PORTERO_BASE_URL": self.base,
            "PORT": str(self.port),
            "META_SIMULATOR_PORT": str(self.simulator_port),
            "BROKER_QUEUE": f"journey-{uuid.uuid4().hex[:8]}",
            **({"DATABASE_URL": database_url} if database_url else {}),
            **_broker(),
            **extra,
        }

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        """Start one of web, worker, beat, meta."""
        python = sys.executable
        commands = {
            "web": [python, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread",
                    "--threads", "4", "--no-control-socket", "--log-level", "warning"],
            "worker": [python, "-m", "celery", "--quiet", "-A", "config.celery", "worker", "--pool", "threads",
                       "--concurrency", "4", "--without-mingle", "--loglevel", "WARNING"],
            "beat": [python, "-m", "celery", "--quiet", "-A", "config.celery", "beat", "--loglevel", "WARNING", "--pidfile=",
                     "--schedule", str(self.folder / "beat")],
            "meta": [python, "manage.py", "meta_simulator", "--port", str(self.simulator_port)],
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

    def stop(self) -> None:
        """Kill everything: nothing of a journey has to outlive it."""
        for name in list(self.processes):
            self.kill(name)

    def up(self) -> Stage:
        """Migrate, load the demo desk, start everything and return where the story plays."""
        clock.set_virtual(self.clock_file, moment=MONDAY)
        self.manage("migrate", "-v0")
        self.manage("load_desk")
        key = re.search(r"mig_live_\w+", self.manage("load_demo"))
        assert key is not None
        for name in ("meta", "web", "worker", "beat"):
            self.start(name)
        self.wait_until_ready()
        return Stage(self.base, self.simulator, key[0], "admin", self.password, self.clock_file)

    def wait_until_ready(self) -> None:
        """Wait until the web process serves."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if ApiCaller(self.base).call("GET", "/readyz").status == 200:
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(self.logs())

    def logs(self) -> str:
        """Return the end of every process's log."""
        return "\n".join(f"== {path.name}\n{path.read_text()[-2000:]}" for path in sorted(self.folder.glob("*.log")))


def _broker() -> dict[str, str]:
    """Return the run's own broker and cache: Redis where the suite runs on it."""
    if settings.BROKER_URL.startswith("redis"):
        return {"BROKER_URL": settings.BROKER_URL, "CACHE_URL": settings.CACHE_URL}
    return {}


@pytest.fixture
def database_url() -> Iterator[str]:
    """A PostgreSQL database of the journey's own where the suite runs on PostgreSQL; empty (SQLite) otherwise."""
    database: dict[str, Any] = settings.DATABASES["default"]
    if "postgresql" not in database["ENGINE"]:
        yield ""
        return
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = f"{parts.path.lstrip('/')}_journey_{uuid.uuid4().hex[:8]}"
    admin = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield urlunsplit(parts._replace(path=f"/{name}"))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[Service]:
    """A service that is not started yet; it is stopped in the end, whatever happens."""
    made = Service(tmp_path, database_url)
    yield made
    made.stop()
