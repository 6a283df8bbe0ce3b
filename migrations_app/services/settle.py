"""After any change: where does the case stand, and what does the ticket show? `settle` is the writer of the stage."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from config.core.uow import UnitOfWork
from migrations_app.enums import NumberState, Stage
from migrations_app.models import MigrationCase
from migrations_app.rules.lifecycle import MOVED, STAGE
from migrations_app.rules.progress import CUT_OVER, ENDED, CaseFacts, Position, position
from migrations_app.rules.stage_times import moved
from migrations_app.selectors.cases import asking_facts, facts_of
from migrations_app.selectors.haste import rate_of, wait_of
from migrations_app.services.aftercare import sync_aftercare
from migrations_app.services.chases import sync_chases
from migrations_app.services.desk_tasks import drop_at_end
from migrations_app.services.insight import predict
from migrations_app.services.notices import tell_stage
from migrations_app.services.preparing import tell_when_clear
from migrations_app.services.proof_facts import contested_numbers
from migrations_app.services.proof_plan import sync_proofs
from migrations_app.services.proposal_ends import end_with_stage
from migrations_app.services.silence import plan_silence
from migrations_app.services.status_details import details_of, planned_of, reminded_of
from migrations_app.services.test_desk_plan import plan_test_desk
from tickets.enums import Party, SlaMetric, TicketStatus
from tickets.models import Ticket
from tickets.services.tickets import PublicFacts, show, transition
from tickets.types import ClockFacts

_POLL_SECONDS = {
    Stage.IN_CALL: 10,
    Stage.SCHEDULED: 300,
    Stage.CLOSING: 3600,
    Stage.DONE: 86400,
    Stage.CANCELLED: 86400,
    Stage.REJECTED: 86400,
}
_POLL_DEFAULT = 60
_POLL_SOONEST = 5
"""Test tickets wait a fraction of the time, but nobody should knock more often than this."""

_BEFORE_THE_CALL = frozenset({Stage.TRIAGE, Stage.REQUIREMENTS})


def settle(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, *, to: Stage | None = None, cancel_reason: str = ""
) -> Position:
    """Bring stage, ticket and chases in line with the facts, inside the locked unit of work, and return the position.

    `to` first moves the case by decision: to one of its ends, or from an end back among the living.

    :raises IllegalTransition: the life cycle has no such move.
    """
    before = Stage(case.stage)
    if to is not None:
        _advance(uow, case, to)
    facts = _facts(uow, ticket, case)
    where = position(facts)
    _advance(uow, case, where.stage)
    sync_aftercare(uow, case, {number.state for number in facts.numbers})
    ends = where.stage in ENDED and before not in ENDED
    chases = sync_chases(uow, ticket, case, facts)
    tell_when_clear(uow, ticket, case, facts, chases)
    if before is Stage.READY and where.stage is not Stage.READY:
        end_with_stage(uow, ticket, case)
    if ends:
        drop_at_end(uow, case)
    if facts.task_open or facts.chase_exhausted:
        # A chase that has just been answered takes its tasks with it: it is not our turn any more.
        exhausted, task_open = asking_facts(case)
        facts = replace(facts, chase_exhausted=exhausted, task_open=task_open)
        where = position(facts)
    predict(case, where.blocking if where.stage in _BEFORE_THE_CALL and not ticket.test else ())
    if sync_proofs(uow, ticket, case):
        facts = _facts(uow, ticket, case)
        where = position(facts)
    # After the tries: an invitation waits for them.
    tell_stage(uow, ticket, case)
    if where.status != TicketStatus(ticket.status):
        transition(uow, ticket, where.status, cancel_reason=cancel_reason)
    show(uow, ticket, _public(uow.now, ticket, case, where, facts))
    plan_silence(uow, ticket, case, facts, chases)
    plan_test_desk(uow, ticket, case)
    return where


def _facts(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> CaseFacts:
    """Return the facts of a case, with what Meta said of its claims."""
    return replace(facts_of(case, ticket), contested=contested_numbers(ticket, case, now=uow.now))


def _advance(uow: UnitOfWork, case: MigrationCase, to: Stage) -> None:
    if case.stage != to:
        times = moved(case.stage_times, old=case.stage, since=case.stage_since, new=to.value, now=uow.now)
        uow.move(case, "stage", table=STAGE, to=to, stage_since=uow.now, stage_times=times)


def _poll_after(ticket: Ticket, stage: Stage) -> int:
    """Return after how many seconds it pays to look again."""
    usual = _POLL_SECONDS.get(stage, _POLL_DEFAULT)
    return max(min(usual, _POLL_SOONEST), int(usual / rate_of(ticket)))


def _public(now: datetime, ticket: Ticket, case: MigrationCase, where: Position, facts: CaseFacts) -> PublicFacts:
    planned = planned_of(case)
    closes = ticket.auto_close_at
    if where.stage != Stage.CLOSING:
        closes = None
    elif closes is None:
        closes = now + wait_of(ticket, timedelta(days=settings.AUTO_CLOSE_DAYS))
    return PublicFacts(
        stage=where.stage,
        waiting_on=where.party,
        waiting_also=[party.value for party in where.also],
        next_action=where.next_action,
        status_details=details_of(where, case, facts, reminded=reminded_of(planned, now)),
        next_nudge_at=min((attempt.due_at for attempt in planned), default=None),
        auto_close_at=closes,
        poll_after_seconds=_poll_after(ticket, where.stage),
        clocks=_clocks(where, facts),
    )


_OUR_WORK = frozenset({Stage.TRIAGE, Stage.REQUIREMENTS, Stage.READY})
"""Stages in which a move of ours is about requirements; from the booking on we wait for the hour of the call."""


def _clocks(where: Position, facts: CaseFacts) -> ClockFacts:
    """Return what the clocks of the service level must know: whether we owe a step, what is reached, what never will be."""
    states = {number.state for number in facts.numbers}
    moved = states <= MOVED and NumberState.LIVE in states
    reached = {SlaMetric.TIME_TO_MIGRATE} if moved else set()
    if facts.call_booked or facts.call_started or states & CUT_OVER:
        reached.add(SlaMetric.TIME_TO_SCHEDULE)
    # Without a call nothing of the requirements is left at `ready`: the move itself is the next step, and has its own clock.
    moving = where.stage == Stage.READY and not facts.plan.call
    return ClockFacts(
        our_turn=where.stage in _OUR_WORK and not moving and Party.ONBOARDING in {where.party, *where.also},
        reached=frozenset(reached),
        not_applicable=frozenset() if facts.plan.call else frozenset({SlaMetric.TIME_TO_SCHEDULE}),
    )
