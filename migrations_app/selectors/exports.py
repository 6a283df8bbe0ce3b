"""Reading exports: whose they are, what is due, and which tickets one is of."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from config.core.errors import NotFound
from migrations_app.enums.exports import ExportState
from migrations_app.models import TicketExport
from migrations_app.selectors.wishes import TicketWish, tickets_wished
from tickets.models import Ticket
from tickets.selectors.api import tickets_of

OPEN = frozenset({ExportState.QUEUED, ExportState.RUNNING})


def exports_of(organization_id: int, *, test: bool) -> QuerySet[TicketExport]:
    """Return an organization's exports of one world."""
    return TicketExport.objects.filter(organization_id=organization_id, test__in=[test])


def export_of(organization_id: int, uid: uuid.UUID, *, test: bool) -> TicketExport:
    """Return one export.

    :raises NotFound: it does not exist for this organization.
    """
    found = exports_of(organization_id, test=test).filter(uid=uid).first()
    if found is None:
        raise NotFound
    return found


def open_exports(organization_id: int) -> int:
    """Return how many exports of an organization are under way."""
    return TicketExport.objects.filter(organization_id=organization_id, state__in=OPEN).count()


def tickets_to_export(export: TicketExport) -> QuerySet[Ticket]:
    """Return the tickets of an export: those its filters let through, filed before it was begun."""
    rows = tickets_wished(tickets_of(export.organization_id, test=export.test), TicketWish.from_json(export.wish))
    return rows.filter(created_at__lte=export.started_at) if export.started_at else rows


def exports_due(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of exports that somebody should write (on)."""
    rows = TicketExport.objects.filter(due_at__lte=now).order_by("due_at")
    return list(rows.values_list("id", flat=True)[:limit])


def exports_over(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of exports whose file is kept no longer."""
    rows = TicketExport.objects.filter(state=ExportState.DONE, expires_at__lte=now).order_by("expires_at")
    return list(rows.values_list("id", flat=True)[:limit])
