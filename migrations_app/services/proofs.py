"""Trying claims at Meta: claim (commit), call, record (commit). The only writer of a try's state.

A process that dies between claim and record leaves the try under way; when its lease is over the sweep ends it without an answer,
and the next one reads at Meta before it asks for anything.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import DeskTaskKind, TaskOutcome
from migrations_app.enums.proofs import ProofOccasion, ProofState
from migrations_app.models import DeskTask, NumberMove, ProofTry
from migrations_app.rules.lifecycle import PROOF
from migrations_app.rules.proof import PASSING, NextTry, WhyNot, why_not, window_opens
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.haste import rate_of
from migrations_app.services.desk_tasks import close_task
from migrations_app.services.migration_start import begin, find
from migrations_app.services.move_steps import CLAIM_LASTS, Step, locked, step_of
from migrations_app.services.proof_facts import PROCESS_LOST, facts_for, read_tries, tries_in_window
from migrations_app.services.proof_outcomes import Outcome, Tried, apply, state_of, stumbled_over
from migrations_app.services.proof_plan import plan
from migrations_app.services.removals import keep_object
from migrations_app.services.settle import settle
from providers.services.whatsapp import Refused, Unanswered
from tickets.enums import EventType
from tickets.services.events import record
from tickets.services.tickets import lock_ticket


class NotTried(Conflict):
    """The number is not tried now; `why` names the reason (`rules.proof.WhyNot`), `until` when the limit allows it again."""


@dataclass(frozen=True)
class Claimed:
    """A try that is ours to make. `may_ask` False: the limit is reached, so only what was lost is looked for."""

    try_id: int
    step: Step
    read_first: bool
    may_ask: bool


def try_due(try_id: int, *, by: Actor, now: datetime) -> ProofState | None:
    """Make one due try and return what Meta said; None when somebody else has it, or it is not wanted or not possible now."""
    claimed = _claim(try_id, by=by, now=now)
    if claimed is None:
        return None
    outcome = _ask_meta(claimed)
    state = _record(claimed, outcome, by=by, now=now)
    if outcome.phone_number_id:
        keep_object(outcome.phone_number_id, number_id=claimed.step.number.pk, by=by, now=now)
    return state


def _ask_meta(claimed: Claimed) -> Outcome:
    """Make the call. No transaction is open."""
    try:
        if claimed.may_ask:
            return Outcome(phone_number_id=begin(claimed.step, read_first=claimed.read_first))
        return Outcome(phone_number_id=find(claimed.step) or "", silence="not_there")
    except Refused as refusal:
        return Outcome(problem=refusal.problem)
    except Unanswered:
        return Outcome()


def _locked(uow: UnitOfWork, try_id: int) -> Tried | None:
    """Take the lock of the try's ticket and read everything anew under it."""
    number_id = ProofTry.objects.filter(pk=try_id).values_list("number_id", flat=True).first()
    if number_id is None:
        return None
    ticket, case, number = locked(uow, number_id)
    row = ProofTry.objects.filter(pk=try_id).first()
    return Tried(row, ticket, case, number) if row else None


def _claim(try_id: int, *, by: Actor, now: datetime) -> Claimed | None:
    with unit_of_work(by=by, now=now) as uow:
        tried = _locked(uow, try_id)
        if tried is None or tried.row.state != ProofState.PLANNED or tried.row.due_at > now:
            return None
        row, number = tried.row, tried.number
        reason = _why_not(tried, now=now)
        lost = row.read_first and not number.phone_number_id
        if reason is not None and not (reason is WhyNot.LIMIT and lost):
            _put_off(uow, tried, reason)
            return None
        began = row.round_started_at or now
        uow.move(row, "state", table=PROOF, to=ProofState.TRYING, claimed_at=now, round_started_at=began)
        NumberMove.objects.filter(pk=number.pk).update(busy_since=now)
        step = step_of(tried.ticket, tried.case, number, by=by, now=now)
        return Claimed(row.pk, step, row.read_first, may_ask=reason is None)


def _why_not(tried: Tried, *, now: datetime) -> WhyNot | None:
    facts = facts_for(read_tries(tried.ticket, tried.case), tried.number, now=now)
    reason = why_not(facts, ProofOccasion(tried.row.occasion))
    busy = tried.number.busy_since
    if reason in {None, WhyNot.LIMIT} and busy is not None and busy > now - CLAIM_LASTS:
        return WhyNot.UNDER_WAY
    return reason


