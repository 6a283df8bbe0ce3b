"""`manage.py demo`: one migration, played against a service of its own with a fast clock, told line by line."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core import clock
from migrations_app.management.walkthrough.browser import ApiCaller, Unexpected
from migrations_app.management.walkthrough.story import Stage, Story

_START_SECONDS = 90.0
_MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


class Command(BaseCommand):
    """Play the demo."""

    help = "Plays one migration of two numbers from the form to the closed ticket, on a throw-away service."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pause", type=float, default=0.8, help="seconds between the steps")

    def handle(self, *_args: Any, **options: Any) -> None:
        folder = Path(tempfile.mkdtemp(prefix="portero-demo-"))
        port = _free_port()
        self.stdout.write("Starting a service of its own (web, worker, beat, Meta's simulator) …")
        password = secrets.token_urlsafe(12)
        with (folder / "serve.log").open("wb") as log:
            service = _start(folder, port, log, password)
            try:
                stage = self._stage(folder, port, service, password)
                story = Story(stage, self._tell, pause=options["pause"])
                ticket = story.play()
            except Unexpected as surprise:
                raise CommandError(
                    f"{surprise}\nThe service's log: {(folder / 'serve.log').read_text()[-2000:]}"
                ) from surprise
            finally:
                service.send_signal(signal.SIGTERM)
                service.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
        live = [number["number"] for number in ticket["phone_numbers"] if number["state"] == "live"]
        self.stdout.write(
            self.style.SUCCESS(f"\n{ticket['reference']} is {ticket['status']['value']}; live: {', '.join(live)}")
        )

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _stage(self, folder: Path, port: int, service: subprocess.Popen[bytes], password: str) -> Stage:
        base = f"http://127.0.0.1:{port}"
        _wait_until_ready(base, service, folder / "serve.log")
        printed = (folder / "serve.log").read_text(encoding="utf-8")
        key = re.search(r"mig_live_\w+", printed)
        if key is None:
            raise CommandError(f"The service printed no API key:\n{printed}")
        return Stage(base, f"http://127.0.0.1:{port + 1}", key[0], "admin", password, folder / "clock.json")


def _start(folder: Path, port: int, log: Any, password: str) -> subprocess.Popen[bytes]:
    """Start `manage.py serve` over an empty folder, on a Monday at noon in São Paulo."""
    clock.set_virtual(folder / "clock.json", moment=_MONDAY)
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}}
    environment = {
        **kept,
        "PORTERO_VAR": str(folder),
        "PORTERO_CLOCK_FILE": str(folder / "clock.json"),
        "PORTERO_TICK_SECONDS": "1",
        "PORTERO_ADMIN_PASSWORD": password,
        "PORT": str(port),
    }
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve", "--port", str(port)]
    return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)


def _free_port() -> int:
    """Return a port that is free together with its successor (the simulator's)."""
    for port in range(8610, 8990, 10):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise CommandError("No free port between 8610 and 8990.")


def _wait_until_ready(base: str, service: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if service.poll() is not None:
            break
        try:
            if ApiCaller(base).call("GET", "/readyz").status == 200:  # noqa: PLR2004
                return
        except OSError:
            time.sleep(0.3)
    raise CommandError(f"The service did not come up:\n{log.read_text(encoding='utf-8')[-3000:]}")
