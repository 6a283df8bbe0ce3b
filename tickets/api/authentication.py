"""Bearer keys: one indexed query per request, no write."""

import ipaddress
from typing import Any

import structlog
from django.core.cache import cache
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from config.core import clock
from config.core.actor import Actor, ActorKind
from tickets.selectors.api import CallerKey, key_by_digest
from tickets.services.organizations import digest_of
from tickets.tasks import note_key_use

_NOTED_FOR_SECONDS = 300
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
        row = key_by_digest(digest_of(key.strip()), now=clock.now())
        if row is None or not _allowed_from(row, str(request.META.get("REMOTE_ADDR", ""))):
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


def _allowed_from(key: CallerKey, address: str) -> bool:
    if not key.allowed_networks:
        return True
    try:
        caller = ipaddress.ip_address(address)
        return any(caller in ipaddress.ip_network(network, strict=False) for network in key.allowed_networks)
    except ValueError:
        return False


def _note_use(key: CallerKey) -> None:
    """Have a worker note the use at most every five minutes: a GET writes nothing, and a lost note does no harm."""
    try:
        if cache.add(f"key-noted:{key.id}", 1, timeout=_NOTED_FOR_SECONDS):
            note_key_use.apply_async(kwargs={"key_id": key.id}, retry=False)
    except Exception as error:  # noqa: BLE001  (neither cache nor broker may keep a caller out)
        _log.warning("the use of a key is not noted", error_type=type(error).__name__)
