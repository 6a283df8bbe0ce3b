"""Reading disputes over lines."""

from typing import Any

from django.db.models import QuerySet

from migrations_app.enums.disputes import DisputeState
from migrations_app.models import OwnershipDispute
from tickets.models import Ticket
from tickets.selectors.desk import is_agent, is_lead, visible_tickets


def visible_disputes(user: Any) -> QuerySet[OwnershipDispute]:
    """Return the disputes this person may see: a lead all, an agent those about tickets of own queues, others none."""
    rows = OwnershipDispute.objects.select_related("holder__ticket__organization", "claimant", "claimant_ticket")
    if is_lead(user):
        return rows
    if not is_agent(user):
        return rows.none()
    return rows.filter(holder__ticket__in=visible_tickets(user))


def open_disputes_of(ticket: Ticket) -> QuerySet[OwnershipDispute]:
    """Return the undecided disputes over lines that a ticket holds, oldest first."""
    rows = OwnershipDispute.objects.filter(holder__ticket=ticket, state=DisputeState.OPEN)
    return rows.select_related("claimant").order_by("raised_at", "id")
