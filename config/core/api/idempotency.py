"""Idempotency-Key: the key's row, the work and the stored answer are one transaction.

A repeat finds the stored answer; a repeat that arrives while the first is still running waits at the key's unique row.
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.problems import ApiProblem
from config.core.uow import unit_of_work

Handler = TypeVar("Handler", bound=Callable[..., Response])
_KEY = re.compile(r'"([\x20\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e][\x20\x21\x23-\x7e]{0,254})')
_KEPT_HEADERS = ("Location", "ETag")


class StoredAnswer(Protocol):
    """An answer kept from the first request. Without a status it is a batch's that has not come to its end."""

    fingerprint: str
    status: int | None
    headers: dict[str, str]
    body: str


class InProgress(Exception):
    """The first request with this key has not finished within the time we wait."""


class Store(Protocol):
    """Keeps answers by organization, key, method and path."""

    def begin(
        self, *, organization_id: int, key: str, method: str, path: str, fingerprint: str, now: datetime
    ) -> StoredAnswer | None:
        """Take the key inside the open transaction, or return the answer stored for it.

        :raises InProgress: another request holds the key.
        """

    def find(self, *, organization_id: int, key: str, method: str, path: str, now: datetime) -> StoredAnswer | None:
        """Return the row of a key without taking it."""

    def complete(self, *, organization_id: int, key: str, method: str, path: str, now: datetime) -> StoredAnswer | None:
        """Lock the row of a key that was taken in an earlier transaction and return it, so that `finish` can follow."""

    def finish(self, *, status: int, headers: dict[str, str], body: str) -> None:
        """Store the answer of the request that took the key."""


def key_of(request: Request) -> str | None:
    """Return the caller's key; None without one.

    :raises ApiProblem: it is malformed.
    """
    raw = request.headers.get("Idempotency-Key")
    if raw is None:
        return None
    found = _KEY.fullmatch(raw.strip())
    if not found:
        raise ApiProblem("idempotency_key_invalid")
    return found[1] or found[2]


def fingerprint_of(request: Request) -> str:
    """Return what tells this body from another; the order of members makes no difference."""
    data = dict(request.data.lists()) if isinstance(request.data, QueryDict) else request.data
    canonical = json.dumps(data, sort_keys=True, default=_part_of_form)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _part_of_form(part: "UploadedFile[Any]") -> list[str | None]:
    """Return what tells one file of a form from another: its name and its content."""
    digest = hashlib.sha256()
    for chunk in part.chunks():
        digest.update(chunk)
    part.seek(0)
    return [part.name, digest.hexdigest()]


def path_of(view: Any, request: Request) -> str:
    """Return the path under which an answer is kept: live and test are two worlds, neither is replayed in the other."""
    return f"{request.path}?test" if view.key.test else request.path


def replayed(kept: StoredAnswer) -> Response:
    """Return a stored answer again."""
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    return Response(json.loads(kept.body), status=kept.status, headers=headers)


def idempotent(handler: Handler) -> Handler:
    """Make a POST handler safe to repeat under the caller's Idempotency-Key."""

    @functools.wraps(handler)
    def answer(view: Any, request: Request, **kwargs: Any) -> Response:
        key = key_of(request)
        if key is None:
            return handler(view, request, **kwargs)
        store: Store = import_string(settings.PORTERO_IDEMPOTENCY_STORE)()
        fingerprint = fingerprint_of(request)
        organization_id = view.actor.organization_id
        try:
            with unit_of_work(by=view.actor, now=view.now) as uow:
                kept = store.begin(
                    organization_id=organization_id,
                    key=key,
                    method=str(request.method),
                    path=path_of(view, request),
                    fingerprint=fingerprint,
                    now=uow.now,
                )
                if kept is None:
                    response = handler(view, request, **kwargs)
                    keep(store, response)
                    return response
        except InProgress:
            raise ApiProblem("idempotency_in_progress", retry_after=1) from None
        if kept.fingerprint != fingerprint:
            raise ApiProblem("idempotency_key_reused")
        return replayed(kept)

    answer.idempotent = True  # type: ignore[attr-defined]
    return cast("Handler", answer)


def nothing_to_store(handler: Handler) -> Handler:
    """Mark a POST handler that changes nothing: a key is taken as everywhere, and a repeat is simply answered anew."""

    @functools.wraps(handler)
    def answer(view: Any, request: Request, **kwargs: Any) -> Response:
        key_of(request)
        return handler(view, request, **kwargs)

    answer.idempotent = True  # type: ignore[attr-defined]
    return cast("Handler", answer)


def keep(store: Store, response: Response) -> None:
    """Store a successful answer without its one-time secrets."""
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    headers["Content-Language"] = get_language() or "en"
    hidden = getattr(response, "one_time_fields", ())
    data = response.data
    if hidden and isinstance(data, dict):
        data = {name: None if name in hidden else value for name, value in data.items()}
    store.finish(status=response.status_code, headers=headers, body=json.dumps(data, default=str))
