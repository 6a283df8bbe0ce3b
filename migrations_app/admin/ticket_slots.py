"""Choosing a time: the free moments by the client's days, quiet hours marked; booking and moving post to the actions."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from config.core import clock
from config.core.errors import DomainError
from migrations_app.admin.words import refusal_words
from migrations_app.enums import PinCallState
from migrations_app.models import PinCall
from migrations_app.rules.hours import zone_of
from migrations_app.rules.slots import Slot
from migrations_app.selectors.call_policies import policy_of
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.shared_calls import JoinQuestion, slots_with_shared
from migrations_app.selectors.slots import SlotFrame, offered_slots
from migrations_app.services.lengths import call_length
from migrations_app.services.slot_taking import numbers_for_call
from tickets.models import Ticket

BEST = 6
"""How many moments are proposed before the whole calendar."""
APART = timedelta(hours=3)


def answer(page: Any, request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Show the moments at which a call of this ticket can be; `?call=` moves that call instead of booking a new one."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    now = clock.now()
    uid = request.GET.get("call", "")
    try:
        minutes, numbers, moving = _to_move(ticket, uid) if uid else _to_book(ticket)
    except DomainError as refusal:
        messages.error(request, refusal_words(refusal))
        return redirect("admin:tickets_ticket_change", ticket.pk)
    until = now + timedelta(days=policy_of(ticket.queue_id).horizon_days)
    frame = SlotFrame(now, until, minutes, ticket.timezone, ticket.queue_id, moving)
    question = JoinQuestion(ticket, case_of(ticket.pk), len(numbers), call_length())
    slots = offered_slots(frame, question.case, now=now) if uid else slots_with_shared(frame, question, now=now)
    zone = zone_of(ticket.timezone)
    best = sorted(_best(slots), key=lambda slot: slot.start)
    context = {
        "title": _("Move the call") if uid else _("Book the verification-code call"),
        "ticket": ticket,
        "call_uid": uid,
        "action": "reschedule" if uid else "book",
        "minutes": minutes,
        "numbers": numbers,
        "best": [_choice(slot, zone) for slot in best],
        "days": list(_by_day(slots, zone)),
    }
    return page.render_page(request, "admin/desk/slots.html", context)


def _best(slots: Iterable[Slot]) -> list[Slot]:
    """Return the best moments, some hours apart: six quarters of the same hour are no choice."""
    found: list[Slot] = []
    for slot in sorted(slots, key=lambda slot: (-slot.score, slot.start)):
        if all(abs(slot.start - other.start) >= APART for other in found):
            found.append(slot)
        if len(found) == BEST:
            break
    return found


def _to_book(ticket: Ticket) -> tuple[int, list[str], UUID | None]:
    rows = numbers_for_call(ticket, case_of(ticket.pk))
    return call_length().minutes(len(rows)), [row.number for row in rows], None


def _to_move(ticket: Ticket, uid: str) -> tuple[int, list[str], UUID | None]:
    calls = {str(call.uid): call for call in PinCall.objects.filter(ticket=ticket, state=PinCallState.BOOKED)}
    call = calls.get(uid)
    if call is None:
        raise Http404
    numbers = list(call.lines.order_by("position").values_list("number__number", flat=True))
    return int((call.end - call.start).total_seconds() // 60), numbers, call.uid


def _choice(slot: Slot, zone: ZoneInfo) -> dict[str, Any]:
    local = slot.start.astimezone(zone)
    return {
        "start": slot.start.isoformat(),
        "local": local,
        "utc": slot.start,
        "low_traffic": slot.low_traffic,
        "agents": len(slot.agent_ids),
        "joins": slot.joins,
    }


def _by_day(slots: Iterable[Slot], zone: ZoneInfo) -> Iterable[dict[str, Any]]:
    def day_of(slot: Slot) -> date:
        return slot.start.astimezone(zone).date()

    for place, (day, group) in enumerate(groupby(slots, key=day_of)):
        choices = [_choice(slot, zone) for slot in group]
        yield {
            "day": datetime(day.year, day.month, day.day, tzinfo=zone),
            "choices": choices,
            "quiet": sum(choice["low_traffic"] for choice in choices),
            "open": place == 0,
        }
