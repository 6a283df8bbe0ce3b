# ruff: noqa: S608  (every part of the SQL is ours)
"""Does the chase keep up? The due sweep among a million attempts, and ten thousand of them handed out by four workers.

    bench/sweeps.py [--attempts 1000000] [--due 10000] [--workers 4] [--rounds 31]

Runs on PostgreSQL and Redis: a database and Redis databases of its own (BENCH_DATABASE_URL, BENCH_REDIS_URL). Printed: the
median time of each sweep's read with few rows and with many and their ratio (bar: 2), its plan, and what the workers did:
seconds, attempts a second, how many rows were claimed twice (bar: 0) or not at all (bar: 0).
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bench.databases import ROOT, own_database, own_redis
from bench.runs import answered, explained, measured, parser, times_of

BAR = 2.0
ATTEMPTS_PER_CHASE = 5
"""Of the attempts of a chase one is planned, the others were sent."""
COPIES = 10**9
"""Copied rows have ids from here on."""
DEAF_SMTP = "django.core.mail.backends.dummy.EmailBackend"
"""What is measured is the handing out, not somebody's mail server."""


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    return parser(__doc__, attempts=1_000_000, due=10_000, workers=4, rounds=31).parse_args()


def fill(*, first: int, last: int, due: int) -> None:
    """Add a chase and its attempts to tickets `first` to `last`; the attempts of the first `due` tickets are due now."""
    from django.db import connection

    past, ahead = "now() - interval '1 minute'", "now() + interval '1 day' + (i || ' seconds')::interval"
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM migrations_app_migrationcase")
        case = cursor.fetchone()[0]
        cursor.execute("SELECT min(id) FROM migrations_app_chase WHERE requirement_code = 'two_step_disabled'")
        chase = cursor.fetchone()[0]
        numbers = f"(SELECT i FROM generate_series({first}, {last}) AS g(i)) n"
        unlike = {"id": f"{COPIES} + i", "case_id": f"{case} + i", "reply_token": "'bench' || i"}
        _copy(cursor, "migrations_app_chase", unlike, f"{numbers}, migrations_app_chase t WHERE t.id = {chase}")
        cursor.execute(f"SELECT min(id) FROM migrations_app_chaseattempt WHERE chase_id = {chase}")
        attempt = cursor.fetchone()[0]
        rungs = f"{numbers}, generate_series(0, {ATTEMPTS_PER_CHASE - 1}) AS r(rung)"
        unlike = {
            "id": f"{COPIES} + i * {ATTEMPTS_PER_CHASE} + rung",
            "chase_id": f"{COPIES} + i",
            "state": "CASE rung WHEN 0 THEN 'planned' ELSE 'sent' END",
            "address": "'loja' || i || '@client.example'",
            "due_at": f"CASE WHEN rung > 0 THEN now() - interval '30 days' WHEN i <= {due} THEN {past} ELSE {ahead} END",
            "sent_at": "CASE rung WHEN 0 THEN NULL ELSE now() - interval '30 days' END",
        }
        _copy(
            cursor,
            "migrations_app_chaseattempt",
            unlike,
            f"{rungs}, migrations_app_chaseattempt t WHERE t.id = {attempt}",
        )
        for table in ("migrations_app_chase", "migrations_app_chaseattempt"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        # The lists' benchmark gives all tickets one client; a ticket that is chased waits for one of its own.
        theirs = f"SELECT ticket_id FROM migrations_app_migrationcase WHERE id BETWEEN {case + first} AND {case + min(last, due)}"
        email = "'loja' || id || '@client.example'"
        cursor.execute(
            f"UPDATE tickets_ticket SET status = 'waiting', stage = 'requirements', contact_email = {email} WHERE id IN ({theirs})"
        )
        cursor.execute("VACUUM ANALYZE")


def _copy(cursor: Any, table: str, unlike: dict[str, str], source: str) -> None:
    from django.db import connection

    columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    quoted = ", ".join(f'"{name}"' for name in columns)
    chosen = ", ".join(unlike.get(name, f't."{name}"') for name in columns)
    cursor.execute(f"INSERT INTO {table} ({quoted}) SELECT {chosen} FROM {source}")


def sweeps() -> dict[str, Callable[[], object]]:
    """Return the reads of all sweeps that look at chases, messages and cases."""
    from config.core import clock
    from migrations_app.models import ChaseAttempt, Notice
    from migrations_app.selectors import cases, due
    from migrations_app.tasks import BATCH

    now = clock.now()
    gone = now - timedelta(minutes=2)
    return {
        "due attempts": lambda: due.due_messages(ChaseAttempt, now=now, limit=BATCH),
        "due notices": lambda: due.due_messages(Notice, now=now, limit=BATCH),
        "lost attempts": lambda: due.lost_messages(ChaseAttempt, claimed_before=gone, limit=BATCH),
        "ended ladders": lambda: due.ended_ladders(now=now - timedelta(days=3650), limit=BATCH),
        "silent tickets": lambda: due.silent_tickets(now=now, limit=BATCH),
        "expired holds": lambda: due.expired_holds(now=now, limit=BATCH),
        "cool-downs": lambda: cases.cooling_due(now=now, limit=BATCH),
        "closing": lambda: cases.auto_close_due(now=now, limit=BATCH),
    }


def medians(rounds: int) -> dict[str, float]:
    """Return the median of each sweep's read in milliseconds."""
    return {
        name: statistics.median(times_of(lambda _n, read=read: read(), rounds)[0])  # type: ignore[misc]
        for name, read in sweeps().items()
    }


def plans() -> dict[str, str]:
    """Return how the database finds what is due."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    found = {}
    for name, read in sweeps().items():
        with CaptureQueriesContext(connection) as queries:
            read()
        found[name] = explained(queries[0]["sql"])
    return found


_AT_WORK = """
SELECT (SELECT count(*) FROM migrations_app_chaseattempt WHERE state = 'planned' AND due_at <= now())
     + (SELECT count(*) FROM migrations_app_chaseattempt WHERE state = 'sending')
"""


def hand_out(*, due: int, workers: int) -> dict[str, float]:
    """Let real workers send what is due and return what became of it."""
    from django.db import connection

    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config.celery"]
    loud = ["--loglevel", "ERROR"]
    crew = [subprocess.Popen([*celery, "worker", "--pool", "prefork", "--concurrency", str(workers), *loud], cwd=ROOT)]
    begin = time.monotonic()
    beat = [*celery, "beat", "--pidfile=", "--schedule", f"{os.environ['PORTERO_VAR']}/beat", *loud]
    crew.append(subprocess.Popen(beat, cwd=ROOT))
    left = due
    try:
        while left:
            time.sleep(0.5)
            with connection.cursor() as cursor:
                cursor.execute(_AT_WORK)
                left = cursor.fetchone()[0]
        seconds = time.monotonic() - begin
    finally:
        for process in crew:
            process.terminate()
        for process in crew:
            process.wait()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(distinct recipient) FROM providers_exchange WHERE purpose LIKE 'chase.%%'"
        )
        sent, recipients = cursor.fetchone()
    return {"seconds": seconds, "sent": sent, "twice": sent - recipients, "missed": due - recipients}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Fill, read, fill on, read again, hand out."""
    from bench.fill import grow
    from bench.measure import set_up
    from migrations_app.models import ChaseAttempt

    template, _key = set_up()
    ChaseAttempt.objects.update(state="sent")
    tickets = options.attempts // ATTEMPTS_PER_CHASE
    few = min(options.due, tickets)
    # What is due is handed out: those tickets are whole, else the first message would find nothing missing.
    grow(template, first=1, last=few, requirements_every=1)
    fill(first=1, last=few, due=options.due)
    small = medians(options.rounds)
    grow(template, first=few + 1, last=tickets)
    fill(first=few + 1, last=tickets, due=options.due)
    large = medians(options.rounds)
    found = {"times": {name: (small[name], large[name]) for name in small}, "plans": plans()}
    return {**found, "handed": hand_out(due=few, workers=options.workers)}


def main() -> int:
    """Run the benchmark; the exit code is 1 when a bar is missed."""
    options = arguments()
    if answered(options, lambda: measure(options)):
        return 0
    with own_database("postgres") as environment, own_redis() as servers:
        own = environment | servers | {"EMAIL_BACKEND": DEAF_SMTP, "PORTERO_TICK_SECONDS": "1"}
        found = measured("bench.sweeps", options, own)
    held = True
    print(f"{'sweep':<20}{options.due * ATTEMPTS_PER_CHASE:>12,}{options.attempts:>12,}  ratio")
    for name, (small, large) in found["times"].items():
        grown = large / small > BAR and large > 1
        held = held and not grown
        print(f"{name:<20}{small:>12.2f}{large:>12.2f}{large / small:>7.2f}{'  <- grows' if grown else ''}")
    for name, plan in found["plans"].items():
        print(f"\n{name}\n{plan}")
    done = found["handed"]
    print(f"\n{options.workers} workers: {done['sent']:,} of {options.due:,} attempts in {done['seconds']:.0f} s "
          f"({done['sent'] / done['seconds']:.0f} a second), twice: {done['twice']}, not at all: {done['missed']}")  # fmt: skip
    return 0 if held and not done["twice"] and not done["missed"] else 1


if __name__ == "__main__":
    sys.exit(main())
