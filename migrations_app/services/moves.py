"""Moving a number in the call: ask for the code, verify it, register. Runs in the web request, never as a task.

Each step is claim (commit) → call Meta → record (commit). `busy_since` is the claim: a double click or a second agent
finds it taken. The 6-digit code and the two-step PIN are arguments that nothing keeps.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from config.core.actor import Actor
from config.core.errors import Conflict, FieldProblem, Invalid, NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import Execution, NumberState, OtpMethod, PinCallState, RequirementCode, RequirementState
from migrations_app.models import MigrationCase, NumberMove, PinCall, Requirement
from migrations_app.rules.phone import split
from migrations_app.selectors.cases import case_of
from migrations_app.services.calls import end_if_all_moved
from migrations_app.services.numbers import move_number
from migrations_app.services.requirements import change_state
from migrations_app.services.settle import settle
from providers.models import MetaAccount
from providers.selectors.exchanges import attempts_since
from providers.services import whatsapp
from providers.services.whatsapp import CallContext, Refused, Unanswered
from providers.types import MetaProblem
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket

_CLAIM_LASTS = timedelta(seconds=90)
"""Longer than any call to Meta may take: after it, the process that claimed must have died."""
REGISTRATIONS, REGISTRATION_WINDOW = 10, timedelta(hours=72)
"""Source: Meta, registration page: ten register or deregister requests per number in a moving window of 72 hours."""
_COOLING = {"too_many_codes", "register_limit", "pin_guesses_exceeded"}
_TWO_STEP_STILL_ON = {"two_step_enabled", "pin_incorrect"}


class AnotherStepRuns(Conflict):
    """A call to Meta for this number is under way; a second click does nothing."""


class NotInCall(Conflict):
    """The number's call has not begun, or the playbook is not executed by us."""


class CoolingDown(Conflict):
    """The number must rest until `until`."""


class MetaSaidNo(Conflict):
    """Meta refused; `key` names the reason, what to do stands in the number's last error."""


class NoAnswer(Conflict):
    """Meta did not answer and reading the number did not settle it: look again before repeating."""

    code = "temporarily_unavailable"


@dataclass(frozen=True)
class Step:
    """One number at one moment of a call, as claimed by one actor."""

    number: NumberMove
    account: MetaAccount | None
    context: CallContext
    ticket_id: int
    language: str


