"""Measures one database at two sizes: sets a desk up, files the ticket that is copied, fills, asks, fills on, asks again."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench.fill import OTHERS, Template, code, filed_at, grow  # noqa: E402
from bench.runs import explained, times_of, version  # noqa: E402
from config.core import clock  # noqa: E402
from config.core.actor import OPERATOR  # noqa: E402
from migrations_app.models import MigrationCase, NumberMove, Requirement  # noqa: E402
from providers.models import Bsp  # noqa: E402
from tickets.models import Organization, Queue, Ticket  # noqa: E402
from tickets.selectors.desk import AGENT, LEAD  # noqa: E402
from tickets.services.organizations import ensure_organization, issue_api_key  # noqa: E402

API = "/api/v1"
HOST = "127.0.0.1"
RARE_BSP = "zoko"
FORM: dict[str, Any] = {
    "client": {
        "name": "Loja",
        "contact_email": "loja@client.example",
        "country": "BR",
        "timezone": "America/Sao_Paulo",
    },
    "current_bsp": "infobip",
    "business_verification": "verified",
    "hosting": "cloud_api",
    "connection_status": "connected",
    "waba_id": "102290129340398",
    "business_manager_id": "506914307656634",
    "waba_owner": "client",
}
Request = Callable[[int], Any]
"""One request of round `n`; each round asks for something else where it can."""


class Caller:
    """Somebody with a key or a session, asking within this process."""

    def __init__(self, key: str = "", user: User | None = None) -> None:
        """Keep the credentials."""
        self.web = Client(raise_request_exception=True)
        self.headers = {"host": HOST, **({"authorization": f"Bearer {key}"} if key else {})}
        if user is not None:
            self.web.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def get(self, path: str, *, expect: int = 200, **headers: str) -> Any:
        """Ask, and insist on the status."""
        answer = self.web.get(path, headers={**self.headers, **headers})
        assert answer.status_code == expect, (path, answer.status_code, answer.content[:300])  # noqa: S101
        return answer

    def post(self, path: str, body: Any, *, expect: int) -> Any:
        """Send, and insist on the status."""
        answer = self.web.post(path, body, content_type="application/json", headers=self.headers)
        assert answer.status_code == expect, (path, answer.status_code, answer.content[:300])  # noqa: S101
        return answer


def set_up() -> tuple[Template, str]:
    """Make desk, organizations and the ticket that is copied; return it and the partner's key."""
    now = clock.now()
    call_command("migrate", verbosity=0)
    call_command("load_desk", verbosity=0)
    queues = [Queue.objects.create(slug=slug, name=slug, created_at=now, updated_at=now) for slug in ("latam", "rare")]
    partner = ensure_organization(name="Partner", partner=True, by=OPERATOR, now=now)
    others = [Organization(name=f"Client {n}", created_at=now, updated_at=now) for n in range(OTHERS)]
    Organization.objects.bulk_create(others)
    _row, key = issue_api_key(organization=partner, scopes=[], test=False, label="", by=OPERATOR, now=now)
    reference = Caller(key).post(f"{API}/tickets", FORM | {"phone_numbers": ["+5511960000000"]}, expect=201).json()
    ticket = Ticket.objects.get(reference=reference["reference"])
    case = MigrationCase.objects.get(ticket=ticket)
    return Template(
        ticket=ticket.pk,
        case=case.pk,
        number=NumberMove.objects.get(case=case).pk,
        partner=partner.pk,
        others=tuple(Organization.objects.exclude(pk=partner.pk).values_list("pk", flat=True)),
        queue=queues[0].pk,
        rare_queue=queues[1].pk,
        bsps=tuple(sorted(Bsp.objects.values_list("pk", "slug"), key=lambda bsp: (bsp[1] == RARE_BSP, bsp))),
        requirements=tuple(Requirement.objects.filter(case=case).order_by("pk").values_list("pk", flat=True)),
    ), key


def person(name: str, role: str, *queues: str) -> Caller:
    """Return somebody of the desk, signed in."""
    user, _made = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    user.groups.add(Group.objects.get(name=role))
    user.queues.set(Queue.objects.filter(slug__in=queues))
    return Caller(user=user)


