"""Reading the tasks of the desk."""

from collections.abc import Callable
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from migrations_app.enums import DeskTaskState
from migrations_app.models import DeskTask, MigrationCase
from migrations_app.rules.hours import Hours
from tickets.enums import Priority
from tickets.models import Ticket
from tickets.selectors.desk import is_agent, is_lead, visible_tickets
from tickets.selectors.service_levels import desk_hours

MOST_BESIDES = 10
_RANKS = {Priority.URGENT: 0, Priority.HIGH: 1, Priority.LOW: 3}
RANK = Case(
    *(When(case__ticket__priority=priority, then=Value(rank)) for priority, rank in _RANKS.items()),
    default=Value(2),
    output_field=IntegerField(),
)
"""How urgent a task is by its ticket's priority: urgent 0, high 1, normal 2, low 3."""


def visible_tasks(user: Any) -> QuerySet[DeskTask]:
    """Return the tasks this person may see: a lead all, an agent those of own queues' tickets, others none."""
    if is_lead(user):
        return DeskTask.objects.all()
    rows = DeskTask.objects.filter(case__ticket__in=visible_tickets(user))
    return rows if is_agent(user) else rows.none()


def by_urgency(tasks: QuerySet[DeskTask]) -> QuerySet[DeskTask]:
    """Annotate tasks with `rank`: of urgent tickets 0, high 1, normal 2, low 3."""
    return tasks.annotate(rank=RANK)


def tasks_of(case: MigrationCase) -> list[DeskTask]:
    """Return the tasks of a case, open ones first, then the newest."""
    rows = DeskTask.objects.filter(case=case).select_related("number", "case__ticket", "case__current_bsp")
    return sorted(rows.order_by("-created_at", "-id"), key=lambda task: task.state != DeskTaskState.OPEN)


def besides(task: DeskTask, visible: QuerySet[DeskTask]) -> list[DeskTask]:
    """Return other open tasks with the same phone or on the same page: one call or one visit may do for all of them."""
    same = {"contact": task.contact} if task.contact else {"url": task.url}
    if not any(same.values()):
        return []
    # Nobody is rung for a ticket that is only tried.
    rows = visible.filter(state=DeskTaskState.OPEN, case__ticket__test__in=[False], **same).exclude(pk=task.pk)
    return list(rows.select_related("case__ticket").order_by("created_at", "id")[:MOST_BESIDES])


def desk_calendars() -> Callable[[Ticket], Hours | None]:
    """Return what tells when the desk works on a ticket: the calendar of its service level, read once a queue and priority."""
    known: dict[tuple[int | None, str], Hours | None] = {}

    def hours(ticket: Ticket) -> Hours | None:
        key = (ticket.queue_id, ticket.priority)
        if key not in known:
            known[key] = desk_hours(ticket)
        return known[key]

    return hours
