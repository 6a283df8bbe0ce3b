"""What an export of very many tickets costs: time, and memory that must not grow with the number of tickets.

`python -m bench.exports --tickets 200000` fills a database of its own (half of the tickets are the caller's) and has every format
written by a process of its own, by turns as workers do it. The bar: 200 MB, for ten thousand rows and for all of them.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.databases import own_database

BAR_MB = 200
FORMATS = ("csv", "ndjson", "xlsx")


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--on", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--tickets", type=int, default=200_000, help="half of them are exported")
    parser.add_argument("--requirements-every", type=int, default=1, help="every how many tickets have requirements")
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write", choices=FORMATS, help=argparse.SUPPRESS)
    parser.add_argument("--before", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def fill(options: argparse.Namespace) -> None:
    """Make the tickets."""
    from bench.fill import grow
    from bench.measure import set_up

    template, _key = set_up()
    grow(template, first=1, last=options.tickets, requirements_every=options.requirements_every)


def write(kind: str, before: int) -> dict[str, Any]:
    """Have the partner's tickets written, those below a number only where one is given, and return what it took."""
    from datetime import timedelta

    from bench.fill import START
    from config.core import clock
    from config.core.actor import OPERATOR
    from migrations_app.enums.exports import ExportFormat, ExportState
    from migrations_app.selectors.wishes import TicketWish
    from migrations_app.services import exports
    from tickets.models import Organization

    wish = TicketWish(created_before=START + timedelta(minutes=before)) if before else TicketWish()
    wanted = exports.Wanted(ExportFormat(kind), {}, wish, test=False)
    partner = Organization.objects.get(name="Partner")
    row = exports.ask(organization_id=partner.pk, wanted=wanted, by=OPERATOR, now=clock.now())
    start, turns, state = time.perf_counter(), 0, None
    while state in {None, ExportState.RUNNING}:
        state = exports.write_due(row.pk, by=OPERATOR, now=clock.now())
        turns += 1
    took = time.perf_counter() - start
    row.refresh_from_db()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": row.done, "seconds": took, "turns": turns, "megabytes": peak, "file": row.size / 1e6}


def main() -> int:
    """Run the benchmark; the exit code is 1 when the bar is missed."""
    options = arguments()
    if options.fill or options.write:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
        import django

        django.setup()
        if options.write:
            sys.stdout.write(json.dumps(write(options.write, options.before)) + "\n")
        else:
            fill(options)
        return 0
    print(f"{'format':<8}{'rows':>9}{'seconds':>9}{'rows/s':>8}{'turns':>7}{'file MB':>9}{'peak MB':>9}")
    worst = 0.0
    with own_database(options.on) as environment:
        environment["PORTERO_EXPORT_XLSX_ROWS"] = str(options.tickets)
        command = [sys.executable, "-m", "bench.exports"]
        every = ["--requirements-every", str(options.requirements_every)]
        subprocess.run(
            [*command, "--fill", "x", "--tickets", str(options.tickets), *every], env=environment, check=True
        )
        for kind in FORMATS:
            for before in (20_000, 0):
                asked = [*command, "--write", kind, "--before", str(before)]
                done = subprocess.run(asked, env=environment, check=True, capture_output=True, text=True)
                found = json.loads(done.stdout.splitlines()[-1])
                worst = max(worst, found["megabytes"])
                print(
                    f"{kind:<8}{found['rows']:>9,}{found['seconds']:>9.1f}{found['rows'] / found['seconds']:>8.0f}"
                    f"{found['turns']:>7}{found['file']:>9.1f}{found['megabytes']:>9.0f}",
                    flush=True,
                )
    return 0 if worst <= BAR_MB else 1


if __name__ == "__main__":
    sys.exit(main())
