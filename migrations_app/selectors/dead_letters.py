"""What no way could deliver, for the desk's list."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet

from migrations_app.models import ChaseAttempt, Notice
from tickets.models import Ticket
from tickets.selectors.desk import is_lead, visible_tickets

MOST = 300
"""Most rows of one kind that a page shows, the newest; older ones appear when these are dealt with."""


def undelivered(user: AbstractBaseUser | AnonymousUser) -> list[ChaseAttempt | Notice]:
    """Return the undelivered messages about tickets that a person may see, newest first."""
    found: list[ChaseAttempt | Notice] = [*_chased(user)[:MOST], *_told(user)[:MOST]]
    return sorted(found, key=lambda row: (row.undelivered_at or row.due_at, row.pk), reverse=True)


def undelivered_count(user: AbstractBaseUser | AnonymousUser) -> int:
    """Return how many undelivered messages a person may see."""
    return _chased(user).count() + _told(user).count()


def undelivered_of(ticket: Ticket) -> bool:
    """Tell whether anything about a ticket waits as undelivered."""
    chased = ChaseAttempt.objects.filter(chase__case__ticket=ticket, undelivered_at__isnull=False)
    return chased.exists() or Notice.objects.filter(case__ticket=ticket, undelivered_at__isnull=False).exists()


def _chased(user: Any) -> QuerySet[ChaseAttempt]:
    rows = ChaseAttempt.objects.filter(undelivered_at__isnull=False, chase__case__ticket__test__in=[False])
    if not is_lead(user):
        rows = rows.filter(chase__case__ticket__in=visible_tickets(user))
    return rows.select_related("chase__case__ticket").order_by("-undelivered_at", "-id")


def _told(user: Any) -> QuerySet[Notice]:
    rows = Notice.objects.filter(undelivered_at__isnull=False, case__ticket__test__in=[False])
    if not is_lead(user):
        rows = rows.filter(case__ticket__in=visible_tickets(user))
    return rows.select_related("case__ticket", "pin_call").order_by("-undelivered_at", "-id")
