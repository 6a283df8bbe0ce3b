"""What a person of the desk has to do: opened by the service that needs it, ended by an agent, dropped when nobody needs it.

`open_task`, `close_task` and `drop_tasks` are the writers of a task's state. What an agent says of a task comes in through
`task_outcomes`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from config.core.uow import UnitOfWork
from migrations_app.enums import AttemptState, DeskTaskKind, DeskTaskState, TaskOutcome
from migrations_app.models import Chase, ChaseAttempt, DeskTask, MigrationCase, NumberMove
from migrations_app.rules.desk_tasks import ASKING
from migrations_app.rules.lifecycle import ATTEMPT, DESK_TASK

NOT_NEEDED = "not_needed"
"""Why the attempt of a dropped task failed: nobody was asked, and nobody has to be."""


@dataclass(frozen=True)
class NewTask:
    """A task to open; only the kind is needed."""

    kind: DeskTaskKind
    chase: Chase | None = None
    attempt: ChaseAttempt | None = None
    number: NumberMove | None = None
    recipient_party: str = ""
    language: str = ""
    url: str = ""
    contact: str = ""
    title: str = ""
    text: str = ""


def open_task(uow: UnitOfWork, case: MigrationCase, new: NewTask) -> DeskTask:
    """Put a task of a locked ticket's case into the agents' list; one that is open already for the same thing stays."""
    same = DeskTask.objects.filter(
        case=case, kind=new.kind, state=DeskTaskState.OPEN, chase=new.chase, number=new.number
    )
    found = same.first()
    if found is not None:
        return found
    return DeskTask.objects.create(case=case, created_at=uow.now, updated_at=uow.now, **vars(new))


def open_tasks(chase: Chase) -> list[DeskTask]:
    """Return what a person has to do for a chase now, with the rungs that it is."""
    rows = DeskTask.objects.select_related("attempt").filter(chase=chase, state=DeskTaskState.OPEN)
    return list(rows.order_by("id"))


def close_task(uow: UnitOfWork, task: DeskTask, *, outcome: TaskOutcome, note: str = "") -> None:
    """Record how a task of a locked ticket's case ended.

    :raises IllegalTransition: it has ended already.
    """
    uow.move(
        task,
        "state",
        table=DESK_TASK,
        to=DeskTaskState.DONE,
        outcome=outcome,
        note=note,
        done_at=uow.now,
        done_by=uow.by.label,
    )


def drop_tasks(uow: UnitOfWork, tasks: Iterable[DeskTask]) -> None:
    """Take tasks of a locked ticket's case off the list: what they were for is not needed any more.

    The rung of a ladder that such a task was is not climbed: its attempt has failed, and may be planned again.
    """
    for task in tasks:
        if task.state != DeskTaskState.OPEN:
            continue
        uow.move(task, "state", table=DESK_TASK, to=DeskTaskState.DROPPED, done_at=uow.now, done_by=uow.by.label)
        if task.attempt is not None and task.attempt.state == AttemptState.SENDING:
            uow.move(task.attempt, "state", table=ATTEMPT, to=AttemptState.FAILED, failure=NOT_NEEDED)


def drop_asking(uow: UnitOfWork, chase: Chase) -> bool:
    """Take the asking of a locked ticket's chase off the list, and tell if there was any: it waits for a later day."""
    asking = [task for task in open_tasks(chase) if task.kind in ASKING]
    drop_tasks(uow, asking)
    return bool(asking)


def drop_at_end(uow: UnitOfWork, case: MigrationCase) -> None:
    """Take off the list what an ended case needs no more; a number that was added at Meta is to be removed just then."""
    left = DeskTask.objects.select_related("attempt").filter(case=case, state=DeskTaskState.OPEN)
    drop_tasks(uow, left.exclude(kind=DeskTaskKind.REMOVE_NUMBER).order_by("id"))