def _claim(
    number_id: int,
    wanted: frozenset[NumberState],
    *,
    by: Actor,
    now: datetime,
    limit: Callable[[NumberMove], datetime | None],
) -> Step:
    """Take a number for one step.

    :raises NotFound: there is no such number.
    :raises NotInCall: no call with it is running.
    :raises IllegalTransition: its state does not allow this step.
    :raises AnotherStepRuns: somebody else has it.
    :raises CoolingDown: Meta's or our limit is reached.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, number = _locked(uow, number_id)
        if not PinCall.objects.filter(lines__number=number, state=PinCallState.STARTED).exists():
            raise NotInCall
        if case.playbook_copy.get("execution") != Execution.GRAPH_API:
            raise NotInCall
        if number.busy_since is not None and number.busy_since > now - _CLAIM_LASTS:
            raise AnotherStepRuns
        if number.state not in wanted:
            raise IllegalTransition(extra={"state": number.state})
        rests_until = limit(number)
        if rests_until is None:
            NumberMove.objects.filter(pk=number.pk).update(busy_since=now)
            number.busy_since = now
            return _step(ticket, case, number, by=by, now=now)
        _rest(uow, ticket, number, rests_until, key="limit_reached")
        settle(uow, ticket, case)
    raise CoolingDown(extra={"until": rests_until.isoformat()})


def _step(ticket: Ticket, case: MigrationCase, number: NumberMove, *, by: Actor, now: datetime) -> Step:
    account = MetaAccount.objects.filter(pk=case.playbook_copy.get("meta_account_id")).first()
    context = CallContext(number=number.number, ticket_reference=ticket.reference, by=by, now=now)
    return Step(number, account, context, ticket.pk, number.otp_contact_language or ticket.language)


def _locked(uow: UnitOfWork, number_id: int) -> tuple[Ticket, MigrationCase, NumberMove]:
    ticket_id = NumberMove.objects.filter(pk=number_id).values_list("case__ticket_id", flat=True).first()
    if ticket_id is None:
        raise NotFound
    ticket = lock_ticket(uow, ticket_id)
    return ticket, case_of(ticket_id), NumberMove.objects.get(pk=number_id)


def _rest(uow: UnitOfWork, ticket: Ticket, number: NumberMove, until: datetime, *, key: str) -> None:
    """Let a number cool down; it comes back to where it was."""
    before = NumberState.PENDING if not number.phone_number_id else NumberState.INITIATED
    if number.state == NumberState.CODE_VERIFIED:
        before = NumberState.CODE_VERIFIED
    move_number(
        uow, ticket, number, NumberState.COOLING_DOWN, cool_down_until=until, state_before_pause=before,
        last_error=number.last_error or {"key": key}, busy_since=None,
    )  # fmt: skip


def _code_limit(number: NumberMove, now: datetime) -> datetime | None:
    """Return until when no further code may be asked for: after three, eight hours' rest.

    Source: Zendesk's help page (three requests, then about eight hours); Meta publishes no figure.
    """
    window = timedelta(hours=settings.CODE_COOL_DOWN_HOURS)
    asked = attempts_since(subject_key=number.number, purpose=whatsapp.REQUEST_CODE, since=now - window)
    return now + window if asked >= settings.CODE_REQUESTS_PER_COOL_DOWN else None


def _register_limit(number: NumberMove, now: datetime) -> datetime | None:
    tried = attempts_since(subject_key=number.number, purpose=whatsapp.REGISTER, since=now - REGISTRATION_WINDOW)
    return now + REGISTRATION_WINDOW if tried >= REGISTRATIONS else None


_BEFORE_CODE = frozenset({NumberState.PENDING, NumberState.INITIATED, NumberState.CODE_REQUESTED, NumberState.FAILED})


def ask_for_code(*, number_id: int, voice: bool | None, by: Actor, now: datetime) -> NumberState:
    """Have Meta send the 6-digit code to the number (beginning the move at Meta first, if need be); return the new state.

    `voice` None takes the number's own method.

    :raises MetaSaidNo: Meta refused.
    :raises NoAnswer: Meta did not answer.
    :raises CoolingDown: too many codes were asked for.
    :raises AnotherStepRuns: a step of this number is under way.
    :raises NotInCall: the call has not begun.
    :raises IllegalTransition: the code has been accepted already.
    """
    step = _claim(number_id, _BEFORE_CODE, by=by, now=now, limit=lambda number: _code_limit(number, now))
    phone_number_id = step.number.phone_number_id or _begin(step)
    by_voice = step.number.otp_method == OtpMethod.VOICE if voice is None else voice
    try:
        whatsapp.request_code(
            account=step.account,
            phone_number_id=phone_number_id,
            voice=by_voice,
            language=step.language,
            context=step.context,
        )
    except Refused as refusal:
        if refusal.problem.key == "already_verified":
            return _record(step, NumberState.CODE_VERIFIED)
        raise _refused(step, refusal.problem) from None
    except Unanswered as silence:
        # A code may be on its way: the state says so, and the counter has counted it.
        if silence.left:
            return _record(step, NumberState.CODE_REQUESTED, code_requested_at=now)
        raise _unanswered(step) from None
    return _record(step, NumberState.CODE_REQUESTED, code_requested_at=now)


def _begin(step: Step) -> str:
    """Begin the move at Meta and return the number's new id; a lost answer is resolved by reading before repeating."""
    waba_id = step.account.waba_id if step.account else ""
    if not waba_id:
        raise _release(step, NotInCall())
    country_code, national = split(step.number.number)
    try:
        new_id = whatsapp.start_migration(
            account=step.account,
            waba_id=waba_id,
            country_code=country_code,
            national_number=national,
            context=step.context,
        )
    except Refused as refusal:
        found = _find(step, waba_id) if refusal.problem.key == "already_at_destination" else None
        if found is None:
            raise _refused(step, refusal.problem) from None
        new_id = found
    except Unanswered as silence:
        found = _find(step, waba_id) if silence.left else None
        if found is None:
            raise _unanswered(step) from None
        new_id = found
    _initiated(step, new_id)
    return new_id


