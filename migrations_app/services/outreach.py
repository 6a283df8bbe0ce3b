"""Sending what is due: claim (commit), send, record (commit). The only writer of an attempt's state.

A worker that dies between claim and record leaves the attempt `sending`; when its lease is over it becomes `unknown`
and is shown to a person. It is never sent again by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import AttemptState, ChaseState, PinCallState, Stage
from migrations_app.models import ChaseAttempt, MigrationCase, Notice
from migrations_app.rules.lifecycle import ATTEMPT
from migrations_app.selectors.cases import case_of
from migrations_app.services import chases
from migrations_app.services.lengths import call_length
from migrations_app.services.messages import NoAddress, compose_chase, compose_notice
from migrations_app.services.notices import WARNING
from migrations_app.services.settle import settle
from providers.enums import ExchangeState
from providers.services import exchanges
from providers.services.outreach import Outcome, send
from providers.types import OutboundMessage
from tickets.enums import OPEN_STATUSES, EventType
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.tickets import lock_ticket

_BACK_OFF = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
_STATES = {
    ExchangeState.SENT: AttemptState.SENT,
    ExchangeState.FAILED: AttemptState.FAILED,
    ExchangeState.UNKNOWN: AttemptState.UNKNOWN,
}
AnyAttempt = ChaseAttempt | Notice


@dataclass(frozen=True)
class Claimed:
    """An attempt that is ours to send, with its exchange row already committed."""

    attempt_id: int
    exchange_id: int
    channel: str
    message: OutboundMessage


def send_due(model: type[AnyAttempt], attempt_id: int, *, by: Actor, now: datetime) -> AttemptState | None:
    """Send one due attempt and return what became of it; None when somebody else has it or it is not needed any more."""
    claimed = _claim(model, attempt_id, by=by, now=now)
    if claimed is None:
        return None
    outcome = send(claimed.message, channel=claimed.channel)
    return _record(model, claimed, outcome, by=by, now=now)


def _locked(
    uow: UnitOfWork, model: type[AnyAttempt], attempt_id: int
) -> tuple[AnyAttempt, Ticket, MigrationCase] | None:
    """Take the lock of the attempt's ticket and read everything anew under it."""
    path = "chase__case__ticket_id" if model is ChaseAttempt else "case__ticket_id"
    ticket_id = model._default_manager.filter(pk=attempt_id).values_list(path, flat=True).first()  # noqa: SLF001
    if ticket_id is None:
        return None
    ticket = lock_ticket(uow, ticket_id)
    related = ("chase",) if model is ChaseAttempt else ("pin_call",)
    attempt = model._default_manager.select_related(*related).filter(pk=attempt_id).first()  # noqa: SLF001
    return (attempt, ticket, case_of(ticket_id)) if attempt else None


def _claim(model: type[AnyAttempt], attempt_id: int, *, by: Actor, now: datetime) -> Claimed | None:
    with unit_of_work(by=by, now=now) as uow:
        found = _locked(uow, model, attempt_id)
        if found is None:
            return None
        attempt, ticket, case = found
        if attempt.state != AttemptState.PLANNED or attempt.due_at > now:
            return None
        if not _still_wanted(attempt, ticket):
            attempt.delete()
            return None
        try:
            message = _compose(attempt, ticket, case)
        except NoAddress:
            _give_up(uow, attempt, ticket, case)
            return None
        purpose = f"{'chase' if isinstance(attempt, ChaseAttempt) else 'notice'}.{attempt.message}"
        exchange = exchanges.begin_message(
            message=message, purpose=purpose, subject_key=f"ticket:{ticket.reference}", now=now
        )
        uow.move(attempt, "state", table=ATTEMPT, to=AttemptState.SENDING, claimed_at=now, exchange_id=exchange.pk)
        return Claimed(attempt.pk, exchange.pk, attempt.channel, message)