def requests_of(key: str, size: int) -> Iterator[tuple[str, Request]]:
    """Yield what is measured, by name. Even numbers are the partner's tickets; whole tens have their requirements."""
    api = Caller(key)

    def some(n: int) -> int:
        return 20 * ((n * 7919) % (size // 20 - 20) + 10)

    def listed(query: Callable[[int], str]) -> Request:
        return lambda n: api.get(f"{API}/tickets?{query(n)}".rstrip("?"))

    yield "list", listed(lambda _n: "")
    yield "list, oldest first", listed(lambda _n: "sort=created_at")
    for name, many, few in (
        ("status", "waiting", "rejected"),
        ("stage", "requirements", "rejected"),
        ("waiting_on", "client", "meta"),
        ("kind", "number_migration", "question"),
        ("queue", "latam", "rare"),
        ("current_bsp", "infobip", RARE_BSP),
    ):
        yield f"{name}, many", listed(lambda _n, q=f"{name}={many}": q)  # type: ignore[misc]
        yield f"{name}, few", listed(lambda _n, q=f"{name}={few}": q)  # type: ignore[misc]
    yield "status, two of them", listed(lambda _n: "status=waiting,open")
    yield "status and waiting_on", listed(lambda _n: "status=waiting,open&waiting_on=meta,client")
    yield "phone_number", listed(lambda n: f"phone_number=%2B551198{some(n):07d}")
    yield "client_reference", listed(lambda n: f"client_reference=REF-{some(n)}")
    yield "group_reference", listed(lambda n: f"group_reference=G-{some(n) // 20}")
    yield "created_after", listed(lambda _n: f"created_after={filed_at(size - 500):%Y-%m-%dT%H:%M:%SZ}")
    yield "created_before", listed(lambda _n: f"created_before={filed_at(size // 2):%Y-%m-%dT%H:%M:%SZ}")
    yield (
        "created_before, same order",
        listed(lambda _n: f"sort=-created_at&created_before={filed_at(size // 2):%Y-%m-%dT%H:%M:%SZ}"),
    )
    yield "updated_since", listed(lambda _n: f"updated_since={filed_at(size - 500):%Y-%m-%dT%H:%M:%SZ}")
    yield "q=one ticket's word", listed(lambda n: f"q=loja{code(some(n))}")
    yield "q=a phone number", listed(lambda n: f"q=%2B55+11+98{some(n):07d}")
    yield "q=a reference", listed(lambda n: f"q=mig-{code(some(n))}")
    yield "q=everybody's word", listed(lambda _n: "q=padaria")
    yield "q=nobody's word", listed(lambda n: f"q=nowhere{n}")
    yield "poll answered 304", _poll(api, some)
    yield "ticket", lambda n: api.get(f"{API}/tickets/MIG-{code(some(n)).upper()}")
    tickets, lead, agent = "/admin/tickets/ticket/", person("lead", LEAD), person("agent", AGENT, "latam", "rare")
    yield "admin list, lead", lambda _n: lead.get(tickets)
    yield "admin list, agent", lambda _n: agent.get(tickets)
    yield "admin list, status", lambda _n: lead.get(f"{tickets}?status=waiting")
    yield "q= in the admin", lambda n: lead.get(f"{tickets}?q=loja{code(some(n))}")


def _poll(api: Caller, some: Callable[[int], int]) -> Request:
    tags: dict[int, str] = {}

    def ask(n: int) -> Any:
        path = f"{API}/tickets/MIG-{code(some(n)).upper()}/status"
        if n not in tags:
            tags[n] = api.get(path).headers["ETag"]
        begin = time.perf_counter()
        api.get(path, expect=304, **{"if-none-match": tags[n]})
        return time.perf_counter() - begin

    return ask


def median_of(request: Request, rounds: int) -> tuple[float, int]:
    """Return the median in milliseconds, and the queries of one request."""
    found, _used = times_of(request, rounds)
    with CaptureQueriesContext(connection) as queries:
        request(3)
    return statistics.median(found), len(queries)


def filing_times(place: int) -> dict[str, float]:
    """Return milliseconds per ticket: filed one by one, and a hundred in a batch. `place` keeps the numbers apart.

    Somebody else's organization files, so that the partner's lists stay as they are.
    """
    now = clock.now()
    filer = ensure_organization(name="Filer", partner=True, by=OPERATOR, now=now)
    api = Caller(issue_api_key(organization=filer, scopes=[], test=False, label="", by=OPERATOR, now=now)[1])
    cache.clear()  # the limit of writes a minute

    def body(n: int) -> dict[str, Any]:
        return FORM | {"phone_numbers": [f"+551197{place * 1000 + n:07d}"]}

    begin = time.perf_counter()
    for n in range(1, 101):
        api.post(f"{API}/tickets", body(n), expect=201)
    single = time.perf_counter() - begin
    begin = time.perf_counter()
    items = api.post(f"{API}/tickets/batch", {"tickets": [body(n) for n in range(101, 201)]}, expect=200).json()["data"]
    batch = time.perf_counter() - begin
    assert {item["status"] for item in items} == {201}, items[:1]  # noqa: S101
    many = [f"+551197{place * 1000 + 300 + n:07d}" for n in range(100)]
    begin = time.perf_counter()
    api.post(f"{API}/tickets", FORM | {"phone_numbers": many}, expect=201)
    one = time.perf_counter() - begin
    return {
        "filing, per ticket": single * 10,
        "batch of 100, per ticket": batch * 10,
        "one ticket of 100 numbers": one * 1000,
    }


def measure(*, small: int, large: int, rounds: int, plans: bool) -> dict[str, Any]:
    """Return medians at both sizes and queries by request, and the plans at the large size."""
    template, key = set_up()
    times: dict[str, list[float]] = {}
    queries: dict[str, int] = {}
    filled = 0
    for place, size in enumerate((small, large)):
        begin = time.perf_counter()
        grow(template, first=filled + 1, last=size)
        print(f"{connection.vendor}: {size:,} tickets after {time.perf_counter() - begin:.0f} s", flush=True)
        filled = size
        for name, request in requests_of(key, size):
            cache.clear()
            median, queries[name] = median_of(request, rounds)
            times.setdefault(name, []).append(median)
        for name, value in filing_times(place).items():
            times.setdefault(name, []).append(value)
    found = {name: (*pair, queries.get(name, "")) for name, pair in times.items()}
    return {"version": version(), "times": found, "plans": _plans(key, large) if plans else {}}


def _plans(key: str, size: int) -> dict[str, str]:
    """Return how the database finds the page of each list."""
    found = {}
    for name, request in requests_of(key, size):
        with CaptureQueriesContext(connection) as queries:
            request(5)
        pages = [
            query["sql"] for query in queries if "ORDER BY" in query["sql"] and 'FROM "tickets_ticket"' in query["sql"]
        ]
        if pages:
            found[name] = explained(pages[0])
    return found
