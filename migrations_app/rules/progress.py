"""Where a case stands: one pure function from the facts to stage, ticket status and whose turn it is.

It is the only place where the case's stage and the ticket's status meet.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from migrations_app.enums import Blocks, NumberState, RequirementCode, RequirementState, Stage
from migrations_app.rules.flows import BY_CALL, FlowPlan
from migrations_app.rules.lifecycle import CLEAR_FOR_SCHEDULING, MOVED, SATISFIED
from tickets.enums import Party, TicketStatus

ENDED = frozenset({Stage.DONE, Stage.CANCELLED, Stage.REJECTED})
CUT_OVER = MOVED | {NumberState.REGISTERED}
"""No call is needed any more; a registered number is live as soon as Meta says that it is connected."""

HOLDS_RESOLVING = frozenset({RequirementCode.APP_SUBSCRIBED})
"""Block the start, and the end too where they open again: a connected number whose messages no app receives does not work."""


@dataclass(frozen=True)
class RequirementFacts:
    """One requirement as the rules see it; `number_id` is None for those of the whole case."""

    code: RequirementCode
    owner: Party
    blocks: Blocks
    state: RequirementState
    number_id: int | None = None
    refused: bool = False
    """Meta has refused the move for it, and it is open since."""


@dataclass(frozen=True)
class NumberFacts:
    """One number as the rules see it."""

    id: int
    state: NumberState


@dataclass(frozen=True)
class CaseFacts:
    """Everything that decides where a case stands. `tried`: numbers whose claim is being tried at Meta, or is about to be."""

    stage: Stage
    plan: FlowPlan = BY_CALL
    in_triage: bool = False
    call_booked: bool = False
    call_started: bool = False
    in_call: frozenset[int] = frozenset()
    """The numbers (ids) whose call is booked or running."""
    reviews_claims: bool = False
    verification_pending: bool = False
    chase_exhausted: bool = False
    tried: frozenset[int] = frozenset()
    contested: frozenset[int] = frozenset()
    """The numbers (ids) of which somebody claims that two-step verification is off while Meta, asked last, saw it on."""
    task_open: bool = False
    """A person of the desk has something to do for this case, whoever else is waited for."""
    requirements: tuple[RequirementFacts, ...] = field(default_factory=tuple)
    numbers: tuple[NumberFacts, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Position:
    """Where the case stands, and what the ticket shows of it."""

    stage: Stage
    status: TicketStatus
    party: Party
    also: tuple[Party, ...]
    next_action: str
    blocking: tuple[RequirementFacts, ...]


def is_clear(requirement: RequirementFacts, *, reviews_claims: bool) -> bool:
    """Tell whether the requirement no longer stands in the way of scheduling; a claim suffices unless claims are reviewed."""
    return requirement.state in (SATISFIED if reviews_claims else CLEAR_FOR_SCHEDULING)


def blocking(
    case: CaseFacts, transition: Blocks, *, number_ids: Iterable[int] | None = None
) -> tuple[RequirementFacts, ...]:
    """Return the requirements that block a transition for these numbers (all of them when None), the case's own included.

    A later transition is blocked by what blocks the earlier ones too: a call cannot start if it could not be scheduled.
    """
    wanted = None if number_ids is None else set(number_ids)
    relevant = {Blocks.SCHEDULE: {Blocks.SCHEDULE}, Blocks.START: {Blocks.SCHEDULE, Blocks.START}}.get(
        transition, {transition}
    )
    return tuple(
        requirement
        for requirement in case.requirements
        if (requirement.blocks in relevant or (transition is Blocks.RESOLVE and requirement.code in HOLDS_RESOLVING))
        and (requirement.number_id is None or wanted is None or requirement.number_id in wanted)
        and not is_clear(requirement, reviews_claims=case.reviews_claims)
    )


def refused(case: CaseFacts) -> tuple[RequirementFacts, ...]:
    """Return what Meta has refused a try for and what is open since, where it does not keep a call from being booked."""
    return tuple(r for r in blocking(case, Blocks.START) if r.refused and r.blocks == Blocks.START and case.plan.call)


def waits_for_us(case: CaseFacts) -> bool:
    """Tell whether Meta refuses the move for something that is ours to mend: until then no time is proposed to the client."""
    return any(requirement.owner == Party.ONBOARDING for requirement in refused(case))


def gate(case: CaseFacts) -> Blocks:
    """Return the transition that the case waits for next: booking the call, or where there is none, the move itself."""
    return Blocks.SCHEDULE if case.plan.call else Blocks.START


def movable_numbers(case: CaseFacts) -> tuple[int, ...]:
    """Return the numbers whose next step (a call, or the move without one) can come now.

    They are still to move, not cooling down, and nothing of theirs or of the case is open.
    """
    waiting = [number.id for number in case.numbers if number.state not in CUT_OVER | {NumberState.COOLING_DOWN}]
    return tuple(number for number in waiting if not blocking(case, gate(case), number_ids=[number]))


def resting_numbers(case: CaseFacts) -> tuple[int, ...]:
    """Return the numbers that cool down and lack nothing else: a call can be booked for them after their rest."""
    resting = [number.id for number in case.numbers if number.state == NumberState.COOLING_DOWN]
    return tuple(number for number in resting if case.plan.call and not blocking(case, gate(case), number_ids=[number]))


def schedulable_numbers(case: CaseFacts) -> tuple[int, ...]:
    """Return the numbers a call can be booked for now; none where the move needs no call."""
    return movable_numbers(case) if case.plan.call else ()


def numbers_without_call(case: CaseFacts) -> tuple[int, ...]:
    """Return the numbers for which a further call can be booked now, beside the one that others have."""
    return tuple(number for number in schedulable_numbers(case) if number not in case.in_call)


def _stage(case: CaseFacts) -> Stage:
    if case.stage in ENDED:
        return case.stage
    if case.in_triage:
        return Stage.TRIAGE
    if case.call_started:
        return Stage.IN_CALL
    states = {number.state for number in case.numbers}
    if states <= CUT_OVER and states & {NumberState.LIVE, NumberState.REGISTERED}:
        done = states <= MOVED and not blocking(case, Blocks.RESOLVE)
        return Stage.CLOSING if done else Stage.VERIFYING
    if case.call_booked:
        return Stage.SCHEDULED
    only_cooling = states <= CUT_OVER | {NumberState.COOLING_DOWN} and NumberState.COOLING_DOWN in states
    return Stage.READY if movable_numbers(case) or only_cooling else Stage.REQUIREMENTS


_ORDER = (Party.CLIENT, Party.OLD_BSP, Party.ONBOARDING, Party.META)


def party_of(requirement: RequirementFacts, case: CaseFacts) -> Party:
    """Return whom we wait for next: the owner must change something, but the client may still have to ask for it."""
    if requirement.state == RequirementState.CLAIMED and _is_tried(requirement, case):
        return Party.META
    if requirement.state in {RequirementState.CLAIMED, RequirementState.FAILED}:
        return Party.ONBOARDING
    if requirement.state == RequirementState.REQUESTED:
        return requirement.owner if requirement.owner == Party.META else Party.OLD_BSP
    if requirement.owner == Party.OLD_BSP:
        return Party.CLIENT
    if requirement.code == RequirementCode.BUSINESS_VERIFIED and not case.verification_pending:
        return Party.CLIENT
    return requirement.owner


def _is_tried(requirement: RequirementFacts, case: CaseFacts) -> bool:
    return requirement.code == RequirementCode.TWO_STEP_DISABLED and requirement.number_id in case.tried


def _parties(requirements: Iterable[RequirementFacts], case: CaseFacts) -> list[Party]:
    found = {party_of(requirement, case) for requirement in requirements}
    return [party for party in _ORDER if party in found]


_STATUS = {
    Stage.TRIAGE: TicketStatus.OPEN,
    Stage.REQUIREMENTS: TicketStatus.WAITING,
    Stage.READY: TicketStatus.WAITING,
    Stage.SCHEDULED: TicketStatus.SCHEDULED,
    Stage.IN_CALL: TicketStatus.IN_PROGRESS,
    Stage.VERIFYING: TicketStatus.IN_PROGRESS,
    Stage.CLOSING: TicketStatus.RESOLVED,
    Stage.DONE: TicketStatus.CLOSED,
    Stage.CANCELLED: TicketStatus.CANCELLED,
    Stage.REJECTED: TicketStatus.REJECTED,
}

_ACTION = {
    Stage.TRIAGE: "triage",
    Stage.REQUIREMENTS: "answer_requirements",
    Stage.READY: "book_call",
    Stage.SCHEDULED: "join_call",
    Stage.IN_CALL: "give_codes",
    Stage.VERIFYING: "test_send_receive",
    Stage.CLOSING: "finish_closing",
}


def _waiting_on(stage: Stage, case: CaseFacts) -> list[Party]:
    """Return whom we wait for at this stage, first the one whose turn it is; a task of the desk makes it our turn too."""
    parties = _waiting_at(stage, case)
    if not case.task_open or stage in ENDED or Party.ONBOARDING in parties:
        return parties
    return [*(party for party in parties if party != Party.NOBODY), Party.ONBOARDING]


def _waiting_at(stage: Stage, case: CaseFacts) -> list[Party]:
    """Return whom the stage and its requirements wait for, first the one whose turn it is."""
    if stage in ENDED:
        return [Party.NOBODY]
    if stage in {Stage.TRIAGE, Stage.IN_CALL, Stage.VERIFYING}:
        return [Party.ONBOARDING]
    if stage == Stage.REQUIREMENTS:
        parties = _parties((*blocking(case, gate(case)), *refused(case)), case) or [Party.ONBOARDING]
        if case.chase_exhausted and Party.ONBOARDING not in parties:
            # Nobody answered the whole ladder: now a person has to pick up the phone.
            parties.append(Party.ONBOARDING)
        return parties
    if stage == Stage.READY:
        mover = Party.CLIENT if case.plan.call else case.plan.mover
        first = (Party.ONBOARDING if waits_for_us(case) else mover) if movable_numbers(case) else Party.META
        others = _parties((*blocking(case, gate(case)), *refused(case)), case)
        return [first, *(party for party in others if party != first)]
    if stage == Stage.SCHEDULED:
        parties = _parties(blocking(case, Blocks.START), case)
        if numbers_without_call(case):
            # Not all fitted into one call, or some became clear later: the client books one for them too.
            return [Party.CLIENT, *(party for party in parties if party != Party.CLIENT)]
        return parties or [Party.ONBOARDING]
    closing = [r for r in case.requirements if r.blocks == Blocks.NOTHING and r.state not in SATISFIED]
    return _parties(closing, case) or [Party.NOBODY]


def position(case: CaseFacts) -> Position:
    """Return where the case stands with these facts."""
    stage = _stage(case)
    open_now = blocking(case, gate(case))
    parties = _waiting_on(stage, case)
    status = _STATUS[stage]
    if stage in {Stage.REQUIREMENTS, Stage.READY} and parties[0] == Party.ONBOARDING:
        status = TicketStatus.OPEN
    return Position(stage, status, parties[0], tuple(parties[1:]), _action(stage, parties[0], case), open_now)


def _action(stage: Stage, party: Party, case: CaseFacts) -> str:
    """Return the code of what should happen next. A call can be booked on a claim, but nobody is urged to while Meta denies it."""
    if stage == Stage.SCHEDULED and numbers_without_call(case):
        return "book_call"
    if stage != Stage.READY:
        return _ACTION.get(stage, "")
    if party == Party.META:
        return "wait_for_cool_down"
    if not case.plan.call:
        return case.plan.action
    if party == Party.ONBOARDING:
        return "mend_destination"
    return "check_two_step" if case.contested else "book_call"
