"""Calendars and service levels as a lead would set them up."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from config.core.actor import OPERATOR
from tickets.enums import Pause, SlaMetric
from tickets.models import Calendar, CalendarDay, CalendarHours, Queue, SlaClock, SlaPolicy, SlaTarget, Ticket
from tickets.services.service_levels import publish_calendar, publish_policy

Hours = tuple[int, int, int]
"""Weekday, from, to."""
NINE_TO_FIVE: list[Hours] = [(day, 9, 17) for day in range(5)]
ANSWER_IN_AN_HOUR: dict[SlaMetric, int] = {SlaMetric.FIRST_RESPONSE: 60}


def make_calendar(
    name: str, timezone: str = "America/Sao_Paulo", *, now: datetime, hours: Sequence[Hours] = NINE_TO_FIVE
) -> Calendar:
    calendar = Calendar.objects.create(name=name, timezone=timezone, created_at=now, updated_at=now)
    for day, start, end in hours:
        CalendarHours.objects.create(calendar=calendar, weekday=day, start=time(start), end=time(end))
    return published(calendar, now=now)


def published(calendar: Calendar, *, now: datetime, closed: date | None = None) -> Calendar:
    """The calendar as it stands now, with one more closed day."""
    if closed:
        CalendarDay.objects.create(calendar=calendar, date=closed)
    publish_calendar(calendar_id=calendar.pk, by=OPERATOR, now=now)
    return Calendar.objects.get(pk=calendar.pk)


def make_policy(
    name: str,
    calendar: Calendar,
    *,
    now: datetime,
    targets: Mapping[SlaMetric, int],
    queues: Sequence[Queue] = (),
    pauses_on: Sequence[str] = Pause.values,
    priorities: Sequence[str] = (),
) -> SlaPolicy:
    """A policy that goes before the desk's standard one. Targets are in minutes."""
    policy = SlaPolicy.objects.create(
        name=name, position=1, calendar=calendar, pauses_on=list(pauses_on), priorities=list(priorities),
        created_at=now, updated_at=now,
    )  # fmt: skip
    policy.queues.set(queues)
    retarget(policy, targets, now=now)
    return policy


def retarget(policy: SlaPolicy, targets: Mapping[SlaMetric, int], *, now: datetime) -> None:
    for metric, minutes in targets.items():
        SlaTarget.objects.update_or_create(policy=policy, metric=metric, defaults={"minutes": minutes})
    publish_policy(policy_id=policy.pk, by=OPERATOR, now=now)


def clock_of(ticket: Ticket, metric: SlaMetric | str) -> SlaClock:
    """The newest clock of a metric."""
    clock = SlaClock.objects.filter(ticket=ticket, metric=metric).order_by("-cycle").first()
    assert clock is not None
    return clock
