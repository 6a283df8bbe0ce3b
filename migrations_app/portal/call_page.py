"""What pages behind a link show of the call. Reads only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.translation import get_language

from config.core.uow import IllegalTransition
from migrations_app.enums import PinCallState, Stage
from migrations_app.models import MigrationCase, PinCall
from migrations_app.rules.hours import zone_of
from migrations_app.rules.proposals import by_day
from migrations_app.rules.slots import Slot
from migrations_app.rules.traffic import CUT_OVER
from migrations_app.selectors.call_policies import policy_of
from migrations_app.selectors.proposals import free_times
from migrations_app.selectors.slots import takers
from migrations_app.services.cut_off import cut_off_at
from migrations_app.services.joining import joining_words
from migrations_app.services.lengths import call_length
from migrations_app.services.rendering import clock_time, day_in_words, local_time
from migrations_app.services.slot_taking import clear_numbers, numbers_for_call
from tickets.models import Ticket


def booked_call(case: MigrationCase) -> PinCall | None:
    """Return the ticket's next booked call, whichever mail its link came with."""
    rows = PinCall.objects.select_related("agent").filter(ticket_id=case.ticket_id, state=PinCallState.BOOKED)
    return rows.order_by("start").first()


def call_context(case: MigrationCase, wanted: datetime | None, *, now: datetime) -> dict[str, Any]:
    """Return what is shown of the call: the booked one, else the times to choose from, else that nothing is to be done.

    `wanted` is the time that a link proposes.
    """
    ticket = case.ticket
    zone = {"zone": ticket.timezone}
    call = booked_call(case)
    if call is not None:
        return zone | _booked(ticket, case, call, now=now)
    try:
        rows = numbers_for_call(ticket, case) if case.stage == Stage.READY else []
    except IllegalTransition:
        rows = []
    if not rows:
        running = PinCall.objects.filter(ticket=ticket, state=PinCallState.STARTED).exists()
        return zone | {"nothing": True, "running": running}
    minutes = call_length().minutes(len(rows))
    numbers = [row.number for row in rows]
    return zone | {"numbers": numbers, "minutes": minutes} | _times(ticket, case, wanted, minutes, now=now)


def _booked(ticket: Ticket, case: MigrationCase, call: PinCall, *, now: datetime) -> dict[str, Any]:
    until = cut_off_at(call, policy_of(ticket.queue_id))
    may_change = now <= until
    minutes = int((call.end - call.start).total_seconds() // 60)
    free = free_times(ticket, case, minutes, now=now, moving=call.uid) if may_change else []
    return {
        "call": call,
        "moment": _moment(ticket, call.start),
        "agent": call.agent.first_name,
        "joining": joining_words(call),
        "minutes": minutes,
        "numbers": _numbers_of(call),
        "may_change": may_change,
        "until": _words(ticket, until),
        "days": _days(ticket, [slot for slot in free if slot.start != call.start]),
        "quiet_hours": any(slot.low_traffic for slot in free),
        "later": [{"moment": _moment(ticket, each.start), "numbers": _numbers_of(each)} for each in _later(call)],
        "further": _further(ticket, case, now=now),
    }


def _later(call: PinCall) -> QuerySet[PinCall]:
    rows = PinCall.objects.filter(ticket_id=call.ticket_id, state=PinCallState.BOOKED).exclude(pk=call.pk)
    return rows.order_by("start")


def _numbers_of(call: PinCall) -> list[str]:
    return list(call.lines.order_by("position").values_list("number__number", flat=True))


def _further(ticket: Ticket, case: MigrationCase, *, now: datetime) -> dict[str, Any] | None:
    """Return the times for a further call, for the numbers that are clear and have none; None where there are no such numbers."""
    try:
        rows = numbers_for_call(ticket, case) if case.stage == Stage.SCHEDULED else []
    except IllegalTransition:
        rows = []
    if not rows:
        return None
    minutes = call_length().minutes(len(rows))
    free = free_times(ticket, case, minutes, now=now)
    return {
        "left": len(clear_numbers(ticket, case)),
        "numbers": [row.number for row in rows],
        "minutes": minutes,
        "days": _days(ticket, free),
        "quiet_hours": any(slot.low_traffic for slot in free),
    }


def _times(
    ticket: Ticket, case: MigrationCase, wanted: datetime | None, minutes: int, *, now: datetime
) -> dict[str, Any]:
    free = free_times(ticket, case, minutes, now=now)
    slot = next((slot for slot in free if slot.start == wanted), None)
    return {
        "proposed": slot,
        "moment": _moment(ticket, slot.start) if slot else None,
        "gone": wanted is not None and slot is None,
        "agent": _first_name(takers(slot.agent_ids, policy_of(ticket.queue_id), ticket)[0]) if slot else "",
        "days": _days(ticket, free),
        "quiet_hours": any(slot.low_traffic for slot in free),
    }


def _first_name(user_id: int) -> str:
    return str(get_user_model().objects.filter(pk=user_id).values_list("first_name", flat=True).first() or "")


def _words(ticket: Ticket, moment: datetime) -> str:
    return local_time(moment, ticket.timezone, get_language() or "en")


def _moment(ticket: Ticket, start: datetime) -> dict[str, str]:
    """Return both times that count for a client: the call, and until when campaigns stay paused."""
    return {"start": _words(ticket, start), "iso": start.isoformat(), "pause": _words(ticket, start + CUT_OVER)}


def _days(ticket: Ticket, slots: Sequence[Slot]) -> list[dict[str, Any]]:
    zone, language = zone_of(ticket.timezone), get_language() or "en"
    return [
        {
            "day": day_in_words(day[0].start.astimezone(zone).date(), language, with_weekday=True),
            "times": [
                {"iso": slot.start.isoformat(), "clock": clock_time(slot.start, zone.key), "quiet": slot.low_traffic}
                for slot in day
            ],
        }
        for day in by_day(slots, zone=zone)
    ]
