"""Calendars and policies made by a command: what a new desk begins with. What exists already stays as a lead has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from config.core.actor import Actor
from config.core.uow import unit_of_work
from tickets.enums import Pause, SlaMetric
from tickets.models import Calendar, CalendarHours, Queue, SlaPolicy, SlaTarget
from tickets.services.service_levels import publish_calendar, publish_policy

TARGETS: dict[SlaMetric, int] = {
    SlaMetric.FIRST_RESPONSE: 4 * 60,
    SlaMetric.REQUIREMENT_TURNAROUND: 9 * 60,
    SlaMetric.TIME_TO_SCHEDULE: 5 * 9 * 60,
    SlaMetric.TIME_TO_MIGRATE: 10 * 9 * 60,
}
"""Minutes of our own working time: half a day to answer, a day for our part of a requirement, five and ten days in all."""
_WEEK = ((time(9), time(18)),)


@dataclass(frozen=True)
class NewCalendar:
    """A calendar with the same hours from Monday to Friday."""

    name: str
    timezone: str = "UTC"
    country: str = ""
    subdivision: str = ""
    hours: Sequence[tuple[time, time]] = _WEEK


def ensure_calendar(new: NewCalendar, *, by: Actor, now: datetime) -> Calendar:
    """Return the calendar of this name; make it where there is none."""
    with unit_of_work(by=by, now=now):
        calendar, fresh = Calendar.objects.get_or_create(
            name=new.name,
            defaults={
                "timezone": new.timezone,
                "country": new.country,
                "subdivision": new.subdivision,
                "created_at": now,
                "updated_at": now,
            },
        )
        if fresh:
            CalendarHours.objects.bulk_create(
                CalendarHours(calendar=calendar, weekday=day, start=start, end=end)
                for day in range(5)
                for start, end in new.hours
            )
            publish_calendar(calendar_id=calendar.pk, by=by, now=now)
        return calendar


def ensure_policy(
    name: str, *, position: int, calendar: Calendar, by: Actor, now: datetime, queues: Sequence[Queue] = ()
) -> None:
    """Make the policy of this name with the first targets, where there is none; without queues it is for all of them."""
    with unit_of_work(by=by, now=now):
        policy, fresh = SlaPolicy.objects.get_or_create(
            name=name,
            defaults={
                "position": position,
                "calendar": calendar,
                "pauses_on": Pause.values,
                "created_at": now,
                "updated_at": now,
            },
        )
        if fresh:
            policy.queues.set(queues)
            SlaTarget.objects.bulk_create(
                SlaTarget(policy=policy, metric=metric, minutes=minutes) for metric, minutes in TARGETS.items()
            )
            publish_policy(policy_id=policy.pk, by=by, now=now)
