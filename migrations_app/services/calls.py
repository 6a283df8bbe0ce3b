"""The appointment of a pin call: hold, book, move, cancel.

Availability is checked and taken in one transaction; the unique cells decide between two that come at once.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import Conflict
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import PinCallState
from migrations_app.models import CallCell, MigrationCase, PinCall, PinCallNumber
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.shared_calls import next_sequence, numbers_in
from migrations_app.services.agent_notices import tell_agent, tell_agent_off, tell_agents_moved, what_agent_knows
from migrations_app.services.call_locks import lock_call, lock_for_booking
from migrations_app.services.call_run import end_call
from migrations_app.services.call_state import call_of, move_call
from migrations_app.services.cut_off import demand_in_time
from migrations_app.services.holder_plan import forget_tasks
from migrations_app.services.lengths import call_length
from migrations_app.services.notices import (
    drop_call_notices,
    plan_call_notices,
    plan_notice,
    was_announced,
    what_client_knows,
)
from migrations_app.services.settle import settle
from migrations_app.services.shared_calls import agents_for_all, call_to_join, join, move_along, shrink, was_to_join
from migrations_app.services.slot_taking import (
    SlotTaken,
    Wish,
    demand_rested,
    free_agents,
    keep_taken,
    numbers_for_call,
    occupy,
)
from migrations_app.services.test_calls import plan_play
from tickets.enums import EventType
from tickets.models import Ticket
from tickets.services.assignment import take_on
from tickets.services.events import record
from tickets.services.tickets import lock_ticket


class HoldExpired(Conflict):
    """The hold's time is over."""

    code = "hold_expired"


def hold(*, ticket_id: int, wish: Wish, by: Actor, now: datetime) -> PinCall:
    """Hold a slot for some minutes; a new hold replaces the ticket's old one.

    :raises IllegalTransition: requirements block scheduling.
    :raises SlotNotAvailable: the moment is not offered.
    :raises SlotTaken: somebody else was faster.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        return _take(uow, ticket, case_of(ticket_id), wish, PinCallState.HELD)


def book(*, ticket_id: int, wish: Wish, by: Actor, now: datetime) -> PinCall:
    """Book a call at a moment, replacing the ticket's hold if there is one. It joins the call of its group, or the one named.

    :raises IllegalTransition: requirements block scheduling.
    :raises SlotNotAvailable: the moment is not offered.
    :raises SlotTaken: somebody else was faster.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_for_booking(uow, ticket_id, wish.start, joins=wish.joins)
        case = case_of(ticket_id)
        call = _take(uow, ticket, case, wish, PinCallState.BOOKED)
        _announce(uow, ticket, case, call)
        return call


