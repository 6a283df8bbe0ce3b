"""Reading who takes calls: hours, particulars, absences, and what is taken already."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Q, QuerySet

from migrations_app.enums import PinCallState
from migrations_app.models import AgentAbsence, AgentHours, AgentProfile, CallCell, PinCall
from migrations_app.rules.availability import Agent, Taken
from migrations_app.rules.hours import zone_of
from migrations_app.rules.slots import CELL, Interval, WorkingInterval

_GIVEN = [PinCallState.BOOKED, PinCallState.STARTED, PinCallState.FINISHED, PinCallState.NO_SHOW]
_DAY = timedelta(days=1)


def agents_of(queue_id: int | None, *, since: datetime, until: datetime) -> list[Agent]:
    """Return the active agents of a queue who have working hours, with their absences in [since, until)."""
    hours: dict[int, list[WorkingInterval]] = defaultdict(list)
    weeks = AgentHours.objects.filter(agent__is_active=True, agent__queues=queue_id)
    for row in weeks.values_list("agent_id", "weekday", "start", "end", "timezone"):
        hours[row[0]].append(WorkingInterval(*row))
    absences: dict[int, list[Interval]] = defaultdict(list)
    away = AgentAbsence.objects.filter(agent_id__in=hours, end__gt=since, start__lt=until)
    for agent_id, start, end in away.values_list("agent_id", "start", "end"):
        absences[agent_id].append((start, end))
    profiles = {row.agent_id: row for row in AgentProfile.objects.filter(agent_id__in=hours)}
    return [
        _agent(agent_id, tuple(rows), tuple(absences[agent_id]), profiles.get(agent_id))
        for agent_id, rows in sorted(hours.items())
    ]


def _agent(
    agent_id: int, hours: tuple[WorkingInterval, ...], absences: tuple[Interval, ...], row: AgentProfile | None
) -> Agent:
    if row is None:
        return Agent(agent_id, hours, absences)
    return Agent(agent_id, hours, absences, frozenset(row.languages), row.country, row.subdivision, row.daily_capacity)


def agent_of(user_id: int, *, since: datetime, until: datetime) -> Agent | None:
    """Return somebody as an agent, absences in [since, until) included; None without working hours."""
    rows = AgentHours.objects.filter(agent_id=user_id)
    hours = tuple(WorkingInterval(user_id, row.weekday, row.start, row.end, row.timezone) for row in rows)
    away = AgentAbsence.objects.filter(agent_id=user_id, end__gt=since, start__lt=until)
    profile = AgentProfile.objects.filter(agent_id=user_id).first()
    return _agent(user_id, hours, tuple(away.values_list("start", "end")), profile) if hours else None


def zone_of_agent(user_id: int | None) -> ZoneInfo:
    """Return the zone by which an agent's days and absences are told: that of its hours, UTC without any."""
    row = AgentHours.objects.filter(agent_id=user_id).order_by("weekday", "start").first()
    return zone_of(row.timezone if row else "UTC")


def booked_within(user_id: int, start: datetime, end: datetime) -> QuerySet[PinCall]:
    """Return an agent's booked calls of which any part lies between two moments, in order of time."""
    calls = PinCall.objects.filter(agent_id=user_id, state=PinCallState.BOOKED, start__lt=end, end__gt=start)
    return calls.select_related("ticket").order_by("start", "id")


def _in_the_way(ticket_id: int, moving: UUID | None, now: datetime) -> Q:
    """Narrow cells to those that count: not of holds that are over, of the ticket's own hold, or of the call that is moved."""
    alive = ~Q(pin_call__state=PinCallState.HELD) | Q(pin_call__expires_at__gt=now)
    others = alive & ~Q(pin_call__state=PinCallState.HELD, pin_call__ticket_id=ticket_id)
    return others & ~Q(pin_call__uid=moving) if moving else others


def taken_by(
    agents: Collection[Agent], *, since: datetime, until: datetime, ticket_id: int, moving: UUID | None, now: datetime
) -> Taken:
    """Return what these agents have between two moments. Holds whose time is over count as free, swept or not.

    The quarters of a call are one after the other, so the first and their number tell all of them. `moving`: the UID of a call that
    looks for another time.
    """
    ids = [agent.id for agent in agents]
    # A day before: a call that began earlier may not be over, and the day of the first moment counts as a whole.
    rows: QuerySet[CallCell] = CallCell.objects.filter(
        _in_the_way(ticket_id, moving, now), agent_id__in=ids, start__gte=since - 2 * _DAY, start__lt=until + 2 * _DAY
    )
    spans = rows.values("agent_id", "pin_call_id").annotate(
        first=Min("start"), count=Count("id"), at=Min("pin_call__start")
    )
    stretches: dict[int, list[Interval]] = defaultdict(list)
    calls: dict[int, list[datetime]] = defaultdict(list)
    for agent_id, first, count, start in spans.values_list("agent_id", "first", "count", "at"):
        stretches[agent_id].append((first, first + CELL * count))
        calls[agent_id].append(start)
    return Taken(stretches, calls)


def loads_of(agent_ids: Collection[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Return how many calls each agent has ahead, and the id of the last one that each was given."""
    calls = PinCall.objects.filter(agent_id__in=agent_ids).order_by()
    booked = calls.filter(state=PinCallState.BOOKED).values_list("agent_id").annotate(count=Count("uid", distinct=True))
    given = calls.filter(state__in=_GIVEN).values_list("agent_id").annotate(last=Max("id"))
    return dict(booked.values_list("agent_id", "count")), dict(given.values_list("agent_id", "last"))
