"""The desk of test tickets: who takes their calls, and what is due there. No person of the real desk is in it."""

from collections.abc import Sequence
from datetime import datetime, time

from django.contrib.auth import get_user_model

from migrations_app.enums import PinCallState
from migrations_app.models import MigrationCase, NumberMove, PinCall
from migrations_app.rules.availability import Agent
from migrations_app.rules.slots import WorkingInterval
from providers.selectors.fates import fates_of
from providers.types import Fate
from tickets.models import Queue, Ticket

NOBODY = 0
"""Stands for the machine of an organization that has booked no test call yet: it has nothing else to do."""
_OFFICE = (time(8), time(20))
_UNLIMITED = 10_000
_PLAYED = (PinCallState.BOOKED, PinCallState.STARTED)


def machine_name(organization_id: int) -> str:
    """Return the login of the account that stands for an organization's test desk. Nobody can log in with it."""
    return f"test-desk-{organization_id}"


def machine_of(organization_id: int) -> int:
    """Return the id of the account that takes an organization's test calls."""
    rows = get_user_model().objects.filter(username=machine_name(organization_id))
    return rows.values_list("pk", flat=True).first() or NOBODY


def machine_as_agent(ticket: Ticket, team: Sequence[Agent], *, zone: str) -> Agent:
    """Return who takes a test ticket's call: at work whenever somebody of the queue is, else in the client's daytime.

    Its calendar is the organization's own: live calls and it do not see each other.
    """
    agent_id = machine_of(ticket.organization_id)
    hours = {(row.weekday, row.start, row.end, row.timezone) for agent in team for row in agent.hours}
    hours = hours or {(weekday, *_OFFICE, zone) for weekday in range(5)}
    week = tuple(WorkingInterval(agent_id, *row) for row in sorted(hours))
    return Agent(agent_id, week, daily_capacity=_UNLIMITED)


def fates_in(case: MigrationCase) -> list[Fate]:
    """Return the fates of a test ticket's numbers, in their order."""
    return fates_of(NumberMove.objects.filter(case=case).order_by("position").values_list("number", flat=True))


def stands_in_triage(ticket: Ticket) -> bool:
    """Tell whether a ticket waits to be put into a queue; one that is tried cannot where there is none to put it into."""
    if ticket.queue is None or not ticket.queue.is_triage:
        return False
    return not ticket.test or Queue.objects.filter(is_triage=False).exists()


def desks_due(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of test tickets for which the machine has something to do, longest due first."""
    rows = MigrationCase.objects.filter(test_desk_at__lte=now).order_by("test_desk_at")
    return list(rows.values_list("ticket_id", flat=True)[:limit])


def plays_due(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of test tickets' calls whose hastened start has come, longest due first."""
    rows = PinCall.objects.filter(play_at__lte=now, state__in=_PLAYED).order_by("play_at")
    return list(rows.values_list("pk", flat=True)[:limit])
