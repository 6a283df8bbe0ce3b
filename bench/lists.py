"""Does a list stay quick while the desk grows? The ticket list, each of its filters, polls, pages and batches, measured twice.

    bench/lists.py [--on postgres|sqlite|both] [--small 10000] [--large 1000000] [--rounds 31] [--plans]

Each database is made for the run and dropped after it: SQLite in a temporary folder, PostgreSQL under a name of its own on
the server of BENCH_DATABASE_URL (default: postgres://postgres@127.0.0.1:5432/postgres). Requests go through the whole
stack of the product within this process. Printed: the median time at both sizes, their ratio (bar: 2, DESIGN's growth), and
the number of queries.
"""

import argparse
import sys
from typing import Any

from bench.databases import own_database
from bench.runs import answered, kinds, measured, on_both, parser

BAR = 2.0
"""The median with many tickets may be at most so many times the median with few."""
TOO_SHORT_MS = 1.0
"""Below this, the clock and the machine's other work decide; a ratio says nothing."""


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    made = on_both(parser(__doc__, small=10_000, large=1_000_000, rounds=31))
    made.add_argument("--plans", action="store_true", help="print the query plans at the large size")
    return made.parse_args()


def run_on(database: str, options: argparse.Namespace) -> bool:
    """Measure on one kind of database, print the table, and tell whether everything held."""
    with own_database(database) as environment:
        return _print_table(database, measured("bench.lists", options, environment), options)


def _print_table(database: str, found: dict[str, Any], options: argparse.Namespace) -> bool:
    """Print one line per request and tell whether each kept the bar."""
    print(f"\n{found['version']}: medians of {options.rounds} rounds in milliseconds")
    print(f"{'request':<34}{options.small:>12,}{options.large:>12,}{'ratio':>8}{'queries':>9}")
    held = True
    for name, (small, large, queries) in found["times"].items():
        ratio = large / small
        grown = ratio > BAR and large > TOO_SHORT_MS and not (database == "sqlite" and name.startswith("q="))
        held = held and not grown
        mark = "  <- grows" if grown else ""
        print(f"{name:<34}{small:>12.1f}{large:>12.1f}{ratio:>8.2f}{queries:>9}{mark}")
    for name, plan in found["plans"].items():
        print(f"\n{name}\n{plan}")
    return held


def found(options: argparse.Namespace) -> dict[str, Any]:
    """Return what is found in the process that measures."""
    from bench.measure import measure

    return measure(small=options.small, large=options.large, rounds=options.rounds, plans=options.plans)


def main() -> int:
    """Run the benchmark; the exit code is 1 when something grows beyond the bar."""
    options = arguments()
    if answered(options, lambda: found(options)):
        return 0
    held = [run_on(kind, options) for kind in kinds(options)]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
