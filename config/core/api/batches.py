"""Idempotency for batches: many pieces of work under one key, each kept with its own answer.

A batch is not one transaction: every item commits alone. So the key's row says only that the batch has begun; each item's
answer is stored in the item's transaction, under the batch's path and the item's place; the whole answer is stored at the end.
Whatever dies in between, a repeat with the same key does what is missing and gives the stored answers of the rest.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework import status as http
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.actor import Actor
from config.core.api.idempotency import (
    Handler,
    InProgress,
    Store,
    StoredAnswer,
    fingerprint_of,
    keep,
    key_of,
    path_of,
    replayed,
)
from config.core.api.problems import ApiProblem
from config.core.uow import unit_of_work

Work = Callable[[], Response]


class Each(Protocol):
    """Does one item of a batch, or returns what it answered before."""

    def __call__(self, place: int, work: Work, /) -> Response:
        """Return the answer of the item at this place; what the work raises goes through, and nothing is kept then."""


@dataclass(frozen=True)
class KeyedBatch:
    """A batch under an Idempotency-Key."""

    key: str
    path: str
    fingerprint: str
    by: Actor
    now: datetime

    def begin(self, charge: Callable[[], None]) -> StoredAnswer | None:
        """Take the key, or return the row of the batch that took it (without a status: it has not come to its end).

        `charge` counts the items against the caller's limit: once, for the first that comes with this key.

        :raises ApiProblem: the key was used with another body.
        """
        kept = self._store.find(now=self.now, **self._name(self.path))
        if kept is None:
            with unit_of_work(by=self.by, now=self.now):
                kept = self._store.begin(fingerprint=self.fingerprint, now=self.now, **self._name(self.path))
                if kept is None:
                    charge()
        if kept is not None and kept.fingerprint != self.fingerprint:
            raise ApiProblem("idempotency_key_reused")
        return kept

    def item(self, place: int, work: Work) -> Response:
        """Return the stored answer of an item, or do its work and store the answer with it."""
        name = self._name(f"{self.path}#{place}")
        kept = self._store.find(now=self.now, **name)
        if kept is None:
            with unit_of_work(by=self.by, now=self.now):
                store = self._store
                kept = store.begin(fingerprint=self.fingerprint, now=self.now, **name)
                if kept is None:
                    response = work()
                    keep(store, response)
                    return response
        return replayed(kept)

    def finish(self, response: Response) -> Response:
        """Store the whole answer, unless a twin was faster: then return the twin's."""
        name = self._name(self.path)
        with unit_of_work(by=self.by, now=self.now):
            store = self._store
            kept = store.complete(now=self.now, **name)
            if kept is None or kept.status is not None:
                return replayed(kept) if kept is not None else response
            keep(store, response)
        return response

    @property
    def _store(self) -> Store:
        store: Store = import_string(settings.PORTERO_IDEMPOTENCY_STORE)()
        return store

    def _name(self, path: str) -> dict[str, Any]:
        return {"organization_id": self.by.organization_id, "key": self.key, "method": "POST", "path": path}


def idempotent_batch(handler: Handler) -> Handler:
    """Make a POST handler of many items safe to repeat: it is called with `each`, by which it does every item.

    The view offers `items`, the items of the request, and `charge(request, cost)`. An answer that holds an item with a
    status of 500 or above is given but not stored: such items are done by the repeat.
    """

    @functools.wraps(handler)
    def answer(view: Any, request: Request, **kwargs: Any) -> Response:
        key = key_of(request)
        further = len(view.items) - 1

        def charge() -> None:
            view.charge(request, further)

        if key is None:
            charge()
            return handler(view, request, each=_at_once, **kwargs)
        batch = KeyedBatch(key, path_of(view, request), fingerprint_of(request), view.actor, view.now)
        try:
            kept = batch.begin(charge)
            if kept is not None and kept.status is not None:
                return replayed(kept)
            response = handler(view, request, each=batch.item, **kwargs)
            return response if _unfinished(response) else batch.finish(response)
        except InProgress:
            raise ApiProblem("idempotency_in_progress", retry_after=1) from None

    answer.idempotent = True  # type: ignore[attr-defined]
    return cast("Handler", answer)


def _at_once(_place: int, work: Work) -> Response:
    return work()


def _unfinished(response: Response) -> bool:
    data: Any = response.data
    return any(item["status"] >= http.HTTP_500_INTERNAL_SERVER_ERROR for item in data["data"])
