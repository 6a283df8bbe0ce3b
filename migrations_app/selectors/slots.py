"""Reading calendars: which moments can be offered for a call."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q

from migrations_app.enums import PinCallState
from migrations_app.models import AgentHours, CallCell, MigrationCase, PinCall
from migrations_app.rules.slots import LowTrafficWindow, Slot, SlotQuestion, WorkingInterval, free_slots


@dataclass(frozen=True)
class SlotFrame:
    """When, for whom and how long: everything but the calendars."""

    since: datetime
    until: datetime
    minutes: int
    timezone: str
    queue_id: int | None


def windows_of(case: MigrationCase) -> tuple[LowTrafficWindow, ...]:
    """Return the client's quiet stretches as filed."""
    return tuple(
        LowTrafficWindow(window["weekday"], time.fromisoformat(window["start"]), time.fromisoformat(window["end"]))
        for window in case.low_traffic_windows
    )


def offered_slots(frame: SlotFrame, case: MigrationCase, *, now: datetime, ignore_taken: bool = False) -> list[Slot]:
    """Return the free moments within the frame, the desk's notice and horizon kept.

    Agents are those of the ticket's queue. Cells of holds that have expired count as free, swept or not.
    """
    since = max(frame.since, now + timedelta(minutes=settings.CALL_MIN_NOTICE_MINUTES))
    until = min(frame.until, now + timedelta(days=settings.CALL_HORIZON_DAYS))
    if since >= until:
        return []
    hours = [
        WorkingInterval(row.agent_id, row.weekday, row.start, row.end, row.timezone)
        for row in AgentHours.objects.filter(agent__is_active=True, agent__queues=frame.queue_id)
    ]
    question = SlotQuestion(
        since=since,
        until=until,
        minutes=frame.minutes,
        buffer=settings.CALL_BUFFER_MINUTES,
        zone=ZoneInfo(frame.timezone),
        windows=windows_of(case),
    )
    taken = frozenset() if ignore_taken else taken_cells(since=since, until=until + timedelta(days=1), now=now)
    return free_slots(question, hours, taken)


def taken_cells(*, since: datetime, until: datetime, now: datetime) -> frozenset[tuple[int, datetime]]:
    """Return the quarters of an hour that calls and living holds have taken, as (agent id, start)."""
    alive = ~Q(pin_call__state=PinCallState.HELD) | Q(pin_call__expires_at__gt=now)
    return frozenset(CallCell.objects.filter(alive, start__gte=since, start__lt=until).values_list("agent_id", "start"))


def by_load(agent_ids: tuple[int, ...], *, first: int | None) -> list[int]:
    """Return the agents, the given one first, then those with fewest booked calls."""
    loads = dict(
        PinCall.objects.filter(agent_id__in=agent_ids, state=PinCallState.BOOKED)
        .values_list("agent_id")
        .annotate(calls=Count("uid", distinct=True))
        .values_list("agent_id", "calls")
    )
    return sorted(agent_ids, key=lambda agent: (agent != first, loads.get(agent, 0), agent))
