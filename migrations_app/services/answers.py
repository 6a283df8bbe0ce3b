"""What an agent finds an answer to be: done, promised, refused, nothing new. One unit of work ends the task and goes on."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import Conflict, FieldProblem, Invalid, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import ChaseState, DeskTaskKind, DeskTaskState, RequirementCode, RequirementState, TaskOutcome
from migrations_app.enums.mail import AnswerVerdict
from migrations_app.models import Chase, DeskTask, MigrationCase, Requirement
from migrations_app.rules.lifecycle import REQUIREMENT
from migrations_app.rules.requirements import VALUE_CODES
from migrations_app.selectors.cases import case_of
from migrations_app.services import chase_answers, requirements
from migrations_app.services.asked import covered_by
from migrations_app.services.desk_tasks import close_task
from migrations_app.services.settle import settle
from tickets.enums import EventType, Party
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.tickets import lock_ticket

_OPEN = frozenset({RequirementState.UNMET, RequirementState.REQUESTED, RequirementState.FAILED})
_OUTCOMES = {
    AnswerVerdict.DONE: TaskOutcome.CLAIMED,
    AnswerVerdict.PROMISED: TaskOutcome.PROMISED,
    AnswerVerdict.REFUSED: TaskOutcome.REFUSED,
    AnswerVerdict.NOTHING_NEW: TaskOutcome.NOTHING_NEW,
    AnswerVerdict.READ: TaskOutcome.DONE,
}


class NothingToJudge(Conflict):
    """No answer waits for a judgement here: somebody else was faster, or the chase is over."""


@dataclass(frozen=True)
class Judgement:
    """What an agent found. `codes` are the requirements it is about; without any it is about all that the chase asks for.

    `confirmed_by` is who says so, `value` answers those that ask for an identifier; `reason` tells why the BSP refuses.
    """

    verdict: AnswerVerdict
    chase_id: int | None = None
    codes: Collection[RequirementCode] = ()
    numbers: Collection[str] | None = None
    confirmed_by: Party = Party.CLIENT
    value: str = ""
    external_reference: str = ""
    promised_for: datetime | None = None
    reason: str = ""


def judge(*, ticket_id: int, judgement: Judgement, by: Actor, now: datetime) -> None:
    """Record what an answer was, and go on accordingly.

    :raises NothingToJudge: no answer waits for it.
    :raises Invalid: what the judgement needs is missing or does not hold.
    :raises TicketEnded: the ticket has ended; its mail can only be read.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = lock_ticket(uow, ticket_id), case_of(ticket_id)
        tasks = _tasks(case, judgement.chase_id)
        chase = Chase.objects.filter(pk=judgement.chase_id, case=case).first() if judgement.chase_id else None
        waits = chase is not None and chase.to_judge_since is not None
        if not tasks and not waits:
            raise NothingToJudge(extra={"allowed": []})
        for task in tasks:
            close_task(uow, task, outcome=_OUTCOMES[judgement.verdict], note=judgement.reason)
        if chase is not None and waits:
            if judgement.verdict is AnswerVerdict.READ:
                raise Invalid([FieldProblem("#/verdict", "invalid_choice", gettext("Say what the answer means."))])
            Chase.objects.filter(pk=chase.pk).update(to_judge_since=None)
            chase.to_judge_since = None
            _FOLLOW[judgement.verdict](_Answer(uow, ticket, case, chase, judgement))
        record(
            uow, ticket, EventType.ANSWER_JUDGED, internal=True, verdict=judgement.verdict.value,
            requirement=chase.requirement_code if chase else None, external_reference=judgement.external_reference,
            promised_for=judgement.promised_for.isoformat() if judgement.promised_for else None,
        )  # fmt: skip
        settle(uow, lock_ticket(uow, ticket_id), case_of(ticket_id))


def _tasks(case: MigrationCase, chase_id: int | None) -> list[DeskTask]:
    rows = DeskTask.objects.filter(case=case, kind=DeskTaskKind.JUDGE_ANSWER, state=DeskTaskState.OPEN)
    return list((rows.filter(chase_id=chase_id) if chase_id else rows.filter(chase=None)).order_by("id"))


@dataclass(frozen=True)
class _Answer:
    """An answer under its ticket's lock."""

    uow: UnitOfWork
    ticket: Ticket
    case: MigrationCase
    chase: Chase
    judgement: Judgement

    def codes(self) -> list[RequirementCode]:
        """Return what the judgement is about: the chosen ones of what is still asked for.

        :raises Invalid: nothing of it is asked for any more.
        """
        asked = open_codes(self.chase)
        chosen = [code for code in asked if not self.judgement.codes or code in self.judgement.codes]
        if not chosen:
            detail = gettext("None of this is asked for any more.")
            raise Invalid([FieldProblem("#/codes", "invalid_choice", detail)])
        return chosen

    def go_on(self) -> None:
        """Let the ladder go on where something is still asked for and nothing else has set it going."""
        ticket_id = self.ticket.pk
        chase = Chase.objects.get(pk=self.chase.pk)
        chase_answers.go_on(self.uow, lock_ticket(self.uow, ticket_id), case_of(ticket_id), chase)


