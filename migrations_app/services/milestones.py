"""Milestones of moves that happen elsewhere, in Meta's popup or in a provider's console: recorded by a person, with evidence.

Nothing here calls Meta. The number's state follows what was seen: begun, code accepted, live.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import Execution, NumberState, PinCallState
from migrations_app.enums.readiness import LeftBecause, MilestoneKind
from migrations_app.models import CallMilestone, NumberMove, PinCallNumber
from migrations_app.rules.redaction import redact
from migrations_app.selectors.cases import case_of
from migrations_app.services.call_leaving import leave
from migrations_app.services.call_run import end_if_all_moved
from migrations_app.services.call_state import call_of
from migrations_app.services.move_steps import two_step_is_on
from migrations_app.services.numbers import move_number
from migrations_app.services.preparing import hasten_in_call
from migrations_app.services.settle import settle
from tickets.enums import EventType, Visibility
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.files import Upload, attach
from tickets.services.tickets import lock_ticket

_WAY: Mapping[MilestoneKind, tuple[NumberState, ...]] = {
    MilestoneKind.OPENED: (NumberState.INITIATED,),
    MilestoneKind.ACCEPTED: (NumberState.INITIATED, NumberState.CODE_VERIFIED),
    MilestoneKind.LIVE: (NumberState.REGISTERED, NumberState.LIVE),
}
_RANK = (
    NumberState.PENDING,
    NumberState.INITIATED,
    NumberState.CODE_VERIFIED,
    NumberState.REGISTERED,
    NumberState.LIVE,
)


class EvidenceMissing(Conflict):
    """That a number is live is not believed without words or a picture of what was seen."""


@dataclass(frozen=True)
class Seen:
    """What somebody saw, in words and perhaps a picture."""

    kind: MilestoneKind
    note: str = ""
    upload: Upload | None = None


def next_milestone(line: PinCallNumber) -> MilestoneKind | None:
    """Return what is to be recorded next of a number; None when it is live."""
    done = set(CallMilestone.objects.filter(line=line).values_list("kind", flat=True))
    return next((kind for kind in MilestoneKind if kind not in done), None)


def record_milestone(
    *, ticket_id: int, call_id: str, number_id: int, seen: Seen, by: Actor, now: datetime
) -> CallMilestone:
    """Record the next milestone of a number in a running call.

    :raises NotFound: the call has no such number.
    :raises IllegalTransition: the call is not running, the number has left it, we move it ourselves, or another milestone is next.
    :raises EvidenceMissing: nothing shows that it is live.
    :raises FileTooLarge: the picture is larger than we take.
    :raises FileNotTaken: it is no file that we take.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, line = _line(uow, ticket_id, call_id, number_id)
        if next_milestone(line) is not seen.kind:
            raise IllegalTransition(extra={"allowed": []})
        note = redact(seen.note.strip())
        if seen.kind is MilestoneKind.LIVE and not note and seen.upload is None:
            raise EvidenceMissing
        row = CallMilestone.objects.create(
            line=line, kind=seen.kind, at=now, by=by.label, note=note, file=_kept(ticket, seen.upload, by, now)
        )
        data = {"pin_call": str(line.pin_call.uid), "number": line.number.number}
        record(uow, ticket, EventType.CALL_STEP, internal=True, step=seen.kind.value, **data)
        _follow(uow, ticket, line.number, seen.kind)
        if seen.kind is MilestoneKind.LIVE:
            end_if_all_moved(uow, ticket, line.pin_call)
        settle(uow, ticket, case_of(ticket_id))
        return row


def record_two_step_on(*, ticket_id: int, call_id: str, number_id: int, by: Actor, now: datetime) -> None:
    """Record that two-step verification of a number turned out to be on: it leaves the call, and the chase goes on.

    :raises NotFound: the call has no such number.
    :raises IllegalTransition: the call is not running, the number has left it, or we move it ourselves.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, line = _line(uow, ticket_id, call_id, number_id)
        case = case_of(ticket_id)
        two_step_is_on(uow, ticket, line.number)
        if line.number.state in {NumberState.INITIATED, NumberState.CODE_VERIFIED}:
            # Whatever was begun elsewhere is begun again there.
            move_number(uow, ticket, line.number, NumberState.PENDING)
        CallMilestone.objects.filter(line=line).delete()
        leave(uow, ticket, line.pin_call, line.number, LeftBecause.TWO_STEP)
        settle(uow, ticket, case)
        if hasten_in_call(uow, case):
            settle(uow, ticket, case)


def _line(uow: UnitOfWork, ticket_id: int, call_id: str, number_id: int) -> tuple[Ticket, PinCallNumber]:
    """Lock the ticket and return a number of its running call that is moved elsewhere."""
    ticket = lock_ticket(uow, ticket_id)
    call = call_of(ticket, call_id)
    line = PinCallNumber.objects.select_related("number").filter(pin_call=call, number_id=number_id).first()
    if line is None:
        raise NotFound
    ours = case_of(ticket_id).playbook_copy.get("execution") == Execution.GRAPH_API
    if ours or call.state != PinCallState.STARTED or line.left_at is not None:
        raise IllegalTransition(extra={"allowed": []})
    line.pin_call = call
    return ticket, line


def _kept(ticket: Ticket, upload: Upload | None, by: Actor, now: datetime) -> dict[str, Any] | None:
    if upload is None:
        return None
    row = attach(ticket_id=ticket.pk, upload=upload, visibility=Visibility.INTERNAL, by=by, now=now)
    return {"id": str(row.uid), "filename": row.filename}


def _follow(uow: UnitOfWork, ticket: Ticket, number: NumberMove, kind: MilestoneKind) -> None:
    """Bring the number's state to what was seen; what it has reached in an earlier call it keeps."""
    for to in _WAY[kind]:
        if number.state in _RANK and _RANK.index(to) <= _RANK.index(NumberState(number.state)):
            continue
        billed = {"live_at": uow.now, "billing_from": uow.now} if to is NumberState.LIVE else {}
        move_number(uow, ticket, number, to, last_error=None, **billed)
