"""The numbers whose client was told "prepare now, switch off when we tell you", and the moment in which we tell it."""

from collections.abc import Iterable
from datetime import timedelta

from config.core.uow import UnitOfWork
from migrations_app.enums import AttemptState, ChaseState, RequirementCode
from migrations_app.models import Chase, ChaseAttempt, MigrationCase, Notice
from migrations_app.rules.hours import opening
from migrations_app.rules.progress import CaseFacts
from migrations_app.rules.wording import PREPARE
from migrations_app.selectors.chases import hold_now, hold_of_case
from migrations_app.services.chases import begin_round, climb
from migrations_app.services.pacing import planned_attempt, set_due
from migrations_app.services.recipients import contacts_of
from tickets.enums import Party
from tickets.models import Ticket

_SAID_IN_CALL = timedelta(hours=2)
"""A word to the client counts as said in the running call for so long."""
_CLIMBING = frozenset({ChaseState.ACTIVE, ChaseState.EXHAUSTED})


def tell_when_clear(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, facts: CaseFacts, chases: Iterable[Chase]
) -> None:
    """Bring the chase for two-step verification of a locked ticket in line with the long blockers.

    When the last one of a number that was told to prepare has gone, the ladder begins again at once: "switch it off now".
    While all its numbers wait and have been told, nothing more is planned.
    """
    for chase in chases:
        about = chase.requirement_code == RequirementCode.TWO_STEP_DISABLED and chase.prepared_numbers
        if about and chase.state in _CLIMBING and chase.to_judge_since is None and not chase.stopped_by:
            _follow(uow, ticket, case, facts, chase)


def _follow(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, facts: CaseFacts, chase: Chase) -> None:
    hold = hold_now(case, facts.requirements)
    on_its_way = ChaseAttempt.objects.filter(chase=chase, state=AttemptState.SENDING).exists()
    planned = ChaseAttempt.objects.filter(chase=chase, state=AttemptState.PLANNED)
    if hold.released(chase.prepared_numbers) and not on_its_way:
        planned.delete()
        _begin_now(uow, ticket, case, chase)
    elif hold.quiet(chase.prepared_numbers) and planned.exclude(message=PREPARE).delete()[0]:
        Chase.objects.filter(pk=chase.pk).update(next_at=None)


def _begin_now(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase) -> None:
    """Plan the first rung for the client's next open hour, whatever it would wait otherwise; a snooze is kept."""
    at = opening(contacts_of(ticket, case)[Party.CLIENT].hours, uow.now)
    begin_round(uow, ticket, case, chase, chase.round, previous=at)
    planned = planned_attempt(chase)
    if planned is not None and planned.due_at > at and chase.snoozed_until is None:
        set_due(uow, chase, at)


def hasten_in_call(uow: UnitOfWork, case: MigrationCase) -> bool:
    """Let the client's next word about two-step verification leave now: it was found on in a call, and everybody waits.

    Whatever the rung would wait otherwise; a snooze is kept, and nothing is said twice in one call. Tell whether anything was
    brought forward.
    """
    chase = Chase.objects.filter(case=case, requirement_code=RequirementCode.TWO_STEP_DISABLED).first()
    planned = planned_attempt(chase) if chase is not None else None
    if chase is None or planned is None or planned.recipient_party != Party.CLIENT:
        return False
    if planned.due_at <= uow.now or (chase.snoozed_until is not None and chase.snoozed_until > uow.now):
        return False
    if ChaseAttempt.objects.filter(chase=chase, sent_at__gte=uow.now - _SAID_IN_CALL).exists():
        return False
    set_due(uow, chase, uow.now)
    return True


def remember_prepared(attempt: ChaseAttempt | Notice, case: MigrationCase) -> None:
    """Keep which numbers a message to the client, about to leave, leaves for later: they are owed the word "now"."""
    if isinstance(attempt, Notice) or attempt.recipient_party != Party.CLIENT:
        return
    if attempt.chase.requirement_code == RequirementCode.TWO_STEP_DISABLED:
        held = sorted(hold_of_case(case).held)
        Chase.objects.filter(pk=attempt.chase_id).update(prepared_numbers=held)


def pass_by(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, attempt: ChaseAttempt | Notice) -> None:
    """Leave out a planned rung of a locked ticket that does not suit the moment, and plan the next one."""
    attempt.delete()
    if isinstance(attempt, ChaseAttempt):
        climb(uow, ticket, case, attempt)
