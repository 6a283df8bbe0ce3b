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
    ChaseState,
    DeskTaskState,
    RequirementCode,
    RequirementState,
    Stage,
    WabaOwner,
)
from migrations_app.models import Chase, ChaseAttempt, DeskTask, Ladder, MigrationCase
from migrations_app.rules.channels import ways
from migrations_app.rules.ladders import Step, next_step, parse_ladder
from migrations_app.rules.lifecycle import CHASE, SATISFIED
from migrations_app.rules.playbooks import ladder_of
from migrations_app.rules.progress import ENDED, CaseFacts
from migrations_app.rules.requirements import CLOSING_CODES
from migrations_app.rules.wording import PREPARE, Hold
from migrations_app.selectors.chases import hold_of_case
from migrations_app.services.desk_tasks import drop_tasks
from migrations_app.services.pacing import pace_anew, promise_of, rung_due
from migrations_app.services.recipients import Contact, contacts_of, dead_ways, reachable
from migrations_app.services.threads import new_reply_token
from tickets.enums import EventType, Party
from tickets.models import Ticket
from tickets.services.events import record

COVERS: dict[RequirementCode, frozenset[RequirementCode]] = {
    RequirementCode.TWO_STEP_DISABLED: frozenset({RequirementCode.TWO_STEP_DISABLED}),
    RequirementCode.WABA_ID: frozenset({RequirementCode.WABA_ID, RequirementCode.BUSINESS_MANAGER_ID}),
    RequirementCode.OLD_CONTRACT_CANCELLED: frozenset(CLOSING_CODES) - {RequirementCode.QUALITY_24H},
}
"""Which requirements one chase asks for together, by the code it is named after."""

_OPEN = frozenset({RequirementState.UNMET, RequirementState.FAILED})


def ladder_for(code: RequirementCode, case: MigrationCase) -> str:
    """Return the ladder that the playbook climbs; who owns the WABA decides whether the client is guided or handed a letter."""
    occasion = "waba_id" if code == RequirementCode.WABA_ID else "closing"
    if code == RequirementCode.TWO_STEP_DISABLED:
        occasion = "two_step_client_owns" if case.waba_owner == WabaOwner.CLIENT else "two_step_bsp_owns"
    return ladder_of(occasion, case.playbook_copy.get("ladders", {}))


def sync_chases(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, facts: CaseFacts) -> list[Chase]:
    """Bring every chase of a locked ticket in line with its requirements, and return those that were there before."""
    chases = {chase.requirement_code: chase for chase in Chase.objects.filter(case=case)}
    for code, covered in COVERS.items():
        states = {requirement.state for requirement in facts.requirements if requirement.code in covered}
        chase = chases.get(code)
        if not states:
            # Nothing of the kind is asked, or only of numbers that need nothing any more.
            _end(uow, ticket, chase, ChaseState.STOPPED)
            continue
        if case.stage in ENDED or (code == RequirementCode.OLD_CONTRACT_CANCELLED and case.stage != Stage.CLOSING):
            _end(uow, ticket, chase, ChaseState.STOPPED)
        elif states & _OPEN:
            _ask(uow, ticket, case, code, chase)
        elif states <= SATISFIED:
            _end(uow, ticket, chase, ChaseState.SATISFIED)
        elif RequirementState.REQUESTED in states:
            _await_promise(uow, ticket, case, covered, chase or _begin(uow, case, code))
        else:
            _end(uow, ticket, chase, ChaseState.ANSWERED)
    return list(chases.values())


def _ask(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, code: RequirementCode, chase: Chase | None) -> None:
    if chase is None:
        plan_next(uow, ticket, case, _begin(uow, case, code), previous=uow.now)
    elif chase.to_judge_since is None and not chase.stopped_by:
        # Else somebody has answered and a person judges it, or a person has stopped it for good.
        _ask_on(uow, ticket, case, chase)


def _begin(uow: UnitOfWork, case: MigrationCase, code: RequirementCode) -> Chase:
    """Make the chase, with the rungs as they are now; nothing is planned yet."""
    slug = ladder_for(code, case)
    ladder = Ladder.objects.get(slug=slug)
    return Chase.objects.create(
        case=case,
        requirement_code=code,
        ladder_slug=slug,
        ladder_version=ladder.version,
        steps=ladder.steps,
        reply_token=new_reply_token(),
        round_started_at=uow.now,
        created_at=uow.now,
        updated_at=uow.now,
    )


def _ask_on(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase) -> None:
    taken_back = chase.promise_at is not None
    if taken_back:
        _follow(chase, None)
    if chase.state == ChaseState.STOPPED and chase.ended_at is not None:
        # Brought back after its ladder had ended: with nothing left to climb nobody would be asked at all.
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
    gone = [code for code, covered in COVERS.items() if not covered & set(asked)]
    for chase in Chase.objects.filter(case=case, requirement_code__in=gone):
        _end(uow, ticket, chase, ChaseState.STOPPED)


def begin_round(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase, count: int, *, previous: datetime
) -> None:
    """Climb a chase's ladder from its first rung; `count` says which time in a row without an answer."""
    columns: dict[str, Any] = {"round": count, "round_started_at": uow.now, "ended_at": None, "last_step": None}
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


