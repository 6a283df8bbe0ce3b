"""Reading for callers of the API: everything is narrowed to the caller's organization and its live or test world."""

from datetime import datetime

from django.db.models import QuerySet

from config.core.errors import NotFound
from tickets.enums import ON_HOLD, StatusCategory
from tickets.models import ApiKey, Ticket
from tickets.rules.lifecycle import category


def key_by_digest(digest: str, *, now: datetime) -> ApiKey | None:
    """Return the usable key with this digest, its organization with it in the same query; None when there is none."""
    row = ApiKey.objects.select_related("organization").filter(digest=digest, revoked_at=None).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return row


def tickets_of(organization_id: int, *, test: bool) -> QuerySet[Ticket]:
    """Return an organization's tickets of one world: test keys see test tickets only, live keys live ones."""
    return Ticket.objects.filter(organization_id=organization_id, test=test)


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
    found = (
        tickets_of(organization_id, test=test).filter(reference=reference).values_list("version", "revision").first()
    )
    if found is None:
        raise NotFound
    return found


def shown_status(ticket: Ticket) -> tuple[str, StatusCategory]:
    """Return public status and category: the hold flag covers any status that has not ended."""
    kind = category(ticket.status, on_hold=ticket.on_hold)
    return (ON_HOLD if ticket.on_hold and kind is not StatusCategory.DONE else ticket.status), kind
