"""Finding out which BSP a ticket in triage leaves: the directory did not know the name that was filed, the desk does."""

from dataclasses import dataclass
from datetime import datetime

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import AttemptState, ChaseState
from migrations_app.models import ChaseAttempt, MigrationCase
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.routing import routing_facts
from migrations_app.services.chases import plan_next
from migrations_app.services.eligibility import refresh_warnings
from migrations_app.services.rederiving import derived_of, rederive
from migrations_app.services.settle import settle
from providers.models import Bsp
from providers.services.directory import add_unlisted
from providers.services.naming import learn_name
from tickets.enums import OPEN_STATUSES, EventType, TicketStatus
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.routing import route
from tickets.services.snapshots import set_origin
from tickets.services.tickets import bump_version, lock_ticket


@dataclass(frozen=True)
class Recognition:
    """Which BSP it is: an entry of the directory, or (`slug` empty) a new one called `new_name`.

    `remember`: from now on the name as it was filed means this BSP, for every ticket.
    """

    slug: str = ""
    new_name: str = ""
    remember: bool = False


def recognise_bsp(*, ticket_id: int, found: Recognition, by: Actor, now: datetime) -> Bsp:
    """Say which BSP an open ticket leaves, and return it; the ticket leaves triage if a rule takes it now.

    :raises NotFound: there is no such ticket or BSP.
    :raises IllegalTransition: the ticket is a draft or has ended, or its BSP is known.
    :raises NameTaken: the name to add or to remember means another BSP.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        if ticket.status not in OPEN_STATUSES - {TicketStatus.DRAFT} or case.current_bsp is not None:
            raise IllegalTransition(extra={"allowed": []})
        bsp = _bsp(found, by=by, now=now)
        if found.remember:
            learn_name(bsp, case.current_bsp_name)
        take_bsp(uow, ticket, case, bsp)
        return bsp


def _bsp(found: Recognition, *, by: Actor, now: datetime) -> Bsp:
    if not found.slug:
        return add_unlisted(name=found.new_name, by=by, now=now)
    bsp = Bsp.objects.filter(slug=found.slug).first()
    if bsp is None:
        raise NotFound
    return bsp


def take_bsp(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, bsp: Bsp) -> None:
    """Write the BSP onto a locked case, and let tags, warnings, requirements, chases and queue follow."""
    before = derived_of(case)
    case.current_bsp, case.updated_at = bsp, uow.now
    case.save(update_fields=["current_bsp", "updated_at"])
    set_origin(ticket, origin=bsp.slug, prefix="bsp:")
    changed = ["current_bsp", "phone_numbers"] if refresh_warnings(ticket, case) else ["current_bsp"]
    bump_version(ticket)
    record(uow, ticket, EventType.TICKET_UPDATED, fields=changed, current_bsp=bsp.slug)
    rederive(uow, ticket, case, before)
    replan(uow, ticket, case)
    if ticket.queue and ticket.queue.is_triage:
        route(uow, ticket, routing_facts(ticket, case))
    settle(uow, ticket, case)


def replan(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Plan the waiting rungs of the case's chases anew: whom we can reach, and in which language, depends on the BSP.

    A first message stays as it is: it answers the client's own filing.
    """
    waiting = ChaseAttempt.objects.select_related("chase").filter(
        chase__case=case, chase__state=ChaseState.ACTIVE, chase__last_step__isnull=False, state=AttemptState.PLANNED
    )
    for attempt in waiting.order_by("id"):
        ChaseAttempt.objects.filter(pk=attempt.pk).delete()
        # A rung is planned in the moment in which the one before it was climbed: that is what its wait counts from.
        plan_next(uow, ticket, case, attempt.chase, previous=attempt.created_at)
