"""What all benchmarks do alike: measure in a process of its own that has the right environment, and count time."""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

WARM_UP = 5


def parser(description: str | None, **numbers: int) -> argparse.ArgumentParser:
    """Return a parser of arguments with these numbers and their defaults."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in numbers.items():
        made.add_argument(f"--{name}", type=int, default=default)
    made.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    return made


def on_both(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the choice of the database."""
    made.add_argument("--on", choices=("postgres", "sqlite", "both"), default="both")
    return made


def kinds(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the databases that were asked for."""
    return ("postgres", "sqlite") if options.on == "both" else (options.on,)


def measured(module: str, options: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, Any]:
    """Run the measuring half of a benchmark in this environment and return what it found."""
    answer = Path(environment["PORTERO_VAR"]) / "answer.json"
    command = [sys.executable, "-m", module, "--measure", str(answer)]
    for name, value in vars(options).items():
        if isinstance(value, bool):
            command += [f"--{name.replace('_', '-')}"] if value else []
        elif isinstance(value, int):
            command += [f"--{name}", str(value)]
    subprocess.run(command, env=dict(environment), check=True)
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def answered(options: argparse.Namespace, measure: Callable[[], dict[str, Any]]) -> bool:
    """Measure and leave the answer where it is awaited, if this is the measuring half."""
    if options.measure:
        options.measure.write_text(json.dumps(measure()), encoding="utf-8")
    return bool(options.measure)


def times_of(work: Callable[[int], Any], rounds: int) -> tuple[list[float], float]:
    """Return the milliseconds of each round, warmed up, and the mean processor time of one.

    A round that returns a number has measured itself (in seconds): what it had to do before does not count.
    """
    found = []
    used = time.process_time()
    for n in range(rounds + WARM_UP):
        begin = time.perf_counter()
        own = work(n)
        found.append((own if isinstance(own, float) else time.perf_counter() - begin) * 1000)
    used = (time.process_time() - used) * 1000 / (rounds + WARM_UP)
    return found[WARM_UP:], used


def p95(times: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


def version() -> str:
    """Return the database's name and version."""
    from django.db import connection

    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version" if postgres else "SELECT sqlite_version()")
        return f"{'PostgreSQL' if postgres else 'SQLite'} {cursor.fetchone()[0].split()[0]}"


def explained(statement: str) -> str:
    """Return how the database finds the rows of a statement."""
    from django.db import connection

    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'(ANALYZE, COSTS OFF, BUFFERS) ' if postgres else 'QUERY PLAN '}{statement}")
        return "\n".join(str(row[0] if postgres else row[3]) for row in cursor.fetchall())
