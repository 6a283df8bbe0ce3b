"""Numbers that were begun at the destination and will not move: removed there by a person, and seen to be gone by reading."""

from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import DeskTaskKind, DeskTaskState, NumberState, TaskOutcome
from migrations_app.models import DeskTask, MigrationCase, NumberMove
from migrations_app.rules.progress import ENDED
from migrations_app.selectors.cases import case_of
from migrations_app.services.desk_tasks import close_task, drop_tasks
from migrations_app.services.move_steps import NoAnswer, Step, locked, step_of
from migrations_app.services.numbers import move_number
from migrations_app.services.settle import settle
from providers.services import whatsapp
from providers.services.whatsapp import Refused, Unanswered
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket

_BEGUN = frozenset(
    {
        NumberState.INITIATED,
        NumberState.CODE_REQUESTED,
        NumberState.CODE_VERIFIED,
        NumberState.COOLING_DOWN,
        NumberState.FAILED,
    }
)


class StillThere(Conflict):
    """The destination's list still has the number."""


def confirm_removed(*, task_id: int, note: str = "", by: Actor, now: datetime) -> None:
    """End the task of removing a number once the destination's list has it no more; the number's id is forgotten with it.

    :raises NotFound: there is no such task.
    :raises IllegalTransition: the task has ended.
    :raises StillThere: Meta still lists the number.
    :raises NoAnswer: Meta could not be read.
    """
    task = DeskTask.objects.select_related("number").filter(pk=task_id, kind=DeskTaskKind.REMOVE_NUMBER).first()
    if task is None or task.number is None:
        raise NotFound
    if task.state != DeskTaskState.OPEN:
        raise IllegalTransition(extra={"allowed": []})
    number = NumberMove.objects.select_related("case__ticket").get(pk=task.number.pk)
    step = step_of(number.case.ticket, number.case, number, by=by, now=now)
    if not _in_use(number.phone_number_id, except_id=number.pk) and _is_there(step):
        raise StillThere
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, number = locked(uow, number.pk)
        task = DeskTask.objects.get(pk=task_id)
        close_task(uow, task, outcome=TaskOutcome.DONE, note=note)
        _forget(uow, ticket, case, number)


def _is_there(step: Step) -> bool:
    if step.account is None or not step.account.waba_id:
        return False
    try:
        return whatsapp.holds_object(
            account=step.account,
            waba_id=step.account.waba_id,
            phone_number_id=step.number.phone_number_id,
            context=step.context,
        )
    except (Refused, Unanswered):
        raise NoAnswer from None


def _in_use(phone_number_id: str, *, except_id: int) -> bool:
    """Tell whether the object belongs to another number's move by now: then it is not ours to remove."""
    others = NumberMove.objects.filter(phone_number_id=phone_number_id).exclude(pk=except_id)
    return others.exclude(case__stage__in=ENDED).exists()


def _forget(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, number: NumberMove) -> None:
    """Record that the number has no object at the destination; one that was begun has not begun any more."""
    if number.state in _BEGUN:
        columns = {"phone_number_id": "", "state_before_pause": "", "last_error": None, "code_requested_at": None}
        move_number(uow, ticket, number, NumberState.PENDING, **columns)
    else:
        NumberMove.objects.filter(pk=number.pk).update(phone_number_id="", updated_at=uow.now)
    settle(uow, ticket, case)


def keep_object(phone_number_id: str, *, number_id: int, by: Actor, now: datetime) -> None:
    """See that nobody removes an object that a number's move uses now, although an earlier ticket left it behind."""
    number = NumberMove.objects.get(pk=number_id)
    if number.state not in _BEGUN:
        return
    left = DeskTask.objects.filter(
        kind=DeskTaskKind.REMOVE_NUMBER, state=DeskTaskState.OPEN, number__phone_number_id=phone_number_id
    ).exclude(number=number_id)
    for task_id, ticket_id in left.values_list("id", "case__ticket_id"):
        with unit_of_work(by=by, now=now) as uow:
            ticket = lock_ticket(uow, ticket_id)
            task = DeskTask.objects.select_related("number").get(pk=task_id)
            drop_tasks(uow, [task])
            if task.number is not None:
                _forget(uow, ticket, case_of(ticket_id), task.number)
