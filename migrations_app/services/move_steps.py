"""One step of a number in its call: claim it, and record what became of it.

`claim` commits before Meta is called; `record`, `refused` and `unanswered` commit after. `busy_since` is the claim: a
double click or a second agent finds it taken. Nothing here ever sees a code or a PIN.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_noop

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import Execution, NumberState, PinCallState, RequirementCode, RequirementState, Stage
from migrations_app.enums.readiness import LeftBecause
from migrations_app.models import MigrationCase, NumberMove, PinCall, PinCallNumber, Requirement
from migrations_app.rules.lifecycle import SATISFIED
from migrations_app.rules.progress import ENDED
from migrations_app.rules.proof import BY_META
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.haste import wait_of
from migrations_app.services.call_leaving import leave_running
from migrations_app.services.call_run import end_if_all_moved
from migrations_app.services.numbers import move_number
from migrations_app.services.preparing import hasten_in_call
from migrations_app.services.requirements import change_state
from migrations_app.services.settle import settle
from providers.models import MetaAccount
from providers.services import whatsapp
from providers.services.whatsapp import CallContext, Refused, Unanswered
from providers.types import MetaProblem, NumberFacts
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket

STILL_ON = gettext_noop("Meta still sees it switched on.")
"""Stored in English, translated where it is shown."""
CLAIM_LASTS = timedelta(seconds=90)
"""Longer than any call to Meta may take: after it, the process that claimed must have died."""
_COOLING = {"too_many_codes", "register_limit", "pin_guesses_exceeded"}
PROVES_OFF = frozenset({NumberState.REGISTERED, NumberState.LIVE})
_TWO_STEP_STILL_ON = {"two_step_enabled", "pin_incorrect"}


class AnotherStepRuns(Conflict):
    """A call to Meta for this number is under way; a second click does nothing."""


class Overtaken(Conflict):
    """The form was made before another step of this number was begun: somebody was faster, or clicked twice."""


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


def claim(
    number_id: int,
    wanted: frozenset[NumberState],
    *,
    name: str,
    seen: int | None,
    by: Actor,
    now: datetime,
    limit: Callable[[NumberMove], datetime | None],
) -> Step:
    """Take a number for one step. `name` and `by` are what others read meanwhile; `seen` is the form's count of steps.

    :raises NotFound: there is no such number.
    :raises NotInCall: no call with it is running.
    :raises IllegalTransition: its state does not allow this step.
    :raises AnotherStepRuns: somebody else has it.
    :raises Overtaken: the form is older than the last step.
    :raises CoolingDown: Meta's or our limit is reached.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, number = locked(uow, number_id)
        running = PinCall.objects.filter(lines__number=number, lines__left_at=None, state=PinCallState.STARTED)
        if not running.exists():
            raise NotInCall
        demand_free(case, number, wanted, seen=seen, now=now)
        rests_until = limit(number)
        if rests_until is None:
            take(number, name, by=by, now=now)
            PinCallNumber.objects.filter(number=number, pin_call__state=PinCallState.STARTED).update(set_aside_at=None)
            return step_of(ticket, case, number, by=by, now=now)
        rest(uow, ticket, number, rests_until, key="limit_reached")
        settle(uow, ticket, case)
    raise CoolingDown(extra={"until": rests_until.isoformat()})


def demand_free(
    case: MigrationCase, number: NumberMove, wanted: frozenset[NumberState], *, seen: int | None, now: datetime
) -> None:
    """Refuse a step of a locked number that is not ours to take, is being taken, or was taken meanwhile.

    :raises NotInCall: the playbook is not executed by us.
    :raises AnotherStepRuns: somebody else has it.
    :raises Overtaken: the form is older than the last step.
    :raises IllegalTransition: its state does not allow this step.
    """
    if case.playbook_copy.get("execution") != Execution.GRAPH_API:
        raise NotInCall
    if is_busy(number, now=now):
        raise AnotherStepRuns
    if seen is not None and seen != number.steps:
        raise Overtaken
    if number.state not in wanted:
        raise IllegalTransition(extra={"state": number.state})


def is_busy(number: NumberMove, *, now: datetime) -> bool:
    """Tell whether a step of the number is under way; one whose process must have died is not."""
    return number.busy_since is not None and number.busy_since > now - CLAIM_LASTS


def take(number: NumberMove, name: str, *, by: Actor, now: datetime) -> None:
    """Mark a locked number as taken for one step."""
    NumberMove.objects.filter(pk=number.pk).update(
        busy_since=now, busy_by=by.label[:200], busy_with=name, steps=F("steps") + 1
    )
    number.busy_since = now


def step_of(ticket: Ticket, case: MigrationCase, number: NumberMove, *, by: Actor, now: datetime) -> Step:
    """Return a number with everything that a call to Meta about it needs."""
    account = MetaAccount.objects.filter(pk=case.playbook_copy.get("meta_account_id")).first()
    context = CallContext(number.number, ticket.reference, ticket.test, by, now)
    return Step(number, account, context, ticket.pk, number.otp_contact_language or ticket.language)


def locked(uow: UnitOfWork, number_id: int) -> tuple[Ticket, MigrationCase, NumberMove]:
    """Take the lock of the number's ticket and read everything under it.

    :raises NotFound: there is no such number.
    """
    ticket_id = NumberMove.objects.filter(pk=number_id).values_list("case__ticket_id", flat=True).first()
    if ticket_id is None:
        raise NotFound
    ticket = lock_ticket(uow, ticket_id)
    return ticket, case_of(ticket_id), NumberMove.objects.get(pk=number_id)


