"""Run the Meta simulator in the foreground."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.core.clock import now
from providers.meta.simulator.persistence import StateFileUnreadable
from providers.meta.simulator.server import SimulatorServer


class Command(BaseCommand):
    """`manage.py meta_simulator`: Meta's side of a number migration, for development and demonstrations."""

    help = "Run the Meta Graph API simulator until interrupted (control calls under /_sim/)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--state", type=Path, default=None, help="JSON file that keeps numbers over a restart")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            server = SimulatorServer(clock=now, host=options["host"], port=options["port"], state_file=options["state"])
        except StateFileUnreadable as error:
            raise CommandError(f"{options['state']}: {error}") from error
        except OSError as error:
            raise CommandError(f"cannot listen on {options['host']}:{options['port']}: {error.strerror}") from error
        with server:
            self.stdout.write(f"Meta simulator on {server.base_url} (control calls: {server.base_url}/_sim/)")
            self.stdout.flush()
            stop.wait()
