"""Organizations and their keys."""

import hashlib
import secrets
import zlib
from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from config.core.actor import Actor
from config.core.errors import FieldProblem, Invalid
from config.core.uow import unit_of_work
from tickets.enums import OrganizationKind, Scope
from tickets.models import ApiKey, Organization

ALL_SCOPES = tuple(Scope.values)


def ensure_organization(*, name: str, partner: bool, by: Actor, now: datetime) -> Organization:
    """Return the organization of that name, made if needed; `partner` raises it to a partner, never lowers it."""
    kind = OrganizationKind.PARTNER if partner else OrganizationKind.CLIENT
    with unit_of_work(by=by, now=now):
        found = Organization.objects.filter(name=name).first()
        if found is None:
            try:
                with transaction.atomic():
                    return Organization.objects.create(name=name, kind=kind, created_at=now, updated_at=now)
            except IntegrityError:
                found = Organization.objects.get(name=name)
        if partner and found.kind != OrganizationKind.PARTNER:
            found.kind = OrganizationKind.PARTNER
            found.updated_at = now
            found.save(update_fields=["kind", "updated_at"])
        return found


def digest_of(key: str) -> str:
    """Return what is stored of a key. A plain hash suffices: the key itself holds 190 random bits."""
    return hashlib.sha256(key.encode()).hexdigest()


def _new_key(*, test: bool) -> tuple[str, str]:
    """Return a fresh key and its readable prefix; the last eight characters are a checksum for secret scanners."""
    prefix = f"mig_{'test' if test else 'live'}_{secrets.token_hex(4)}"
    body = f"{prefix}_{secrets.token_hex(16)}"
    return f"{body}{zlib.crc32(body.encode()):08x}", prefix


def issue_api_key(
    *, organization: Organization, scopes: Collection[str], test: bool, label: str, by: Actor, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key and return its row and the key itself, which is nowhere else to be had.

    :raises Invalid: a scope is unknown.
    """
    unknown = sorted(set(scopes) - set(ALL_SCOPES))
    if unknown:
        raise Invalid([FieldProblem("#/scopes", "invalid_choice", f"Unknown scope: {', '.join(unknown)}.")])
    key, prefix = _new_key(test=test)
    with unit_of_work(by=by, now=now):
        row = ApiKey.objects.create(
            organization=organization,
            label=label,
            prefix=prefix,
            digest=digest_of(key),
            scopes=sorted(set(scopes)) or list(ALL_SCOPES),
            test=test,
            created_at=now,
            updated_at=now,
        )
    return row, key


def revoke_api_key(*, key_id: int, by: Actor, now: datetime) -> None:
    """Make a key useless at once; revoking twice changes nothing."""
    with unit_of_work(by=by, now=now):
        ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=now, updated_at=now)


def note_key_use(*, key_id: int, now: datetime) -> None:
    """Remember when a key was last used; never moves the time back."""
    ApiKey.objects.filter(pk=key_id).exclude(last_used_at__gte=now).update(last_used_at=now)