def _put_off(uow: UnitOfWork, tried: Tried, reason: WhyNot) -> None:
    """Leave a try for later, or drop it where it is not wanted any more."""
    if reason is WhyNot.LIMIT:
        made = tries_in_window(tried.ticket, tried.number, now=uow.now)
        opens = window_opens(made, now=uow.now, rate=rate_of(tried.ticket))
        ProofTry.objects.filter(pk=tried.row.pk).update(due_at=opens, updated_at=uow.now)
    if reason not in PASSING:
        tried.row.delete()
        settle(uow, tried.ticket, tried.case)


def _record(claimed: Claimed, outcome: Outcome, *, by: Actor, now: datetime) -> ProofState | None:
    with unit_of_work(by=by, now=now) as uow:
        tried = _locked(uow, claimed.try_id)
        if tried is None:
            return None
        if tried.row.state != ProofState.TRYING or tried.row.claimed_at != now:
            # Given up as lost meanwhile: the try that came after it reads what this one has done.
            return ProofState(tried.row.state)
        _end(uow, tried, outcome)
        apply(uow, tried, outcome)
        settle(uow, tried.ticket, tried.case)
        return state_of(outcome)


def _end(uow: UnitOfWork, tried: Tried, outcome: Outcome) -> None:
    """End a try, let the number go, and tell the desk."""
    row, number = tried.row, tried.number
    NumberMove.objects.filter(pk=number.pk, busy_since=row.claimed_at).update(busy_since=None)
    uow.move(
        row,
        "state",
        table=PROOF,
        to=state_of(outcome),
        ended_at=uow.now,
        phone_number_id=outcome.phone_number_id,
        answer=outcome.answer,
        stumbled_over=stumbled_over(outcome),
    )
    record(
        uow, tried.ticket, EventType.NUMBER_TRIED, internal=True, number=number.number, outcome=state_of(outcome).value,
        occasion=str(row.occasion), error=(outcome.answer or {}).get("key"),
    )  # fmt: skip


def give_up_lost(try_id: int, *, by: Actor, now: datetime) -> bool:
    """End a try whose process died, without an answer; tell whether it was so. What follows it reads before it asks."""
    lease = timedelta(seconds=settings.ATTEMPT_LEASE_SECONDS)
    with unit_of_work(by=by, now=now) as uow:
        tried = _locked(uow, try_id)
        if tried is None or tried.row.state != ProofState.TRYING:
            return False
        if tried.row.claimed_at is None or tried.row.claimed_at > now - lease:
            return False
        _end(uow, tried, Outcome(silence=PROCESS_LOST))
        settle(uow, tried.ticket, tried.case)
        return True


def ask_for_try(*, ticket_id: int, number_id: int, by: Actor, now: datetime) -> None:
    """Have a number tried at Meta as soon as possible: the sweep makes the try within seconds.

    :raises NotFound: the ticket has no such number.
    :raises NotTried: the conditions do not hold, a try is under way, or three were made in 24 hours.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        number = NumberMove.objects.filter(pk=number_id, case=case).first()
        if number is None:
            raise NotFound
        known = read_tries(ticket, case)
        reason = why_not(facts_for(known, number, now=now), ProofOccasion.AGENT)
        if reason is not None:
            opens = window_opens(tries_in_window(ticket, number, now=now), now=now, rate=rate_of(ticket))
            raise NotTried(extra={"why": reason.value, "until": opens.isoformat() if opens > now else None})
        planned = ProofTry.objects.filter(number=number, state=ProofState.PLANNED).first()
        if planned is not None:
            bring_forward(planned, ProofOccasion.AGENT, now=now)
        else:
            plan(uow, known, {number: (NextTry(now), ProofOccasion.AGENT)})
        settle(uow, ticket, case)


def close_problem(*, task_id: int, note: str = "", by: Actor, now: datetime) -> None:
    """Say that a person has seen to what Meta refused.

    :raises NotFound: there is no such task.
    :raises IllegalTransition: it has ended.
    """
    with unit_of_work(by=by, now=now) as uow:
        wanted = DeskTask.objects.filter(pk=task_id, kind=DeskTaskKind.META_PROBLEM)
        ticket_id = wanted.values_list("case__ticket_id", flat=True).first()
        if ticket_id is None:
            raise NotFound
        ticket = lock_ticket(uow, ticket_id)
        close_task(uow, wanted.get(), outcome=TaskOutcome.DONE, note=note)
        settle(uow, ticket, case_of(ticket_id))


def bring_forward(row: ProofTry, occasion: ProofOccasion, *, now: datetime) -> None:
    """Have a planned try of a locked ticket made now, for another reason than it was planned for."""
    ProofTry.objects.filter(pk=row.pk).update(due_at=now, occasion=occasion, updated_at=now)
