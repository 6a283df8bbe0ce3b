"""Rungs by person: where a message would be sent, a task goes into the agents' list.

Nothing leaves the house, so there is nothing to claim before and to record after: the attempt is `sending` (a person has it)
from the moment its task is open, in the same transaction, and stays so without a lease until the task has an outcome.
"""

from datetime import datetime

from config.core.actor import Actor
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import BY_PERSON, AttemptState, ChannelName, ChaseState, DeskTaskKind, TaskOutcome
from migrations_app.models import Chase, ChaseAttempt, MigrationCase
from migrations_app.rules.desk_tasks import asked
from migrations_app.rules.lifecycle import ATTEMPT
from migrations_app.selectors.cases import case_of
from migrations_app.services.delivery import take_outcome
from migrations_app.services.desk_tasks import NewTask, open_task
from migrations_app.services.preparing import pass_by, remember_prepared
from migrations_app.services.recipients import contacts_of
from migrations_app.services.scripts import Occasion, script
from migrations_app.services.settle import settle
from migrations_app.services.wording import Wording, wording_of
from providers.enums import ExchangeState
from providers.services.outreach import Outcome
from tickets.enums import Party
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket


def is_by_person(attempt_id: int) -> bool:
    """Tell whether a person of the desk has to climb this rung."""
    return ChaseAttempt.objects.filter(pk=attempt_id, channel__in=BY_PERSON).exists()


def hand_over(attempt_id: int, *, by: Actor, now: datetime) -> AttemptState | None:
    """Put a due rung into the agents' list and return its state.

    None: somebody else did it, it is not due, or it is not needed any more.
    """
    with unit_of_work(by=by, now=now) as uow:
        path = "chase__case__ticket_id"
        ticket_id = ChaseAttempt.objects.filter(pk=attempt_id).values_list(path, flat=True).first()
        if ticket_id is None:
            return None
        ticket, case = lock_ticket(uow, ticket_id), case_of(ticket_id)
        attempt = ChaseAttempt.objects.select_related("chase").filter(pk=attempt_id).first()
        if attempt is None or attempt.state != AttemptState.PLANNED or attempt.due_at > now:
            return None
        if attempt.chase.state != ChaseState.ACTIVE:
            attempt.delete()
            return None
        wording = wording_of(attempt, ticket, case, now=now)
        if wording is None:
            pass_by(uow, ticket, case, attempt)
            settle(uow, ticket, case)
            return None
        uow.move(attempt, "state", table=ATTEMPT, to=AttemptState.SENDING, claimed_at=now, message=wording.name)
        address = contacts_of(ticket, case)[Party(attempt.recipient_party)].address_by(ChannelName(attempt.channel))
        if ticket.test:
            # Nobody of the desk is asked to ring for a ticket that is only tried.
            take_outcome(uow, ticket, case, attempt, Outcome(ExchangeState.SENT))
        elif address:
            _open(uow, ticket, case, attempt, address=address, wording=wording)
        else:
            take_outcome(uow, ticket, case, attempt, _refused("no_address"))
        settle(uow, ticket, case)
        return AttemptState(attempt.state)


def _open(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, attempt: ChaseAttempt, *, address: str, wording: Wording
) -> None:
    kind = DeskTaskKind(attempt.channel)
    words = script(Occasion(kind, attempt, wording), ticket, case, language=attempt.language)
    by_web = attempt.channel == ChannelName.PORTAL
    new = NewTask(
        kind=kind,
        chase=attempt.chase,
        attempt=attempt,
        recipient_party=attempt.recipient_party,
        language=attempt.language,
        url=address if by_web else "",
        contact="" if by_web else address,
        title=words.title[:300],
        text=words.text,
    )
    open_task(uow, case, new)
    remember_prepared(attempt, case)
    # When the next rung is due depends on when the person has done this one.
    Chase.objects.filter(pk=attempt.chase_id).update(next_at=None)


def end_rung(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, attempt: ChaseAttempt | None, outcome: TaskOutcome
) -> None:
    """Go on with the ladder after a task's outcome; an attempt that was ended meanwhile stays as it is."""
    if attempt is not None and attempt.state == AttemptState.SENDING:
        told = Outcome(ExchangeState.SENT) if asked(outcome) else _refused(outcome.value)
        take_outcome(uow, ticket, case, attempt, told)


def _refused(reason: str) -> Outcome:
    """Nobody is reached by this way: it goes on by the next one, as after any failure for good."""
    return Outcome(ExchangeState.FAILED, reason=reason, permanent=True)