def open_codes(chase: Chase) -> list[RequirementCode]:
    """Return what a chase still asks for, in the order of the case."""
    rows = Requirement.objects.filter(case=chase.case_id, code__in=covered_by(chase), state__in=_OPEN).order_by("id")
    return list(dict.fromkeys(RequirementCode(code) for code in rows.values_list("code", flat=True)))


def _done(answer: _Answer) -> None:
    judgement, uow = answer.judgement, answer.uow
    for code in _claimable(answer.codes(), judgement):
        claim = requirements.Claim(
            code=code,
            statement=judgement.reason,
            value=judgement.value if code in VALUE_CODES else "",
            confirmed_by=judgement.confirmed_by,
            numbers=judgement.numbers,
        )
        requirements.claim(ticket_id=answer.ticket.pk, claim=claim, by=uow.by, now=uow.now)


def _claimable(codes: list[RequirementCode], judgement: Judgement) -> list[RequirementCode]:
    """Return what of these can be claimed: an identifier answers one requirement, and those that ask for one need it.

    :raises Invalid: nobody can tell which requirement the identifier answers, or it is missing.
    """
    asking = [code for code in codes if code in VALUE_CODES]
    if judgement.value and len(asking) != 1:
        detail = gettext("Choose the one that this identifier is.")
        raise Invalid([FieldProblem("#/codes", "invalid_choice", detail)])
    chosen = [code for code in codes if judgement.value or code not in VALUE_CODES]
    if not chosen:
        raise Invalid([FieldProblem("#/value", "required", gettext("Enter the identifier that was told."))])
    return chosen


def _promised(answer: _Answer) -> None:
    judgement, uow = answer.judgement, answer.uow
    requirements.demand_ahead(judgement.promised_for, uow.now)
    for code in answer.codes():
        request = requirements.Request(
            code=code,
            requested_at=uow.now,
            external_reference=judgement.external_reference or None,
            promised_for=judgement.promised_for,
            numbers=judgement.numbers,
        )
        requirements.mark_requested(ticket_id=answer.ticket.pk, request=request, by=uow.by, now=uow.now)


def _refused(answer: _Answer) -> None:
    """The BSP says no: asking again would not help, so a person takes over."""
    judgement, uow = answer.judgement, answer.uow
    if not judgement.reason.strip():
        raise requirements.ReasonNeeded
    codes = answer.codes()
    chase_answers.hand_over(uow, answer.ticket, Chase.objects.get(pk=answer.chase.pk), reason="refused")
    for row in Requirement.objects.filter(case=answer.case, code__in=codes).select_related("number").order_by("id"):
        if REQUIREMENT.allows(RequirementState(row.state), RequirementState.FAILED) and _is_meant(row, judgement):
            requirements.change_state(
                uow, answer.ticket, row, RequirementState.FAILED, reason=judgement.reason, decided_by=uow.by.label
            )


def _is_meant(row: Requirement, judgement: Judgement) -> bool:
    if row.state not in _OPEN:
        return False
    return not judgement.numbers or row.number is None or row.number.number in judgement.numbers


_FOLLOW: dict[AnswerVerdict, Callable[[_Answer], None]] = {
    AnswerVerdict.DONE: _done,
    AnswerVerdict.PROMISED: _promised,
    AnswerVerdict.REFUSED: _refused,
    AnswerVerdict.NOTHING_NEW: _Answer.go_on,
}


def judged_elsewhere(uow: UnitOfWork, ticket: Ticket, task: DeskTask) -> None:
    """What a task is about belongs to another ticket: the task ends, and its chase goes on as if nobody had answered."""
    close_task(uow, task, outcome=TaskOutcome.DONE)
    chase = Chase.objects.filter(pk=task.chase_id).first() if task.chase_id else None
    if chase is not None and chase.to_judge_since is not None and chase.state == ChaseState.ANSWERED:
        Chase.objects.filter(pk=chase.pk).update(to_judge_since=None)
        case = case_of(ticket.pk)
        chase_answers.go_on(uow, ticket, case, Chase.objects.get(pk=chase.pk))
        settle(uow, ticket, case)


def demand_open(task_id: int) -> DeskTask:
    """Return an open task of judging an answer.

    :raises NotFound: there is none.
    """
    found = DeskTask.objects.filter(pk=task_id, kind=DeskTaskKind.JUDGE_ANSWER, state=DeskTaskState.OPEN).first()
    if found is None:
        raise NotFound
    return found
