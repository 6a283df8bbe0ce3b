"""Every address of the API, by every method, for everybody whom the ticket is none of the business of."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path as Folder
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.factories.desk import Key, make_key, make_organization
from tests.factories.forms import answers, number_answers
from tests.factories.walks import Walker
from tests.integration.api.victim import NUMBER, READING, ROUTES, VERBS, Route, Victim, make_victim
from tickets.models import ApiKey, Ticket
from tickets.services.organizations import revoke_api_key


@pytest.fixture
def victim(walk: Walker, files: Folder, settings: Settings) -> Victim:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 100_000)
    return make_victim(walk)


def call(secret: str | None, verb: str, address: str, body: Any = None, **headers: str) -> HttpResponse:
    sent = {"Authorization": f"Bearer {secret}"} if secret is not None else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = json.dumps(body if body is not None else {}) if verb not in READING else ""
    kind = "application/json" if content else ""
    web = Client(raise_request_exception=False)
    response: Any = web.generic(verb, address, content, content_type=kind, headers=sent)
    return response  # type: ignore[no-any-return]


def assert_silent(answer: HttpResponse, traces: list[str], where: str) -> None:
    """Nothing of the victim stands in body or headers."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    told = f"{dict(answer.headers)} {body.decode(errors='replace')}".lower()
    assert not [trace for trace in traces if trace in told], where


def code_of(answer: HttpResponse) -> str:
    return str(json.loads(answer.content)["code"])


def useless_keys(victim: Victim, now: datetime) -> dict[str, str | None]:
    """Keys of the victim's own organization that do not work (any more), and what is none."""
    organization, by = victim.walk.ticket.organization, victim.walk.by
    expired, revoked, elsewhere = (make_key(organization, now=now) for _ in range(3))
    ApiKey.objects.filter(pk=expired.row.pk).update(expires_at=now)
    revoke_api_key(key_id=revoked.row.pk, by=by, now=now)
    ApiKey.objects.filter(pk=elsewhere.row.pk).update(allowed_networks=["192.0.2.0/24", "2001:db8::/32"])
    garbage = expired.secret[:-1] + "x"
    return {
        "none": None, "garbage": garbage, "expired": expired.secret, "revoked": revoked.secret, "elsewhere": elsewhere.secret
    }  # fmt: skip


def test_without_a_key_that_works_everything_is_401_but_the_public_pages(victim: Victim, now: datetime) -> None:
    traces = victim.traces(organization=True)
    keys = useless_keys(victim, now)
    for (who, secret), route, verb in product(keys.items(), ROUTES, VERBS):
        where = f"{who}: {verb} {route.template}"
        answer = call(secret, verb, victim.address(route))
        public = secret is None and route.view().scope_for(verb) is None
        assert (answer.status_code == 401) is not public, where
        assert_silent(answer, traces, where)


def test_a_scope_that_is_missing_is_403_whatever_else_is_wrong(victim: Victim, now: datetime) -> None:
    organization = victim.walk.ticket.organization
    traces = victim.traces(organization=False)
    before = unchanged(victim)
    for scopes in (("tickets:read",), ("tickets:write",), ("webhooks:manage",)):
        secret = make_key(organization, now=now, scopes=scopes).secret
        granted = {*scopes, *(scope.replace(":write", ":read") for scope in scopes)}
        for route, verb in product(ROUTES, VERBS):
            wanted = route.view().scope_for(verb)
            if not wanted or wanted in granted:
                continue
            where = f"{scopes}: {verb} {route.template}"
            answer = call(secret, verb, f"{victim.address(route)}?zz=1")
            assert answer.status_code == 403, where
            assert_silent(answer, traces, where)
    assert unchanged(victim) == before


def unchanged(victim: Victim) -> Any:
    return Ticket.objects.filter(pk=victim.walk.ticket.pk).values().get()


@dataclass(frozen=True)
class Other:
    """Somebody with a whole key to whom the ticket does not exist."""

    name: str
    key: Key
    colleague: bool = False
    """Of the victim's organization, in the other world."""


@pytest.fixture
def others(victim: Victim, stranger: Key, now: datetime) -> list[Other]:
    partner = make_organization("Agencia Norte", now=now, partner=True)
    own = victim.walk.ticket.organization
    return [
        Other("stranger", stranger),
        Other("partner", make_key(partner, now=now)),
        Other("test key of the stranger", make_key(stranger.organization, now=now, test=True)),
        Other("test key of the same organization", make_key(own, now=now, test=True), colleague=True),
    ]


def test_what_belongs_to_others_is_404_by_every_method_and_leaves_no_trace(victim: Victim, others: list[Other]) -> None:
    before = unchanged(victim)
    for who, route, verb in product(others, ROUTES, VERBS):
        where = f"{who.name}: {verb} {route.template}"
        answer = call(who.key.secret, verb, f"{victim.address(route)}{'?zz=1' if route.is_of_somebody else ''}")
        if route.is_of_somebody:
            assert answer.status_code == 404, where
            assert answer.headers["Content-Type"] == "application/problem+json", where
        assert answer.status_code < 500, where
        assert_silent(answer, victim.traces(organization=not who.colleague), where)
    assert unchanged(victim) == before


def _shape(sql: str) -> str:
    return re.sub(r"'[^']*'|\b[0-9a-f]{32}\b|\b\d+\b", "?", sql)


