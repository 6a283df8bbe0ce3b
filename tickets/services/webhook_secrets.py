"""What webhooks are signed with: made here, encrypted at rest, shown once by who made it."""

import base64
import secrets
from datetime import datetime, timedelta

import structlog
from django.views.decorators.debug import sensitive_variables

from config.core import sealing
from config.core.actor import Actor
from config.core.sealing import Unreadable
from config.core.uow import unit_of_work
from tickets.models import WebhookEndpoint

OLD_SIGNS_FOR = timedelta(hours=24)
"""So long after a rotation both secrets sign, so that the receiver can change over without losing a message."""
_BYTES = 32
_log = structlog.get_logger("portero.webhooks")


def new_secret() -> str:
    """Return a fresh secret. Source: Standard Webhooks, "Signature scheme" (24 to 64 random bytes, `whsec_` in front)."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


@sensitive_variables()
def signing_secrets(endpoint: WebhookEndpoint, *, at: datetime) -> tuple[str, ...]:
    """Return the secrets that sign at a moment, the present one first; none where no key decrypts the present one."""
    sealed = [endpoint.secret_sealed]
    if endpoint.old_secret_sealed and endpoint.old_secret_until is not None and at < endpoint.old_secret_until:
        sealed.append(endpoint.old_secret_sealed)
    try:
        return tuple(sealing.opened(each) for each in sealed)
    except Unreadable:
        _log.error("a webhook secret cannot be decrypted", endpoint_id=endpoint.pk)
        return ()


def reencrypt_secrets(*, by: Actor, now: datetime) -> tuple[int, tuple[str, ...]]:
    """Encrypt every secret with the first key; return how many endpoints were done, and those that no key decrypts.

    :raises NoKey: there is no key.
    """
    done, unreadable = 0, []
    for row in WebhookEndpoint.objects.filter(deleted_at=None).order_by("id"):
        try:
            fresh = sealing.resealed(row.secret_sealed)
            older = sealing.resealed(row.old_secret_sealed) if row.old_secret_sealed else ""
        except Unreadable:
            unreadable.append(row.url)
            continue
        with unit_of_work(by=by, now=now):
            # Only what was read is replaced: a secret that was just rotated is newer.
            same = {"secret_sealed": row.secret_sealed, "old_secret_sealed": row.old_secret_sealed}
            rows = WebhookEndpoint.objects.filter(pk=row.pk, **same)
            done += rows.update(secret_sealed=fresh, old_secret_sealed=older)
    return done, tuple(unreadable)


def unreadable_endpoints() -> list[str]:
    """Return the addresses of endpoints whose secret no configured key decrypts."""
    found = []
    for row in WebhookEndpoint.objects.filter(deleted_at=None).order_by("id"):
        try:
            sealing.opened(row.secret_sealed)
        except Unreadable:
            found.append(row.url)
    return found
