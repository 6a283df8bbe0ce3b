"""Giving a migration to another organization: its numbers keep their lines, what was said in confidence stays with the desk."""

from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import AttemptState, ChaseState, PinCallState
from migrations_app.models import Chase, ChaseAttempt, MigrationCase, NumberMove, PinCall
from migrations_app.selectors.cases import case_of
from migrations_app.services.chases import begin_round
from migrations_app.services.confidences import leave_behind, words_of
from migrations_app.services.disputes import ReasonMissing, lines_given
from migrations_app.services.rederiving import derived_of, rederive
from migrations_app.services.settle import settle
from tickets.enums import TicketStatus, Visibility
from tickets.models import Organization, Ticket
from tickets.services.comments import post_comment
from tickets.services.snapshots import Filing, rewrite_filing, snapshot_of
from tickets.services.tickets import lock_ticket
from tickets.services.transfers import Contact, give_to


class CallInTheWay(Conflict):
    """A call is booked or running: somebody else's people were invited. It has to be cancelled or finished first."""


def hand_over(
    *, ticket_id: int, organization_id: int, reason: str, contact: Contact | None, by: Actor, now: datetime
) -> Ticket:
    """Give a ticket to another organization and return it; its numbers keep their lines without a gap.

    With a new contact the phone holders of the form go too, and open chases begin from their first rung: the new people have
    been told nothing yet. Disputes of that organization over this ticket's lines end.

    :raises NotFound: no such ticket or organization.
    :raises ReasonMissing: no reason is given.
    :raises CallInTheWay: a call is booked or running.
    :raises NotTransferable: a test ticket, or the organization's own.
    :raises IllegalTransition: the ticket has ended.
    """
    if not reason.strip():
        raise ReasonMissing
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        organization = Organization.objects.filter(pk=organization_id).first()
        if organization is None:
            raise NotFound
        if PinCall.objects.filter(ticket=ticket, state__in=[PinCallState.BOOKED, PinCallState.STARTED]).exists():
            raise CallInTheWay(extra={"allowed": []})
        before = derived_of(case)
        words = words_of(case)
        give_to(uow, ticket, organization, reason=reason.strip(), contact=contact)
        leave_behind(case, now=now)
        if contact is not None:
            _name_holder(case, contact)
        rewrite_filing(ticket, _filing(ticket, case))
        if words:
            post_comment(ticket_id=ticket_id, body=words, visibility=Visibility.INTERNAL, by=by, now=now)
        lines_given(uow, ticket, organization, reason=reason.strip())
        if ticket.status != TicketStatus.DRAFT:
            rederive(uow, ticket, case, before)
            if contact is not None:
                _ask_anew(uow, ticket, case)
            settle(uow, ticket, case)
        return ticket


def _name_holder(case: MigrationCase, contact: Contact) -> None:
    """Make the new contact the one who reads out the codes: the old phone holders are the old organization's people."""
    NumberMove.objects.filter(case=case).update(
        otp_contact_name=contact.name, otp_contact_phone=contact.phone, otp_contact_email=contact.email
    )


def _filing(ticket: Ticket, case: MigrationCase) -> Filing:
    numbers = NumberMove.objects.filter(case=case).order_by("position").values_list("number", flat=True)
    terms = [case.current_bsp_name, case.waba_id, *numbers]
    return Filing(client=snapshot_of(ticket), tags=ticket.tags, origin=ticket.origin, search_terms=terms)


def _ask_anew(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Begin every running chase again, for people who have not been asked yet."""
    ChaseAttempt.objects.filter(chase__case=case, state=AttemptState.PLANNED).delete()
    for chase in Chase.objects.filter(case=case, state__in=[ChaseState.ACTIVE, ChaseState.EXHAUSTED]).order_by("id"):
        begin_round(uow, ticket, case, chase, 1, previous=uow.now)
