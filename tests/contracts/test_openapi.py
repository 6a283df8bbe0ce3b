"""The committed API description is what the code makes, is sound, and is what the service does when somebody tries it out."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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

from config.core.api.codes import CATALOGUE
from config.openapi import OPENAPI_FILE, published
from config.wsgi import application
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
SCHEMA.app = lambda environ, start: application(_plainly(environ), start)
CHECKS: list[Any] = [
    schemathesis.checks.CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "unsupported_method",
        "allow_header_conformance",
        "ignored_auth",
    )
]


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


@pytest.mark.slow
@SCHEMA.parametrize()
@bounded(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_what_is_described_is_what_happens(case: schemathesis.Case[Any], tried: Tried) -> None:
    if "reference" in (case.path_parameters or {}):
        case.path_parameters["reference"] = tried.reference
    # A batch answers 200 and judges each item by itself: a bad item is refused within the answer.
    judges_items = case.operation.path.endswith("/tickets/batch")
    checks = [check for check in CHECKS if not (judges_items and check.__name__ == "negative_data_rejection")]
    case.call_and_validate(headers={"Authorization": f"Bearer {tried.secret}"}, checks=checks)
