"""The chase: it starts when somebody owes something, falls silent when answered, and goes on when the answer was false.

`sync_chases` and `plan_next` are the writers of a chase's state.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from config.core.uow import IllegalTransition, UnitOfWork
from migrations_app.enums import (
    AttemptState,
    ChannelName,
    ChaseState,
    RequirementState,
    Stage,
)
from migrations_app.enums.ladders import Demand
from migrations_app.models import Chase, ChaseAttempt, MigrationCase
from migrations_app.rules.ladders import Rung, next_rung, opening_wait, parse_ladder
from migrations_app.rules.lifecycle import CHASE, SATISFIED
from migrations_app.rules.progress import CaseFacts
from migrations_app.rules.wording import PREPARE
from migrations_app.services.asked import DEMANDS, OPEN, Asking, asked_of, covered_by, take_in
from migrations_app.services.desk_tasks import drop_asking, drop_tasks, open_tasks
from migrations_app.services.exhaustion import act_on_end, take_back
from migrations_app.services.new_chases import make_chase
from migrations_app.services.pacing import beside_others, pace_anew, promise_of
from migrations_app.services.planning import hold_for, language_of, rungs_of
from migrations_app.services.recipients import contacts_of
from tickets.enums import EventType
from tickets.models import Ticket
from tickets.services.events import record


def sync_chases(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, facts: CaseFacts) -> list[Chase]:
    """Bring every chase of a locked ticket in line with its requirements, and return those that were there before."""
    facts = replace(facts, stage=Stage(case.stage))
    chases = list(Chase.objects.filter(case=case).order_by("id"))
    begun = 0
    for asking in asked_of(ticket, case, facts, chases):
        if not asking.states:
            # Nothing of the kind is asked now, or only of numbers that need nothing any more.
            _end(uow, ticket, case, asking.chase, ChaseState.STOPPED)
        elif asking.states & OPEN and asking.chase is None:
            begun += _begin(uow, ticket, case, asking, alone=not chases, beside_another=begun > 0)
        elif asking.states & OPEN:
            _ask(uow, ticket, case, asking)
        elif asking.states <= SATISFIED:
            _end(uow, ticket, case, asking.chase, ChaseState.SATISFIED)
        elif RequirementState.REQUESTED in asking.states:
            _await_promise(uow, ticket, case, asking)
        else:
            _end(uow, ticket, case, asking.chase, ChaseState.ANSWERED)
    return chases


def _begin(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, asking: Asking, *, alone: bool, beside_another: bool
) -> bool:
    """Begin a chase and plan its first rung; tell whether there is a ladder for it."""
    chase = make_chase(uow, ticket, case, asking)
    if chase is None:
        return False
    missing = DEMANDS.get(asking.code, Demand.REQUIREMENT) is Demand.REQUIREMENT
    at_once = alone and missing and case.stage in {Stage.TRIAGE, Stage.REQUIREMENTS}
    first = next(iter(parse_ladder(chase.steps)), None)
    opening = opening_wait(first, alone=at_once, beside_another=beside_another) if first else None
    plan_next(uow, ticket, case, chase, previous=uow.now, opening=opening)
    return True


def _ask(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, asking: Asking) -> None:
    chase = asking.chase
    assert chase is not None  # noqa: S101  (the caller has looked)
    anew = take_in(chase, asking)
    if chase.to_judge_since is not None or chase.stopped_by:
        # Somebody has answered and a person judges it, or a person has stopped it for good.
        return
    taken_back = chase.promise_at is not None
    if taken_back:
        _follow(chase, None)
    ended = chase.state == ChaseState.STOPPED and chase.ended_at is not None
    if ended or anew:
        # Brought back after its ladder had ended, or with something new to ask for: it begins from the first rung.
        ChaseAttempt.objects.filter(chase=chase, state=AttemptState.PLANNED).delete()
        begin_round(uow, ticket, case, chase, 1, previous=uow.now)
    elif chase.state in {ChaseState.ANSWERED, ChaseState.SATISFIED, ChaseState.STOPPED}:
        uow.move(chase, "state", table=CHASE, to=ChaseState.ACTIVE)
        if not _has_open_attempt(chase):
            plan_next(uow, ticket, case, chase, previous=uow.now)
    elif chase.state == ChaseState.ACTIVE and taken_back:
        # What was promised does not hold any more: the ladder goes on in its own time.
        pace_anew(uow, ticket, case, chase)


def stop_unasked(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, asked: Collection[str]) -> None:
    """Stop the chases of a locked ticket for which the case asks nothing any more; `asked` are the codes it asks for."""
    for chase in Chase.objects.filter(case=case).order_by("id"):
        if not covered_by(chase) & set(asked):
            _end(uow, ticket, case, chase, ChaseState.STOPPED)


def begin_round(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase, count: int, *, previous: datetime
) -> None:
    """Climb a chase's ladder from its first rung; `count` says which time in a row without an answer."""
    columns: dict[str, Any] = {"round": count, "round_started_at": uow.now, "ended_at": None, "last_step": None}
    columns["prepared_numbers"] = chase.prepared_numbers = []
    if chase.state == ChaseState.ACTIVE:
        Chase.objects.filter(pk=chase.pk).update(**columns)
        chase.last_step, chase.round = None, count
    else:
        uow.move(chase, "state", table=CHASE, to=ChaseState.ACTIVE, **columns)
    if not _has_open_attempt(chase):
        plan_next(uow, ticket, case, chase, previous=previous)


