"""Reading for callers of the API: everything is narrowed to the caller's organization and its live or test world.

The read of every poll is plain SQL: building the same statement by the ORM costs ten times what it costs.
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

_COLUMNS = (
    "k.id, k.organization_id, (SELECT o.name FROM tickets_organization o WHERE o.id = k.organization_id),"
    " k.scopes, k.test, k.allowed_networks"
)
# As one text and not as a join: PostgreSQL plans each statement anew, and a join of three tables takes it twice as long.
_COUNTERS = (
    ", (SELECT t.version || ' ' || t.revision FROM tickets_ticket t"
    " WHERE t.reference = %s AND t.organization_id = k.organization_id AND t.test = k.test)"
)
_USABLE = (
    " FROM tickets_apikey k"
    " WHERE k.digest = %s AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %s)"
)


@dataclass(frozen=True)
class CallerKey:
    """A key that may be used now, with what every request asks of it."""

    id: int
    organization_id: int
    organization_name: str
    scopes: frozenset[str]
    test: bool
    allowed_networks: tuple[str, ...]
    counters: tuple[int, int] | None = None
    """Version and revision of the ticket that was asked for along with the key; None: the key's owner has no such ticket."""


def key_by_digest(digest: str, *, now: datetime) -> CallerKey | None:
    """Return the key with this digest; None when there is none, or it is revoked or expired."""
    return _key(_COLUMNS + _USABLE, [digest, connection.ops.adapt_datetimefield_value(now)])


def key_and_counters(digest: str, reference: str, *, now: datetime) -> CallerKey | None:
    """Return the key with this digest, and in the same read the counters of a ticket: all that a poll needs to know."""
    return _key(_COLUMNS + _COUNTERS + _USABLE, [reference, digest, connection.ops.adapt_datetimefield_value(now)])


def _key(statement: str, values: list[Any]) -> CallerKey | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {statement}", values)
        row = cursor.fetchone()
    if row is None:
        return None
    key, organization, name, scopes, test, networks, *found = row
    version, _, revision = (found[0] or "").partition(" ") if found else ("", "", "")
    return CallerKey(
        key, organization, name, frozenset(_listed(scopes)), bool(test), tuple(_listed(networks)),
        (int(version), int(revision)) if version else None,
    )  # fmt: skip


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


def shown_status(ticket: Ticket) -> tuple[str, StatusCategory]:
    """Return public status and category: the hold flag covers any status that has not ended."""
    kind = category(ticket.status, on_hold=ticket.on_hold)
    return (ON_HOLD if ticket.on_hold and kind is not StatusCategory.DONE else ticket.status), kind
