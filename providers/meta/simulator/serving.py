"""Serving the simulator in the foreground: what its two entries share."""

import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from providers.meta.simulator.persistence import StateFileUnreadable
from providers.meta.simulator.server import SimulatorServer


def arguments(parser: ArgumentParser) -> None:
    """Add what can be said of the simulator."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--state", type=Path, default=None, help="JSON file that keeps numbers over a restart")


def serve(*, clock: Callable[[], datetime], host: str, port: int, state: Path | None) -> str:
    """Serve until SIGTERM or SIGINT; return why it could not, or nothing."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        server = SimulatorServer(clock=clock, host=host, port=port, state_file=state)
    except StateFileUnreadable as error:
        return f"{state}: {error}"
    except OSError as error:
        return f"cannot listen on {host}:{port}: {error.strerror}"
    with server:
        sys.stdout.write(f"Meta simulator on {server.base_url} (control calls: {server.base_url}/_sim/)\n")
        sys.stdout.flush()
        stop.wait()
    return ""
