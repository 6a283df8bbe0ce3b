"""Reading service levels: policies in their order, what is due, a ticket's clocks, a calendar's days."""

from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from tickets.enums import ClockState
from tickets.models import Calendar, SlaClock, SlaPolicy, Ticket
from tickets.rules.calendars import Interval, WorkingTime, holiday_languages, open_intervals, public_holidays
from tickets.rules.service_levels import Policy, calendar_of, policy_for

DUE_SOON = timedelta(days=1)
"""A target that is due within this time is worth looking at today."""


def policies() -> list[Policy]:
    """Return the active policies in the order in which they are asked, in one query."""
    rows = SlaPolicy.objects.filter(active=True).select_related("calendar").order_by("position", "id")
    return [_policy(row) for row in rows if row.plan]


def _policy(row: SlaPolicy) -> Policy:
    return Policy(
        id=row.pk,
        name=row.name,
        version=row.version,
        calendar_id=row.calendar_id,
        calendar_version=row.calendar.version,
        calendar=row.calendar.spec,
        targets=row.plan["targets"],
        warn_percent=row.plan["warn_percent"],
        pauses_on=frozenset(row.plan["pauses_on"]),
        queues=frozenset(row.plan["queues"]),
        priorities=frozenset(row.plan["priorities"]),
    )


def open_clocks(ticket_id: int) -> list[SlaClock]:
    """Return the clocks of a ticket that have not ended; at most one a metric."""
    return list(SlaClock.objects.filter(ticket_id=ticket_id, ended_at__isnull=True))


def clocks_of(ticket: Ticket) -> QuerySet[SlaClock]:
    """Return all clocks of a ticket, in the order in which they were started."""
    return SlaClock.objects.filter(ticket=ticket).order_by("started_at", "id")


def missed(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of tickets with a running clock whose target is over, the oldest first."""
    rows = SlaClock.objects.filter(state=ClockState.RUNNING, due_at__lte=now).order_by("due_at")
    return list(rows.values_list("ticket_id", flat=True)[:limit])


def near(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of tickets with a running clock whose warning is due, the oldest first."""
    rows = SlaClock.objects.filter(state=ClockState.RUNNING, warned_at__isnull=True, warn_at__lte=now)
    return list(rows.order_by("warn_at").values_list("ticket_id", flat=True)[:limit])


def outdated(*, limit: int) -> list[int]:
    """Return the ids of tickets whose clocks must follow a changed policy or calendar."""
    rows = SlaClock.objects.filter(recompute_at__isnull=False).order_by("recompute_at")
    return list(rows.values_list("ticket_id", flat=True)[:limit])


def has_work(ticket_id: int, *, now: datetime) -> bool:
    """Tell whether any clock of the ticket still is what a sweep looks for."""
    running = Q(state=ClockState.RUNNING)
    due = (running & Q(due_at__lte=now)) | (running & Q(warned_at__isnull=True, warn_at__lte=now))
    return SlaClock.objects.filter(due | Q(recompute_at__isnull=False), ticket_id=ticket_id).exists()


def working_time(calendar: Calendar) -> WorkingTime | None:
    """Return a calendar as rules read it; None before it was ever saved as a whole."""
    return calendar_of(calendar.spec) if calendar.spec else None


def desk_hours(ticket: Ticket) -> WorkingTime | None:
    """Return when the desk works on tickets like this one: the calendar of its service level; None where it has none."""
    policy = policy_for(policies(), queue_id=ticket.queue_id, priority=ticket.priority)
    return calendar_of(policy.calendar) if policy is not None and policy.calendar else None


def next_openings(calendar: WorkingTime, *, now: datetime, count: int) -> list[Interval]:
    """Return the next stretches of working time."""
    return [interval for interval, _place in zip(open_intervals(calendar, now), range(count), strict=False)]


def next_holidays(calendar: Calendar, *, today: date, count: int) -> list[tuple[date, str]]:
    """Return the next public holidays of a calendar as it was last saved, with names in the calendar's language."""
    saved = working_time(calendar)
    if saved is None or not saved.country:
        return []
    language = calendar.language if calendar.language in holiday_languages(saved.country) else ""
    found: dict[date, str] = {}
    for year in (today.year, today.year + 1):
        found |= public_holidays(saved.country, saved.subdivision, year, language)
    return sorted((day, name) for day, name in found.items() if day >= today)[:count]


def due_soon(tickets: QuerySet[Ticket], *, before: datetime) -> QuerySet[Ticket]:
    """Narrow tickets to those with a running clock whose target ends before a moment, or has ended."""
    return tickets.filter(sla_due_at__lte=before)