def _asked(secret: str, verb: str, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        answer = call(secret, verb, address)
    assert answer.status_code == 404, f"{verb} {address}"
    told = json.dumps({**json.loads(answer.content), "instance": ""})
    return [told, *(_shape(query["sql"]) for query in queries.captured_queries)]


def test_whether_it_exists_at_all_shows_in_no_word_and_no_query(victim: Victim, others: list[Other]) -> None:
    """What is asked of the database for the victim's is what is asked for what does not exist: no time tells them apart."""
    for route, verb in product([route for route in ROUTES if route.is_of_somebody], ("GET", "POST", "PATCH", "DELETE")):
        secret = others[0].key.secret
        theirs = _asked(secret, verb, victim.address(route))
        nothing = _asked(secret, verb, victim.address(route, of_nothing=True))
        assert theirs == nothing, f"{verb} {route.template}"


LISTS = [
    "tickets?status=scheduled", "tickets?kind=number_migration", "tickets?waiting_on=client,old_bsp,onboarding,meta,nobody",
    "tickets?queue=latam", "tickets?current_bsp=infobip", "tickets?q=Zanzibarra", "tickets?q=%2B5511987651234",
    "tickets?phone_number=%2B5511987651234", "tickets?client_reference=ZANZI-REF-1", "tickets?group_reference=ZANZI-GROUP-1",
    "tickets?created_after=2020-01-01T00:00:00Z", "tickets?created_before=2030-01-01T00:00:00Z",
    "tickets?updated_since=2020-01-01T00:00:00Z", "tickets?sort=created_at", "tickets?q=102290129777111",
    "events", "events?ticket={reference}", "events?types=ticket.created",
]  # fmt: skip


def test_no_list_no_filter_and_no_count_tells_of_them(victim: Victim, others: list[Other]) -> None:
    for who, address in product(others, LISTS):
        answer = call(who.key.secret, "GET", f"/api/v1/{address.format(**victim.samples)}")
        assert answer.status_code == 200, address
        assert json.loads(answer.content)["data"] == [], f"{who.name}: {address}"
    for address in LISTS:
        answer = call(victim.secret, "GET", f"/api/v1/{address.format(**victim.samples)}")
        assert json.loads(answer.content)["data"], f"the sweep would find nothing by {address}"


def test_a_cursor_is_worth_nothing_in_other_hands(victim: Victim, others: list[Other]) -> None:
    call(victim.secret, "POST", "/api/v1/tickets", {"submit": False, "client": {"name": "Zanzibarra Confeitos"}})
    for path, name in (("events?limit=1", "after"), ("tickets?limit=1", "cursor")):
        place = json.loads(call(victim.secret, "GET", f"/api/v1/{path}").content)["next_cursor"]
        assert place
        for who in others:
            answer = call(who.key.secret, "GET", f"/api/v1/{path}&{name}={place}")
            assert (answer.status_code, code_of(answer)) == (400, "cursor_invalid"), f"{who.name}: {path}"


def form() -> dict[str, Any]:
    return answers(number_answers(NUMBER, display_name="X"), client={"name": "Other"})


def test_a_held_number_is_told_without_a_word_of_who_holds_it(victim: Victim, others: list[Other]) -> None:
    for who in others[:2]:
        traces = [t for t in victim.traces(organization=True) if t != NUMBER[1:]]
        refused = call(who.key.secret, "POST", "/api/v1/tickets", form())
        assert (refused.status_code, code_of(refused)) == (409, "number_already_open")
        assert json.loads(refused.content).get("existing_ticket") is None
        assert_silent(refused, [t for t in traces if t not in json.dumps(form()).lower()], who.name)
        checked = call(who.key.secret, "POST", "/api/v1/eligibility-checks", {"phone_numbers": [NUMBER]})
        row = json.loads(checked.content)["data"][0]
        assert row["existing_ticket"] is None
        assert "number_already_open" not in [reason["code"] for reason in row["reasons"]]
        assert_silent(checked, traces, who.name)
        batch = call(who.key.secret, "POST", "/api/v1/tickets/batch", {"tickets": [form()]})
        assert_silent(batch, [t for t in traces if t not in json.dumps(form()).lower()], who.name)


def test_a_stored_answer_is_replayed_to_nobody_else(victim: Victim, others: list[Other]) -> None:
    body = {"submit": False, "client": {"name": "Zanzibarra Confeitos"}}
    first = call(victim.secret, "POST", "/api/v1/tickets", body, Idempotency_Key="zanzi-key-1")
    assert first.status_code == 201
    again = call(victim.secret, "POST", "/api/v1/tickets", body, Idempotency_Key="zanzi-key-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    reference = json.loads(first.content)["reference"]
    for who in others:
        answer = call(who.key.secret, "POST", "/api/v1/tickets", body, Idempotency_Key="zanzi-key-1")
        assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (201, False), who.name
        assert json.loads(answer.content)["reference"] != reference, who.name


def test_a_route_without_a_sample_is_found() -> None:
    route = Route("new-thing", "tickets/<str:reference>/things/<uuid:thing_id>", ROUTES[0].view)
    no_walk: Any = None
    with pytest.raises(AssertionError, match="thing_id"):
        Victim(no_walk, "", {"reference": "MIG-AAAAAAAA"}).address(route)