def _still_wanted(attempt: AnyAttempt, ticket: Ticket) -> bool:
    if isinstance(attempt, ChaseAttempt):
        return attempt.chase.state == ChaseState.ACTIVE
    if attempt.pin_call is not None and attempt.message != "call_cancelled":
        return attempt.pin_call.state == PinCallState.BOOKED
    if attempt.message in {"slot_invitation", "move_instructions"}:
        # Who has booked, or moved, by itself in the meantime needs no invitation.
        return ticket.stage == Stage.READY
    if attempt.message == WARNING:
        # Who was heard of in the meantime needs no warning.
        return ticket.let_go_at is not None
    return ticket.status in OPEN_STATUSES or attempt.message in {"migration_done", "move_done", "call_cancelled"}


def _compose(attempt: AnyAttempt, ticket: Ticket, case: MigrationCase) -> OutboundMessage:
    if isinstance(attempt, ChaseAttempt):
        return compose_chase(attempt, ticket, case)
    minutes = call_length().minutes(case.numbers.count())
    return compose_notice(attempt, ticket, case, attempt.pin_call, minutes=minutes)


def _give_up(uow: UnitOfWork, attempt: AnyAttempt, ticket: Ticket, case: MigrationCase) -> None:
    """Nobody to write to: the row says so, and the ladder goes on to whoever can be reached."""
    uow.move(attempt, "state", table=ATTEMPT, to=AttemptState.SENDING, claimed_at=uow.now)
    uow.move(attempt, "state", table=ATTEMPT, to=AttemptState.FAILED)
    if isinstance(attempt, ChaseAttempt):
        chases.climb(uow, ticket, case, attempt)
    settle(uow, ticket, case)


def _record(model: type[AnyAttempt], claimed: Claimed, outcome: Outcome, *, by: Actor, now: datetime) -> AttemptState:
    with unit_of_work(by=by, now=now) as uow:
        found = _locked(uow, model, claimed.attempt_id)
        if found is None:
            raise NotFound
        attempt, ticket, case = found
        if attempt.state not in {AttemptState.SENDING, AttemptState.UNKNOWN}:
            # Lost for so long that a person has found out what became of it.
            return AttemptState(attempt.state)
        to = _STATES[outcome.state]
        was_unknown = attempt.state == AttemptState.UNKNOWN
        if not (was_unknown and to is AttemptState.UNKNOWN):
            columns: dict[str, Any] = {"sent_at": now} if to is AttemptState.SENT else {}
            uow.move(attempt, "state", table=ATTEMPT, to=to, **columns)
            error = {"reason": outcome.reason} if outcome.reason else None
            exchanges.finish(
                exchange_id=claimed.exchange_id,
                state=outcome.state,
                by=by,
                now=now,
                message_id=outcome.message_id,
                error=error,
            )
        _tell(uow, ticket, attempt, to)
        if not was_unknown:
            # A late answer to an attempt that was given up changes its row only: the ladder has gone on already.
            _go_on(uow, ticket, case, attempt, outcome)
        settle(uow, ticket, case)
        return to


def _tell(uow: UnitOfWork, ticket: Ticket, attempt: AnyAttempt, state: AttemptState) -> None:
    if isinstance(attempt, ChaseAttempt) and state is AttemptState.SENT:
        record(
            uow, ticket, EventType.CHASE_SENT, chase=attempt.chase_id, attempt=attempt.pk, step=attempt.step + 1,
            requirement=attempt.chase.requirement_code, message=attempt.message, recipient_party=attempt.recipient_party,
            channel=attempt.channel,
        )  # fmt: skip
    if state is AttemptState.UNKNOWN:
        record(uow, ticket, EventType.ATTEMPT_UNKNOWN, internal=True, attempt=attempt.pk, message=attempt.message)


