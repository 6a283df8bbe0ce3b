"""Bearer keys: one indexed query per request, no write."""

import time
from typing import Any

import structlog
from django.core.cache import cache
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from config.core import clock
from config.core.actor import Actor, ActorKind
from tickets.rules.keys import allowed_from
from tickets.selectors.api import CallerKey, key_and_counters, key_by_digest
from tickets.services.organizations import digest_of
from tickets.tasks import note_key_use

_NOTED_FOR_SECONDS = 300
_ASKED_AGAIN_AFTER = 30
_MOST_ASKED = 10_000
_ASKED: dict[int, float] = {}
"""Until when (monotonic seconds) this process need not ask the cache whether a key's use has been noted."""
_log = structlog.get_logger("portero.keys")


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; `request.user` is the actor, `request.auth` the key."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return actor and key, or None when no key was sent.

        :raises AuthenticationFailed: the key is unknown, expired, revoked or used from elsewhere.
        """
        scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer" or not key.strip().isascii():
            raise AuthenticationFailed
        row = _found(request, digest_of(key.strip()))
        if row is None or not allowed_from(str(request.META.get("REMOTE_ADDR", "")), row.allowed_networks):
            raise AuthenticationFailed
        _note_use(row)
        actor = Actor(
            kind=ActorKind.API_KEY,
            label=row.organization_name,
            id=row.id,
            organization_id=row.organization_id,
            request_id=getattr(request, "request_id", None),
        )
        return actor, row

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return 'Bearer realm="portero"'


def _found(request: Request, digest: str) -> CallerKey | None:
    """Return the usable key with this digest, with the counters of the ticket in the address where the view wants them."""
    context = request.parser_context
    if getattr(context["view"], "counters_with_key", False):
        return key_and_counters(digest, context["kwargs"]["reference"], now=clock.now())
    return key_by_digest(digest, now=clock.now())


def _note_use(key: CallerKey) -> None:
    """Have a worker note the use at most every five minutes: a GET writes nothing, and a lost note does no harm."""
    now = time.monotonic()
    if _ASKED.get(key.id, 0.0) > now:
        return
    # Keys are few, but not bounded: a process that has met very many begins afresh.
    if len(_ASKED) >= _MOST_ASKED:
        _ASKED.clear()
    _ASKED[key.id] = now + _ASKED_AGAIN_AFTER
    try:
        if cache.add(f"key-noted:{key.id}", 1, timeout=_NOTED_FOR_SECONDS):
            note_key_use.apply_async(kwargs={"key_id": key.id}, retry=False)
    except Exception as error:  # noqa: BLE001  (neither cache nor broker may keep a caller out)
        _log.warning("the use of a key is not noted", error_type=type(error).__name__)