def rest(uow: UnitOfWork, ticket: Ticket, number: NumberMove, until: datetime, *, key: str) -> None:
    """Let a number cool down; it comes back to where it was."""
    before = NumberState.PENDING if not number.phone_number_id else NumberState.INITIATED
    if number.state == NumberState.CODE_VERIFIED:
        before = NumberState.CODE_VERIFIED
    move_number(
        uow, ticket, number, NumberState.COOLING_DOWN, cool_down_until=until, state_before_pause=before,
        last_error=number.last_error or {"key": key}, busy_since=None,
    )  # fmt: skip


def facts_at_meta(step: Step) -> NumberFacts | None:
    """Ask Meta for the number and return what it says; None where there is no answer."""
    try:
        return whatsapp.number_facts(
            account=step.account, phone_number_id=step.number.phone_number_id, context=step.context
        )
    except (Refused, Unanswered):
        return None


def facts_say(step: Step, what: str) -> bool:
    """Ask Meta for the number and tell whether the fact holds (`is_verified`, `is_connected`); no answer counts as no."""
    facts = facts_at_meta(step)
    return facts is not None and bool(getattr(facts, what))


def record_step(step: Step, to: NumberState, **columns: Any) -> NumberState:
    """Record a successful step and let the number go."""
    with unit_of_work(by=step.context.by, now=step.context.now) as uow:
        ticket, case, number = locked(uow, step.number.pk)
        if to in PROVES_OFF:
            two_step_is_off(uow, ticket, case, number)
        if number.state == to:
            NumberMove.objects.filter(pk=number.pk).update(busy_since=None, last_error=None, **columns)
        else:
            move_number(uow, ticket, number, to, busy_since=None, last_error=None, **columns)
        after_step(uow, ticket, case, number)
    return to


def after_step(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, number: NumberMove) -> None:
    """End the call when nothing is left to do in it, and settle the case."""
    for call in PinCall.objects.filter(lines__number=number, state=PinCallState.STARTED):
        end_if_all_moved(uow, ticket, call)
    settle(uow, ticket, case)


def release(step: Step, refusal: Conflict) -> Conflict:
    """Let the number go without a trace and return the refusal to raise."""
    NumberMove.objects.filter(pk=step.number.pk).update(busy_since=None)
    return refusal


def unanswered(step: Step) -> NoAnswer:
    """Record that Meta did not answer, let the number go, and return the refusal to raise."""
    with unit_of_work(by=step.context.by, now=step.context.now) as uow:
        locked(uow, step.number.pk)
        NumberMove.objects.filter(pk=step.number.pk).update(busy_since=None, last_error={"key": "unanswered"})
    return NoAnswer()


def refused(step: Step, problem: MetaProblem) -> MetaSaidNo:
    """Record Meta's refusal: rest, failure, or just the error where the step can be repeated at once.

    A number whose two-step verification is on has not failed: it leaves the call and keeps its state, for a verified ownership
    needs no second code in the next one.
    """
    error = whatsapp.problem_as_json(problem)
    with unit_of_work(by=step.context.by, now=step.context.now) as uow:
        ticket, case, number = locked(uow, step.number.pk)
        number.last_error = error
        NumberMove.objects.filter(pk=number.pk).update(busy_since=None, last_error=error)
        if problem.key in _COOLING:
            until = step.context.now + wait_of(ticket, timedelta(seconds=problem.retry.seconds or 8 * 3600))
            rest(uow, ticket, number, until, key=problem.key)
        elif problem.key in _TWO_STEP_STILL_ON:
            two_step_is_on(uow, ticket, number)
            leave_running(uow, ticket, number, LeftBecause.TWO_STEP)
        elif problem.retry.kind == "never" and number.state != NumberState.FAILED:
            move_number(uow, ticket, number, NumberState.FAILED, last_error=error)
        settle(uow, ticket, case)
        if problem.key in _TWO_STEP_STILL_ON and hasten_in_call(uow, case):
            settle(uow, ticket, case)
    return MetaSaidNo(problem.what_to_do, extra={"key": problem.key})


def two_step_is_off(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, number: NumberMove) -> None:
    """Meta registered a number with a new PIN: two-step verification was off, whatever was only claimed until then.

    Source: Meta, registration (a number whose verification is on registers with its present PIN alone).
    """
    entry = {"meta_accepted_migration": number.phone_number_id, "at": uow.now.isoformat()}
    rows = Requirement.objects.select_related("number").filter(number=number, code=RequirementCode.TWO_STEP_DISABLED)
    if Stage(case.stage) in ENDED:
        return
    for row in rows:
        if row.state not in SATISFIED:
            columns = {"evidence": entry, "detail": "", "decided_by": BY_META}
            change_state(uow, ticket, row, RequirementState.MET, **columns)


def two_step_is_on(uow: UnitOfWork, ticket: Ticket, number: NumberMove) -> None:
    """Two-step verification is on after all: the requirement opens again, and the chase with it."""
    for row in Requirement.objects.select_related("number").filter(
        number=number, code=RequirementCode.TWO_STEP_DISABLED
    ):
        if row.state != RequirementState.UNMET:
            columns = {"evidence": None, "detail": STILL_ON, "decided_by": "Meta"}
            change_state(uow, ticket, row, RequirementState.UNMET, **columns)
