# ruff: noqa: S608  (every part of the SQL is ours)
"""Proves that the change feed tells everything once and in order while many write, and that it stays quick when it is long.

    bench/feed.py [--on postgres|sqlite|both] [--events 20000] [--writers 8] [--readers 3] [--organizations 5]
                  [--small 10000] [--large 1000000] [--rounds 31] [--plans]

The proof: writers, each a process, change tickets of all organizations by units of work of one to five events, some for the desk
only; one unit in twenty breaks off. Readers, each a process, follow the feeds of all organizations through the API meanwhile. In
the end each reader must have been told exactly what the table holds, in its order, and the numbers must have no gap. The growth:
a feed of `--small` and of `--large` events (made by SQL), each kind of page read at both sizes; bar: twice the time. Full proof:
`--events 100000 --large 10000000`.
"""

import argparse
import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from multiprocessing.synchronize import Event as Flag
from typing import Any

from bench.databases import own_database
from bench.runs import answered, explained, kinds, measured, on_both, parser, times_of, version

TICKETS = 8
"""Of each organization; writers meet on them."""
BROKEN_EVERY = 20
MOST_EVENTS = 5
INTERNAL = 0.2
"""So many of the events are for the desk only."""
BAR = 2.0
TOO_SHORT_MS = 3.0
"""Below this, the machine's other work decides; a ratio says nothing."""
RARE, COMMON = "pin_call.no_show", "ticket.updated"
COPIES = 10**9


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    made = on_both(
        parser(
            __doc__, events=20_000, writers=8, readers=3, organizations=5, small=10_000, large=1_000_000, rounds=31
        )
    )  # fmt: skip
    made.add_argument("--plans", action="store_true", help="print the query plans at the large size")
    return made.parse_args()


class BrokenOffError(Exception):
    """A unit of work that changes its mind."""


def write(place: int, wanted: int, tickets: list[int], gate: Barrier, told: Any) -> None:
    """Write so many events by units of work on tickets picked by chance; tell how many and how often it had to wait."""
    from bench import measure  # noqa: F401  (sets Django up)
    from django.db import OperationalError  # isort: skip

    chance, written, busy, units = random.Random(place), 0, 0, 0  # noqa: S311
    gate.wait()
    while written < wanted:
        ids = chance.sample(tickets, chance.choice((1, 1, 1, 2)))
        count = min(chance.randint(len(ids), MOST_EVENTS), max(len(ids), wanted - written))
        units += 1
        try:
            _unit(ids, count, chance, broken=units % BROKEN_EVERY == 0)
            written += count
        except BrokenOffError:
            continue
        except OperationalError:  # SQLite's writers queue; a caller of the API would come again
            busy += 1
    told.put(("writer", place, written, busy))


def _unit(ids: list[int], count: int, chance: random.Random, *, broken: bool) -> None:
    from config.core import clock
    from config.core.actor import SYSTEM
    from config.core.uow import unit_of_work
    from tickets.enums import EventType
    from tickets.services.events import record
    from tickets.services.tickets import lock_ticket

    with unit_of_work(by=SYSTEM, now=clock.now()) as uow:
        # Several tickets are always taken by ascending id.
        rows = [lock_ticket(uow, ticket_id) for ticket_id in sorted(ids)]
        for n in range(count):
            record(
                uow, rows[n % len(rows)], EventType.TICKET_UPDATED, internal=chance.random() < INTERNAL, n=n
            )  # fmt: skip
        if broken:
            raise BrokenOffError


def read(place: int, keys: list[str], over: Flag, told: Any) -> None:
    """Follow all feeds until nothing is written any more, and tell every id in the order in which it came."""
    from bench.measure import API, Caller

    callers = [Caller(key) for key in keys]
    places = [str(caller.get(f"{API}/events?after=now").json()["next_cursor"]) for caller in callers]
    ids: list[list[str]] = [[] for _ in keys]
    told.put(("ready", place, 0, 0))
    pages = 0
    while True:
        last = over.is_set()
        more = False
        for n, caller in enumerate(callers):
            page = caller.get(f"{API}/events?limit=200&after={places[n]}").json()
            ids[n] += [event["id"] for event in page["data"]]
            places[n], more, pages = page["next_cursor"], more or page["has_more"], pages + 1
        if last and not more:
            break
        if not more:
            time.sleep(0.1)  # a limit of 6,000 requests a minute is on each key
    told.put(("reader", place, ids, pages))


