"""Choosing a time: the free moments by the client's days, quiet hours marked; booking and moving post to the actions."""

from collections.abc import Iterable
from dataclasses import dataclass
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
from migrations_app.admin.deeds import BadForm
from migrations_app.admin.group_call import NOBODY_ELSE, members_for, moments
from migrations_app.admin.words import refusal_words
from migrations_app.enums import PinCallState
from migrations_app.models import PinCall
from migrations_app.rules.hours import zone_of
from migrations_app.rules.slots import Slot
from migrations_app.selectors.call_policies import policy_of
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.shared_calls import JoinQuestion, numbers_in, slots_with_shared
from migrations_app.selectors.slots import SlotFrame, offered_slots
from migrations_app.services.lengths import call_length
from migrations_app.services.slot_taking import clear_numbers, numbers_for_call
from tickets.models import Ticket

BEST = 6
"""How many moments are proposed before the whole calendar."""
APART = timedelta(hours=3)


@dataclass(frozen=True)
class Choosing:
    """For what a time is chosen: which form it is, how long the call is, for which numbers, and when it can be."""

    title: str
    action: str
    minutes: int
    numbers: list[str]
    slots: list[Slot]
    further: int = 0
    """How many numbers are left for a further call."""


def answer(page: Any, request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Show the moments at which a call of this ticket can be.

    `?call=` moves that call instead of booking a new one; `?group=1` books one for all of the group that can come.
    """
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    now, uid = clock.now(), request.GET.get("call", "")
    try:
        if uid:
            choosing = _to_move(ticket, uid, now)
        elif request.GET.get("group"):
            choosing = _together(ticket, request.user, now)
        else:
            choosing = _to_book(ticket, now)
    except DomainError as refusal:
        messages.error(request, refusal_words(refusal))
        return redirect("admin:tickets_ticket_change", ticket.pk)
    except BadForm as complaint:
        messages.error(request, str(complaint))
        return redirect("admin:tickets_ticket_change", ticket.pk)
    zone = zone_of(ticket.timezone)
    best = best_of(choosing.slots, BEST)
    context = {
        "title": choosing.title,
        "ticket": ticket,
        "call_uid": uid,
        "action": choosing.action,
        "minutes": choosing.minutes,
        "numbers": choosing.numbers,
        "further": choosing.further,
        "best": [choice_of(slot, zone) for slot in best],
        "days": list(_by_day(choosing.slots, zone)),
    }
    return page.render_page(request, "admin/desk/slots.html", context)


def _frame(ticket: Ticket, minutes: int, now: datetime, *, moving: UUID | None = None) -> SlotFrame:
    return SlotFrame(now, _horizon(ticket, now), minutes, ticket.timezone, ticket.queue_id, moving)


def _horizon(ticket: Ticket, now: datetime) -> datetime:
    return now + timedelta(days=policy_of(ticket.queue_id).horizon_days)


def best_of(slots: Iterable[Slot], many: int) -> list[Slot]:
    """Return the best moments in order of time, some hours apart: six quarters of the same hour are no choice."""
    found: list[Slot] = []
    for slot in sorted(slots, key=lambda slot: (-slot.score, slot.start)):
        if all(abs(slot.start - other.start) >= APART for other in found):
            found.append(slot)
        if len(found) == many:
            break
    return sorted(found, key=lambda slot: slot.start)


def _to_book(ticket: Ticket, now: datetime) -> Choosing:
    case = case_of(ticket.pk)
    numbers = [row.number for row in numbers_for_call(ticket, case)]
    minutes = call_length().minutes(len(numbers))
    question = JoinQuestion(ticket, case, len(numbers), call_length())
    slots = slots_with_shared(_frame(ticket, minutes, now), question, now=now)
    further = len(clear_numbers(ticket, case)) - len(numbers)
    return Choosing(_("Book the verification-code call"), "book", minutes, numbers, slots, further)


def _to_move(ticket: Ticket, uid: str, now: datetime) -> Choosing:
    calls = {str(call.uid): call for call in PinCall.objects.filter(ticket=ticket, state=PinCallState.BOOKED)}
    call = calls.get(uid)
    if call is None:
        raise Http404
    minutes = int((call.end - call.start).total_seconds() // 60)
    slots = offered_slots(_frame(ticket, minutes, now, moving=call.uid), case_of(ticket.pk), now=now)
    return Choosing(_("Move the call"), "reschedule", minutes, [row.number for row in numbers_in(call)], slots)


def _together(ticket: Ticket, user: Any, now: datetime) -> Choosing:
    members = members_for(ticket, user)
    if not members:
        raise BadForm(NOBODY_ELSE)
    minutes, slots = moments(members, now, _horizon(ticket, now))
    numbers = [number for member in members for number in member.numbers]
    return Choosing(_("One call for the group"), "book-together", minutes, numbers, slots)


def choice_of(slot: Slot, zone: ZoneInfo) -> dict[str, Any]:
    """Return a moment as the templates show it, in the client's zone."""
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
        choices = [choice_of(slot, zone) for slot in group]
        yield {
            "day": datetime(day.year, day.month, day.day, tzinfo=zone),
            "choices": choices,
            "quiet": sum(choice["low_traffic"] for choice in choices),
            "open": place == 0,
        }
