"""How fast is the API, beside a bare Django view and beside django-helpdesk? The same machine, database server and tickets.

    bench/speed.py [--tickets 10000] [--rounds 5] [--seconds 3] [--connections 4] [--workers 2] [--without-helpdesk]

Three applications behind the same web server with the same settings, on PostgreSQL and Redis: Portero; a Django view without
middleware that reads one row by its index (`bench/bare.py`); django-helpdesk (`bench/other_desk.py`), installed into an
environment of its own below .venv. They are asked in turn, round by round, so that whatever else the machine does falls upon
all of them. Printed: requests a second (median of the rounds), median and 95th percentile of the answers' times, the processor
time of the web server for a request, and both as a share of the bare view's. Bars: DESIGN's numbers.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from bench.databases import ROOT, own_database, own_redis, postgres_database
from bench.runs import answered, measured, p95, parser
from bench.serving import Served, served

KEYS = 60
"""So many that none meets its limit of requests a minute."""
FEW = 100
"""Tickets that are asked for again and again."""
YARDSTICK = "bare view"
POLL_BAR, TICKET_BAR, HELPDESK_BAR = 0.8, 0.35, 1000
HELPDESK = ROOT / ".venv" / ".helpdesk"


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    made = parser(__doc__, tickets=10_000, rounds=5, seconds=3, connections=4, workers=2)
    made.add_argument("--without-helpdesk", action="store_true")
    return made.parse_args()


def fill(tickets: int) -> dict[str, Any]:
    """Make a desk of so many tickets; return keys and references of the one who has half of them."""
    from bench.fill import code, grow
    from bench.measure import set_up
    from config.core import clock
    from config.core.actor import OPERATOR
    from tickets.models import Organization
    from tickets.services.organizations import issue_api_key

    template, key = set_up()
    grow(template, first=1, last=tickets, requirements_every=2)
    partner = Organization.objects.get(pk=template.partner)
    now = clock.now()
    keys = [
        issue_api_key(organization=partner, scopes=[], test=False, label="", by=OPERATOR, now=now)[1]
        for _ in range(KEYS - 1)
    ]
    return {"keys": [key, *keys], "references": [f"MIG-{code(n).upper()}" for n in range(2, tickets + 1, 2)]}


@dataclass
class Target:
    """What is asked for, and what was found."""

    name: str
    server: Served
    requests: list[tuple[str, dict[str, str]]]
    status: int = 200
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def ask(self, *, seconds: float, connections: int) -> None:
        """Ask for a while and note how it went."""
        plan = {"port": self.server.port, "seconds": seconds, "connections": connections, "status": self.status}
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump(plan | {"requests": self.requests}, file)
            file.flush()
            before = self.server.processor_seconds()
            output = subprocess.run(
                [sys.executable, "-m", "bench.load", file.name], cwd=ROOT, check=True, capture_output=True
            ).stdout
            cost = self.server.processor_seconds() - before
        found = json.loads(output)
        if found["wrong"]:
            msg = f"{self.name}: answered with {found['wrong']}"
            raise SystemExit(msg)
        self.rates.append(len(found["times"]) / found["seconds"])
        self.costs.append(cost * 1000 / len(found["times"]))
        self.times += found["times"]

    def forget(self) -> None:
        """Let what was found until now be the warming up."""
        self.rates, self.costs, self.times = [], [], []


def own_targets(server: Served, desk: dict[str, Any]) -> Iterator[Target]:
    """Yield what is asked of Portero."""
    keys, references = desk["keys"], desk["references"]
    headers = [{"Authorization": f"Bearer {key}"} for key in keys]

    def asked(chosen: list[str], tail: str = "") -> list[tuple[str, dict[str, str]]]:
        return [(f"/api/v1/tickets/{ref}{tail}", headers[n % KEYS]) for n, ref in enumerate(chosen)]

    few = references[:: len(references) // FEW][:FEW]
    polls = [(path, head | {"If-None-Match": _tag(server, path, head)}) for path, head in asked(few, "/status")]
    yield Target("poll, 304", server, polls, status=304)
    yield Target("ticket, asked for again", server, asked(few))
    yield Target("ticket, each another", server, asked(references))


def _tag(server: Served, path: str, headers: dict[str, str]) -> str:
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", path, headers=headers)
    tag = connection.getresponse().headers["ETag"]
    connection.close()
    return str(tag)


def helpdesk_python() -> str | None:
    """Return a Python that has django-helpdesk, installing it if needed; None when it cannot be had."""
    python = HELPDESK / "bin" / "python"
    wanted = (ROOT / "bench" / "other_desk.txt").read_text(encoding="utf-8")
    stamp = HELPDESK / "installed.txt"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return str(python)
    print("Installing django-helpdesk into an environment of its own ...", flush=True)
    uv = [sys.executable, "-m", "uv", "--quiet"]
    try:
        subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(HELPDESK)], check=True)
        install = ["pip", "install", "--python", str(python), "-r", str(ROOT / "bench" / "other_desk.txt")]
        subprocess.run([*uv, *install], check=True)
    except subprocess.CalledProcessError:
        return None
    stamp.write_text(wanted, encoding="utf-8")
    return str(python)


def helpdesk_target(stack: ExitStack, options: argparse.Namespace, environment: dict[str, str]) -> Target | None:
    """Fill and serve django-helpdesk; None when it cannot be installed."""
    python = helpdesk_python()
    if python is None:
        print("django-helpdesk cannot be installed here: it is left out.")
        return None
    address = stack.enter_context(postgres_database("portero_bench_other"))
    environment = environment | {"HELPDESK_DATABASE_URL": address}
    command = [python, "-m", "bench.other_desk", "fill", str(options.tickets)]
    output = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True).stdout
    found = json.loads(output.splitlines()[-1])
    server = stack.enter_context(
        served("bench.other_desk:application", environment, python=python, workers=options.workers)
    )
    cookie = {"Cookie": f"sessionid={found['session']}"}
    return Target("django-helpdesk, ticket", server, [(f"/api/tickets/{pk}/", cookie) for pk in found["ids"]])


def compared(options: argparse.Namespace, targets: list[Target], rival: Target | None) -> None:
    """Ask all of them in turn. django-helpdesk is asked once, at the end: an answer takes seconds."""
    for target in targets:
        target.ask(seconds=1, connections=options.connections)
        target.forget()
    for _ in range(options.rounds):
        for target in targets:
            target.ask(seconds=options.seconds, connections=options.connections)
    if rival:
        rival.ask(seconds=options.seconds, connections=options.connections)


def share(target: Target, yardstick: Target) -> float:
    """Return how many requests a second of the yardstick's, round by round; the median."""
    pairs = zip(target.rates, yardstick.rates, strict=False)
    return statistics.median(own / bare for own, bare in pairs)