def _find(step: Step, waba_id: str) -> str | None:
    try:
        return whatsapp.find_number(
            account=step.account, waba_id=waba_id, number=step.number.number, context=step.context
        )
    except (Refused, Unanswered):
        return None


def _initiated(step: Step, phone_number_id: str) -> None:
    """Record that Meta accepted the move: that is the proof that two-step verification is off."""
    with unit_of_work(by=step.context.by, now=step.context.now) as uow:
        ticket, case, number = _locked(uow, step.number.pk)
        move_number(uow, ticket, number, NumberState.INITIATED, phone_number_id=phone_number_id, last_error=None)
        evidence = {"meta_accepted_migration": phone_number_id, "at": step.context.now.isoformat()}
        for row in Requirement.objects.select_related("number").filter(
            number=number, code=RequirementCode.TWO_STEP_DISABLED
        ):
            if row.state not in {RequirementState.MET, RequirementState.WAIVED}:
                change_state(uow, ticket, row, RequirementState.MET, evidence=evidence, decided_by="Meta")
        settle(uow, ticket, case)


def _demand_six_digits(value: str, field: str) -> None:
    """Refuse what cannot be a code or PIN before anything is claimed; the refusal never repeats the value."""
    if not re.fullmatch(r"[0-9]{6}", value):
        raise Invalid([FieldProblem(f"#/{field}", "invalid", "Six digits are expected.")])


def verify(*, number_id: int, code: str, by: Actor, now: datetime) -> NumberState:
    """Prove ownership with the code that the client reads out, and return the new state. The code is kept nowhere.

    :raises Invalid: it is no 6-digit code.
    :raises MetaSaidNo: Meta refused, e.g. a wrong or expired code.
    :raises NoAnswer: Meta did not answer.
    :raises AnotherStepRuns: a step of this number is under way.
    :raises NotInCall: the call has not begun.
    :raises IllegalTransition: no code has been asked for.
    """
    _demand_six_digits(code, "code")
    step = _claim(number_id, frozenset({NumberState.CODE_REQUESTED}), by=by, now=now, limit=lambda _number: None)
    try:
        whatsapp.verify_code(
            account=step.account, phone_number_id=step.number.phone_number_id, code=code, context=step.context
        )
    except Refused as refusal:
        problem = refusal.problem
    except Unanswered:
        if _facts_say(step, "is_verified"):
            return _record(step, NumberState.CODE_VERIFIED)
        raise _unanswered(step) from None
    else:
        return _record(step, NumberState.CODE_VERIFIED)
    raise _refused(step, problem)


def register(*, number_id: int, pin: str, by: Actor, now: datetime) -> NumberState:
    """Cut the number over with the client's new two-step PIN and return the new state. The PIN is kept nowhere.

    :raises Invalid: it is no 6-digit PIN.
    :raises MetaSaidNo: Meta refused.
    :raises NoAnswer: Meta did not answer.
    :raises CoolingDown: ten registrations in 72 hours.
    :raises AnotherStepRuns: a step of this number is under way.
    :raises NotInCall: the call has not begun.
    :raises IllegalTransition: the code has not been accepted.
    """
    _demand_six_digits(pin, "pin")
    wanted = frozenset({NumberState.CODE_VERIFIED})
    step = _claim(number_id, wanted, by=by, now=now, limit=lambda number: _register_limit(number, now))
    try:
        whatsapp.register(
            account=step.account, phone_number_id=step.number.phone_number_id, pin=pin, context=step.context
        )
    except Refused as refusal:
        problem: MetaProblem | None = refusal.problem
        if refusal.problem.key == "already_registered":
            problem = None
    except Unanswered:
        if not _facts_say(step, "is_connected"):
            raise _unanswered(step) from None
        problem = None
    else:
        problem = None
    if problem is not None:
        raise _refused(step, problem)
    _record(step, NumberState.REGISTERED)
    return check_live(number_id=number_id, by=by, now=now)


def check_live(*, number_id: int, by: Actor, now: datetime) -> NumberState:
    """Read a registered number; once Meta says CONNECTED it is live and billed by the destination. Return its state.

    :raises NotFound: there is no such number.
    """
    number = NumberMove.objects.select_related("case__ticket").filter(pk=number_id).first()
    if number is None:
        raise NotFound
    step = _step(number.case.ticket, number.case, number, by=by, now=now)
    if number.state != NumberState.REGISTERED or not _facts_say(step, "is_connected"):
        return NumberState(number.state)
    return _record(step, NumberState.LIVE, live_at=now, billing_from=now)


