"""What a person of the desk has to do: opened by the service that needs it, ended by an agent, dropped when nobody needs it.

`open_task`, `close_task` and `drop_tasks` are the writers of a task's state.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from config.core.uow import UnitOfWork
from migrations_app.enums import DeskTaskKind, DeskTaskState, TaskOutcome
from migrations_app.models import Chase, ChaseAttempt, DeskTask, MigrationCase, NumberMove
from migrations_app.rules.lifecycle import DESK_TASK


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
    """Take tasks of a locked ticket's case off the list: what they were for is not needed any more."""
    for task in tasks:
        if task.state == DeskTaskState.OPEN:
            uow.move(task, "state", table=DESK_TASK, to=DeskTaskState.DROPPED, done_at=uow.now, done_by=uow.by.label)
