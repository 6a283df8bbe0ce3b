"""The call itself: it begins, it ends, or nobody comes; for all tickets that share it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Conflict
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import Blocks, NumberState, PinCallState
from migrations_app.models import PinCall
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.progress import blocking
from migrations_app.selectors.cases import case_of, facts_of
from migrations_app.services.call_locks import lock_call
from migrations_app.services.call_state import move_call
from migrations_app.services.holder_plan import forget_tasks
from migrations_app.services.notices import drop_call_notices
from migrations_app.services.settle import settle
from tickets.enums import EventType
from tickets.models import Ticket
from tickets.services.events import record


class NotReady(Conflict):
    """The step cannot be taken: `missing` (and `blocking`, as elsewhere) names the requirements that block it."""


def start_call(*, ticket_id: int, call_id: str, excused: Collection[int] = (), by: Actor, now: datetime) -> None:
    """Say that the call has begun. What blocks `excused` numbers (ids) keeps the others from nothing.

    :raises NotFound: the ticket has no such call.
    :raises NotReady: requirements of its numbers, or of the case, still block the start.
    :raises IllegalTransition: it is not booked.
    """
    with unit_of_work(by=by, now=now) as uow:
        rows = _rows(uow, ticket_id, call_id)
        codes = sorted(_missing(rows, excused))
        if codes:
            raise NotReady(extra={"missing": codes, "blocking": codes, "allowed": []})
        for call in rows:
            move_call(uow, call, PinCallState.STARTED, started_at=now)
            drop_call_notices(call)
            forget_tasks(uow, case_of(call.ticket_id), call)
            record(uow, call.ticket, EventType.CALL_STEP, internal=True, pin_call=str(call.uid), step="started")
            settle(uow, call.ticket, case_of(call.ticket_id))


def _rows(uow: UnitOfWork, ticket_id: int, call_id: str) -> list[PinCall]:
    """Lock a call and return its rows, the ticket's own first; those of others only where they stand as it does."""
    _ticket, call, others = lock_call(uow, ticket_id, call_id)
    return [call, *(row for row in others if row.state == call.state)]


def _missing(rows: Sequence[PinCall], excused: Collection[int]) -> set[str]:
    """Return the codes that block the start for any ticket of a call."""
    numbers = {row.pk: set(row.numbers.values_list("id", flat=True)) for row in rows}
    # Where all of them are excused, there is nobody to begin with.
    left_out = set(excused) if set().union(*numbers.values()) - set(excused) else set()
    return {
        requirement.code.value
        for row in rows
        for requirement in blocking(
            facts_of(case_of(row.ticket_id), row.ticket), Blocks.START, number_ids=numbers[row.pk] - left_out
        )
    }


def finish_call(*, ticket_id: int, call_id: str, by: Actor, now: datetime) -> None:
    """End a call. Numbers that did not get through keep their state and can be booked again.

    :raises NotFound: the ticket has no such call.
    :raises IllegalTransition: it has not begun.
    """
    with unit_of_work(by=by, now=now) as uow:
        for call in _rows(uow, ticket_id, call_id):
            end_call(uow, call.ticket, call)
            settle(uow, call.ticket, case_of(call.ticket_id))


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
        for call in _rows(uow, ticket_id, call_id):
            move_call(uow, call, PinCallState.NO_SHOW)
            drop_call_notices(call)
            forget_tasks(uow, case_of(call.ticket_id), call)
            record(uow, call.ticket, EventType.PIN_CALL_NO_SHOW, pin_call=str(call.uid), start=call.start.isoformat())
            settle(uow, call.ticket, case_of(call.ticket_id))