def skip(*, number_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Leave a number out of the migration for good; its line is free again.

    :raises NotFound: there is no such number.
    :raises IllegalTransition: it is live.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, number = _locked(uow, number_id)
        move_number(
            uow, ticket, number, NumberState.SKIPPED, last_error={"key": "skipped", "reason": reason}, busy_since=None
        )
        _after(uow, ticket, case, number)


def end_cool_down(*, number_id: int, by: Actor, now: datetime) -> bool:
    """Bring back a number whose rest is over; tell whether it was so."""
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, number = _locked(uow, number_id)
        due = number.cool_down_until is not None and number.cool_down_until <= now
        if number.state != NumberState.COOLING_DOWN or not due:
            return False
        back = NumberState(number.state_before_pause or NumberState.PENDING)
        move_number(uow, ticket, number, back, state_before_pause="")
        settle(uow, ticket, case)
        return True


def _facts_say(step: Step, what: str) -> bool:
    try:
        facts = whatsapp.number_facts(
            account=step.account, phone_number_id=step.number.phone_number_id, context=step.context
        )
    except (Refused, Unanswered):
        return False
    return bool(getattr(facts, what))


def _record(step: Step, to: NumberState, **columns: Any) -> NumberState:
    """Record a successful step and let the number go."""
    with unit_of_work(by=step.context.by, now=step.context.now) as uow:
        ticket, case, number = _locked(uow, step.number.pk)
        if number.state == to:
            NumberMove.objects.filter(pk=number.pk).update(busy_since=None, last_error=None, **columns)
        else:
            move_number(uow, ticket, number, to, busy_since=None, last_error=None, **columns)
        _after(uow, ticket, case, number)
    return to


def _after(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, number: NumberMove) -> None:
    for call in PinCall.objects.filter(lines__number=number, state=PinCallState.STARTED):
        end_if_all_moved(uow, ticket, call)
    settle(uow, ticket, case)


def _release(step: Step, refusal: Conflict) -> Conflict:
    NumberMove.objects.filter(pk=step.number.pk).update(busy_since=None)
    return refusal


def _unanswered(step: Step) -> NoAnswer:
    with unit_of_work(by=step.context.by, now=step.context.now) as uow:
        _locked(uow, step.number.pk)
        NumberMove.objects.filter(pk=step.number.pk).update(busy_since=None, last_error={"key": "unanswered"})
    return NoAnswer()


def _refused(step: Step, problem: MetaProblem) -> MetaSaidNo:
    """Record Meta's refusal: rest, failure, or just the error where the step can be repeated at once."""
    error = whatsapp.problem_as_json(problem)
    with unit_of_work(by=step.context.by, now=step.context.now) as uow:
        ticket, case, number = _locked(uow, step.number.pk)
        number.last_error = error
        NumberMove.objects.filter(pk=number.pk).update(busy_since=None, last_error=error)
        if problem.key in _COOLING:
            until = step.context.now + timedelta(seconds=problem.retry.seconds or 8 * 3600)
            _rest(uow, ticket, number, until, key=problem.key)
        elif problem.retry.kind == "never" and number.state != NumberState.FAILED:
            move_number(uow, ticket, number, NumberState.FAILED, last_error=error)
        if problem.key in _TWO_STEP_STILL_ON:
            _two_step_is_on(uow, ticket, number)
        settle(uow, ticket, case)
    return MetaSaidNo(problem.what_to_do, extra={"key": problem.key})


def _two_step_is_on(uow: UnitOfWork, ticket: Ticket, number: NumberMove) -> None:
    """Two-step verification is on after all: the requirement opens again, and the chase with it."""
    for row in Requirement.objects.select_related("number").filter(
        number=number, code=RequirementCode.TWO_STEP_DISABLED
    ):
        if row.state != RequirementState.UNMET:
            change_state(
                uow, ticket, row, RequirementState.UNMET, evidence=None, detail="Meta still sees it switched on."
            )