def prove(options: argparse.Namespace) -> dict[str, Any]:
    """Let writers and readers run, and compare what was told with what is there."""
    from bench.measure import API, FORM, Caller, set_up
    from config.core import clock
    from config.core.actor import OPERATOR
    from tickets.models import Event, Organization, Ticket
    from tickets.services.organizations import ensure_organization, issue_api_key

    set_up()
    keys, owners, now = [], [], clock.now()
    for n in range(options.organizations):
        owner = ensure_organization(name=f"Owner {n}", partner=True, by=OPERATOR, now=now)
        keys.append(issue_api_key(organization=owner, scopes=[], test=False, label="", by=OPERATOR, now=now)[1])
        owners.append(owner.pk)
        for m in range(TICKETS):
            body = FORM | {"phone_numbers": [f"+55119710{n:02d}{m:03d}"]}
            Caller(keys[-1]).post(f"{API}/tickets", body, expect=201)
    before = dict(Organization.objects.filter(pk__in=owners).values_list("pk", "event_seq"))
    tickets = list(Ticket.objects.filter(organization_id__in=owners).order_by("pk").values_list("pk", flat=True))
    found, seconds = _run(options, keys, tickets)
    told = [ids for kind, _place, ids, _pages in found if kind == "reader"]
    written = sum(count for kind, _place, count, _busy in found if kind == "writer")
    wrong, gaps = 0, 0
    for n, owner_id in enumerate(owners):
        rows = Event.objects.filter(organization_id=owner_id, sequence__gt=before[owner_id]).order_by("sequence")
        public = [
            f"evt_{owner_id}_{sequence}" for sequence in rows.filter(internal=False).values_list("sequence", flat=True)
        ]
        wrong += sum(ids[n] != public for ids in told)
        numbers = list(rows.values_list("sequence", flat=True))
        head = Organization.objects.get(pk=owner_id).event_seq
        gaps += numbers != list(range(before[owner_id] + 1, head + 1))
    stored = sum(Organization.objects.get(pk=owner).event_seq - before[owner] for owner in owners)
    return {
        "written": written, "stored": stored, "told": sum(map(len, told[0])), "wrong": wrong, "gaps": gaps,
        "seconds": seconds, "busy": sum(busy for kind, _place, _count, busy in found if kind == "writer"),
        "pages": sum(pages for kind, _place, _ids, pages in found if kind == "reader"),
    }  # fmt: skip


def _run(options: argparse.Namespace, keys: list[str], tickets: list[int]) -> tuple[list[Any], float]:
    """Start all processes and wait for what they tell; return it and the seconds of writing."""
    context = multiprocessing.get_context("spawn")
    told, over, gate = context.Queue(), context.Event(), context.Barrier(options.writers + 1)
    readers = [context.Process(target=read, args=(n, keys, over, told)) for n in range(options.readers)]
    for reader in readers:
        reader.start()
    found = [told.get(timeout=120) for _ in readers]
    share = options.events // options.writers
    writers = [context.Process(target=write, args=(n, share, tickets, gate, told)) for n in range(options.writers)]
    for writer in writers:
        writer.start()
    gate.wait()
    begin = time.monotonic()
    found += [told.get() for _ in writers]
    seconds = time.monotonic() - begin
    over.set()
    found += [told.get() for _ in readers]
    for process in (*readers, *writers):
        process.join()
    return found, seconds


def lengthen(organization: int, *, first: int, last: int) -> None:
    """Add events number `first` to `last` to a feed: common ones, with rare ones at its beginning, of very many tickets."""
    from django.db import connection

    from bench.fill import RARE as FEW
    from bench.fill import series

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_event (id, organization_id, sequence, type, ticket_id, ticket_reference, data, internal, test,"
            " actor_kind, actor_label, request_id, occurred_at)"
            f" SELECT {COPIES} + i, {organization}, i, CASE WHEN i <= {FEW} THEN '{RARE}' ELSE '{COMMON}' END,"
            f" {COPIES} + i % 100000, 'MIG-' || (i % 100000), '{{}}', false, false, 'system', 'Bench', '', CURRENT_TIMESTAMP"
            f" FROM ({series(first, last)}) n"
        )
        cursor.execute(f"UPDATE tickets_organization SET event_seq = {last}, event_floor = 0 WHERE id = {organization}")
        cursor.execute("VACUUM ANALYZE tickets_event" if connection.vendor == "postgresql" else "PRAGMA optimize")


