"""The committed API description is what the code makes, is sound, and is what the service does when somebody tries it out."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.management.base import CommandError
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as bounded
from jsonschema_rs import Draft202012Validator
from pytest_django import Settings
from schemathesis.checks import load_all_checks
from schemathesis.core import NOT_SET

from config.core.api.codes import CATALOGUE
from config.openapi import OPENAPI_FILE, published
from config.openapi_words import MEMBERS, PATHS
from config.wsgi import application
from migrations_app.api.shapes import FILING
from tests.factories.desk import Key
from tests.factories.walks import Path, Walker

DOCUMENT: dict[str, Any] = published()
METHODS = {"get", "post", "put", "patch", "delete"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


OPERATIONS = [pytest.param(*each, id=each[2]["operationId"]) for each in operations()]


def test_the_committed_description_is_current() -> None:
    call_command("openapi", check=True)


def test_an_old_description_is_told_apart(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "openapi.json"
    old.write_text(OPENAPI_FILE.read_text(encoding="utf-8").replace("listTickets", "tickets"), encoding="utf-8")
    monkeypatch.setattr("config.openapi.OPENAPI_FILE", old)
    with pytest.raises(CommandError, match=r"Run: manage\.py openapi"):
        call_command("openapi", check=True)
    call_command("openapi")
    assert old.read_text(encoding="utf-8") == OPENAPI_FILE.read_text(encoding="utf-8")


def test_it_is_openapi_3_1_written_one_way_only() -> None:
    text = OPENAPI_FILE.read_text(encoding="utf-8")
    assert DOCUMENT["openapi"].startswith("3.1")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def test_operation_ids_are_there_once_each() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_says_who_may_call_it_and_how_it_refuses(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    responses = operation["responses"]
    assert operation["summary"]
    assert operation["tags"]
    assert {"400", "401", "429", "500", "503"} <= set(responses)
    assert ("404" in responses) == ("{" in path)
    assert operation["security"] in ([{"apiKey": []}], [{}])
    if method == "get":
        assert "304" in responses
    if method in {"post", "patch"}:
        assert {"413", "415", "422"} <= set(responses)
        assert operation["requestBody"]["content"]


def resolved(response: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in response:
        return response
    found: dict[str, Any] = DOCUMENT["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return found


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_answer_has_the_headers_of_the_contract(path: str, method: str, operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        headers = resolved(response)["headers"]
        assert {"X-Request-Id", "RateLimit-Policy", "RateLimit", "Content-Language"} <= set(headers), status


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    if isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    used = set(_references(DOCUMENT))
    there = {
        f"#/components/{kind}/{name}"
        for kind, entries in DOCUMENT["components"].items()
        for name in entries
        if kind != "securitySchemes"
    }
    assert used - there == set()
    assert there - used == set()


def test_every_code_stands_under_its_status() -> None:
    for kind in CATALOGUE.values():
        response = DOCUMENT["components"]["responses"].get(f"Problem{kind.status}")
        assert response is None or f"`{kind.code}`" in response["description"]


def test_whatever_has_a_name_is_explained_and_nothing_is_said_twice() -> None:
    document = published()
    told: dict[str, dict[str, Any]] = {}
    for name, shape in document["components"]["schemas"].items():
        told |= {f"{name}.{member}": words for member, words in shape.get("properties", {}).items()}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told |= {f"{method} {path} {each['name']}": each for each in operation["parameters"] if "name" in each}
            assert operation.get("description", "").rstrip(".") != operation["summary"]
    assert [name for name, words in told.items() if not words.get("description") and not _leads_on(words)] == []


def _leads_on(member: dict[str, Any]) -> bool:
    return "$ref" in member or any("$ref" in part for part in member.get("oneOf", []))


def test_every_word_of_the_explanations_is_used() -> None:
    document = published()
    said = json.dumps(document, ensure_ascii=False)
    assert [
        name for name, words in {**MEMBERS, **PATHS}.items() if json.dumps(words, ensure_ascii=False) not in said
    ] == []


def test_the_example_of_the_form_is_a_form() -> None:
    body = DOCUMENT["paths"]["/api/v1/tickets"]["post"]["requestBody"]["content"]["application/json"]
    form = {**body["schema"], "components": DOCUMENT["components"]}
    for example in body["examples"].values():
        Draft202012Validator(form).validate(example["value"])


# Somebody tries it out: requests made from the description alone, good ones and bad ones.

load_all_checks()


def _plainly(environ: dict[str, Any]) -> dict[str, Any]:
    """Take back the offer of gzip: what calls an application here does not unpack it."""
    environ.pop("HTTP_ACCEPT_ENCODING", None)
    return environ


SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


def _served(environ: dict[str, Any], start: Any) -> list[bytes]:
    """Answer as a server does: whole, and with files closed."""
    answered: Any = application(_plainly(environ), start)
    try:
        return list(answered)
    finally:
        answered.close()


SCHEMA.app = _served
# Without If-Match it is 428: RFC 6585.
SCHEMA.config.checks.missing_required_header.expected_statuses = [
    "400",
    "401",
    "403",
    "404",
    "406",
    "415",
    "422",
    "428",
]
# A body that holds its schema may still be refused: whether a number exists or a slot is offered stands in no schema.
# Nothing here answers one key with what another may not see; tests of tenancy try that with every address.
NOT_ASKED = {"positive_data_acceptance", "object_level_authorization"}
CHECKS: list[Any] = [check for check in schemathesis.checks.CHECKS.get_all() if check.__name__ not in NOT_ASKED]


@dataclass(frozen=True)
class Tried:
    """A ticket to try things on, and the key of whoever filed it."""

    secret: str
    reference: str


@pytest.fixture
def tried(
    walk: Walker, client_key: Key, clock_at: Callable[[datetime], None], now: datetime, settings: Settings
) -> Iterator[Tried]:
    clock_at(now)
    settings.ALLOWED_HOSTS = ["*"]
    for signal in (request_started, request_finished):
        # The requests run inside of the test's transaction, on its connection.
        signal.disconnect(close_old_connections)
    yield Tried(client_key.secret, walk(Path.READY).ticket.reference)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


QUICKLY: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": [
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
}


def asked_of(case: schemathesis.Case[Any]) -> list[Any]:
    """Return the checks that an answer must pass."""
    # A batch answers 200 and judges each item by itself: a bad item is refused within the answer.
    judges_items = case.operation.path.endswith("/tickets/batch")
    return [check for check in CHECKS if not (judges_items and check.__name__ == "negative_data_rejection")]


@pytest.mark.slow
@SCHEMA.parametrize()
@bounded(max_examples=2, **QUICKLY)
def test_what_is_described_is_what_happens(case: schemathesis.Case[Any], tried: Tried) -> None:
    if "reference" in (case.path_parameters or {}):
        case.path_parameters["reference"] = tried.reference
    case.call_and_validate(headers={"Authorization": f"Bearer {tried.secret}"}, checks=asked_of(case))


# Somebody goes from answer to request by the links alone.

BY_ID = {operation["operationId"]: (path, method) for path, method, operation in operations()}
READY = {"two_step_verification": "disabled", "waba_id": "102290129340398"}
STARTS: list[tuple[str, dict[str, Any]]] = [
    ("fileTicket", {"body": {**FILING, "waba_id": "102290129340398"}}),
    ("fileTicket", {"body": {**FILING, **READY}}),
    ("fileTicket", {"body": {**FILING, **READY, "submit": False}}),
    ("listTickets", {"query": {"limit": 1}}),
    ("listEvents", {}),
]
"""A ticket that waits for an answer, one that can be booked, a draft; and what there is."""
LONGEST_WALK = 4


@dataclass
class Follower:
    """Calls operations, holds each answer against the description, and goes on by its links."""

    secret: str
    followed: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    filed: int = 0

    def go(self, walk: list[tuple[str, dict[str, Any]]]) -> None:
        """Take the walk from its beginning (each on a ticket of its own), then every link of its last answer."""
        came = answer = None
        for operation, asked in walk:
            sent = asked if answer is None else self.filled(asked, answer)
            if sent is None:
                return
            came = self.call(operation, sent)
            answer = (sent, came)
            if came.status_code >= 400:
                return
        assert came is not None
        if len(walk) > 1:
            self.followed.add(f"{walk[-2][0]}.{walk[-1][0]}")
        path, method = BY_ID[walk[-1][0]]
        described = DOCUMENT["paths"][path][method]["responses"][str(came.status_code)]
        for name, link in described.get("links", {}).items():
            self.known.add(name)
            if name not in self.followed and len(walk) < LONGEST_WALK:
                self.go([*walk, (link["operationId"], link)])

    def filled(self, link: dict[str, Any], answer: tuple[dict[str, Any], Any]) -> dict[str, Any] | None:
        """Return what a link says to send; None where the answer has nothing for it."""
        asked, came = answer
        values = {name: self.found(said, asked, came) for name, said in link["parameters"].items()}
        body = {name: self.found(said, asked, came) for name, said in link.get("requestBody", {}).items()}
        if None in [*values.values(), *body.values()]:
            return None
        path, method = BY_ID[link["operationId"]]
        found: dict[str, Any] = {"path": {}, "query": {}, "headers": {}}
        for name, value in values.items():
            place = "path" if f"{{{name}}}" in path else "headers" if name.startswith("If-") else "query"
            found[place][name] = value
        if link["operationId"] == "addAttachment":
            return {**found, "body": {"file": b"It is off."}, "media_type": "multipart/form-data"}
        content = DOCUMENT["paths"][path][method].get("requestBody", {}).get("content", {}).get("application/json")
        examples = [each["value"] for each in (content or {}).get("examples", {}).values()]
        return {**found, **({"body": body or examples[0]} if content else {})}

    @staticmethod
    def found(said: str, asked: dict[str, Any], came: Any) -> Any:
        """Return what a runtime expression stands for."""
        if said.startswith("$request.path."):
            return asked["path"][said.rsplit(".", 1)[1]]
        if said.startswith("$response.header."):
            return came.headers[said.rsplit(".", 1)[1].lower()][0]
        if not said.startswith("$response.body#/"):
            return said
        node = came.json()
        for part in said.split("#/")[1].split("/"):
            rest = node[int(part) :] if isinstance(node, list) else [node.get(part)]
            node = rest[0] if rest else None
            if node is None:
                return None
        return node

    def call(self, operation: str, asked: dict[str, Any]) -> Any:
        """Call an operation; each ticket that is filed has a number of its own."""
        path, method = BY_ID[operation]
        if operation == "fileTicket":
            self.filed += 1
            asked = {**asked, "body": {**asked["body"], "phone_numbers": [f"+5511987{self.filed:06}"]}}
        case = SCHEMA[path][method].Case(
            path_parameters=asked.get("path", {}),
            query=asked.get("query", {}),
            headers=asked.get("headers", {}),
            body=asked.get("body", NOT_SET),
            media_type=asked.get("media_type") or ("application/json" if "body" in asked else None),
        )
        return case.call_and_validate(headers={"Authorization": f"Bearer {self.secret}"}, checks=asked_of(case))


@pytest.mark.slow
@pytest.mark.usefixtures("files", "claims_suffice")
def test_every_link_leads_on(tried: Tried) -> None:
    follower = Follower(tried.secret)
    for start in STARTS:
        follower.go([start])
    # Which moments are free stands in no answer to a booking.
    assert follower.known - follower.followed <= {"bookCall.moveCall"}
    assert len(follower.followed) > 25
