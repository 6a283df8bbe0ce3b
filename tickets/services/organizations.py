"""Organizations and their keys. Everything done to them is on record, by whom and when."""

import hashlib
import secrets
import zlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import Conflict, FieldProblem, Invalid, NotFound
from config.core.uow import unit_of_work
from tickets.enums import KeyState, OrganizationChangeType, OrganizationKind, Scope
from tickets.models import ApiKey, Organization, OrganizationChange
from tickets.rules.keys import MOST_NETWORKS, NotANetwork, networks

ALL_SCOPES = tuple(Scope.values)
OVERLAP = timedelta(hours=24)
MOST_OVERLAP = timedelta(days=30)


class KeyNotUsable(Conflict):
    """The key does not work any more, or has been replaced already: there is nothing to rotate."""

    code = "illegal_transition"


def ensure_organization(*, name: str, partner: bool, by: Actor, now: datetime) -> Organization:
    """Return the organization of that name, made if needed; `partner` raises it to a partner, never lowers it."""
    kind = OrganizationKind.PARTNER if partner else OrganizationKind.CLIENT
    with unit_of_work(by=by, now=now):
        found = Organization.objects.filter(name=name).first()
        if found is None:
            try:
                with transaction.atomic():
                    made = Organization.objects.create(name=name, kind=kind, created_at=now, updated_at=now)
                    _note(made, OrganizationChangeType.CREATED, by=by, now=now, kind=kind.value)
                    return made
            except IntegrityError:
                found = Organization.objects.get(name=name)
        if partner and found.kind != OrganizationKind.PARTNER:
            found.kind = OrganizationKind.PARTNER
            save_organization(organization=found, by=by, now=now)
        return found


def save_organization(*, organization: Organization, by: Actor, now: datetime) -> None:
    """Store name and kind of an organization, new or changed, and note what was there before."""
    with unit_of_work(by=by, now=now):
        if organization._state.adding:  # noqa: SLF001  (Django's documented way to tell a new row)
            organization.created_at = organization.updated_at = now
            organization.save(force_insert=True)
            _note(organization, OrganizationChangeType.CREATED, by=by, now=now, kind=organization.kind)
            return
        before = Organization.objects.get(pk=organization.pk)
        names = [name for name in ("name", "kind") if getattr(before, name) != getattr(organization, name)]
        if names:
            organization.updated_at = now
            organization.save(update_fields=["name", "kind", "updated_at"])
            told: dict[str, Any] = {name: [getattr(before, name), getattr(organization, name)] for name in names}
            _note(organization, OrganizationChangeType.CHANGED, by=by, now=now, **told)


def _note(
    organization: Organization,
    what: OrganizationChangeType,
    /,
    *,
    by: Actor,
    now: datetime,
    key: ApiKey | None = None,
    **data: object,
) -> None:
    OrganizationChange.objects.create(
        organization=organization,
        type=what,
        key_prefix=key.prefix if key else "",
        data=data,
        actor_kind=by.kind,
        actor_label=by.label,
        request_id=by.request_id or "",
        at=now,
    )


def digest_of(key: str) -> str:
    """Return what is stored of a key. A plain hash suffices: the key itself holds 190 random bits."""
    return hashlib.sha256(key.encode()).hexdigest()


def _new_key(*, test: bool) -> tuple[str, str]:
    """Return a fresh key and its readable prefix; the last eight characters are a checksum for secret scanners."""
    prefix = f"mig_{'test' if test else 'live'}_{secrets.token_hex(4)}"
    body = f"{prefix}_{secrets.token_hex(16)}"
    return f"{body}{zlib.crc32(body.encode()):08x}", prefix


