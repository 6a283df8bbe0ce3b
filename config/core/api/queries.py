"""Reading query parameters: lists of words, moments, plain text. A bad value is a 400 that names the parameter."""

from collections.abc import Collection
from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime
from rest_framework.request import Request

from config.core.api.problems import ApiProblem

MAX_TEXT = 200
LAST_YEAR = 9000
"""Later times could not be reckoned with."""


def single(request: Request, name: str) -> str | None:
    """Return a parameter that has one value; None when it is not there.

    :raises ApiProblem: it is there with two values: which of them was meant cannot be known.
    """
    found = request.query_params.getlist(name)
    if len(set(found)) > 1:
        raise ApiProblem("invalid_parameter", parameter=name)
    return found[0] if found else None


def _parts(request: Request, name: str) -> list[str]:
    return [part.strip() for value in request.query_params.getlist(name) for part in value.split(",")]


def words(request: Request, name: str, allowed: Collection[str]) -> list[str]:
    """Return the wanted words of a filter, repeated or comma-separated: any of them.

    :raises ApiProblem: one is not in the list.
    """
    found = _parts(request, name)
    if any(word not in allowed for word in found):
        raise ApiProblem("invalid_parameter", parameter=name, allowed=sorted(allowed))
    return found


def names(request: Request, name: str) -> list[str]:
    """Return the wanted names of a filter whose list grows (queues, BSPs), repeated or comma-separated: any of them.

    :raises ApiProblem: one is empty or too long.
    """
    found = _parts(request, name)
    if any(not part or len(part) > MAX_TEXT for part in found):
        raise ApiProblem("invalid_parameter", parameter=name)
    return found


def text(request: Request, name: str) -> str | None:
    """Return a text filter; None when it is not there.

    :raises ApiProblem: it is empty or too long.
    """
    raw = single(request, name)
    if raw is None:
        return None
    if not raw.strip() or len(raw) > MAX_TEXT:
        raise ApiProblem("invalid_parameter", parameter=name)
    return raw.strip()


def moment(request: Request, name: str) -> datetime | None:
    """Return a moment with its offset; None when it is not there.

    :raises ApiProblem: it is no RFC 3339 time with an offset.
    """
    raw = single(request, name)
    if raw is None:
        return None
    try:
        found = parse_datetime(raw.replace(" ", "+"))
        if found is None or found.tzinfo is None or found.year > LAST_YEAR:
            raise ApiProblem("invalid_parameter", parameter=name)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ApiProblem("invalid_parameter", parameter=name) from None


def one_of(request: Request, name: str, allowed: Collection[str], *, default: str) -> str:
    """Return a parameter that must be one of the allowed words.

    :raises ApiProblem: it is not.
    """
    raw = single(request, name)
    if raw is None:
        return default
    if raw not in allowed:
        raise ApiProblem("invalid_parameter", parameter=name, allowed=sorted(allowed))
    return raw
