"""The call itself: it begins, it ends, or nobody comes; for all tickets that share it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.core.actor import Actor
from config.core.errors import Conflict
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import NumberState, PinCallState, RequirementCode
from migrations_app.enums.readiness import LeftBecause, Why
from migrations_app.models import CallMilestone, PinCall
from migrations_app.rules.checks import Check
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.readiness import codes_of
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.proposals import missed_calls
from migrations_app.selectors.shared_calls import numbers_together
from migrations_app.services.call_leaving import leave
from migrations_app.services.call_locks import lock_call
from migrations_app.services.call_state import move_call
from migrations_app.services.holder_plan import forget_tasks
from migrations_app.services.notices import drop_call_notices
from migrations_app.services.readiness_facts import read_readiness
from migrations_app.services.ringing import MISSED_BEFORE, ring_after_missed
from migrations_app.services.settle import settle
from tickets.enums import EventType
from tickets.models import Ticket
from tickets.services.events import record


class NotReady(Conflict):
    """The step cannot be taken: `missing` (and `blocking`, as elsewhere) names the requirements and checks that block it."""


class ReasonMissing(Conflict):
    """Who overrides what is missing says why."""


@dataclass(frozen=True)
class Override:
    """A lead lets a call begin although something is missing, and says why."""

    reason: str


def start_call(
    *,
    ticket_id: int,
    call_id: str,
    without: Collection[int] = (),
    override: Override | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """Say that the call has begun. Numbers it begins `without` (ids) leave it, and what they miss keeps nobody from anything.

    :raises NotFound: the ticket has no such call.
    :raises NotReady: something is still missing; `missing` names it. What is `final` no lead can override.
    :raises ReasonMissing: an override says no reason.
    :raises IllegalTransition: it is not booked.
    """
    with unit_of_work(by=by, now=now) as uow:
        rows = _rows(uow, ticket_id, call_id)
        readiness = read_readiness(rows, now=now)
        # Where all of them are left out, there is nobody to begin with.
        kept = readiness.numbers - set(without)
        passed = _overridden(uow, readiness.missing(kept or readiness.numbers), override, nobody_left=not kept)
        for call in rows:
            move_call(uow, call, PinCallState.STARTED, started_at=now, **passed)
            drop_call_notices(call)
            forget_tasks(uow, case_of(call.ticket_id), call)
            told = {"pin_call": str(call.uid), "step": "started", **passed}
            record(uow, call.ticket, EventType.CALL_STEP, internal=True, **told)
            for number in call.numbers.filter(pk__in=without):
                two_step = RequirementCode.TWO_STEP_DISABLED in codes_of(readiness.missing_of(number.pk))
                leave(uow, call.ticket, call, number, LeftBecause.TWO_STEP if two_step else LeftBecause.NOT_READY)
            settle(uow, call.ticket, case_of(call.ticket_id))


def _rows(uow: UnitOfWork, ticket_id: int, call_id: str) -> list[PinCall]:
    """Lock a call and return its rows, the ticket's own first; those of others only where they stand as it does."""
    _ticket, call, others = lock_call(uow, ticket_id, call_id)
    return [call, *(row for row in others if row.state == call.state)]


def _overridden(
    uow: UnitOfWork, missing: Collection[Check], override: Override | None, *, nobody_left: bool
) -> dict[str, Any]:
    """Return the columns that say who overrode what; empty where nothing is missing.

    `nobody_left`: every number leaves the call as it begins. Then that Meta sees two-step verification on is no part of what is
    let pass: no reason talks Meta out of it, and the numbers are out for it.

    :raises NotReady: something is missing, and nobody, or not even a lead, lets it pass.
    :raises ReasonMissing: an override says no reason.
    """
    stops = [check for check in missing if check.final or override is None]
    if stops:
        codes = codes_of(stops)
        raise NotReady(extra={"missing": codes, "blocking": codes, "allowed": []})
    if override is None or not missing:
        return {}
    if not override.reason.strip():
        raise ReasonMissing
    return {
        "override_by": uow.by.label,
        "override_reason": override.reason.strip(),
        "overridden": codes_of(check for check in missing if not (nobody_left and check.why is Why.META_REFUSED)),
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
    """End a started call once nothing is left to do for any of its numbers.

    Those that have left it wait for another call. One that all of them have left is ended by a person: the client may be about to
    mend what is missing.
    """
    states: Collection[str] = call.lines.filter(left_at=None).values_list("number__state", flat=True)
    if call.state == PinCallState.STARTED and states and {NumberState(state) for state in states} <= MOVED:
        end_call(uow, ticket, call)


_SOMEBODY_CAME = (NumberState.CODE_VERIFIED, NumberState.REGISTERED, NumberState.LIVE)


def may_be_missed(call: PinCall, *, now: datetime) -> bool:
    """Tell whether nobody can have come to a call: its time has come, and it has got no number of any ticket any further."""
    if call.state == PinCallState.STARTED:
        seen = CallMilestone.objects.filter(line__pin_call__uid=call.uid).exists()
        return not seen and not numbers_together(call).filter(state__in=_SOMEBODY_CAME).exists()
    return call.state == PinCallState.BOOKED and (call.play_at or call.start) <= now


def mark_no_show(*, ticket_id: int, call_id: str, by: Actor, now: datetime) -> None:
    """Say that nobody came; times are proposed anew, and after a second missed call a person rings.

    :raises NotFound: the ticket has no such call.
    :raises IllegalTransition: it is neither booked nor started, its time has not come yet, or a number was moved in it.
    """
    with unit_of_work(by=by, now=now) as uow:
        rows = _rows(uow, ticket_id, call_id)
        if any(not may_be_missed(call, now=now) for call in rows):
            raise IllegalTransition(extra={"allowed": []})
        for call in rows:
            move_call(uow, call, PinCallState.NO_SHOW)
            drop_call_notices(call)
            forget_tasks(uow, case_of(call.ticket_id), call)
            record(uow, call.ticket, EventType.PIN_CALL_NO_SHOW, pin_call=str(call.uid), start=call.start.isoformat())
            case = case_of(call.ticket_id)
            if missed_calls(call.ticket) >= MISSED_BEFORE:
                ring_after_missed(uow, call.ticket, case)
            settle(uow, call.ticket, case)
