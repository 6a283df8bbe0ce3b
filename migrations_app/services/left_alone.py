"""No more reminders by mail: the reader of one asks for it, and takes it back; its tickets stay as they are."""

from collections.abc import Collection
from datetime import datetime

from config.core.actor import Actor
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import AttemptState, ChaseState
from migrations_app.models import Chase, ChaseAttempt, NudgeStop
from migrations_app.rules.bundles import plain_address
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.nudges import left_alone, planned_for, tickets_waiting, tickets_with_plans
from migrations_app.services.chases import plan_next
from migrations_app.services.nudge_links import NudgeLink
from migrations_app.services.pacing import is_nudge
from migrations_app.services.settle import settle
from tickets.enums import EventType
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.silence import count_anew
from tickets.services.tickets import lock_ticket


def is_left_alone(link: NudgeLink) -> bool:
    """Tell whether the reader of a link gets no reminders by mail any more."""
    return any(left_alone(number, {link.address}) for number in link.organizations)


def stop_nudges(*, link: NudgeLink, by: Actor, now: datetime) -> None:
    """Send no more reminders to an address about the tickets of a link's organizations; repeating is harmless.

    What was planned for it goes to whoever else is on the ladder, or to a person. Messages about a booked call still go. Each
    ticket follows in a unit of its own: should one not, its reminder is left out when it would leave.
    """
    with unit_of_work(by=by, now=now):
        stamps = {"since": now, "created_at": now, "updated_at": now}
        for number in link.organizations:
            NudgeStop.objects.get_or_create(
                organization_id=number, address=link.address, undone_at=None, defaults=stamps
            )
    for ticket_id in tickets_with_plans(link.address, link.organizations):
        with unit_of_work(by=by, now=now) as uow:
            _plan_around(uow, lock_ticket(uow, ticket_id), link.address)


def _plan_around(uow: UnitOfWork, ticket: Ticket, address: str) -> None:
    case = case_of(ticket.pk)
    rows = planned_for(address).filter(chase__case=case).select_related("chase")
    nudges = [attempt for attempt in rows if is_nudge(attempt)]
    if plain_address(ticket.contact_email) == address:
        # Who asks to be left alone is there: its silence counts from now.
        count_anew(uow, ticket)
    for attempt in nudges:
        chase = attempt.chase
        attempt.delete()
        if chase.state == ChaseState.ACTIVE:
            plan_next(uow, ticket, case, chase, previous=uow.now)
    if nudges:
        _tell(uow, ticket, nudges[0].recipient_party, stopped=True)
    settle(uow, ticket, case)


def _tell(uow: UnitOfWork, ticket: Ticket, party: str, *, stopped: bool, **why: str) -> None:
    record(uow, ticket, EventType.CHASE_LEFT_ALONE, internal=True, party=party, stopped=stopped, **why)


def remind_again(*, address: str, organizations: Collection[int], by: Actor, now: datetime, reason: str = "") -> None:
    """Take a stop back: what is still open is asked for again; a ladder that has ended meanwhile stays with its person.

    `reason`: why, where somebody else than the reader takes it back.
    """
    plain = plain_address(address)
    with unit_of_work(by=by, now=now):
        rows = NudgeStop.objects.filter(address=plain, organization_id__in=organizations, undone_at__isnull=True)
        if not rows.update(undone_at=now, undone_by=by.label[:200], updated_at=now):
            return
    for ticket_id, party in tickets_waiting(plain, organizations):
        with unit_of_work(by=by, now=now) as uow:
            _plan_on(uow, lock_ticket(uow, ticket_id), party, reason)


def _plan_on(uow: UnitOfWork, ticket: Ticket, party: str, reason: str) -> None:
    """Plan the next message of the chases that only wait for their end: the rungs that were left out are still to come."""
    case = case_of(ticket.pk)
    open_rows = ChaseAttempt.objects.filter(state__in=[AttemptState.PLANNED, AttemptState.SENDING])
    for chase in Chase.objects.filter(case=case, state=ChaseState.ACTIVE).exclude(pk__in=open_rows.values("chase_id")):
        plan_next(uow, ticket, case, chase, previous=uow.now)
    _tell(uow, ticket, party, stopped=False, **({"reason": reason} if reason else {}))
    settle(uow, ticket, case)
