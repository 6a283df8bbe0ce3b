"""Reading for callers of the API: everything is narrowed to the caller's organization and its live or test world.

The two reads of every poll are plain SQL: building the same statements by the ORM costs ten times what they cost.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from config.core.errors import NotFound
from tickets.enums import ON_HOLD, StatusCategory
from tickets.models import ApiKey, Organization, Ticket
from tickets.rules.lifecycle import category

_KEY = (
    "SELECT k.id, k.organization_id, o.name, k.scopes, k.test, k.allowed_networks"
    " FROM tickets_apikey k JOIN tickets_organization o ON o.id = k.organization_id"
    " WHERE k.digest = %s AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %s)"
)
_COUNTERS = "SELECT version, revision FROM tickets_ticket WHERE reference = %s AND organization_id = %s AND test = %s"


@dataclass(frozen=True)
class CallerKey:
    """A key that may be used now, with what every request asks of it."""

    id: int
    organization_id: int
    organization_name: str
    scopes: frozenset[str]
    test: bool
    allowed_networks: tuple[str, ...]


def key_by_digest(digest: str, *, now: datetime) -> CallerKey | None:
    """Return the key with this digest; None when there is none, or it is revoked or expired."""
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_KEY, [digest, moment])
        row = cursor.fetchone()
    if row is None:
        return None
    return CallerKey(row[0], row[1], row[2], frozenset(_listed(row[3])), bool(row[4]), tuple(_listed(row[5])))


def _listed(value: Any) -> list[str]:
    """Return a JSON column's list; Django's drivers hand it over as text."""
    found: list[str] = json.loads(value) if isinstance(value, str | bytes) else value
    return found


def key_with_organization(key_id: int) -> ApiKey:
    """Return a key's row with its organization, for telling a caller who it is."""
    return ApiKey.objects.select_related("organization").get(pk=key_id)


def organization_of(organization_id: int) -> Organization:
    """Return the organization of an authenticated caller."""
    return Organization.objects.get(pk=organization_id)


def tickets_of(organization_id: int, *, test: bool) -> QuerySet[Ticket]:
    """Return an organization's tickets of one world: test keys see test tickets only, live keys live ones."""
    # Written as a list of one: `test=False` becomes "NOT test", with which SQLite cannot go on within an index of the list.
    return Ticket.objects.filter(organization_id=organization_id, test__in=[test])


def ticket_of(organization_id: int, reference: str, *, test: bool) -> Ticket:
    """Return one ticket with its queue.

    :raises NotFound: it does not exist for this organization.
    """
    found = tickets_of(organization_id, test=test).select_related("queue").filter(reference=reference).first()
    if found is None:
        raise NotFound
    return found


def counters_of(organization_id: int, reference: str, *, test: bool) -> tuple[int, int]:
    """Return version and revision alone, for polls that are answered with 304.

    :raises NotFound: the ticket does not exist for this organization.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERS, [reference, organization_id, test])
        found: tuple[int, int] | None = cursor.fetchone()
    if found is None:
        raise NotFound
    return found


def shown_status(ticket: Ticket) -> tuple[str, StatusCategory]:
    """Return public status and category: the hold flag covers any status that has not ended."""
    kind = category(ticket.status, on_hold=ticket.on_hold)
    return (ON_HOLD if ticket.on_hold and kind is not StatusCategory.DONE else ticket.status), kind
