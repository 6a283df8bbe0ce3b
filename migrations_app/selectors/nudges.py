"""Reading what is planned for one address, and who asked to be left alone."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from migrations_app.enums import AttemptState, ChannelName, ChaseState
from migrations_app.models import Chase, ChaseAttempt, NudgeStop
from tickets.enums import Party

RETRY_LEAD = timedelta(minutes=30)
"""Tries of one digest that failed are apart by chance; they are gathered again if they are due within this time."""


def left_alone(organization_id: int, addresses: Collection[str]) -> frozenset[str]:
    """Return those of these (plain) addresses that want no reminders about the tickets of this organization."""
    rows = NudgeStop.objects.filter(organization_id=organization_id, address__in=addresses, undone_at__isnull=True)
    return frozenset(rows.values_list("address", flat=True))


def stops_of(organization_id: int, addresses: Collection[str]) -> QuerySet[NudgeStop]:
    """Return the stops that hold now for these (plain) addresses, oldest first."""
    rows = NudgeStop.objects.filter(organization_id=organization_id, address__in=addresses, undone_at__isnull=True)
    return rows.order_by("since", "id")


def planned_for(address: str) -> QuerySet[ChaseAttempt]:
    """Return what is planned for a (plain) address by mail, longest due first."""
    rows = ChaseAttempt.objects.filter(state=AttemptState.PLANNED, address=address, channel=ChannelName.EMAIL)
    return rows.order_by("due_at", "id")


def due_beside(attempt: ChaseAttempt, *, now: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (attempt id, ticket id) of what else is due for the same address, longest due first."""
    due = Q(due_at__lte=now) | Q(try_no__gt=1, due_at__lte=now + RETRY_LEAD)
    rows = planned_for(attempt.address).filter(due).exclude(pk=attempt.pk)
    return list(rows.values_list("pk", "chase__case__ticket_id")[:limit])


def times_planned(
    address: str, *, party: str, organization_id: int | None, around: datetime, within: timedelta, except_chase: int
) -> list[datetime]:
    """Return when other messages are planned for the same address around a moment; of one organization, or of any (None)."""
    rows = planned_for(address).filter(recipient_party=party, due_at__range=(around - within, around + within))
    rows = rows.filter(chase__case__ticket__test__in=[False])
    if organization_id is not None:
        rows = rows.filter(chase__case__ticket__organization_id=organization_id)
    return list(rows.exclude(chase_id=except_chase).values_list("due_at", flat=True)[:50])


def tickets_with_plans(address: str, organizations: Collection[int]) -> list[int]:
    """Return the ids of these organizations' tickets for which something is planned to a (plain) address."""
    rows = planned_for(address).filter(chase__case__ticket__organization_id__in=organizations)
    return sorted(set(rows.values_list("chase__case__ticket_id", flat=True)))


def tickets_waiting(address: str, organizations: Collection[int]) -> list[tuple[int, str]]:
    """Return (id, party) of these organizations' open tickets on which a (plain) address is the client's or the old BSP's."""
    chased = Chase.objects.filter(state=ChaseState.ACTIVE, case__ticket__organization_id__in=organizations)
    own = chased.filter(case__ticket__contact_email__iexact=address).values_list("case__ticket_id", flat=True)
    bsp = chased.filter(case__current_bsp__contact_email__iexact=address).values_list("case__ticket_id", flat=True)
    found = dict.fromkeys(bsp, Party.OLD_BSP.value) | dict.fromkeys(own, Party.CLIENT.value)
    return sorted(found.items())
