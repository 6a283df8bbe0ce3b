"""The machine that plays the desk of test tickets: what the onboarding team, Meta's reviewers and the old BSP would do.

It uses the services that people use, as an actor of its own, and never touches a live ticket.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from django.utils import translation
from django.utils.translation import gettext

from config.core.actor import Actor, ActorKind
from config.core.errors import DomainError
from config.core.uow import unit_of_work
from migrations_app.enums import DeskTaskKind, NumberState, RequirementCode, RequirementState
from migrations_app.models import Chase, MigrationCase, NumberMove
from migrations_app.rules.requirements import VALUE_CODES
from migrations_app.rules.test_desk import LOOKS_AGAIN, Deed
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.haste import wait_of
from migrations_app.services import aftercare_desk, chase_answers, endings, moves, proofs, requirements
from migrations_app.services.asked import covered_by
from migrations_app.services.desk_tasks import drop_tasks
from migrations_app.services.rendering import known_language
from migrations_app.services.settle import settle
from migrations_app.services.test_desk_plan import CLOSE, END_TASK, ROUTE, Duty, duties_of, plan_test_desk
from providers.selectors.fates import fates_of
from tickets.enums import Party
from tickets.models import Queue, Ticket
from tickets.services.routing import reroute
from tickets.services.tickets import lock_ticket

MACHINE = Actor(ActorKind.SYSTEM, "Test desk", is_staff_of_desk=True)
_MOST = 100
"""Most things it does for one ticket at a time."""
_log = structlog.get_logger("portero.test_desk")


def act(*, ticket_id: int, now: datetime) -> int:
    """Do everything that is due for a test ticket, and return how much that was."""
    language = Ticket.objects.values_list("language", flat=True).get(pk=ticket_id)
    for done in range(_MOST):
        duty = _next(ticket_id, now=now)
        if duty is None:
            return done
        try:
            with translation.override(known_language(language)):
                _DEEDS[duty.kind](ticket_id, duty, now)
        except DomainError as refusal:
            _log.warning("the test desk was refused", ticket=ticket_id, deed=duty.kind, code=refusal.code)
            break
    _put_off(ticket_id, now=now)
    return _MOST


def _next(ticket_id: int, *, now: datetime) -> Duty | None:
    """Return what is due first; where nothing is, see to it that the next look is planned."""
    with unit_of_work(by=MACHINE, now=now) as uow:
        ticket, case = lock_ticket(uow, ticket_id), case_of(ticket_id)
        due = [duty for duty in duties_of(ticket, case, now=now) if duty.at <= now] if ticket.test else []
        if not due:
            plan_test_desk(uow, ticket, case)
        return min(due, key=lambda duty: duty.at, default=None)


def _put_off(ticket_id: int, *, now: datetime) -> None:
    ticket = Ticket.objects.get(pk=ticket_id)
    MigrationCase.objects.filter(ticket=ticket).update(test_desk_at=now + wait_of(ticket, LOOKS_AGAIN))


def _meet(ticket_id: int, duty: Duty, now: datetime) -> None:
    row = duty.requirement
    assert row is not None  # noqa: S101  (such a duty has one)
    decision = requirements.Decision(RequirementCode(row.code), RequirementState.MET, number_id=row.number_id)
    requirements.decide(ticket_id=ticket_id, decision=decision, by=MACHINE, now=now)


def _answer(ticket_id: int, duty: Duty, now: datetime) -> None:
    """Say what the old BSP says: it is done; an identifier that was asked for is told."""
    row = duty.requirement
    assert row is not None  # noqa: S101
    code = RequirementCode(row.code)
    claim = requirements.Claim(
        code,
        statement=gettext("It is done."),
        value=_identifier(code, row.case_id) if code in VALUE_CODES else "",
        confirmed_by=Party.OLD_BSP,
        numbers=[row.number.number] if row.number is not None else None,
    )
    requirements.claim(ticket_id=ticket_id, claim=claim, by=MACHINE, now=now)


def _identifier(code: RequirementCode, case_id: int) -> str:
    return f"99{8 if code is RequirementCode.WABA_ID else 7}{case_id:012d}"


def _refuse(ticket_id: int, duty: Duty, now: datetime) -> None:
    """Say what an old BSP says that will not: the requirement has failed, and asking again would not help."""
    row = duty.requirement
    assert row is not None  # noqa: S101
    with unit_of_work(by=MACHINE, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        for chase in Chase.objects.filter(case_id=row.case_id, state__in=["active", "answered"]):
            if row.code in covered_by(chase):
                chase_answers.hand_over(uow, ticket, chase, reason="refused")
        decision = requirements.Decision(
            RequirementCode(row.code), RequirementState.FAILED, gettext("The old provider refuses."), row.number_id
        )
        requirements.decide(ticket_id=ticket_id, decision=decision, by=MACHINE, now=now)


def _test(ticket_id: int, _duty: Duty, now: datetime) -> None:
    live = NumberMove.objects.filter(case__ticket_id=ticket_id, state=NumberState.LIVE).values_list("pk", flat=True)
    numbers = list(live)
    aftercare_desk.record_test(
        ticket_id=ticket_id, sent=numbers, received=numbers, note="", by=MACHINE, now=now
    )  # fmt: skip


def _end_task(ticket_id: int, duty: Duty, now: datetime) -> None:
    """Do what a task asks for: of Meta's refusals, have the number tried again or left out; the rest is nobody's business."""
    task = duty.task
    assert task is not None  # noqa: S101
    if task.kind != DeskTaskKind.META_PROBLEM or task.number is None:
        with unit_of_work(by=MACHINE, now=now) as uow:
            ticket = lock_ticket(uow, ticket_id)
            task.refresh_from_db()
            drop_tasks(uow, [task])
            settle(uow, ticket, case_of(ticket_id))
        return
    proofs.close_problem(task_id=task.pk, by=MACHINE, now=now)
    (fate,) = fates_of([task.number.number])
    if fate.left_out:
        leave_out(ticket_id, task.number, now=now)
    elif task.number.state in {NumberState.PENDING, NumberState.INITIATED}:
        proofs.ask_for_try(ticket_id=ticket_id, number_id=task.number.pk, by=MACHINE, now=now)


def leave_out(ticket_id: int, number: NumberMove, *, now: datetime) -> None:
    """Leave out a number that Meta will never take; a ticket of which nothing is left then is refused."""
    others = NumberMove.objects.filter(case__ticket_id=ticket_id).exclude(pk=number.pk)
    if others.exclude(state=NumberState.SKIPPED).exists():
        moves.skip(number_id=number.pk, reason="refused_by_meta", by=MACHINE, now=now)
    else:
        endings.reject(ticket_id=ticket_id, reason=gettext("Meta does not take this number."), by=MACHINE, now=now)


def _route(ticket_id: int, _duty: Duty, now: datetime) -> None:
    queue = Queue.objects.filter(is_triage=False).order_by("slug").first()
    if queue is not None:
        reroute(ticket_id=ticket_id, queue_id=queue.pk, reason=gettext("test ticket"), by=MACHINE, now=now)


def _close(ticket_id: int, _duty: Duty, now: datetime) -> None:
    endings.close(ticket_id=ticket_id, by=MACHINE, now=now)


_DEEDS: dict[str, Callable[[int, Duty, datetime], None]] = {
    Deed.MEET.value: _meet,
    Deed.ANSWER.value: _answer,
    Deed.REFUSE.value: _refuse,
    Deed.TEST.value: _test,
    END_TASK: _end_task,
    ROUTE: _route,
    CLOSE: _close,
}
