"""Moving a number in the call: ask for the code, verify it, register. Runs in the web request, never as a task.

Each step is claim (commit) → call Meta → record (commit). `busy_since` is the claim: a double click or a second agent
finds it taken. The 6-digit code and the two-step PIN are arguments that nothing keeps.
"""

import re
from datetime import datetime

from config.core.actor import Actor
from config.core.errors import FieldProblem, Invalid, NotFound
from config.core.uow import unit_of_work
from migrations_app.enums import NumberState, OtpMethod
from migrations_app.models import NumberMove
from migrations_app.selectors.attempts import budget_of
from migrations_app.services.aftercare_runs import look_before_live
from migrations_app.services.migration_start import accept, begin
from migrations_app.services.move_steps import (
    NotInCall,
    Step,
    after_step,
    claim,
    facts_at_meta,
    facts_say,
    locked,
    record_step,
    refused,
    release,
    step_of,
    unanswered,
)
from migrations_app.services.numbers import move_number
from migrations_app.services.pins import demand_pin, finish_lost_registration
from migrations_app.services.settle import settle
from providers.selectors.exchanges import may_have_happened
from providers.services import whatsapp
from providers.services.whatsapp import Refused, Unanswered
from providers.types import MetaProblem

_BEFORE_CODE = frozenset({NumberState.PENDING, NumberState.INITIATED, NumberState.CODE_REQUESTED, NumberState.FAILED})


def ask_for_code(
    *, number_id: int, voice: bool | None, seen: int | None = None, by: Actor, now: datetime
) -> NumberState:
    """Have Meta send the 6-digit code to the number (beginning the move at Meta first, if need be); return the new state.

    `voice` None takes the number's own method. `seen`, here and below, is the count of steps that the form was made with.

    :raises MetaSaidNo: Meta refused.
    :raises NoAnswer: Meta did not answer.
    :raises CoolingDown: too many codes were asked for.
    :raises AnotherStepRuns: a step of this number is under way.
    :raises Overtaken: another step was begun after the form was made.
    :raises NotInCall: the call has not begun.
    :raises IllegalTransition: the code has been accepted already.
    """
    step = claim(
        number_id, _BEFORE_CODE, name="ask", seen=seen, by=by, now=now,
        limit=lambda number: budget_of(number.case.ticket, number.number, now=now).codes.free_at,
    )  # fmt: skip
    by_voice = step.number.otp_method == OtpMethod.VOICE if voice is None else voice
    method = OtpMethod.VOICE if by_voice else OtpMethod.SMS
    NumberMove.objects.filter(pk=number_id).update(code_method=method)
    known = step.number.phone_number_id
    try:
        _request_code(step, known or _begin(step), voice=by_voice, begin_again=bool(known))
    except Refused as refusal:
        if refusal.problem.key == "already_verified":
            return record_step(step, NumberState.CODE_VERIFIED)
        raise refused(step, refusal.problem) from None
    except Unanswered as silence:
        # A code may be on its way: the state says so, and the counter has counted it.
        if silence.left:
            return record_step(step, NumberState.CODE_REQUESTED, code_requested_at=now)
        raise unanswered(step) from None
    return record_step(step, NumberState.CODE_REQUESTED, code_requested_at=now)


def _request_code(step: Step, phone_number_id: str, *, voice: bool, begin_again: bool) -> None:
    """Ask for the code. A move that was begun long before the call may have been overtaken: then it is begun again, once.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    try:
        whatsapp.request_code(
            account=step.account,
            phone_number_id=phone_number_id,
            voice=voice,
            language=step.language,
            context=step.context,
        )
    except Refused as refusal:
        if not begin_again or refusal.problem.key != "not_being_migrated":
            raise
        _request_code(step, _begin(step), voice=voice, begin_again=False)


def _begin(step: Step) -> str:
    """Begin the move at Meta and return the number's new id."""
    if step.account is None or not step.account.waba_id:
        raise release(step, NotInCall())
    try:
        new_id = begin(step)
    except Refused as refusal:
        raise refused(step, refusal.problem) from None
    except Unanswered:
        raise unanswered(step) from None
    with unit_of_work(by=step.context.by, now=step.context.now) as uow:
        ticket, case, number = locked(uow, step.number.pk)
        accept(uow, ticket, case, number, new_id)
        settle(uow, ticket, case)
    return new_id


def _demand_code(code: str) -> None:
    """Refuse what cannot be a code before anything is claimed; the refusal never repeats it."""
    if not re.fullmatch(r"[0-9]{6}", code):
        raise Invalid([FieldProblem("#/code", "invalid", "Six digits are expected.")])


