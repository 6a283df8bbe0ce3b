"""Reading calls that tickets share, and those that a ticket could still join."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet

from migrations_app.enums import PinCallState
from migrations_app.models import CallCell, MigrationCase, NumberMove, PinCall, PinCallNumber
from migrations_app.rules.availability import quarters
from migrations_app.rules.shared_calls import Caller, belong_together, has_room, may_share
from migrations_app.rules.slots import CallLength, Slot
from migrations_app.rules.traffic import score_of, with_joining
from migrations_app.selectors.call_policies import policy_of
from migrations_app.selectors.slots import SlotFrame, offered_slots
from tickets.models import Ticket

LIVING = (PinCallState.BOOKED, PinCallState.STARTED)
TOGETHER = (*LIVING, PinCallState.FINISHED)
"""States of rows that take part in a call, or took part until their own numbers were done."""


def caller_of(ticket: Ticket, execution: str) -> Caller:
    """Return a ticket as the rules of sharing see it."""
    return Caller(
        ticket.organization_id,
        ticket.test,
        ticket.client_name,
        ticket.contact_email,
        ticket.group_reference,
        execution,
    )


def others_of(call: PinCall) -> QuerySet[PinCall]:
    """Return the living rows of a call that other tickets have under the same UID, in the order of their tickets."""
    rows = PinCall.objects.filter(uid=call.uid, state__in=LIVING).exclude(pk=call.pk)
    return rows.select_related("ticket__queue", "agent").order_by("ticket_id")


def next_sequence(uid: uuid.UUID) -> int:
    """Return the sequence that a call's invitation gets with its next change: higher than any it had for any ticket."""
    highest = PinCall.objects.filter(uid=uid).aggregate(top=Max("sequence"))["top"]
    return 0 if highest is None else int(highest) + 1


def shared_in(calls: Iterable[PinCall]) -> dict[uuid.UUID, list[Ticket]]:
    """Return the tickets of those calls that are shared by several, by UID."""
    uids = {call.uid for call in calls if call.state in LIVING}
    found: dict[uuid.UUID, list[Ticket]] = {}
    if uids:
        for row in (
            PinCall.objects.filter(uid__in=uids, state__in=LIVING).select_related("ticket").order_by("ticket_id")
        ):
            found.setdefault(row.uid, []).append(row.ticket)
    return {uid: tickets for uid, tickets in found.items() if len(tickets) > 1}


def numbers_in(call: PinCall) -> QuerySet[NumberMove]:
    """Return the numbers of all tickets that have a call now, ticket by ticket, in the order in which they are moved."""
    return _numbers(call, LIVING)


def numbers_together(call: PinCall) -> QuerySet[NumberMove]:
    """Return the same numbers, and those of tickets whose part of the call is over."""
    return _numbers(call, TOGETHER)


def _numbers(call: PinCall, states: Iterable[str]) -> QuerySet[NumberMove]:
    rows = NumberMove.objects.filter(
        Q(call_lines__pin_call=call) | Q(call_lines__pin_call__uid=call.uid, call_lines__pin_call__state__in=states)
    )
    return rows.order_by("case__ticket_id", "call_lines__position", "pk").distinct()


def company_of(call: PinCall) -> QuerySet[PinCall]:
    """Return the rows that other tickets have, or had until their part of it was over, of a call, in the order of the tickets."""
    rows = PinCall.objects.filter(uid=call.uid, state__in=TOGETHER).exclude(pk=call.pk)
    return rows.select_related("ticket__queue", "agent").order_by("ticket_id")


def cells_of(call: PinCall, *, end: datetime | None = None) -> list[datetime]:
    """Return the quarters of an hour that a call takes of its agent, or would take until `end`; its queue's buffers included."""
    return quarters(call.start, end or call.end, policy_of(call.ticket.queue_id))


@dataclass(frozen=True)
class Joinable:
    """A booked call with room: who has it now, how many numbers it has, and when it ends with the new ones."""

    call: PinCall
    numbers: int
    end: datetime


@dataclass(frozen=True)
class JoinQuestion:
    """Who asks to join: `uid` names the call that a person has chosen; without it only the ticket's own group counts."""

    ticket: Ticket
    case: MigrationCase
    numbers: int
    length: CallLength
    uid: uuid.UUID | None = None