def stop_for_good(uow: UnitOfWork, ticket: Ticket, chase: Chase, *, reason: str) -> None:
    """Stop a chase of a locked ticket by hand: nothing but a person brings it back.

    :raises IllegalTransition: it has ended already.
    """
    if not CHASE.allows(ChaseState(chase.state), ChaseState.STOPPED):
        raise IllegalTransition(extra={"allowed": []})
    _end(uow, ticket, chase, ChaseState.STOPPED, stopped_by=uow.by.label, stop_reason=reason)


def _end(uow: UnitOfWork, ticket: Ticket, chase: Chase | None, to: ChaseState, **columns: Any) -> None:
    """End or silence a chase; messages that are only planned are not sent any more."""
    if chase is None or chase.state == to or not CHASE.allows(ChaseState(chase.state), to):
        return
    columns |= dict.fromkeys(_TIME_OF.get(to, ()), uow.now)
    uow.move(chase, "state", table=CHASE, to=to, next_at=None, to_judge_since=None, **columns)
    ChaseAttempt.objects.filter(chase=chase, state=AttemptState.PLANNED).delete()
    drop_tasks(uow, DeskTask.objects.filter(chase=chase, state=DeskTaskState.OPEN))
    if to is ChaseState.ANSWERED or to is ChaseState.SATISFIED:
        record(
            uow, ticket, EventType.CHASE_ANSWERED, chase=chase.pk, requirement=chase.requirement_code, state=to.value
        )


def _await_promise(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, covered: Collection[RequirementCode], chase: Chase
) -> None:
    """Do not nudge before the promised date, and see that somebody asks for the outcome then.

    A new promise brings back a chase that was answered or had come to its end; the same one changes nothing again.
    """
    if chase.to_judge_since is not None or chase.stopped_by:
        return
    promise = promise_of(case, covered)
    known = chase.promise_at == promise.key
    if known and chase.state in {ChaseState.ACTIVE, ChaseState.EXHAUSTED}:
        return
    _follow(chase, promise.key)
    if chase.state != ChaseState.ACTIVE:
        uow.move(chase, "state", table=CHASE, to=ChaseState.ACTIVE, ended_at=None)
    if not _has_open_attempt(chase):
        _plan_outcome(uow, ticket, case, chase)
    pace_anew(uow, ticket, case, chase, asked_at=None if promise.promised else promise.key)


def _follow(chase: Chase, key: datetime | None) -> None:
    """Remember which promise the plan follows; None: none any more."""
    Chase.objects.filter(pk=chase.pk).update(promise_at=key)
    chase.promise_at = key


def _plan_outcome(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase) -> None:
    """Plan the next message of a chase; where only the escalation is left, its last message is sent once more."""
    contacts = contacts_of(ticket, case)
    ladder = parse_ladder(chase.steps)
    step = next_step(ladder, after=chase.last_step, reachable=reachable(contacts))
    if step is None or step.escalates:
        known = reachable(contacts)
        step = next((rung for rung in reversed(ladder) if not rung.escalates and rung.recipient in known), None)
    if step is None:
        plan_next(uow, ticket, case, chase, previous=uow.now)
    else:
        _plan(uow, ticket, chase, step, contacts[step.recipient], previous=uow.now)


def plan_next(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase, *, previous: datetime) -> None:
    """Plan the rung after the last one climbed; at the ladder's end the chase waits for its escalation.

    A row is written, nothing is sent: the sweep finds it when it is due.
    """
    contacts = contacts_of(ticket, case)
    hold = hold_of_case(case) if chase.requirement_code == RequirementCode.TWO_STEP_DISABLED else Hold()
    if hold.quiet(chase.prepared_numbers):
        # All is said until a long blocker goes; `preparing` begins the ladder again then.
        Chase.objects.filter(pk=chase.pk).update(next_at=None)
        return
    reach = reachable(contacts) - ({Party.OLD_BSP} if hold.waits else frozenset())
    step = next_step(parse_ladder(chase.steps), after=chase.last_step, reachable=reach)
    if step is None:
        _escalate(uow, ticket, chase)
        return
    told = replace(step, message=PREPARE) if hold.waits and not step.escalates else step
    _plan(uow, ticket, chase, told, contacts[step.recipient], previous=previous)


def _plan(uow: UnitOfWork, ticket: Ticket, chase: Chase, step: Step, contact: Contact, *, previous: datetime) -> None:
    """Write down when a rung is due, and its message if it has one."""
    due = rung_due(ticket, chase, step, contact, previous=previous)
    if not step.escalates:
        way = ways(step.channel, there_are=contact.ways, dead=dead_ways(chase.case_id, contact))[0]
        ChaseAttempt.objects.create(
            chase=chase,
            step=step.index,
            channel=way,
            message=step.message,
            recipient_party=step.recipient,
            language=contact.language,
            address=contact.address_by(way),
            due_at=due,
            created_at=uow.now,
            updated_at=uow.now,
        )
    Chase.objects.filter(pk=chase.pk).update(next_at=due, updated_at=uow.now)
    chase.next_at = due


def _escalate(uow: UnitOfWork, ticket: Ticket, chase: Chase) -> None:
    uow.move(chase, "state", table=CHASE, to=ChaseState.EXHAUSTED, next_at=None, ended_at=uow.now)
    record(uow, ticket, EventType.CHASE_ESCALATED, chase=chase.pk, requirement=chase.requirement_code)


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
