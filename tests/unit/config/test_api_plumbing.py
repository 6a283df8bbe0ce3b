"""Parsers, tags, cursors and limits: the plumbing of the API without a server."""

import io
import json
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from rest_framework.exceptions import ErrorDetail, ParseError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from config.core.api.codes import CATALOGUE
from config.core.api.etags import demand_match, etag, matches
from config.core.api.pagination import limit_of, page
from config.core.api.parsers import StrictJSONParser
from config.core.api.problems import ApiProblem, problem_document
from config.core.api.throttling import take
from config.core.api.validation import field_problems
from config.core.errors import PreconditionFailed
from tests.factories.desk import make_organization
from tickets.models import Organization

factory = APIRequestFactory()
jsonable = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)


def get(path: str = "/things", **headers: str) -> Request:
    return Request(factory.get(path, headers=headers))


# Bodies


@given(jsonable)
def test_json_comes_through_unchanged(value: Any) -> None:
    assert StrictJSONParser().parse(io.BytesIO(json.dumps(value).encode())) == value


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"{} x", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}', b'{"a": 1, "a": 2}', b'\xff\xfe{}',
        b"[" * 100_000, b'{"a": 01}', b"{'a': 1}", b"\xef\xbb\xbf{}",
    ],
    ids=lambda body: str(body[:20]),
)  # fmt: skip
def test_what_is_not_one_json_document_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        StrictJSONParser().parse(io.BytesIO(body))


def test_a_body_that_is_too_big_is_refused_without_being_parsed(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert StrictJSONParser().parse(io.BytesIO(b'{"a":   1}')) == {"a": 1}
    with pytest.raises(RequestDataTooBig):
        StrictJSONParser().parse(io.BytesIO(b'{"a":    1}'))


# Tags


def test_a_tag_names_version_revision_and_language() -> None:
    with translation.override("es"):
        spanish = etag(version=3, revision=7)
    assert spanish.startswith('"3-7-es-')
    assert etag(version=3, revision=7) != spanish
    assert len({etag(version=3, revision=8), etag(version=4, revision=7), etag(version=3, revision=7)}) == 3


@pytest.mark.parametrize(
    ("header", "same"),
    [(None, False), ("", False), ("*", True), ("{tag}", True), ("W/{tag}", True), ('"x", {tag}', True), ('"x"', False)],
)
def test_if_none_match(header: str | None, same: bool) -> None:
    tag = etag(version=3, revision=7)
    assert matches(header.format(tag=tag) if header is not None else None, tag) is same


def test_if_match_compares_the_version_in_any_language() -> None:
    with translation.override("ru"):
        russian = etag(version=3, revision=1)
    demand_match(get(**{"If-Match": russian}), version=3)
    demand_match(get(**{"If-Match": f'"1-1-en-1.0.0", {russian}'}), version=3)
    demand_match(get(**{"If-Match": "*"}), version=3)
    for wrong in (f"W/{russian}", '"4-1-en-1.0.0"', '"3"', "3", '"junk"'):
        with pytest.raises(PreconditionFailed):
            demand_match(get(**{"If-Match": wrong}), version=3)


def test_without_if_match_a_change_is_refused() -> None:
    with pytest.raises(ApiProblem) as refusal:
        demand_match(get(), version=3)
    assert refusal.value.code == "precondition_required"


# Lists


@pytest.mark.parametrize(("raw", "limit"), [("1", 1), ("50", 50), ("200", 200), (None, 50)])
def test_limits(raw: str | None, limit: int) -> None:
    assert limit_of(get(f"/things?limit={raw}" if raw else "/things")) == limit


@pytest.mark.parametrize("raw", ["0", "201", "-1", "abc", "1.5", "", "9999999999", "%D9%A3", "1e2", "+5"])
def test_limits_that_are_none(raw: str) -> None:
    with pytest.raises(ApiProblem) as refusal:
        limit_of(get(f"/things?limit={raw}"))
    assert refusal.value.code == "invalid_parameter"


def read_all(order: str, query: str = "") -> list[str]:
    found: list[str] = []
    url = f"/things?limit=2{query}"
    while True:
        answer = page(get(url), Organization.objects.all(), order=order, present=lambda rows: [r.name for r in rows])
        assert len(answer.data["data"]) <= 2
        found += answer.data["data"]
        cursor = answer.data["next_cursor"]
        if cursor is None:
            assert "Link" not in answer
            return found
        assert f"cursor={cursor}" in answer["Link"].replace("%3A", ":")
        url = f"/things?limit=2{query}&cursor={cursor}"


@pytest.mark.django_db
@pytest.mark.parametrize("order", ["created_at", "-created_at", "id", "-id", "name"])
def test_all_pages_together_are_the_list_once(order: str, now: datetime) -> None:
    for name in "abcdefg":
        make_organization(name, now=now)  # all at the same moment: the id decides
    found = read_all(order)
    assert found == sorted("abcdefg", reverse=order.startswith("-"))


@pytest.mark.django_db
def test_a_cursor_belongs_to_its_list_and_its_filters(now: datetime) -> None:
    for name in "abc":
        make_organization(name, now=now)
    cursor = page(get("/things?limit=1&q=x"), Organization.objects.all(), order="id", present=list).data["next_cursor"]
    for url in (
        f"/things?limit=1&q=y&cursor={cursor}",
        f"/others?limit=1&q=x&cursor={cursor}",
        f"/things?q=x&cursor={cursor}x",
        "/things?cursor=",
        "/things?cursor=abc",
    ):
        with pytest.raises(ApiProblem) as refusal:
            page(get(url), Organization.objects.all(), order="id", present=list)
        assert refusal.value.code == "cursor_invalid"
    changed_limit = page(
        get(f"/things?q=x&limit=9&cursor={cursor}"), Organization.objects.all(), order="id", present=list
    )
    assert len(changed_limit.data["data"]) == 2


# Limits


@pytest.mark.servers
def test_requests_are_counted_per_caller_and_policy(settings: Settings) -> None:
    settings.RATE_LIMITS = {"read": 2, "write": 5}
    assert [take("read", "a").remaining for _ in range(3)] == [1, 0, -1]
    assert take("read", "a").exceeded
    assert take("read", "b").remaining == 1
    assert take("write", "a", cost=4).remaining == 1
    headers = take("read", "a").headers()
    assert headers["RateLimit-Policy"] == '"read";q=2;w=60'
    assert headers["RateLimit"].startswith('"read";r=0;t=')
    cache.clear()
    assert take("read", "a").remaining == 1


# Errors


def test_an_error_tree_becomes_pointers() -> None:
    tree = {
        "client": {"name": [ErrorDetail("x", code="required")]},
        "phone_numbers": [{}, {"number": [ErrorDetail("y", code="invalid_phone_number")]}],
        "a/b~c": [ErrorDetail("z", code="max_length")],
        "non_field_errors": [ErrorDetail("w", code="strange")],
    }
    assert [(p.pointer, p.code) for p in field_problems(tree)] == [
        ("#/client/name", "required"),
        ("#/phone_numbers/1/number", "invalid_phone_number"),
        ("#/a~1b~0c", "invalid"),
        ("#", "invalid"),
    ]


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_has_a_complete_document(code: str) -> None:
    document = problem_document(code)
    assert document["code"] == code
    assert 400 <= document["status"] < 600
    assert document["title"]
    assert document["detail"]
    assert document["type"].endswith(f"/api/v1/problems/{code}")
