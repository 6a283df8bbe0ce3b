"""A call as a calendar has it, what an agent's calendar shows, and by which clock and in which language an agent is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max

from migrations_app.enums import PinCallState
from migrations_app.models import AgentHours, AgentProfile, NumberMove, PinCall
from migrations_app.selectors.shared_calls import LIVING
from tickets.selectors.desk import visible_tickets

PAST = timedelta(days=30)
AHEAD = timedelta(days=366)
"""No queue books further ahead."""
_ENDED = frozenset({PinCallState.CANCELLED, PinCallState.NO_SHOW})


@dataclass(frozen=True)
class Appointment:
    """A call with the rows of the tickets that share it. Sequence and time of change are those of all rows it ever had."""

    rows: tuple[PinCall, ...]
    sequence: int
    changed_at: datetime

    @property
    def call(self) -> PinCall:
        """The row that stands for all: agent and time are the same in each."""
        return self.rows[0]

    @property
    def goes_on(self) -> bool:
        """Whether it is to come, or takes place now."""
        return self.call.state in LIVING


def appointment_of(call: PinCall) -> Appointment:
    """Return the appointment that a ticket's row belongs to; what is left of it where the ticket has left."""
    rows = PinCall.objects.filter(uid=call.uid, state__in=LIVING).select_related("ticket", "agent")
    return _appointments([list(rows.order_by("ticket_id")) or [call]])[0]


def numbers_of(found: Appointment) -> list[str]:
    """Return the numbers of all tickets of a call, in the order in which they are moved."""
    rows = NumberMove.objects.filter(call_lines__pin_call__in=[row.pk for row in found.rows])
    return list(rows.order_by("case__ticket_id", "call_lines__position", "pk").values_list("number", flat=True))


def references_of(found: Appointment) -> str:
    """Return the references of all tickets of a call."""
    return ", ".join(row.ticket.reference for row in found.rows)


def agent_calls(agent: Any, *, now: datetime) -> list[Appointment]:
    """Return the calls of an agent from 30 days ago on, in order of time.

    Tickets that the agent may not see are left out.
    """
    rows = (
        PinCall.objects.filter(agent=agent, start__gte=now - PAST, start__lte=now + AHEAD)
        .exclude(state__in=[PinCallState.HELD, PinCallState.EXPIRED])
        .filter(ticket__in=visible_tickets(agent))
        .select_related("ticket", "agent")
        .prefetch_related("lines")
        .order_by("start", "uid", "ticket_id", "pk")
    )
    calls: dict[Any, list[PinCall]] = {}
    for row in rows:
        calls.setdefault(row.uid, []).append(row)
    return _appointments(calls.values())


def _appointments(calls: Iterable[list[PinCall]]) -> list[Appointment]:
    found = [_standing(rows) for rows in calls]
    revisions = PinCall.objects.filter(uid__in=[rows[0].uid for rows in found]).values("uid")
    by_uid = {row["uid"]: row for row in revisions.annotate(top=Max("sequence"), at=Max("updated_at")).order_by()}
    return [Appointment(rows, by_uid[rows[0].uid]["top"], by_uid[rows[0].uid]["at"]) for rows in found]


def _standing(rows: list[PinCall]) -> tuple[PinCall, ...]:
    """Return the rows by which a call stands: those that take place, else all, each ticket once."""
    alive = [row for row in rows if row.state not in _ENDED] or rows
    return tuple({row.ticket_id: row for row in alive}.values())


def clock_of(agent: Any, *, otherwise: str = "UTC") -> str:
    """Return the zone of an agent's working hours; `otherwise` where none are written down."""
    hours = AgentHours.objects.filter(agent=agent).order_by("weekday", "start", "pk")
    return hours.values_list("timezone", flat=True).first() or otherwise


def language_of(agent: Any) -> str:
    """Return the first language of an agent's particulars; the desk's own where none are written down."""
    spoken = AgentProfile.objects.filter(agent=agent).values_list("languages", flat=True).first()
    return str(spoken[0]) if spoken else settings.LANGUAGE_CODE
