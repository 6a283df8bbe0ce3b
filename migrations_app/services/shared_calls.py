"""Tickets of one client in one call: joining it, leaving it, and how long it is.

Each ticket has its own row of the call under one UID, so it shows, moves and ends its own numbers by itself. Agent and time are
the same in all rows; the agent's quarters of an hour belong to one of them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from config.core.uow import LostRace, UnitOfWork
from migrations_app.enums import PinCallState
from migrations_app.models import CallCell, MigrationCase, PinCall, PinCallNumber
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.shared_calls import (
    LIVING,
    Joinable,
    JoinQuestion,
    cells_of,
    joinable,
    next_sequence,
)
from migrations_app.services.call_locks import lock_late
from migrations_app.services.lengths import call_length
from migrations_app.services.slot_taking import SlotNotAvailable, SlotTaken, Wish, free_agents, take_cells
from tickets.models import Ticket


def call_to_join(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, wish: Wish, numbers: int) -> Joinable | None:
    """Return the call at the wished moment that the ticket joins, all its tickets locked: the one named, or one of its group.

    :raises SlotNotAvailable: the call that was named cannot be joined.
    :raises LostRace: somebody is at work on a ticket that has joined in this very moment.
    """
    question = JoinQuestion(ticket, case, numbers, call_length(), wish.joins)
    found = _there(question, wish.start, now=uow.now)
    missing = _not_locked(uow, found)
    if missing:
        # They have joined while we waited for the first of them; now that they are locked, is there room still?
        lock_late(uow, missing)
        found = _there(question, wish.start, now=uow.now)
        if _not_locked(uow, found):
            raise LostRace
    if wish.joins is not None and found is None:
        raise SlotNotAvailable
    return found


def _there(question: JoinQuestion, start: datetime, *, now: datetime) -> Joinable | None:
    found = joinable(question, since=start, until=start + timedelta(seconds=1), now=now)
    return found[0] if found else None


def _not_locked(uow: UnitOfWork, found: Joinable | None) -> set[int]:
    if found is None:
        return set()
    rows = PinCall.objects.filter(uid=found.call.uid, state__in=LIVING).values_list("ticket_id", flat=True)
    return {each for each in rows if not uow.holds(Ticket, each)}


def join(uow: UnitOfWork, call: PinCall, there: Joinable) -> None:
    """Save a ticket's row of a call that is there already, in state `booked` (it is one of the call then) or `held`.

    The call gets longer for all; a hold takes only the quarters of an hour that come after it. The tickets are locked.

    :raises SlotTaken: somebody has taken what comes after it.
    """
    booked = call.state == PinCallState.BOOKED
    call.agent_id, call.join_url, call.end = there.call.agent_id, there.call.join_url, there.end
    rows = list(PinCall.objects.filter(uid=there.call.uid, state__in=LIVING).order_by("ticket_id"))
    if booked:
        call.uid, call.sequence = there.call.uid, next_sequence(there.call.uid)
    has = CallCell.objects.filter(pin_call__in=rows).values_list("start", flat=True)
    more = sorted(set(cells_of(there.call, end=call.end)) - set(has))
    try:
        with transaction.atomic():
            call.save()
            # All quarters of a call lie with one row; when that one leaves, it hands them on.
            take_cells(_keeper(rows) if booked else call, more, now=uow.now)
    except IntegrityError:
        raise SlotTaken from None
    if booked:
        move_along(uow, rows, call)


def was_to_join(hold: PinCall) -> bool:
    """Tell whether a hold was made to join a call: it has only the quarters of an hour that come after it."""
    return hold.cells.count() < len(cells_of(hold))


def _keeper(rows: Sequence[PinCall]) -> PinCall:
    kept = set(CallCell.objects.filter(pin_call__in=rows).values_list("pin_call_id", flat=True))
    return next((row for row in rows if row.pk in kept), rows[0])


def move_along(uow: UnitOfWork, rows: Collection[PinCall], like: PinCall) -> None:
    """Give the other tickets' rows of a call the agent, meeting room, time and sequence of one."""
    for row in rows:
        row.agent_id, row.join_url, row.sequence = like.agent_id, like.join_url, like.sequence
        row.start, row.end, row.updated_at = like.start, like.end, uow.now
        row.save(update_fields=["agent", "join_url", "start", "end", "sequence", "updated_at"])


def shrink(uow: UnitOfWork, rows: Sequence[PinCall]) -> None:
    """Shorten a booked call to the numbers that are left in it; its last quarters of an hour are free again."""
    rows = [row for row in rows if row.state == PinCallState.BOOKED]
    if not rows:
        return
    call = rows[0]
    numbers = PinCallNumber.objects.filter(pin_call__in=rows).count()
    end = call.start + timedelta(minutes=call_length().minutes(numbers))
    if numbers and end < call.end:
        call.end, call.sequence = end, next_sequence(call.uid)
        CallCell.objects.filter(pin_call__in=rows).exclude(start__in=cells_of(call, end=end)).delete()
        move_along(uow, rows, call)


def agents_for_all(call: PinCall, others: Sequence[PinCall], start: datetime, *, now: datetime) -> list[int]:
    """Return who could take a shared call at another moment, best first: somebody of every ticket's queue.

    :raises SlotNotAvailable: the moment is not offered to one of them.
    :raises SlotTaken: it is, but nobody of all queues is free.
    """
    minutes = int((call.end - call.start).total_seconds() // 60)
    agents = free_agents(call.ticket, case_of(call.ticket_id), start, minutes, now=now, present=call.agent_id)
    for other in others:
        can = set(free_agents(other.ticket, case_of(other.ticket_id), start, minutes, now=now))
        agents = [agent for agent in agents if agent in can]
    if not agents:
        raise SlotTaken
    return agents
