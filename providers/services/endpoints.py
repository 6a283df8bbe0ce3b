"""Partners' own systems: their keys, shown once and stored nowhere, and switching one off."""

import base64
import hmac
from datetime import datetime, timedelta

from django.conf import settings

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from config.core.outbound.addresses import problem_of
from config.core.uow import unit_of_work
from providers.models import HttpEndpoint
from providers.types import Endpoint

OLD_KEY_SIGNS_FOR = timedelta(hours=24)
"""So long after a change both keys sign, so that the partner can change over without losing a message."""


class KeyShownAlready(Conflict):
    """The key has been shown; who has lost it makes a new one."""


def url_problem(url: str) -> str:
    """Return what is wrong with an address that a lead enters, as a code; empty where nothing is."""
    return problem_of(url, allow=settings.HTTP_CHANNEL_ALLOW)


def opened(endpoint_id: int, *, at: datetime | None) -> Endpoint | None:
    """Return an active endpoint with the keys that sign at a moment; None where it is gone or switched off."""
    row = HttpEndpoint.objects.filter(pk=endpoint_id, active=True).first()
    if row is None:
        return None
    rotations = [row.rotation]
    if row.rotation > 1 and row.rotated_at is not None and at is not None and at < row.rotated_at + OLD_KEY_SIGNS_FOR:
        rotations.append(row.rotation - 1)
    return Endpoint(row.url, tuple(_key(row, rotation) for rotation in rotations))


def _key(row: HttpEndpoint, rotation: int) -> bytes:
    """Derive a key. It changes with SECRET_KEY: whoever changes that one hands the partners new keys."""
    label = f"portero http endpoint {row.uid} {rotation}"
    return hmac.digest(settings.SECRET_KEY.encode(), label.encode(), "sha256")


def _secret(row: HttpEndpoint) -> str:
    return "whsec_" + base64.b64encode(_key(row, row.rotation)).decode()


def show_secret(*, endpoint_id: int, by: Actor, now: datetime) -> str:
    """Return the key of a new endpoint, once.

    :raises KeyShownAlready: it was shown before.
    :raises NotFound: there is no such endpoint.
    """
    with unit_of_work(by=by, now=now):
        if HttpEndpoint.objects.filter(pk=endpoint_id, shown_at=None).update(shown_at=now, updated_at=now) != 1:
            raise KeyShownAlready if HttpEndpoint.objects.filter(pk=endpoint_id).exists() else NotFound
        return _secret(HttpEndpoint.objects.get(pk=endpoint_id))


def new_secret(*, endpoint_id: int, by: Actor, now: datetime) -> str:
    """Change the key of an endpoint and return the new one; the old one signs too for `OLD_KEY_SIGNS_FOR`.

    :raises NotFound: there is no such endpoint.
    """
    with unit_of_work(by=by, now=now):
        rows = HttpEndpoint.objects.select_for_update().filter(pk=endpoint_id)
        row = rows.first()
        if row is None:
            raise NotFound
        row.rotation, row.rotated_at, row.shown_at, row.updated_at = row.rotation + 1, now, now, now
        row.save(update_fields=["rotation", "rotated_at", "shown_at", "updated_at"])
        return _secret(row)


def switch_off(*, endpoint_id: int, by: Actor, now: datetime) -> None:
    """Call an endpoint no more: the other side says that nobody listens there. A lead can switch it on again."""
    with unit_of_work(by=by, now=now):
        rows = HttpEndpoint.objects.filter(pk=endpoint_id, active=True)
        rows.update(active=False, off_since=now, updated_at=now)
