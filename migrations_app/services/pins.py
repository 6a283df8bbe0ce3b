"""The new two-step PIN of a number that we moved: setting it again where it was lost, and that the client wrote it down.

The PIN is an argument that nothing keeps; what is kept is when it was set, and who heard that it was written down.
"""

import re
from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Conflict, FieldProblem, Forbidden, Invalid
from config.core.uow import IllegalTransition, unit_of_work
from migrations_app.enums import NumberState
from migrations_app.models import NumberMove
from migrations_app.rules.pins import why_easy
from migrations_app.services.move_steps import (
    MetaSaidNo,
    NotInCall,
    Overtaken,
    Step,
    demand_free,
    locked,
    record_step,
    step_of,
    take,
    unanswered,
)
from providers.services import whatsapp
from providers.services.whatsapp import Refused, Unanswered
from tickets.enums import EventType
from tickets.services.events import record

_MOVED_BY_US = frozenset({NumberState.REGISTERED, NumberState.LIVE})


class PinNotSet(Conflict):
    """The number is registered, but with an earlier PIN: Meta did not take the new one."""


def demand_pin(pin: str) -> None:
    """Refuse what cannot be a PIN, or would be a bad one, before anything is claimed; the refusal never repeats it.

    :raises Invalid: it has not six digits, or is guessed too easily; the code names why.
    """
    if not re.fullmatch(r"[0-9]{6}", pin):
        raise Invalid([FieldProblem("#/pin", "invalid", "Six digits are expected.")])
    why = why_easy(pin)
    if why is not None:
        raise Invalid([FieldProblem("#/pin", why.value, str(why.label))])


def set_pin(*, number_id: int, pin: str, seen: int | None = None, by: Actor, now: datetime) -> None:
    """Give a number that is registered at the destination another two-step PIN, after its call too.

    :raises Forbidden: only the desk does this.
    :raises Invalid: it is no 6-digit PIN, or one that is guessed too easily.
    :raises NotFound: there is no such number.
    :raises NotInCall: we did not move it.
    :raises IllegalTransition: it is not registered.
    :raises AnotherStepRuns: a step of this number is under way.
    :raises Overtaken: another step was begun after the form was made.
    :raises MetaSaidNo: Meta refused; the PIN is as it was.
    :raises NoAnswer: Meta did not answer; either PIN may hold.
    """
    if not by.is_staff_of_desk:
        raise Forbidden
    demand_pin(pin)
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, number = locked(uow, number_id)
        demand_free(case, number, _MOVED_BY_US, seen=seen, now=now)
        if not number.phone_number_id:
            raise NotInCall
        take(number, "pin", by=by, now=now)
        step = step_of(ticket, case, number, by=by, now=now)
    _give(step, pin)
    with unit_of_work(by=by, now=now) as uow:
        ticket, _case, number = locked(uow, number_id)
        _set_now(number, now)
        record(uow, ticket, EventType.CALL_STEP, internal=True, number=number.number, step="pin_set")


def finish_lost_registration(step: Step, pin: str) -> Conflict | None:
    """Record as registered what Meta registered for us unheard, with this PIN instead of the one that nobody may know.

    Return what is to be raised once the number is seen to be live: `PinNotSet` where Meta did not take the PIN, `NoAnswer`
    where it did not answer and either PIN may hold.
    """
    now = step.context.now
    refusal: Conflict | None = None
    try:
        _give(step, pin)
    except MetaSaidNo as no:
        refusal = PinNotSet(no.detail, extra=no.extra)
    except Conflict as silence:
        refusal = silence
    record_step(step, NumberState.REGISTERED, pin_set_at=now, pin_noted_at=None, pin_noted_by="")
    return refusal


def _give(step: Step, pin: str) -> None:
    """Have Meta take the PIN.

    :raises MetaSaidNo: Meta refused.
    :raises NoAnswer: Meta did not answer.
    """
    try:
        whatsapp.set_pin(
            account=step.account, phone_number_id=step.number.phone_number_id, pin=pin, context=step.context
        )
    except Refused as refusal:
        problem = refusal.problem
    except Unanswered:
        raise unanswered(step) from None
    else:
        return
    error = whatsapp.problem_as_json(problem)
    NumberMove.objects.filter(pk=step.number.pk).update(busy_since=None, last_error=error)
    raise MetaSaidNo(problem.what_to_do, extra={"key": problem.key})


def _set_now(number: NumberMove, now: datetime) -> None:
    NumberMove.objects.filter(pk=number.pk).update(
        busy_since=None, last_error=None, pin_set_at=now, pin_noted_at=None, pin_noted_by=""
    )


def note_pin(*, number_id: int, seen: int | None = None, by: Actor, now: datetime) -> None:
    """Record that the client says it wrote the new PIN down. Saying it twice changes nothing.

    :raises Forbidden: only the desk records this.
    :raises NotFound: there is no such number.
    :raises IllegalTransition: we set no PIN for it.
    :raises Overtaken: another PIN was set after the form was made.
    """
    if not by.is_staff_of_desk:
        raise Forbidden
    with unit_of_work(by=by, now=now) as uow:
        ticket, _case, number = locked(uow, number_id)
        if number.pin_set_at is None:
            raise IllegalTransition(extra={"state": number.state})
        if seen is not None and seen != number.steps:
            raise Overtaken
        if number.pin_noted_at is not None:
            return
        NumberMove.objects.filter(pk=number.pk).update(pin_noted_at=now, pin_noted_by=by.label[:200])
        record(uow, ticket, EventType.CALL_STEP, internal=True, number=number.number, step="pin_noted")