def book_hold(*, ticket_id: int, hold_id: str, by: Actor, now: datetime) -> PinCall:
    """Turn a living hold into a booking.

    :raises NotFound: the ticket has no such hold.
    :raises HoldExpired: its time is over.
    :raises IllegalTransition: requirements block scheduling by now.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_for_booking(uow, ticket_id, call_of(Ticket(pk=ticket_id), hold_id).start)
        case = case_of(ticket_id)
        call = call_of(ticket, hold_id)
        if call.state != PinCallState.HELD or call.expires_at is None or call.expires_at <= now:
            raise HoldExpired
        numbers = [row.number for row in call.numbers.order_by("call_lines__position")]
        try:
            if was_to_join(call):
                call = _take(uow, ticket, case, Wish(call.start, numbers, call.timezone), PinCallState.BOOKED)
            else:
                numbers_for_call(ticket, case, numbers, at=call.start)
                keep_taken(call, now=now)
                move_call(uow, call, PinCallState.BOOKED, expires_at=None)
        except SlotTaken:
            # Somebody to whose clock the hold was over has booked its time, before this or at the same moment.
            raise HoldExpired from None
        _announce(uow, ticket, case, call)
        return call


def _announce(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, call: PinCall) -> None:
    numbers = [line.number.number for line in call.lines.select_related("number").order_by("position")]
    record(
        uow, ticket, EventType.PIN_CALL_BOOKED, pin_call=str(call.uid), start=call.start.isoformat(), numbers=numbers
    )
    # Who has the call has the ticket, where nobody has it: questions before the call have somebody to go to.
    take_on(uow, ticket, call.agent_id, how="pin_call")
    plan_play(uow, ticket, call)
    plan_call_notices(uow, ticket, case, call)
    tell_agent(uow, case, call)
    settle(uow, ticket, case)


def _take(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, wish: Wish, state: PinCallState) -> PinCall:
    for old in PinCall.objects.filter(ticket=ticket, state=PinCallState.HELD):
        # It never was a call: among the calls that were cancelled nobody should see it.
        move_call(uow, old, PinCallState.EXPIRED)
    numbers = numbers_for_call(ticket, case, wish.numbers, at=wish.start)
    minutes = call_length().minutes(len(numbers))
    call = PinCall(
        ticket=ticket,
        state=state,
        start=wish.start,
        end=wish.start + timedelta(minutes=minutes),
        timezone=wish.timezone or ticket.timezone,
        uid=uuid.uuid4(),
        expires_at=uow.now + timedelta(minutes=settings.HOLD_MINUTES) if state is PinCallState.HELD else None,
        created_at=uow.now,
        updated_at=uow.now,
    )
    there = call_to_join(uow, ticket, case, wish, len(numbers))
    if there is not None:
        join(uow, call, there)
    else:
        agents = free_agents(ticket, case, wish.start, minutes, now=uow.now)
        occupy(call, [agent for agent in agents if wish.among is None or agent in wish.among], now=uow.now)
    PinCallNumber.objects.bulk_create(
        PinCallNumber(pin_call=call, number=number, position=place) for place, number in enumerate(numbers, start=1)
    )
    return call


def reschedule(*, ticket_id: int, call_id: str, start: datetime, by: Actor, now: datetime, reason: str = "") -> PinCall:
    """Move a booked call: the same invitation with the next sequence number; one event with old and new start.

    It moves for all tickets that share it, and each of them is told. `reason`: why the desk moves it, for the desk's eyes.

    :raises NotFound: the ticket has no such call.
    :raises IllegalTransition: it is not booked, or it is too late for somebody who is not of the desk.
    :raises SlotNotAvailable: the moment is not offered.
    :raises SlotTaken: somebody else was faster.
    """
    with unit_of_work(by=by, now=now) as uow:
        _ticket, call, others = lock_call(uow, ticket_id, call_id)
        if call.state != PinCallState.BOOKED:
            raise IllegalTransition(gettext("Only a booked call can be moved."), extra={"allowed": []})
        demand_in_time(uow, call)
        demand_rested(numbers_in(call), at=start)
        old, length = call.start, call.end - call.start
        rows = [(row, what_client_knows(row)) for row in (call, *others)]
        agent = what_agent_knows(call)
        CallCell.objects.filter(pin_call__in=[call, *others]).delete()
        agents = agents_for_all(call, others, start, now=now)
        call.start, call.end, call.sequence, call.updated_at = start, start + length, next_sequence(call.uid), now
        occupy(call, agents, now=now)
        move_along(uow, others, call)
        for row, known in rows:
            _tell_moved(uow, row, old, known=known)
        tell_agents_moved(uow, case_of(ticket_id), call, known=agent)
        _note_why(uow, call, "moved", reason)
        return call


def _tell_moved(uow: UnitOfWork, call: PinCall, old: datetime, *, known: datetime | None) -> None:
    """Tell one ticket of a call that it has another time; `known` is the one that its client was told."""
    case = case_of(call.ticket_id)
    drop_call_notices(call)
    forget_tasks(uow, case, call)
    record(
        uow, call.ticket, EventType.PIN_CALL_RESCHEDULED, pin_call=str(call.uid), old_start=old.isoformat(),
        start=call.start.isoformat(),
    )  # fmt: skip
    plan_play(uow, call.ticket, call)
    plan_call_notices(uow, call.ticket, case, call, known=known)
    settle(uow, call.ticket, case)


def _note_why(uow: UnitOfWork, call: PinCall, step: str, reason: str) -> None:
    if reason:
        record(uow, call.ticket, EventType.CALL_STEP, internal=True, pin_call=str(call.uid), step=step, note=reason)


def cancel_call(*, ticket_id: int, call_id: str, by: Actor, now: datetime, reason: str = "") -> None:
    """Cancel a booked call; its numbers can be booked again. A shared call goes on, shorter, for the other tickets.

    `reason`: why the desk cancels it, for the desk's eyes.

    :raises NotFound: the ticket has no such call.
    :raises IllegalTransition: it is not booked, or it is too late for somebody who is not of the desk.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, call, others = lock_call(uow, ticket_id, call_id)
        case = case_of(ticket_id)
        if call.state == PinCallState.BOOKED:
            demand_in_time(uow, call)
        _cancel(uow, ticket, case, call)
        _note_why(uow, call, "cancelled", reason)
        shrink(uow, others)
        settle(uow, ticket, case)


def _cancel(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, call: PinCall) -> None:
    if call.state == PinCallState.HELD:
        move_call(uow, call, PinCallState.EXPIRED)
        return
    was_booked, agent = call.state == PinCallState.BOOKED, what_agent_knows(call)
    move_call(uow, call, PinCallState.CANCELLED, sequence=next_sequence(call.uid) if was_booked else call.sequence)
    if was_booked:
        drop_call_notices(call)
        forget_tasks(uow, case, call)
        tell_agent_off(uow, case, call, known=agent)
        record(uow, ticket, EventType.PIN_CALL_CANCELLED, pin_call=str(call.uid), start=call.start.isoformat())
        if was_announced(call):
            plan_notice(uow, ticket, case, "call_cancelled", due=uow.now, call=call)


def drop_calls(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Cancel every call and hold of a ticket that ends, and end the one that is running; who shares them keeps them as they are."""
    for call in PinCall.objects.filter(ticket=ticket, state__in=[PinCallState.HELD, PinCallState.BOOKED]):
        _cancel(uow, ticket, case, call)
    for call in PinCall.objects.filter(ticket=ticket, state=PinCallState.STARTED):
        end_call(uow, ticket, call)


def expire_hold(*, ticket_id: int, hold_pk: int, by: Actor, now: datetime) -> bool:
    """Free a hold whose time is over; tell whether it was so."""
    with unit_of_work(by=by, now=now) as uow:
        lock_ticket(uow, ticket_id)
        call = PinCall.objects.filter(pk=hold_pk, state=PinCallState.HELD, expires_at__lte=now).first()
        if call is None:
            return False
        move_call(uow, call, PinCallState.EXPIRED)
        return True