def issue_api_key(
    *,
    organization: Organization,
    scopes: Collection[str],
    test: bool,
    label: str,
    by: Actor,
    now: datetime,
    expires_at: datetime | None = None,
    allowed_networks: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key and return its row and the key itself, which is nowhere else to be had.

    :raises Invalid: a scope or a network is unknown, or the end is not ahead.
    """
    unknown = sorted(set(scopes) - set(ALL_SCOPES))
    if unknown:
        raise Invalid([FieldProblem("#/scopes", "invalid_choice", f"Unknown scope: {', '.join(unknown)}.")])
    if expires_at is not None and expires_at <= now:
        raise Invalid([FieldProblem("#/expires_at", "invalid", gettext("The end of a key must lie ahead."))])
    bounds = _networks(allowed_networks)
    with unit_of_work(by=by, now=now):
        row, key = _make(
            ApiKey(organization=organization, label=label, test=test, expires_at=expires_at, allowed_networks=bounds),
            scopes=sorted(set(scopes)) or list(ALL_SCOPES),
            now=now,
        )
        _note(organization, OrganizationChangeType.KEY_ISSUED, by=by, now=now, key=row, **_told(row))
    return row, key


def _networks(texts: Sequence[str]) -> list[str]:
    try:
        found = networks(texts)
    except NotANetwork as refusal:
        words = gettext("%(text)s is no address and no network, such as 192.0.2.0/24 or 2001:db8::/32.")
        raise Invalid([FieldProblem("#/allowed_networks", "invalid", words % {"text": str(refusal)[:60]})]) from None
    if len(found) > MOST_NETWORKS:
        raise Invalid([FieldProblem("#/allowed_networks", "too_many_items", gettext("There are too many networks."))])
    return found


def _make(row: ApiKey, *, scopes: list[str], now: datetime) -> tuple[ApiKey, str]:
    key, row.prefix = _new_key(test=row.test)
    row.digest, row.scopes = digest_of(key), scopes
    row.created_at = row.updated_at = now
    row.save(force_insert=True)
    return row, key


def _told(row: ApiKey) -> dict[str, Any]:
    """Return what is noted of a key beside its prefix."""
    ends = row.expires_at.isoformat() if row.expires_at else None
    return {"scopes": row.scopes, "test": row.test, "expires_at": ends, "networks": row.allowed_networks}


def rotate_api_key(*, key_id: int, by: Actor, now: datetime, overlap: timedelta = OVERLAP) -> tuple[ApiKey, str]:
    """Make the key that takes another's place, with the same scopes, world, networks and label, and return both forms of it.

    The old key works on for the overlap (0 to 30 days), or until its own end where that comes first. A key that was made
    for a time is followed by one for the same time.

    :raises NotFound: there is no such key.
    :raises KeyNotUsable: it is revoked, expired or replaced already.
    :raises Invalid: the overlap is longer than 30 days, or negative.
    """
    if not timedelta(0) <= overlap <= MOST_OVERLAP:
        raise Invalid([FieldProblem("#/overlap", "invalid", gettext("The overlap is between 0 hours and 30 days."))])
    with unit_of_work(by=by, now=now):
        old = ApiKey.objects.select_for_update(of=("self",)).select_related("organization").filter(pk=key_id).first()
        if old is None:
            raise NotFound
        if old.state(now) is not KeyState.ACTIVE:
            raise KeyNotUsable(gettext("The key %(prefix)s… cannot be rotated any more.") % {"prefix": old.prefix})
        lifetime = old.expires_at - old.created_at if old.expires_at else None
        fresh = ApiKey(
            organization=old.organization,
            label=old.label,
            test=old.test,
            expires_at=now + lifetime if lifetime else None,
            allowed_networks=old.allowed_networks,
        )
        row, key = _make(fresh, scopes=list(old.scopes), now=now)
        ends = min(now + overlap, old.expires_at or now + overlap)
        ApiKey.objects.filter(pk=old.pk).update(successor=row, expires_at=ends, updated_at=now)
        told = {"successor": row.prefix, "old_works_until": ends.isoformat()}
        _note(old.organization, OrganizationChangeType.KEY_ROTATED, by=by, now=now, key=old, **told)
    return row, key


def revoke_api_key(*, key_id: int, by: Actor, now: datetime) -> None:
    """Make a key useless at once; revoking twice changes nothing."""
    with unit_of_work(by=by, now=now):
        if ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=now, updated_at=now):
            row = ApiKey.objects.select_related("organization").get(pk=key_id)
            _note(row.organization, OrganizationChangeType.KEY_REVOKED, by=by, now=now, key=row)


def note_key_use(*, key_id: int, now: datetime) -> None:
    """Remember when a key was last used; never moves the time back."""
    ApiKey.objects.filter(pk=key_id).exclude(last_used_at__gte=now).update(last_used_at=now)
