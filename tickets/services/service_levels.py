"""Keeping service levels: what a lead edits becomes one value with a version, and clocks follow; the sweep of due clocks."""

from datetime import date, datetime

from config.core.actor import SYSTEM, Actor
from config.core.uow import unit_of_work
from tickets.models import Calendar, SlaClock, SlaPolicy, Ticket
from tickets.rules.calendars import Period, WorkingTime
from tickets.rules.service_levels import spec_of
from tickets.selectors import service_levels as selectors
from tickets.services.clocks import sync_clocks
from tickets.services.tickets import lock_ticket


def publish_calendar(*, calendar_id: int, by: Actor, now: datetime) -> None:
    """Take over what stands in a calendar's rows: a change is a new version, and every open clock is looked at again."""
    with unit_of_work(by=by, now=now):
        calendar = Calendar.objects.prefetch_related("hours", "days").get(pk=calendar_id)
        spec = spec_of(_working_time(calendar))
        if spec != calendar.spec:
            version = calendar.version + 1 if calendar.spec else 1
            Calendar.objects.filter(pk=calendar.pk).update(spec=spec, version=version, updated_at=now)
            _mark_open_clocks(now)


def publish_policy(*, policy_id: int, by: Actor, now: datetime) -> None:
    """Take over what stands in a policy's rows: a change is a new version, and every open clock is looked at again."""
    with unit_of_work(by=by, now=now):
        policy = SlaPolicy.objects.prefetch_related("targets", "queues").get(pk=policy_id)
        plan = {
            "active": policy.active,
            "position": policy.position,
            "calendar": policy.calendar_id,
            "queues": sorted(queue.pk for queue in policy.queues.all()),
            "priorities": sorted(policy.priorities),
            "targets": {target.metric: target.minutes for target in policy.targets.all()},
            "warn_percent": policy.warn_percent,
            "pauses_on": sorted(policy.pauses_on),
        }
        if plan != policy.plan:
            version = policy.version + 1 if policy.plan else 1
            SlaPolicy.objects.filter(pk=policy.pk).update(plan=plan, version=version, updated_at=now)
            _mark_open_clocks(now)


def forget_policy(*, by: Actor, now: datetime) -> None:
    """Let clocks follow the removal of a policy."""
    with unit_of_work(by=by, now=now):
        _mark_open_clocks(now)


def _mark_open_clocks(now: datetime) -> None:
    """Make every open clock due: another policy may be the first that takes its ticket now."""
    SlaClock.objects.filter(ended_at__isnull=True, recompute_at__isnull=True).update(recompute_at=now)


def _working_time(calendar: Calendar) -> WorkingTime:
    week: dict[int, tuple[Period, ...]] = {}
    for hours in calendar.hours.all():
        week[hours.weekday] = (*week.get(hours.weekday, ()), Period(hours.start, hours.end))
    days: dict[date, tuple[Period, ...]] = {day.date: () for day in calendar.days.all()}
    for day in calendar.days.all():
        if day.start is not None and day.end is not None:
            days[day.date] = (*days[day.date], Period(day.start, day.end))
    return WorkingTime(calendar.timezone, week, days, calendar.country, calendar.subdivision)


def advance_clocks(*, ticket_id: int, now: datetime) -> None:
    """Write what time, or a changed policy, has done to a ticket's clocks; nothing when another sweep was first."""
    if not selectors.has_work(ticket_id, now=now):
        return
    with unit_of_work(by=SYSTEM, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        columns = sync_clocks(uow, ticket, None)
        Ticket.objects.filter(pk=ticket.pk).update(**columns)
