"""What no way could deliver: a person tries once more, or sets it aside."""

from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import AttemptState, ChaseState
from migrations_app.models import ChaseAttempt, MigrationCase
from migrations_app.services import chases
from migrations_app.services.attempts import AnyAttempt, locked_attempt
from migrations_app.services.delivery import plan_by, still_wanted, tell_desk, ways_of
from migrations_app.services.recipients import contact_of
from migrations_app.services.settle import settle
from tickets.enums import EventType
from tickets.models import Ticket


class NotUndelivered(Conflict):
    """The message is not (any more) in the list: somebody was first."""


class NotNeededAnyMore(Conflict):
    """Nobody waits for it: the case has ended, the requirement is met or answered, the call is over."""


class AnotherOnItsWay(Conflict):
    """A message of the same chase is being sent at this moment."""


class NoWayLeft(Conflict):
    """No address is known: one has to be entered first."""


class ReasonNeeded(Conflict):
    """Setting aside needs a reason."""


def retry(model: type[AnyAttempt], attempt_id: int, *, by: Actor, now: datetime) -> None:
    """Plan a fresh try of an undelivered message, now, by the first way there is. A later rung that waits makes room for it.

    :raises NotUndelivered: it is not in the list.
    :raises NotNeededAnyMore: it would ask for what nobody waits for.
    :raises AnotherOnItsWay: a message of the chase is in flight; try again in a moment.
    :raises NoWayLeft: nobody can be reached.
    :raises NotFound: there is no such message.
    """
    with unit_of_work(by=by, now=now) as uow:
        attempt, ticket, case = _undelivered(uow, model, attempt_id)
        _ask_again(uow, attempt)
        if not still_wanted(attempt, ticket):
            raise NotNeededAnyMore
        contact = contact_of(attempt, ticket, case)
        order = ways_of(attempt, contact)
        if not order:
            raise NoWayLeft
        _take_off(uow, attempt)
        plan_by(uow, ticket, attempt, contact, order[0], at_once=True)
        tell_desk(uow, ticket, attempt, EventType.ATTEMPT_RETRIED)
        settle(uow, ticket, case)


def set_aside(model: type[AnyAttempt], attempt_id: int, *, reason: str, by: Actor, now: datetime) -> None:
    """Take an undelivered message off the list: somebody has found another way, or nobody needs it.

    :raises NotUndelivered: it is not in the list.
    :raises ReasonNeeded: `reason` is empty.
    :raises NotFound: there is no such message.
    """
    if not reason.strip():
        raise ReasonNeeded
    with unit_of_work(by=by, now=now) as uow:
        attempt, ticket, case = _undelivered(uow, model, attempt_id)
        _take_off(uow, attempt)
        tell_desk(uow, ticket, attempt, EventType.ATTEMPT_SET_ASIDE, reason=reason.strip()[:2000])
        settle(uow, ticket, case)


def _undelivered(uow: UnitOfWork, model: type[AnyAttempt], attempt_id: int) -> tuple[AnyAttempt, Ticket, MigrationCase]:
    found = locked_attempt(uow, model, attempt_id)
    if found is None:
        raise NotFound
    if found[0].undelivered_at is None:
        raise NotUndelivered
    return found


def _ask_again(uow: UnitOfWork, attempt: AnyAttempt) -> None:
    """Make room in the chase for one more try; one whose ladder has ended goes on from this rung."""
    if not isinstance(attempt, ChaseAttempt):
        return
    open_ones = ChaseAttempt.objects.filter(chase=attempt.chase)
    if open_ones.filter(state=AttemptState.SENDING).exists():
        raise AnotherOnItsWay
    if attempt.chase.state == ChaseState.EXHAUSTED:
        chases.go_on_after_end(uow, attempt.chase)
    if attempt.chase.state == ChaseState.ACTIVE:
        open_ones.filter(state=AttemptState.PLANNED).delete()


def _take_off(uow: UnitOfWork, attempt: AnyAttempt) -> None:
    rows = type(attempt)._default_manager.filter(pk=attempt.pk)  # noqa: SLF001  (Django's documented generic access)
    rows.update(undelivered_at=None, updated_at=uow.now)
