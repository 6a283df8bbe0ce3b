"""A chase that somebody has answered: it waits for a person's judgement, and goes on or is handed over by it."""

from typing import Any

from config.core.uow import UnitOfWork
from migrations_app.enums import AttemptState, ChaseState
from migrations_app.models import Chase, ChaseAttempt, MigrationCase
from migrations_app.rules.lifecycle import CHASE
from migrations_app.services.chases import plan_next
from migrations_app.services.desk_tasks import drop_tasks, open_tasks
from tickets.enums import EventType
from tickets.models import Ticket
from tickets.services.events import record


def take_answer(uow: UnitOfWork, ticket: Ticket, chase: Chase) -> bool:
    """Somebody has answered a locked ticket's chase: it falls silent until a person has judged what was said.

    Tell whether it waits for that; a chase that has ended asks for nothing.
    """
    if chase.state in {ChaseState.SATISFIED, ChaseState.STOPPED}:
        return False
    columns: dict[str, Any] = {"to_judge_since": chase.to_judge_since or uow.now, "answered_at": uow.now}
    if chase.state == ChaseState.ANSWERED:
        Chase.objects.filter(pk=chase.pk).update(**columns)
        return True
    uow.move(chase, "state", table=CHASE, to=ChaseState.ANSWERED, next_at=None, **columns)
    ChaseAttempt.objects.filter(chase=chase, state=AttemptState.PLANNED).delete()
    drop_tasks(uow, open_tasks(chase))
    record(uow, ticket, EventType.CHASE_ANSWERED, chase=chase.pk, requirement=chase.requirement_code, state="answered")
    return True


def go_on(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase) -> None:
    """Go on with a chase that was answered: one rung further, or to a person where its ladder has none left."""
    if chase.state != ChaseState.ANSWERED:
        return
    uow.move(chase, "state", table=CHASE, to=ChaseState.ACTIVE, to_judge_since=None)
    under_way = ChaseAttempt.objects.filter(chase=chase, state__in=[AttemptState.PLANNED, AttemptState.SENDING])
    if not under_way.exists():
        plan_next(uow, ticket, case, chase, previous=uow.now)


def hand_over(uow: UnitOfWork, ticket: Ticket, chase: Chase, *, reason: str) -> None:
    """Hand a chase that was answered to a person: asking again would not help, so its ladder is not begun a second time."""
    uow.move(chase, "state", table=CHASE, to=ChaseState.EXHAUSTED, next_at=None, to_judge_since=None, ended_at=None)
    record(uow, ticket, EventType.CHASE_ESCALATED, chase=chase.pk, requirement=chase.requirement_code, reason=reason)