def _go_on(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, attempt: AnyAttempt, outcome: Outcome) -> None:
    """Plan what follows: another try after a passing failure, else the next rung."""
    if outcome.state is ExchangeState.FAILED and not outcome.permanent and _still_wanted(attempt, ticket):
        tries = _tries(attempt)
        if tries <= len(_BACK_OFF):
            _plan_again(attempt, due=uow.now + _BACK_OFF[tries - 1], now=uow.now)
            return
    if isinstance(attempt, ChaseAttempt):
        chases.climb(uow, ticket, case, attempt)


def _tries(attempt: AnyAttempt) -> int:
    if isinstance(attempt, ChaseAttempt):
        tries = ChaseAttempt.objects.filter(chase=attempt.chase, step=attempt.step, state=AttemptState.FAILED)
        return tries.filter(created_at__gte=attempt.chase.round_started_at or attempt.chase.created_at).count()
    return Notice.objects.filter(
        case=attempt.case, pin_call=attempt.pin_call, message=attempt.message, state=AttemptState.FAILED
    ).count()


def _plan_again(attempt: AnyAttempt, *, due: datetime, now: datetime) -> None:
    fresh = type(attempt)._default_manager.get(pk=attempt.pk)  # noqa: SLF001
    fresh.pk, fresh.exchange_id, fresh.claimed_at = None, None, None
    fresh._state.adding = True  # noqa: SLF001  (Django's documented way to copy a row)
    fresh.state, fresh.due_at, fresh.created_at, fresh.updated_at = AttemptState.PLANNED, due, now, now
    fresh.save(force_insert=True)


def mark_lost(model: type[AnyAttempt], attempt_id: int, *, by: Actor, now: datetime) -> bool:
    """Mark an attempt whose lease is over as `unknown` and go on with the ladder; tell whether it was so."""
    lease = timedelta(seconds=settings.ATTEMPT_LEASE_SECONDS)
    with unit_of_work(by=by, now=now) as uow:
        found = _locked(uow, model, attempt_id)
        if found is None:
            return False
        attempt, ticket, case = found
        if attempt.state != AttemptState.SENDING or attempt.claimed_at is None or attempt.claimed_at > now - lease:
            return False
        uow.move(attempt, "state", table=ATTEMPT, to=AttemptState.UNKNOWN)
        if attempt.exchange_id is not None:
            exchanges.finish(
                exchange_id=attempt.exchange_id,
                state=ExchangeState.UNKNOWN,
                by=by,
                now=now,
                error={"reason": "worker_lost"},
            )
        _tell(uow, ticket, attempt, AttemptState.UNKNOWN)
        if isinstance(attempt, ChaseAttempt):
            chases.climb(uow, ticket, case, attempt)
        settle(uow, ticket, case)
        return True


def judge_unknown(model: type[AnyAttempt], attempt_id: int, *, arrived: bool, by: Actor, now: datetime) -> None:
    """Record what a person found out about an attempt of unknown outcome.

    :raises IllegalTransition: its outcome is known.
    :raises NotFound: there is no such attempt.
    """
    with unit_of_work(by=by, now=now) as uow:
        found = _locked(uow, model, attempt_id)
        if found is None:
            raise NotFound
        attempt, ticket, case = found
        if attempt.state != AttemptState.UNKNOWN:
            raise IllegalTransition
        to, state = (AttemptState.SENT, ExchangeState.SENT) if arrived else (AttemptState.FAILED, ExchangeState.FAILED)
        uow.move(attempt, "state", table=ATTEMPT, to=to, **({"sent_at": attempt.claimed_at} if arrived else {}))
        if attempt.exchange_id is not None:
            exchanges.finish(
                exchange_id=attempt.exchange_id, state=state, by=by, now=now, error={"reason": "judged_by_person"}
            )
        settle(uow, ticket, case)


def escalate(chase_id: int, ticket_id: int, *, by: Actor, now: datetime) -> bool:
    """Hand a chase at the end of its ladder to a person; tell whether it was due."""
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        escalated = chases.escalate_if_due(uow, ticket, chase_id)
        if escalated:
            settle(uow, ticket, case_of(ticket_id))
        return escalated