def _has_open_attempt(chase: Chase) -> bool:
    """Tell whether a message waits or is on its way; when that one is done, the next is planned."""
    return ChaseAttempt.objects.filter(chase=chase, state__in=[AttemptState.PLANNED, AttemptState.SENDING]).exists()


_TIME_OF = {ChaseState.ANSWERED: ("answered_at",), ChaseState.SATISFIED: ("satisfied_at",)}


def stop_for_good(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase, *, reason: str) -> None:
    """Stop a chase of a locked ticket by hand: nothing but a person brings it back.

    :raises IllegalTransition: it has ended already.
    """
    if not CHASE.allows(ChaseState(chase.state), ChaseState.STOPPED):
        raise IllegalTransition(extra={"allowed": []})
    _end(uow, ticket, case, chase, ChaseState.STOPPED, stopped_by=uow.by.label, stop_reason=reason)


def _end(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase | None, to: ChaseState, **columns: Any
) -> None:
    """End or silence a chase; messages that are only planned are not sent any more."""
    if chase is None or chase.state == to or not CHASE.allows(ChaseState(chase.state), to):
        return
    columns |= dict.fromkeys(_TIME_OF.get(to, ()), uow.now)
    uow.move(chase, "state", table=CHASE, to=to, next_at=None, to_judge_since=None, **columns)
    ChaseAttempt.objects.filter(chase=chase, state=AttemptState.PLANNED).delete()
    drop_tasks(uow, open_tasks(chase))
    if to is not ChaseState.ANSWERED:
        take_back(uow, ticket, case, chase, covered_by(chase))
    if to is ChaseState.ANSWERED or to is ChaseState.SATISFIED:
        record(
            uow, ticket, EventType.CHASE_ANSWERED, chase=chase.pk, requirement=chase.requirement_code, state=to.value
        )


def _await_promise(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, asking: Asking) -> None:
    """Do not nudge before the promised date, and see that somebody asks for the outcome then.

    A new promise brings back a chase that was answered or had come to its end; the same one changes nothing again.
    """
    chase = asking.chase or make_chase(uow, ticket, case, asking)
    if chase is None or chase.to_judge_since is not None or chase.stopped_by:
        return
    promise = promise_of(case, asking.covered)
    known = chase.promise_at == promise.key
    if known and chase.state in {ChaseState.ACTIVE, ChaseState.EXHAUSTED}:
        return
    _follow(chase, promise.key)
    if chase.state != ChaseState.ACTIVE:
        uow.move(chase, "state", table=CHASE, to=ChaseState.ACTIVE, ended_at=None)
    if promise.promised and promise.key > uow.now:
        drop_asking(uow, chase)
    if not _has_open_attempt(chase):
        _plan_outcome(uow, ticket, case, chase)
    pace_anew(uow, ticket, case, chase, asked_at=None if promise.promised else promise.key)


def _follow(chase: Chase, key: datetime | None) -> None:
    """Remember which promise the plan follows; None: none any more."""
    Chase.objects.filter(pk=chase.pk).update(promise_at=key)
    chase.promise_at = key


def _plan_outcome(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase) -> None:
    """Plan the next message of a chase; where only its end is left, its last message is sent once more."""
    ladder = parse_ladder(chase.steps)
    rung = next_rung(rungs_of(ladder, ticket, case, chase, after=chase.last_step, start=uow.now))
    if rung is None or rung.step.escalates:
        sent = [step.index for step in ladder if not step.escalates]
        again = (
            next_rung(rungs_of(ladder[: index + 1], ticket, case, chase, after=index - 1, start=uow.now))
            for index in reversed(sent)
        )
        rung = next((found for found in again if found is not None), None)
    if rung is None:
        plan_next(uow, ticket, case, chase, previous=uow.now)
    else:
        _plan(uow, ticket, case, chase, rung)


