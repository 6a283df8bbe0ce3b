"""What an agent says became of a task: one unit of work ends it, goes on with its ladder and changes what it was about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import Conflict, FieldProblem, Invalid, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import ChaseState, DeskTaskKind, DeskTaskState, RequirementCode, TaskOutcome
from migrations_app.models import Chase, DeskTask, MigrationCase, Requirement
from migrations_app.rules.desk_tasks import TOLD_BY_AGENT, was_heard_of
from migrations_app.rules.requirements import VALUE_CODES
from migrations_app.selectors.cases import case_of
from migrations_app.services import manners, requirements
from migrations_app.services.desk_rungs import end_rung
from migrations_app.services.desk_tasks import close_task
from migrations_app.services.scripts import asked_rows
from migrations_app.services.settle import settle
from tickets.enums import EventType, Party
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.silence import count_anew
from tickets.services.tickets import lock_ticket


class TaskEnded(Conflict):
    """The task has an outcome already, or nobody needs it any more. Nothing was changed."""


class NotAskedByPerson(Conflict):
    """The task is not one of asking somebody: it ends where it was opened."""


@dataclass(frozen=True)
class Told:
    """What the agent says. `promised_for` belongs to a promise; `case_number` is the old BSP's; `code` says what is done.

    Without a `code` a claim is about everything the task asks for that needs no identifier.
    """

    outcome: TaskOutcome
    note: str = ""
    case_number: str = ""
    promised_for: datetime | None = None
    code: RequirementCode | None = None


def record_outcome(*, task_id: int, told: Told, by: Actor, now: datetime) -> None:
    """End a task of asking somebody; the first outcome counts.

    :raises NotFound: there is no such task.
    :raises TaskEnded: it has ended already.
    :raises NotAskedByPerson: it is a task of another kind.
    :raises Invalid: a promise without a date or for a time that has passed; nothing of it can be claimed here.
    :raises NotAhead: a promise for a day more than a year away.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, task = _locked(uow, task_id)
        if task.state != DeskTaskState.OPEN:
            raise TaskEnded(extra={"by": task.done_by, "state": task.state, "outcome": task.outcome})
        if task.kind not in TOLD_BY_AGENT:
            raise NotAskedByPerson
        _demand_sense(told, now)
        rows = asked_rows(task.chase) if task.chase is not None else []
        codes = _claimed(told, rows)
        close_task(uow, task, outcome=told.outcome, note=told.note)
        _tell(uow, ticket, task, told)
        if task.recipient_party == Party.CLIENT and was_heard_of(DeskTaskKind(task.kind), told.outcome):
            count_anew(uow, ticket)
        end_rung(uow, ticket, case, task.attempt, told.outcome)
        party = Party(task.recipient_party)
        followed = _claim(uow, ticket, told, codes, party) or _request(uow, ticket, told, rows)
        if not (followed or _snooze(uow, task, told, party)):
            settle(uow, ticket, case)


def _locked(uow: UnitOfWork, task_id: int) -> tuple[Ticket, MigrationCase, DeskTask]:
    ticket_id = DeskTask.objects.filter(pk=task_id).values_list("case__ticket_id", flat=True).first()
    if ticket_id is None:
        raise NotFound
    ticket = lock_ticket(uow, ticket_id)
    task = DeskTask.objects.select_related("chase", "attempt__chase").filter(pk=task_id).first()
    if task is None:
        raise NotFound
    return ticket, case_of(ticket_id), task


def _demand_sense(told: Told, now: datetime) -> None:
    if told.outcome is TaskOutcome.PROMISED and told.promised_for is None:
        raise Invalid([FieldProblem("#/promised_for", "required", gettext("Say for which date it is promised."))])
    requirements.demand_ahead(told.promised_for, now)


def claimable(rows: Iterable[Requirement]) -> list[RequirementCode]:
    """Return what of these can be said to be done: everything but what is answered by an identifier."""
    codes = dict.fromkeys(RequirementCode(row.code) for row in rows)
    return [code for code in codes if code not in VALUE_CODES]


def _claimed(told: Told, rows: Iterable[Requirement]) -> list[RequirementCode]:
    if told.outcome is not TaskOutcome.CLAIMED:
        return []
    codes = [code for code in claimable(rows) if told.code in {None, code}]
    if not codes:
        detail = gettext("This is answered with its identifier: enter it on the ticket.")
        raise Invalid([FieldProblem("#/code", "invalid_choice", detail)])
    return codes


def _tell(uow: UnitOfWork, ticket: Ticket, task: DeskTask, told: Told) -> None:
    record(
        uow, ticket, EventType.TASK_ENDED, internal=True, task=task.pk, kind=task.kind, outcome=told.outcome.value,
        recipient_party=task.recipient_party, case_number=told.case_number,
        promised_for=told.promised_for.isoformat() if told.promised_for else None,
    )  # fmt: skip


def _claim(uow: UnitOfWork, ticket: Ticket, told: Told, codes: list[RequirementCode], confirmed_by: Party) -> bool:
    """Claim what the other side says is done; tell whether that settled the case."""
    for code in codes:
        said = requirements.Claim(code, statement=told.note, confirmed_by=confirmed_by)
        requirements.claim(ticket_id=ticket.pk, claim=said, by=uow.by, now=uow.now)
    return bool(codes)


def _request(uow: UnitOfWork, ticket: Ticket, told: Told, rows: list[Requirement]) -> bool:
    """Note that the old BSP was asked, its case number and the date it promises; tell whether that settled the case."""
    noted = told.outcome in {TaskOutcome.DONE, TaskOutcome.PROMISED} and (told.case_number or told.promised_for)
    of_bsp = [row for row in rows if row.owner == Party.OLD_BSP or row.code in VALUE_CODES] if noted else []
    for code in dict.fromkeys(RequirementCode(row.code) for row in of_bsp):
        numbers = [row.number.number for row in of_bsp if row.code == code and row.number is not None]
        asked = requirements.Request(code, uow.now, told.case_number or None, told.promised_for, numbers or None)
        requirements.mark_requested(ticket_id=ticket.pk, request=asked, by=uow.by, now=uow.now)
    return bool(of_bsp)


def _snooze(uow: UnitOfWork, task: DeskTask, told: Told, party: Party) -> bool:
    """Let the chase wait for a promise that is not the old BSP's to keep; tell whether that settled the case."""
    chase = Chase.objects.filter(tasks=task, state=ChaseState.ACTIVE).first()
    if told.promised_for is None or chase is None:
        return False
    manners.snooze(
        ticket_id=task.case.ticket_id, chase_id=chase.pk, until=told.promised_for,
        reason=told.note or told.outcome.value, said_by=party, by=uow.by, now=uow.now,
    )  # fmt: skip
    return True