def pages(key: str) -> dict[str, Callable[[int], Any]]:
    """Return what is asked of a long feed."""
    from bench.measure import API, Caller

    api = Caller(key)
    first = str(api.get(f"{API}/events?limit=1").json()["next_cursor"])
    last = str(api.get(f"{API}/events?after=now").json()["next_cursor"])
    tag = api.get(f"{API}/events?after={last}").headers["ETag"]

    def page(query: str) -> Callable[[int], Any]:
        return lambda _n: api.get(f"{API}/events?limit=200&{query}")

    return {
        "oldest 200": page(""),
        "after the first": page(f"after={first}"),
        "nothing new, 200": page(f"after={last}"),
        "nothing new, 304": lambda _n: api.get(
            f"{API}/events?after={last}", expect=304, **{"if-none-match": tag}
        ),
        "types=, the common one": page(f"types={COMMON}"),
        "types=, rare, where some are": page(f"types={RARE}"),
        "types=, rare, after them": page(f"types=sla.breached&after={first}"),
        "ticket=": page("ticket=MIG-77"),
        "ticket=, nobody's": page("ticket=MIG-NOBODY22"),
        "ticket= and types=": page(f"ticket=MIG-77&types={RARE}"),
    }  # fmt: skip


def growth(options: argparse.Namespace) -> dict[str, Any]:
    """Read each kind of page of a short and of a long feed."""
    import statistics

    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from config.core import clock
    from config.core.actor import OPERATOR
    from tickets.services.organizations import ensure_organization, issue_api_key

    now = clock.now()
    owner = ensure_organization(name="Long", partner=True, by=OPERATOR, now=now)
    key = issue_api_key(organization=owner, scopes=[], test=False, label="", by=OPERATOR, now=now)[1]
    times: dict[str, list[float]] = {}
    queries: dict[str, int] = {}
    plans: dict[str, str] = {}
    filled = 0
    for size in (options.small, options.large):
        lengthen(owner.pk, first=filled + 1, last=size)
        filled = size
        for name, page in pages(key).items():
            cache.clear()
            times.setdefault(name, []).append(statistics.median(times_of(page, options.rounds)[0]))
            with CaptureQueriesContext(connection) as seen:
                page(0)
            queries[name] = len(seen)
            reads = [query["sql"] for query in seen if 'FROM "tickets_event"' in query["sql"]]
            if reads:
                plans[name] = explained(reads[0])
    return {"times": times, "queries": queries, "plans": plans if options.plans else {}}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Prove, then lengthen and read."""
    proof = prove(options)
    return {"proof": proof, "growth": growth(options), "version": version()}


def run_on(kind: str, options: argparse.Namespace) -> bool:
    """Run on one kind of database, print what was found, and tell whether it held."""
    with own_database(kind) as environment:
        found = measured("bench.feed", options, environment)
    proof, grown = found["proof"], found["growth"]
    print(
        f"\n{found['version']}: {options.writers} writers, {options.readers} readers, {options.organizations} organizations"
    )
    print(f"{proof['written']:,} events in {proof['seconds']:.0f} s ({proof['written'] / proof['seconds']:.0f} a second), "
          f"{proof['pages']:,} pages read meanwhile, {proof['busy']} writes repeated because the database was busy")  # fmt: skip
    print(
        f"each reader was told {proof['told']:,}; feeds told otherwise than they are: {proof['wrong']}, with a gap: {proof['gaps']}"
    )
    held = proof["written"] == proof["stored"] and not proof["wrong"] and not proof["gaps"]
    print(f"\n{'page of 200, median ms':<32}{options.small:>12,}{options.large:>12,}{'ratio':>8}{'queries':>9}")
    for name, (small, large) in grown["times"].items():
        slow = large / small > BAR and large > TOO_SHORT_MS
        held = held and not slow
        print(f"{name:<32}{small:>12.1f}{large:>12.1f}{large / small:>8.2f}{grown['queries'][name]:>9}"
              f"{'  <- grows' if slow else ''}")  # fmt: skip
    for name, plan in grown["plans"].items():
        print(f"\n{name}\n{plan}")
    return held


def main() -> int:
    """Run the benchmark; the exit code is 1 when something was missed, told twice, or grows."""
    options = arguments()
    if answered(options, lambda: measure(options)):
        return 0
    held = [run_on(kind, options) for kind in kinds(options)]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