def plan_next(
    uow: UnitOfWork,
    ticket: Ticket,
    case: MigrationCase,
    chase: Chase,
    *,
    previous: datetime,
    opening: float | None = None,
) -> None:
    """Plan the rung after the last one climbed; at the ladder's end the chase waits for its escalation.

    A row is written, nothing is sent: the sweep finds it when it is due. `opening` replaces the wait of a first rung.
    """
    hold = hold_for(chase, case)
    if hold.quiet(chase.prepared_numbers):
        # All is said until a long blocker goes; `preparing` begins the ladder again then.
        Chase.objects.filter(pk=chase.pk).update(next_at=None)
        return
    ladder = parse_ladder(chase.steps)
    rungs = rungs_of(ladder, ticket, case, chase, after=chase.last_step, start=previous, opening=opening)
    rung = next_rung(rungs)
    if rung is None:
        _escalate(uow, ticket, chase)
        return
    if hold.waits and not rung.step.escalates:
        rung = replace(rung, step=replace(rung.step, message=PREPARE))
    _plan(uow, ticket, case, chase, rung)


def _plan(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase, rung: Rung) -> None:
    """Write down when a rung is due, and its message if it has one."""
    due = rung.at
    assert due is not None  # noqa: S101  (only rungs that are climbed are planned)
    if not rung.step.escalates:
        contacts = contacts_of(ticket, case)
        contact = contacts[rung.step.recipient]
        due = beside_others(ticket, chase, rung.step, contact, way=rung.channel, due=due, now=uow.now)
        ChaseAttempt.objects.create(
            chase=chase,
            step=rung.step.index,
            channel=rung.channel,
            message=rung.step.message,
            recipient_party=rung.step.recipient,
            language=language_of(rung.step, contacts),
            address=contact.address_by(ChannelName(rung.channel)),
            due_at=due,
            created_at=uow.now,
            updated_at=uow.now,
        )
    Chase.objects.filter(pk=chase.pk).update(next_at=due, updated_at=uow.now)
    chase.next_at = due


def _escalate(uow: UnitOfWork, ticket: Ticket, chase: Chase) -> None:
    uow.move(chase, "state", table=CHASE, to=ChaseState.EXHAUSTED, next_at=None, ended_at=uow.now)
    act_on_end(uow, ticket, chase, covered_by(chase))


def climb(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, attempt: ChaseAttempt) -> None:
    """Say that a rung has been climbed (its message left, or cannot leave) and plan the next one while the chase is active."""
    chase = Chase.objects.get(pk=attempt.chase_id)
    _climbed(chase, attempt)
    if chase.state == ChaseState.ACTIVE:
        plan_next(uow, ticket, case, chase, previous=uow.now)


def _climbed(chase: Chase, attempt: ChaseAttempt) -> None:
    """Remember the rung. "Prepare" is none: what the rung asks is asked when the blocker has gone."""
    if attempt.message == PREPARE and attempt.state in {AttemptState.SENT, AttemptState.UNKNOWN}:
        return
    # A rung that is tried once more after it came back must not send the ladder back to the rungs after it.
    chase.last_step = max(attempt.step, attempt.step if chase.last_step is None else chase.last_step)
    chase.prepared_numbers = [] if attempt.message == PREPARE else chase.prepared_numbers
    Chase.objects.filter(pk=chase.pk).update(last_step=chase.last_step, prepared_numbers=chase.prepared_numbers)


def go_on_after_end(uow: UnitOfWork, chase: Chase) -> None:
    """Take up the ladder of a locked ticket's chase that had come to its end: a person wants one of its rungs tried again."""
    uow.move(chase, "state", table=CHASE, to=ChaseState.ACTIVE, ended_at=None)


def escalate_if_due(uow: UnitOfWork, ticket: Ticket, chase_id: int) -> bool:
    """Hand an active chase whose ladder has come to its end to a person; tell whether that happened."""
    chase = Chase.objects.get(pk=chase_id)
    due = chase.state == ChaseState.ACTIVE and chase.next_at is not None and chase.next_at <= uow.now
    if not due or _has_open_attempt(chase):
        return False
    _escalate(uow, ticket, chase)
    return True
