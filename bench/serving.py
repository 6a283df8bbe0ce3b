"""Web servers side by side: all started alike, each with the processor time that its processes have used."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.databases import ROOT
from deploy.servers import free_port

TICK = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60


class Served:
    """One application behind gunicorn."""

    def __init__(self, application: str, environment: Mapping[str, str], *, python: str, workers: int) -> None:
        """Start it and wait until it listens."""
        self.port = free_port()
        command = [
            python,
            "-m",
            "gunicorn",
            application,
            "--bind",
            f"127.0.0.1:{self.port}",
            "--worker-class",
            "gthread",
        ]
        command += ["--workers", str(workers), "--threads", "8", "--keep-alive", "75", "--no-control-socket"]
        command += ["--log-level", "warning", "--worker-tmp-dir", "/dev/shm"]  # noqa: S108  (as in the container)
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment) | {"PORT": str(self.port)}, start_new_session=True
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.1)
        msg = "the server does not start"
        raise SystemExit(msg)

    def processor_seconds(self) -> float:
        """Return what all its processes have used so far."""
        return sum(used(pid) for pid in family(self.process.pid))

    def stop(self) -> None:
        """End it and what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


@contextmanager
def served(
    application: str, environment: Mapping[str, str], *, python: str = sys.executable, workers: int = 2
) -> Iterator[Served]:
    """Serve an application for a while."""
    server = Served(application, environment, python=python, workers=workers)
    try:
        yield server
    finally:
        server.stop()


def used(pid: int) -> float:
    """Return the processor seconds of a process; one that is gone counts nothing."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(pid: int) -> int:
    """Return a process's resident memory in bytes."""
    return _memory(pid, "Rss:")


def proportional(pid: int) -> int:
    """Return a process's memory in bytes: what it shares with others is counted in parts."""
    return _memory(pid, "Pss:")


def _memory(pid: int, word: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
            if line.startswith(word):
                return int(line.split()[1]) * 1024
    return 0


def family(pid: int) -> list[int]:
    """Return a process and all that it started, as far as they still run."""
    found = [pid]
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split():
            found += family(int(child))
    return found
