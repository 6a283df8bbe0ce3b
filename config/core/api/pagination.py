"""Cursor lists: `{"data": […], "next_cursor": …}` with a Link header; the cursor is signed and bound to its filters."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import queries
from config.core.api.problems import ApiProblem

MAX_LIMIT, DEFAULT_LIMIT = 200, 50
LIST_PARAMETERS = frozenset({"limit", "cursor"})
"""What every list takes."""
_PLACE = signing.Signer(salt="portero.cursor")
"""Without a time: an unchanged page keeps its cursor, and so its tag."""


def limit_of(request: Request) -> int:
    """Return the wanted page size (1 to 200, default 50).

    :raises ApiProblem: it is no such number.
    """
    raw = queries.single(request, "limit")
    if raw is None:
        return DEFAULT_LIMIT
    if not raw.isascii() or not raw.isdigit() or len(raw) > 3 or not 1 <= int(raw) <= MAX_LIMIT:  # noqa: PLR2004
        raise ApiProblem("invalid_parameter", parameter="limit")
    return int(raw)


def _bound_to(request: Request) -> str:
    """Return a short digest of everything that decides which rows the list has and in which order: filters and caller."""
    kept = sorted(
        (name, sorted(values)) for name, values in request.query_params.lists() if name not in LIST_PARAMETERS
    )
    whose = [getattr(request.auth, name, None) for name in ("organization_id", "test")]
    return hashlib.sha256(json.dumps([request.path, kept, whose]).encode()).hexdigest()[:12]


def _decode(request: Request) -> list[Any] | None:
    raw = queries.single(request, "cursor")
    if raw is None:
        return None
    try:
        bound, place = _PLACE.unsign_object(raw)
    except (signing.BadSignature, ValueError, TypeError):
        raise ApiProblem("cursor_invalid") from None
    if bound != _bound_to(request) or not isinstance(place, list):
        raise ApiProblem("cursor_invalid")
    return place


def page(request: Request, rows: QuerySet[Any], *, order: str, present: Callable[[list[Any]], list[Any]]) -> Response:
    """Answer one page of a list ordered by one column (a leading minus turns it round) and, within it, by id.

    `present` turns the page's rows into documents, so that it may fetch what they need in one go.
    """
    limit, descending = limit_of(request), order.startswith("-")
    column = order.removeprefix("-")
    place = _decode(request)
    if place is not None:
        rows = rows.filter(_after(column, place, descending=descending))
    sign = "-" if descending else ""
    ordering = [f"{sign}{column}"] if column == "id" else [f"{sign}{column}", f"{sign}id"]
    found = list(rows.order_by(*ordering)[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return _answer(request, present(found), _place(found[-1], column) if more else None)


def page_of(request: Request, items: Sequence[dict[str, Any]]) -> Response:
    """Answer one page of a list that is short and always in the same order (words, types, problems)."""
    limit = limit_of(request)
    start = int((_decode(request) or [0])[0])
    chosen = items[start : start + limit]
    return _answer(request, list(chosen), [start + limit] if start + limit < len(items) else None)


def _answer(request: Request, data: list[Any], place: list[Any] | None) -> Response:
    """Return the page; `place` is where the next one begins, None on the last."""
    if place is None:
        return Response({"data": data, "next_cursor": None})
    cursor = _PLACE.sign_object([_bound_to(request), place], compress=True)
    response = Response({"data": data, "next_cursor": cursor})
    kept = [(name, value) for name, values in request.query_params.lists() if name != "cursor" for value in values]
    query = urlencode([*kept, ("cursor", cursor)])
    response["Link"] = f'<{request.build_absolute_uri(request.path)}?{query}>; rel="next"'
    return response


def _place(row: Any, column: str) -> list[Any]:
    value = getattr(row, column)
    return [value.isoformat() if isinstance(value, datetime) else value, row.pk]


def _after(column: str, place: list[Any], *, descending: bool) -> Q:
    value, row_id = place
    word = "lt" if descending else "gt"
    if column == "id":
        return Q(**{f"id__{word}": row_id})
    here = datetime.fromisoformat(value) if column.endswith("_at") else value
    # The first condition says nothing new; it lets the database enter its index at the right place.
    return Q(**{f"{column}__{word}e": here}) & (Q(**{f"{column}__{word}": here}) | Q(**{f"id__{word}": row_id}))
