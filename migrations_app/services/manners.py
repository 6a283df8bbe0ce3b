"""What a person decides about a chase: silence until a day, no more reminders, going on again."""

from datetime import datetime, timedelta

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import ChaseState
from migrations_app.models import Chase, MigrationCase
from migrations_app.selectors.cases import case_of
from migrations_app.services.chases import plan_next, stop_for_good
from migrations_app.services.desk_tasks import drop_asking
from migrations_app.services.pacing import pace_anew
from migrations_app.services.settle import settle
from tickets.enums import EventType, Party
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.tickets import lock_ticket

LONGEST_SNOOZE = timedelta(days=366)


class WhyMissing(Conflict):
    """A chase is silenced only with a reason in words."""

    code = "validation_failed"


class NotAhead(Conflict):
    """A chase is silenced until a time that is to come, within a year."""

    code = "validation_failed"


def _chase_of(ticket: Ticket, chase_id: int) -> Chase:
    """Return a chase of a locked ticket.

    :raises NotFound: the ticket has no such chase.
    """
    chase = Chase.objects.filter(pk=chase_id, case__ticket=ticket).first()
    if chase is None:
        raise NotFound
    return chase


def _tell(uow: UnitOfWork, ticket: Ticket, chase: Chase, event: EventType, **data: str) -> None:
    record(uow, ticket, event, internal=True, chase=chase.pk, requirement=chase.requirement_code, **data)


def snooze(
    *, ticket_id: int, chase_id: int, until: datetime, reason: str, said_by: Party, by: Actor, now: datetime
) -> None:
    """Silence a chase until a moment; the next message goes in the recipient's hours after it.

    `said_by`: on whose word (the desk's own, the client's, the old BSP's).

    :raises WhyMissing: no reason is given.
    :raises NotAhead: the moment has passed, or is more than a year away.
    :raises IllegalTransition: the chase is not running.
    :raises NotFound: the ticket has no such chase.
    """
    if not reason.strip():
        raise WhyMissing
    if not now < until <= now + LONGEST_SNOOZE:
        raise NotAhead
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        chase, case = _chase_of(ticket, chase_id), case_of(ticket_id)
        if chase.state != ChaseState.ACTIVE:
            raise IllegalTransition(extra={"allowed": []})
        _silence(uow, ticket, case, chase, until)
        _tell(
            uow, ticket, chase, EventType.CHASE_SNOOZED, until=until.isoformat(), reason=reason, said_by=said_by.value
        )


def _silence(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase, until: datetime | None) -> None:
    Chase.objects.filter(pk=chase.pk).update(snoozed_until=until, updated_at=uow.now)
    chase.snoozed_until = until
    if until is not None and drop_asking(uow, chase):
        plan_next(uow, ticket, case, chase, previous=uow.now)
    pace_anew(uow, ticket, case, chase)
    settle(uow, ticket, case)


def stop(*, ticket_id: int, chase_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Stop a chase for good: nobody is reminded, whatever stays open, until a person lets it go on.

    :raises WhyMissing: no reason is given.
    :raises IllegalTransition: the chase has ended already.
    :raises NotFound: the ticket has no such chase.
    """
    if not reason.strip():
        raise WhyMissing
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        chase, case = _chase_of(ticket, chase_id), case_of(ticket_id)
        stop_for_good(uow, ticket, case, chase, reason=reason)
        _tell(uow, ticket, chase, EventType.CHASE_STOPPED, reason=reason)
        settle(uow, ticket, case)


def resume(*, ticket_id: int, chase_id: int, by: Actor, now: datetime) -> None:
    """Let a chase go on that a person has stopped or silenced; what is still open is asked for again.

    :raises IllegalTransition: nobody has stopped or silenced it.
    :raises NotFound: the ticket has no such chase.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        chase, case = _chase_of(ticket, chase_id), case_of(ticket_id)
        snoozed = chase.snoozed_until is not None and chase.snoozed_until > now
        if not chase.stopped_by and not (snoozed and chase.state == ChaseState.ACTIVE):
            raise IllegalTransition(extra={"allowed": []})
        Chase.objects.filter(pk=chase.pk).update(stopped_by="", stop_reason="", snoozed_until=None, updated_at=now)
        _tell(uow, ticket, chase, EventType.CHASE_RESUMED)
        if chase.state == ChaseState.ACTIVE:
            _silence(uow, ticket, case, chase, None)
        else:
            # What the chase is about decides whether it goes on: it may have been met meanwhile.
            settle(uow, ticket, case)
