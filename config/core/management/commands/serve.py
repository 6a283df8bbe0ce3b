"""`manage.py serve`: the whole service as one command: web, worker, beat and (embedded) Meta's simulator."""

import json
import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser


def _child_commands(port: int) -> dict[str, list[str]]:
    python = sys.executable
    worker = [python, "-W", "ignore:You're running the worker", "-m", "config.worker"]
    web = [
        python, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "config.web.ProblemWorker", "--workers", str(settings.WEB_PROCESSES), "--threads", "8",
        "--no-control-socket", "--log-level", "warning", "--graceful-timeout", "5",
    ]  # fmt: skip
    beat_state = str(settings.VAR_DIR / "beat-schedule")
    children = {
        "web": web,
        "worker": [*worker, "celery"],
        # Of its own: a receiver of webhooks that takes its time keeps nothing else waiting.
        "webhooks": [*worker, "webhooks", settings.WEBHOOK_QUEUE],
        "beat": [python, "-m", "config.beat", beat_state],
    }  # fmt: skip
    if settings.META_BASE_URL.startswith("http://127.0.0.1:"):
        simulator_port = settings.META_BASE_URL.rsplit(":", 1)[1]
        state = str(settings.VAR_DIR / "meta-simulator.json")
        children["meta"] = [python, "-m", "config.simulator", "--port", simulator_port, "--state", state]
    return children


def _demand_free(port: int) -> None:
    """Refuse a port that somebody listens on, before anything is started.

    :raises CommandError: it is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            msg = f"Port {port} is in use. Stop what uses it, or choose another: make run PORT={port + 10}"
            raise CommandError(msg) from error


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
        _demand_free(port)
        self._prepare()
        self._banner()
        children = json.dumps(_child_commands(port))
        environment = {**os.environ, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
        os.chdir(settings.BASE_DIR)
        # This process has done its work; what watches over the others need not hold Django in memory.
        os.execve(sys.executable, [sys.executable, "-m", "config.core.supervisor", children], environment)  # noqa: S606

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
