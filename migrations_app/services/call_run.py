"""The call itself: it begins, it ends, or nobody comes."""

from collections.abc import Collection
from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Conflict
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import Blocks, NumberState, PinCallState
from migrations_app.models import PinCall
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.progress import blocking
from migrations_app.selectors.cases import case_of, facts_of
from migrations_app.services.call_state import call_of, move_call
from migrations_app.services.notices import drop_call_notices
from migrations_app.services.settle import settle
from tickets.enums import EventType
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.tickets import lock_ticket


class NotReady(Conflict):
    """The step cannot be taken: `missing` (and `blocking`, as elsewhere) names the requirements that block it."""


def start_call(*, ticket_id: int, call_id: str, excused: Collection[int] = (), by: Actor, now: datetime) -> None:
    """Say that the call has begun. What blocks `excused` numbers (ids) keeps the others from nothing.

    :raises NotFound: the ticket has no such call.
    :raises NotReady: requirements of its numbers, or of the case, still block the start.
    :raises IllegalTransition: it is not booked.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        call = call_of(ticket, call_id)
        numbers = set(call.numbers.values_list("id", flat=True))
        # Where all of them are excused, there is nobody to begin with.
        numbers = numbers - set(excused) or numbers
        missing = blocking(facts_of(case_of(ticket_id), ticket), Blocks.START, number_ids=numbers)
        if missing:
            codes = sorted({requirement.code.value for requirement in missing})
            raise NotReady(extra={"missing": codes, "blocking": codes, "allowed": []})
        move_call(uow, call, PinCallState.STARTED, started_at=now)
        drop_call_notices(call)
        record(uow, ticket, EventType.CALL_STEP, internal=True, pin_call=str(call.uid), step="started")
        settle(uow, ticket, case_of(ticket_id))


def finish_call(*, ticket_id: int, call_id: str, by: Actor, now: datetime) -> None:
    """End a call. Numbers that did not get through keep their state and can be booked again.

    :raises NotFound: the ticket has no such call.
    :raises IllegalTransition: it has not begun.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        call = call_of(ticket, call_id)
        end_call(uow, ticket, call)
        settle(uow, ticket, case_of(ticket_id))


def end_call(uow: UnitOfWork, ticket: Ticket, call: PinCall) -> None:
    """End a started call of a locked ticket."""
    move_call(uow, call, PinCallState.FINISHED, finished_at=uow.now)
    record(uow, ticket, EventType.CALL_STEP, internal=True, pin_call=str(call.uid), step="finished")


def end_if_all_moved(uow: UnitOfWork, ticket: Ticket, call: PinCall) -> None:
    """End a started call once nothing is left to do for any of its numbers."""
    states: Collection[str] = call.numbers.values_list("state", flat=True)
    if call.state == PinCallState.STARTED and {NumberState(state) for state in states} <= MOVED:
        end_call(uow, ticket, call)


def mark_no_show(*, ticket_id: int, call_id: str, by: Actor, now: datetime) -> None:
    """Say that nobody came; the numbers can be booked again.

    :raises NotFound: the ticket has no such call.
    :raises IllegalTransition: it is neither booked nor started.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        call = call_of(ticket, call_id)
        move_call(uow, call, PinCallState.NO_SHOW)
        drop_call_notices(call)
        record(uow, ticket, EventType.PIN_CALL_NO_SHOW, pin_call=str(call.uid), start=call.start.isoformat())
        settle(uow, ticket, case_of(ticket_id))