def joinable(question: JoinQuestion, *, since: datetime, until: datetime, now: datetime) -> list[Joinable]:
    """Return the booked calls starting within [since, until) that the ticket's numbers can join, in order of time.

    Its agent works for the ticket's queue too and has the time, so nobody meets a ticket in a call that it may not see.
    """
    own = PinCall.objects.filter(ticket=question.ticket, state__in=LIVING).values("uid")
    rows = (
        PinCall.objects.filter(
            state=PinCallState.BOOKED,
            start__gte=since,
            start__lt=until,
            ticket__organization_id=question.ticket.organization_id,
            ticket__test__in=[question.ticket.test],
        )
        .exclude(ticket=question.ticket)
        .exclude(uid__in=own)
    )
    if question.uid is not None:
        rows = rows.filter(uid=question.uid)
    elif not question.ticket.group_reference:
        return []
    else:
        rows = rows.filter(ticket__group_reference=question.ticket.group_reference)
    by_uid: dict[uuid.UUID, PinCall] = {}
    for row in rows.select_related("ticket").order_by("start", "ticket_id"):
        by_uid.setdefault(row.uid, row)
    found = [_room_in(call, question, now=now) for call in by_uid.values()]
    return [each for each in found if each is not None]


def _room_in(call: PinCall, question: JoinQuestion, *, now: datetime) -> Joinable | None:
    execution = MigrationCase.objects.filter(ticket=call.ticket_id).values_list("playbook_copy__execution", flat=True)
    asks = caller_of(question.ticket, question.case.playbook_copy.get("execution", ""))
    has = caller_of(call.ticket, execution.first() or "")
    agrees = may_share(asks, has) if question.uid is not None else belong_together(asks, has)
    there = PinCallNumber.objects.filter(pin_call__uid=call.uid, pin_call__state__in=LIVING).count()
    if not agrees or not has_room(question.length, there, question.numbers):
        return None
    end = max(call.end, call.start + timedelta(minutes=question.length.minutes(there + question.numbers)))
    found = Joinable(call, there, end)
    return found if _agent_can(found, question, now=now) else None


def _agent_can(found: Joinable, question: JoinQuestion, *, now: datetime) -> bool:
    """Tell whether the call's agent works for this ticket's queue until the later end, and nothing else is there."""
    call, ticket = found.call, question.ticket
    minutes = int((found.end - call.start).total_seconds() // 60)
    frame = SlotFrame(call.start, call.start + timedelta(seconds=1), minutes, ticket.timezone, ticket.queue_id)
    works = any(
        slot.start == call.start and call.agent_id in slot.agent_ids
        for slot in offered_slots(frame, question.case, now=now, ignore_taken=True)
    )
    alive = ~Q(pin_call__state=PinCallState.HELD) | Q(pin_call__expires_at__gt=now)
    wanted = cells_of(call, end=found.end)
    others = CallCell.objects.filter(alive, agent_id=call.agent_id, start__in=wanted).exclude(pin_call__uid=call.uid)
    # A hold of the ticket itself gives way to its booking.
    others = others.exclude(pin_call__ticket=ticket, pin_call__state=PinCallState.HELD)
    return works and not others.exists()


def slots_with_shared(frame: SlotFrame, question: JoinQuestion, *, now: datetime) -> list[Slot]:
    """Return the free moments, and those at which the ticket joins a call of its group; that one comes first where both are."""
    found = {slot.start: slot for slot in offered_slots(frame, question.case, now=now)}
    for each in joinable(question, since=frame.since, until=frame.until, now=now):
        found[each.call.start] = _slot_of(each, frame, question.case, now=now)
    return [found[start] for start in sorted(found)]


def _slot_of(found: Joinable, frame: SlotFrame, case: MigrationCase, *, now: datetime) -> Slot:
    minutes = int((found.end - found.call.start).total_seconds() // 60)
    start = found.call.start
    exact = SlotFrame(start, start + timedelta(seconds=1), minutes, frame.timezone, frame.queue_id)
    slot = next(slot for slot in offered_slots(exact, case, now=now, ignore_taken=True) if slot.start == start)
    reasons = with_joining(slot.reasons)
    return replace(slot, agent_ids=(found.call.agent_id,), joins=True, reasons=reasons, score=score_of(reasons))


def calls_to_join(question: JoinQuestion, *, now: datetime) -> list[PinCall]:
    """Return the booked calls of the same client that a person may put this ticket into, in order of time."""
    horizon = now + timedelta(days=policy_of(question.ticket.queue_id).horizon_days)
    rows = PinCall.objects.filter(
        state=PinCallState.BOOKED,
        start__gte=now,
        start__lt=horizon,
        ticket__organization_id=question.ticket.organization_id,
        ticket__test__in=[question.ticket.test],
        ticket__client_name__iexact=question.ticket.client_name,
    ).exclude(ticket=question.ticket)
    found = [
        each.call
        for uid in rows.order_by("uid").values_list("uid", flat=True).distinct()
        for each in joinable(replace(question, uid=uid), since=now, until=horizon, now=now)
    ]
    return sorted(found, key=lambda call: (call.start, call.pk))