def print_table(targets: list[Target], yardstick: Target) -> None:
    """Print one line for each."""
    print(f"\n{'':<26}{'req/s':>9}{'p50 ms':>9}{'p95 ms':>10}{'web CPU ms':>12}{'rate':>9}{'CPU':>8}")
    for target in targets:
        cost, bare = statistics.median(target.costs), statistics.median(yardstick.costs)
        rate, half, worst = statistics.median(target.rates), statistics.median(target.times), p95(target.times)
        figures = f"{rate:>9.1f}{half:>9.1f}{worst:>10.1f}{cost:>12.2f}"
        print(f"{target.name:<26}{figures}{share(target, yardstick):>9.4g}{cost / bare:>8.2f}")


def judged(targets: dict[str, Target]) -> bool:
    """Print what was reached of DESIGN's numbers, and tell whether all was."""
    bare, ticket, rival = targets[YARDSTICK], targets["ticket, asked for again"], targets.get("django-helpdesk, ticket")
    found = [
        ("poll answered 304 / bare view", share(targets["poll, 304"], bare), POLL_BAR),
        ("ticket / bare view", share(ticket, bare), TICKET_BAR),
    ]
    if rival:
        rates = statistics.median(ticket.rates) / statistics.median(rival.rates)
        found.append(("ticket / django-helpdesk's", rates, HELPDESK_BAR))
    print()
    for name, reached, bar in found:
        print(f"{name:<34}{reached:>10.2f}   bar {bar}{'' if reached >= bar else '   <- missed'}")
    return all(reached >= bar for _name, reached, bar in found)


def main() -> int:
    """Run the benchmark; the exit code is 1 when a bar is missed."""
    options = arguments()
    if answered(options, lambda: fill(options.tickets)):
        return 0
    with ExitStack() as stack:
        environment = stack.enter_context(own_database("postgres")) | stack.enter_context(own_redis())
        environment |= {"WEB_PROCESSES": str(options.workers)}
        desk = measured("bench.speed", options, environment)
        own = stack.enter_context(served("config.wsgi:application", environment, workers=options.workers))
        bare = stack.enter_context(served("bench.bare:application", environment, workers=options.workers))
        few = desk["references"][:FEW]
        targets = [
            Target(name, bare, [(f"/{kind}/{reference}", {}) for reference in few])
            for name, kind in ((YARDSTICK, "orm"), ("bare view, plain SQL", "sql"))
        ]
        targets += own_targets(own, desk)
        rival = None if options.without_helpdesk else helpdesk_target(stack, options, environment)
        compared(options, targets, rival)
    everything = [*targets, rival] if rival else targets
    print_table(everything, targets[0])
    return 0 if judged({target.name: target for target in everything}) else 1


if __name__ == "__main__":
    sys.exit(main())
