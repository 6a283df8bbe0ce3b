"""`manage.py serve`: the whole service as one command: web, worker, beat and (embedded) Meta's simulator."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

_STOP_SECONDS = 10.0
_RESTART_SECONDS = 2.0


def _child_commands(port: int) -> dict[str, list[str]]:
    python = sys.executable
    celery = [python, "-W", "ignore:.*superuser", "-m", "celery", "--quiet", "-A", "config.celery"]
    web = [
        python, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
        "--workers", str(settings.WEB_PROCESSES), "--threads", "8", "--no-control-socket", "--log-level", "warning",
        "--graceful-timeout", "5",
    ]  # fmt: skip
    children = {
        "web": web,
        # Threads: one process; the time limits stand in the HTTP and mail clients.
        "worker": [
            *celery,
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            "4",
            "--loglevel",
            "WARNING",
            "--without-mingle",
        ],
        "beat": [
            *celery,
            "beat",
            "--loglevel",
            "WARNING",
            "--schedule",
            str(settings.VAR_DIR / "beat-schedule"),
            "--pidfile=",
        ],
    }
    if settings.META_BASE_URL.startswith("http://127.0.0.1:"):
        simulator_port = settings.META_BASE_URL.rsplit(":", 1)[1]
        state = str(settings.VAR_DIR / "meta-simulator.json")
        children["meta"] = [python, "manage.py", "meta_simulator", "--port", simulator_port, "--state", state]
    return children


class Child:
    """One process in a group of its own, so that nothing it starts can outlive it."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name, self._command, self._environment = name, command, environment
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, cwd=settings.BASE_DIR, env=self._environment, start_new_session=True)

    def restart_if_dead(self) -> bool:
        """Start the process again if it has ended; tell whether it had."""
        if self.process.poll() is None:
            return False
        self.kill_group()
        self.process = self._start()
        return True

    def terminate(self) -> None:
        """Ask the process to stop."""
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait for the process until the deadline (monotonic seconds), then kill its whole group."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        self.kill_group()
        self.process.wait()

    def kill_group(self) -> None:
        """Kill whatever is left of the group."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


class Command(BaseCommand):
    """Run everything until Ctrl-C."""

    help = "Migrates, loads the desk (embedded: the demo desk too) and runs web, worker and beat together."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *_args: Any, **options: Any) -> None:
        port: int = options["port"]
        if port != settings.PORT:
            # Settings were read before the option: start again with the port in the environment, where they look for it.
            os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PORT": str(port)})  # noqa: S606
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        self._prepare()
        self._banner()
        environment = {**os.environ, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
        children = [Child(name, command, environment) for name, command in _child_commands(port).items()]
        try:
            self._watch(children, stop)
        finally:
            self._stop(children)

    def _prepare(self) -> None:
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        call_command("load_desk", verbosity=0)

    def _banner(self) -> None:
        base = settings.PORTERO_BASE_URL
        self.stdout.write(self.style.SUCCESS(f"\nPortero {settings.RELEASE} ({settings.PORTERO_MODE})"))
        self.stdout.write(f"  API            {base}/api/v1/")
        self.stdout.write(f"  API docs       {base}/api/docs")
        self.stdout.write(f"  Admin          {base}/admin/")
        if settings.EMBEDDED:
            self.stdout.write(
                f"  Meta simulator {settings.META_BASE_URL}/_sim/   (a number's SMS: /_sim/inbox/5511987654321)"
            )
            self.stdout.write(f"  Mail           {settings.EMAIL_FILE_PATH}")
            call_command("load_demo", stdout=self.stdout)
        self.stdout.write("  Stop with Ctrl-C.\n")
        self.stdout.flush()

    def _watch(self, children: list[Child], stop: threading.Event) -> None:
        starts: dict[str, float] = {}
        while not stop.wait(0.5):
            for child in children:
                if time.monotonic() - starts.get(child.name, -_RESTART_SECONDS) < _RESTART_SECONDS:
                    continue
                if child.restart_if_dead():
                    starts[child.name] = time.monotonic()
                    self.stderr.write(f"{child.name} had ended and was started again")

    def _stop(self, children: list[Child]) -> None:
        self.stdout.write("Stopping …")
        for child in children:
            child.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for child in children:
            child.wait(deadline)
