"""What Meta's answer to a try does to the case: the proof, the requirement that it stumbled over, the words for client and desk."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q

from config.core.uow import UnitOfWork
from migrations_app.enums import AttemptState, Blocks, DeskTaskKind, DeskTaskState, RequirementState
from migrations_app.enums.proofs import ProofOccasion, ProofState
from migrations_app.models import DeskTask, MigrationCase, Notice, NumberMove, ProofTry, Requirement
from migrations_app.rules.lifecycle import REQUIREMENT
from migrations_app.rules.progress import ENDED
from migrations_app.rules.proof import STUMBLED_OVER, Meaning, is_final, meaning_of
from migrations_app.rules.requirements import CATALOGUE, suits
from migrations_app.selectors.cases import case_plan
from migrations_app.selectors.haste import wait_of
from migrations_app.services.desk_tasks import NewTask, drop_tasks, open_task
from migrations_app.services.migration_start import accept, two_step_rows
from migrations_app.services.move_steps import STILL_ON
from migrations_app.services.notices import plan_notice
from migrations_app.services.requirements import change_state
from providers.services.whatsapp import problem_as_json
from providers.types import MetaProblem
from tickets.models import Ticket

TOLD_AFTER = timedelta(minutes=1)
"""So that one message names all numbers of a case that were tried together."""


@dataclass(frozen=True)
class Tried:
    """A try with everything it is about, read under the ticket's lock."""

    row: ProofTry
    ticket: Ticket
    case: MigrationCase
    number: NumberMove


@dataclass(frozen=True)
class Outcome:
    """What came of a try: an id, a refusal, or (neither) nothing, of which `silence` says why."""

    phone_number_id: str = ""
    problem: MetaProblem | None = None
    silence: str = "unanswered"

    @property
    def answer(self) -> dict[str, Any] | None:
        """Return what is kept of it, in the shape of a number's last error."""
        if self.problem is not None:
            return problem_as_json(self.problem)
        if self.phone_number_id:
            return None
        return {"key": self.silence}

    @property
    def meaning(self) -> Meaning | None:
        """Return what the refusal means; None where there is none."""
        return meaning_of(self.problem.key) if self.problem else None


_STATES = {
    Meaning.STILL_ON: ProofState.STILL_ON,
    Meaning.LATER: ProofState.POSTPONED,
    Meaning.OURS: ProofState.POSTPONED,
}


def state_of(outcome: Outcome) -> ProofState:
    """Return in which state the try ends. A server that failed may have done it all the same: that is no answer."""
    if outcome.phone_number_id:
        return ProofState.ACCEPTED
    if outcome.problem is None or outcome.problem.key == "server_unavailable":
        return ProofState.UNANSWERED
    return _STATES.get(meaning_of(outcome.problem.key), ProofState.REFUSED)


def stumbled_over(outcome: Outcome) -> str:
    """Return the code of the requirement that a refusal is about; empty where it is about none."""
    return (
        STUMBLED_OVER[outcome.problem.key].value if outcome.meaning is Meaning.REQUIREMENT and outcome.problem else ""
    )


def apply(uow: UnitOfWork, tried: Tried, outcome: Outcome) -> None:
    """Let a locked ticket's case follow from what Meta said; of a case that has ended only the object is remembered."""
    ticket, case, number, row = tried.ticket, tried.case, tried.number, tried.row
    if outcome.phone_number_id:
        accept(uow, ticket, case, number, outcome.phone_number_id)
        drop_tasks(
            uow, DeskTask.objects.filter(number=number, kind=DeskTaskKind.META_PROBLEM, state=DeskTaskState.OPEN)
        )
        return
    if case.stage in ENDED or outcome.problem is None:
        return
    if outcome.meaning is Meaning.STILL_ON:
        _still_on(uow, ticket, case, number, row)
    elif outcome.meaning is Meaning.REQUIREMENT:
        _put_on_requirement(uow, ticket, case, number, outcome.problem)
    elif outcome.problem.retry.kind == "never":
        _hand_to_person(uow, case, number, outcome.problem)
    if outcome.meaning is not Meaning.OURS:
        NumberMove.objects.filter(pk=number.pk).update(last_error=outcome.answer)


def _still_on(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, number: NumberMove, row: ProofTry) -> None:
    """Meta sees two-step verification on: the claim stands until the round is over, then it was false."""
    for requirement in two_step_rows(number):
        state = RequirementState(requirement.state)
        if is_final(ProofOccasion(row.occasion), state, row.try_no):
            columns: dict[str, Any] = {"evidence": None, "detail": STILL_ON, "decided_by": "Meta"}
            change_state(uow, ticket, requirement, RequirementState.UNMET, **columns)
        else:
            Requirement.objects.filter(pk=requirement.pk).update(detail=STILL_ON, updated_at=uow.now)
            if state is RequirementState.CLAIMED:
                _tell_client(uow, ticket, case, row)


def _tell_client(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, row: ProofTry) -> None:
    """Tell the client once a round that Meta still sees it on; a message that has not left yet names this number too."""
    notices = Notice.objects.filter(case=case, message="two_step_still_on")
    this_round = Q(created_at__gte=row.round_started_at or uow.now) & ~Q(state=AttemptState.FAILED)
    if ticket.contact_email and not notices.filter(Q(state=AttemptState.PLANNED) | this_round).exists():
        plan_notice(uow, ticket, case, "two_step_still_on", due=uow.now + wait_of(ticket, TOLD_AFTER))


def _put_on_requirement(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, number: NumberMove, problem: MetaProblem
) -> None:
    """Make a refusal its own requirement's problem: Meta's word opens it, or brings it in where the playbook did not ask."""
    code = STUMBLED_OVER[problem.key]
    line = CATALOGUE[code]
    own = number if line.per_number else None
    rows = Requirement.objects.select_related("number").filter(case=case, code=code, number=own)
    row = rows.first()
    if row is None:
        if not suits(code, case_plan(case)):
            _hand_to_person(uow, case, number, problem)
            return
        blocks = Blocks(case.playbook_copy.get("blocking", {}).get(code, line.blocks))
        Requirement.objects.create(
            case=case, number=own, code=code, owner=line.owner, blocks=blocks, detail=problem.title, decided_by="Meta",
            created_at=uow.now, updated_at=uow.now,
        )  # fmt: skip
    elif REQUIREMENT.allows(RequirementState(row.state), RequirementState.UNMET):
        columns = {"evidence": None, "detail": problem.title, "decided_by": "Meta"}
        change_state(uow, ticket, row, RequirementState.UNMET, **columns)
    else:
        Requirement.objects.filter(pk=row.pk).update(detail=problem.title, updated_at=uow.now)


def _hand_to_person(uow: UnitOfWork, case: MigrationCase, number: NumberMove, problem: MetaProblem) -> None:
    """Have an agent look at what no rule can settle: Meta's own words, and the trace id that its support asks for."""
    words = " · ".join(part for part in (problem.message, problem.details, problem.fbtrace_id) if part)
    new = NewTask(kind=DeskTaskKind.META_PROBLEM, number=number, title=problem.title[:300], text=words)
    open_task(uow, case, new)
