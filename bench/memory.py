"""Measures how much memory the idle service takes, and that a worker does not grow with its tasks.

    bench/memory.py [--tasks 20000] [--settle 30] [--parts 10]

First `manage.py serve` with an empty folder, as `make run` starts it: after `--settle` seconds the resident memory of all its
processes (bar: 500 MB). Then a worker as in production (two processes, PostgreSQL, Redis) that is given `--tasks` tasks, a tenth of
them at a time: its memory after each part (bar: within a tenth of what it was after the first).
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bench.databases import ROOT, own_database, own_redis
from bench.runs import answered, measured, parser
from bench.serving import family, proportional, resident
from deploy.servers import free_port

IDLE_BAR_MB, GROWTH_BAR = 500, 0.1
START_SECONDS = 180
MB = 1024 * 1024


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    return parser(__doc__, tasks=20_000, settle=30, parts=10).parse_args()


def idle(settle: int) -> dict[str, float]:
    """Return the megabytes of the whole service, resident and with what processes share counted once."""
    with own_database("sqlite") as environment:
        port = free_port()
        command = [sys.executable, "manage.py", "serve", "--port", str(port)]
        environment |= {"META_SIMULATOR_PORT": str(free_port())}
        quiet = subprocess.DEVNULL
        service = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, stdout=quiet)
        try:
            _wait(port)
            time.sleep(settle)
            pids = family(service.pid)
            return {
                "processes": len(pids),
                "resident": sum(map(resident, pids)) / MB,
                "proportional": sum(map(proportional, pids)) / MB,
            }
        finally:
            service.terminate()
            service.wait(30)


def _wait(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return
        time.sleep(0.5)
    msg = "the service does not start"
    raise SystemExit(msg)


def tasks(options: argparse.Namespace) -> dict[str, Any]:
    """Give a worker its tasks part by part and return its megabytes after each."""
    from django.core.management import call_command

    import config.celery  # noqa: F401  (tasks go to its broker)
    from bench.measure import API  # noqa: F401  (sets Django up)
    from migrations_app.tasks import sweep_outreach
    from tickets.tasks import note_key_use

    call_command("migrate", verbosity=0)
    call_command("load_desk", verbosity=0)
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config.celery", "worker", "--pool", "prefork"]
    command += ["--concurrency", "2", "--loglevel", "ERROR", "--without-mingle", "--without-gossip"]
    worker = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    found = []
    try:
        for _ in range(options.parts):
            for n in range(options.tasks // options.parts):
                # Nine of ten write a row (or look for it), one looks through what is due.
                note_key_use.apply_async(kwargs={"key_id": n}) if n % 10 else sweep_outreach.apply_async()
            _drained()
            found.append(sum(map(resident, family(worker.pid))) / MB)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGTERM)
        worker.wait(30)
    return {"megabytes": found}


def _drained() -> None:
    """Wait until the broker has nothing left and the worker has had time to end what it took."""
    import redis
    from django.conf import settings

    with redis.Redis.from_url(settings.BROKER_URL) as broker:
        while broker.llen(settings.CELERY_TASK_DEFAULT_QUEUE) or broker.hlen("unacked"):
            time.sleep(0.2)
    time.sleep(1)


def worker(options: argparse.Namespace) -> list[float]:
    """Return a worker's megabytes after each part of its tasks."""
    with own_database("postgres") as environment, own_redis() as servers:
        own: Mapping[str, str] = environment | servers
        found: list[float] = measured("bench.memory", options, own)["megabytes"]
        return found


def main() -> int:
    """Run the benchmark; the exit code is 1 when a bar is missed."""
    options = arguments()
    if answered(options, lambda: tasks(options)):
        return 0
    service = idle(options.settle)
    print(f"\nidle, {service['processes']} processes: {service['resident']:.0f} MB resident, "
          f"{service['proportional']:.0f} MB with what they share counted once (bar {IDLE_BAR_MB})")  # fmt: skip
    found = worker(options)
    growth = found[-1] / found[0] - 1
    print(f"worker, after each tenth of {options.tasks:,} tasks, MB: {', '.join(f'{each:.1f}' for each in found)}")
    print(f"from the first to the last {growth:+.1%} (bar {GROWTH_BAR:+.0%})")
    return 0 if service["resident"] <= IDLE_BAR_MB and growth <= GROWTH_BAR else 1


if __name__ == "__main__":
    sys.exit(main())