def verify(*, number_id: int, code: str, seen: int | None = None, by: Actor, now: datetime) -> NumberState:
    """Prove ownership with the code that the client reads out, and return the new state. The code is kept nowhere.

    :raises Invalid: it is no 6-digit code.
    :raises MetaSaidNo: Meta refused, e.g. a wrong or expired code.
    :raises NoAnswer: Meta did not answer.
    :raises AnotherStepRuns: a step of this number is under way.
    :raises Overtaken: another step was begun after the form was made.
    :raises NotInCall: the call has not begun.
    :raises IllegalTransition: no code has been asked for.
    """
    _demand_code(code)
    wanted = frozenset({NumberState.CODE_REQUESTED})
    step = claim(number_id, wanted, name="verify", seen=seen, by=by, now=now, limit=lambda _number: None)
    in_doubt = may_have_happened(purpose=whatsapp.VERIFY_CODE, target=step.number.phone_number_id)
    try:
        whatsapp.verify_code(
            account=step.account, phone_number_id=step.number.phone_number_id, code=code, context=step.context
        )
    except Refused as refusal:
        # An earlier try whose answer nobody heard may have used the code up.
        if in_doubt and facts_say(step, "is_verified"):
            return record_step(step, NumberState.CODE_VERIFIED)
        problem = refusal.problem
    except Unanswered:
        if facts_say(step, "is_verified"):
            return record_step(step, NumberState.CODE_VERIFIED)
        raise unanswered(step) from None
    else:
        return record_step(step, NumberState.CODE_VERIFIED)
    raise refused(step, problem)


def register(*, number_id: int, pin: str, seen: int | None = None, by: Actor, now: datetime) -> NumberState:
    """Cut the number over with the client's new two-step PIN and return the new state. The PIN is kept nowhere.

    Where an earlier try may have registered it unheard (its process died), Meta is asked first: then the PIN is set anew.

    :raises Invalid: it is no 6-digit PIN, or one that is guessed too easily.
    :raises MetaSaidNo: Meta refused.
    :raises NoAnswer: Meta did not answer.
    :raises CoolingDown: ten registrations in 72 hours.
    :raises AnotherStepRuns: a step of this number is under way.
    :raises Overtaken: another step was begun after the form was made.
    :raises NotInCall: the call has not begun.
    :raises IllegalTransition: the code has not been accepted.
    """
    demand_pin(pin)
    wanted = frozenset({NumberState.CODE_VERIFIED})
    step = claim(
        number_id, wanted, name="register", seen=seen, by=by, now=now,
        limit=lambda number: budget_of(number.case.ticket, number.number, now=now).registrations.free_at,
    )  # fmt: skip
    in_doubt = may_have_happened(purpose=whatsapp.REGISTER, target=step.number.phone_number_id)
    if in_doubt and facts_say(step, "is_connected"):
        untold = finish_lost_registration(step, pin)
        state = check_live(number_id=number_id, by=by, now=now)
        if untold is not None:
            raise untold
        return state
    problem = _register_at_meta(step, pin)
    if problem is not None:
        raise refused(step, problem)
    record_step(step, NumberState.REGISTERED, pin_set_at=now, pin_noted_at=None, pin_noted_by="")
    return check_live(number_id=number_id, by=by, now=now)


def _register_at_meta(step: Step, pin: str) -> MetaProblem | None:
    """Register the number; return why Meta refused, None where it is registered now.

    :raises NoAnswer: Meta did not answer, and reading the number does not show it as connected.
    """
    try:
        whatsapp.register(
            account=step.account, phone_number_id=step.number.phone_number_id, pin=pin, context=step.context
        )
    except Refused as refusal:
        return None if refusal.problem.key == "already_registered" else refusal.problem
    except Unanswered:
        if not facts_say(step, "is_connected"):
            raise unanswered(step) from None
    return None


def check_live(*, number_id: int, by: Actor, now: datetime) -> NumberState:
    """Read a registered number; once Meta says CONNECTED it is live and billed by the destination. Return its state.

    :raises NotFound: there is no such number.
    """
    number = NumberMove.objects.select_related("case__ticket").filter(pk=number_id).first()
    if number is None:
        raise NotFound
    step = step_of(number.case.ticket, number.case, number, by=by, now=now)
    facts = facts_at_meta(step) if number.state == NumberState.REGISTERED else None
    if facts is None or not facts.is_connected:
        return NumberState(number.state)
    # Before the number is live: a case whose messages no app receives must not count as done even for a moment.
    look_before_live(step, facts)
    return record_step(step, NumberState.LIVE, live_at=now, billing_from=now)


def skip(*, number_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Leave a number out of the migration for good; its line is free again.

    :raises NotFound: there is no such number.
    :raises IllegalTransition: it is live.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, number = locked(uow, number_id)
        move_number(
            uow, ticket, number, NumberState.SKIPPED, last_error={"key": "skipped", "reason": reason}, busy_since=None
        )
        after_step(uow, ticket, case, number)


def end_cool_down(*, number_id: int, by: Actor, now: datetime) -> bool:
    """Bring back a number whose rest is over; tell whether it was so."""
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, number = locked(uow, number_id)
        due = number.cool_down_until is not None and number.cool_down_until <= now
        if number.state != NumberState.COOLING_DOWN or not due:
            return False
        back = NumberState(number.state_before_pause or NumberState.PENDING)
        move_number(uow, ticket, number, back, state_before_pause="")
        settle(uow, ticket, case)
        return True
