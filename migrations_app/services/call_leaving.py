"""Numbers that are not moved in a call after all, and those that come back into it. The call goes on with the others."""

from datetime import datetime

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import PinCallState, RequirementCode, RequirementState
from migrations_app.enums.readiness import LeftBecause
from migrations_app.models import NumberMove, PinCall, PinCallNumber, Requirement
from migrations_app.selectors.cases import case_of
from migrations_app.services.call_state import call_of
from migrations_app.services.requirements import change_state
from migrations_app.services.settle import settle
from tickets.enums import EventType, Party
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.tickets import lock_ticket


def leave(uow: UnitOfWork, ticket: Ticket, call: PinCall, number: NumberMove, because: LeftBecause) -> None:
    """Take a number of a locked ticket out of a call: it is moved in a later one. What has left already stays as it is."""
    rows = PinCallNumber.objects.filter(pin_call=call, number=number, left_at=None)
    if rows.update(left_at=uow.now, left_because=because):
        data = {"pin_call": str(call.uid), "number": number.number, "because": because.value}
        record(uow, ticket, EventType.CALL_STEP, internal=True, step="number_left", **data)


def leave_running(uow: UnitOfWork, ticket: Ticket, number: NumberMove, because: LeftBecause) -> None:
    """Take a number of a locked ticket out of the call that is running; without one there is nothing to leave."""
    for call in PinCall.objects.filter(lines__number=number, lines__left_at=None, state=PinCallState.STARTED):
        leave(uow, ticket, call, number, because)


def switched_off_now(*, ticket_id: int, call_id: str, number_id: int, by: Actor, now: datetime) -> None:
    """Record that two-step verification of a number was switched off while everybody waits, and take it back into the call.

    It is a claim like any other: Meta's answer to the next step is the proof.

    :raises NotFound: the call has no such number.
    :raises IllegalTransition: the call is not running, or the number has not left it because of two-step verification.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, call, line = _left_line(uow, ticket_id, call_id, number_id)
        if line.left_because != LeftBecause.TWO_STEP:
            raise IllegalTransition(extra={"allowed": []})
        entry = {"statement": "", "confirmed_by": Party.CLIENT.value, "claimed_by": by.label, "at": now.isoformat()}
        rows = Requirement.objects.select_related("number").filter(
            number=line.number, code=RequirementCode.TWO_STEP_DISABLED
        )
        for row in rows:
            if row.state in {RequirementState.UNMET, RequirementState.REQUESTED, RequirementState.FAILED}:
                change_state(uow, ticket, row, RequirementState.CLAIMED, evidence=entry, detail="", decided_by=by.label)
        _come_back(uow, ticket, call, line)


def come_back(*, ticket_id: int, call_id: str, number_id: int, by: Actor, now: datetime) -> None:
    """Take a number back into the running call that it had left; what Meta then says of it is the proof.

    :raises NotFound: the call has no such number.
    :raises IllegalTransition: the call is not running, or the number has not left it.
    """
    with unit_of_work(by=by, now=now) as uow:
        _come_back(uow, *_left_line(uow, ticket_id, call_id, number_id))


def _left_line(uow: UnitOfWork, ticket_id: int, call_id: str, number_id: int) -> tuple[Ticket, PinCall, PinCallNumber]:
    ticket = lock_ticket(uow, ticket_id)
    call = call_of(ticket, call_id)
    line = PinCallNumber.objects.select_related("number").filter(pin_call=call, number_id=number_id).first()
    if line is None:
        raise NotFound
    if call.state != PinCallState.STARTED or line.left_at is None:
        raise IllegalTransition(extra={"allowed": []})
    return ticket, call, line


def _come_back(uow: UnitOfWork, ticket: Ticket, call: PinCall, line: PinCallNumber) -> None:
    PinCallNumber.objects.filter(pk=line.pk).update(left_at=None, left_because=LeftBecause.NONE)
    data = {"pin_call": str(call.uid), "number": line.number.number}
    record(uow, ticket, EventType.CALL_STEP, internal=True, step="number_back", **data)
    settle(uow, ticket, case_of(ticket.pk))
