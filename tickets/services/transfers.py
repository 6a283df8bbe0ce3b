"""Giving a ticket to another organization. What the old one wrote stays with the desk; each keeps its own story in its feed."""

from dataclasses import dataclass

from config.core.errors import Conflict
from config.core.uow import IllegalTransition, UnitOfWork
from tickets.enums import OPEN_STATUSES, EventType, TicketStatus, Visibility
from tickets.models import Attachment, Comment, Organization, Ticket
from tickets.services.events import record
from tickets.services.idempotency import forget_answers_about
from tickets.services.share_links import end_links
from tickets.services.silence import count_anew
from tickets.services.tickets import bump_version


class NotTransferable(Conflict):
    """A test ticket belongs to the organization that tries something out, and a ticket cannot be given to its own."""


@dataclass(frozen=True)
class Contact:
    """Whom the new organization names as the client's contact."""

    name: str
    email: str
    phone: str = ""


def give_to(
    uow: UnitOfWork, ticket: Ticket, organization: Organization, *, reason: str, contact: Contact | None
) -> None:
    """Give a locked ticket to another organization; `contact` None keeps the client's present one.

    The old organization gets `ticket.deleted` as its last event and finds nothing any more; the new one gets
    `ticket.created`, `ticket.submitted` and where the ticket stands now. References of the old one's making go, all comments
    and files become internal, and no link to its page opens any more. `reason` is in the actor's words, for the desk only.

    :raises NotTransferable: it is a test ticket, or the organization's own.
    :raises IllegalTransition: it has ended.
    """
    old = ticket.organization
    if ticket.test or old == organization:
        raise NotTransferable(extra={"allowed": []})
    if ticket.status not in OPEN_STATUSES:
        raise IllegalTransition(extra={"allowed": []})
    record(uow, ticket, EventType.TICKET_DELETED, reason="transferred")
    columns = {"organization": organization, "client_reference": "", "group_reference": ""}
    if contact is not None:
        columns |= {"contact_name": contact.name, "contact_email": contact.email, "contact_phone": contact.phone}
    Ticket.objects.filter(pk=ticket.pk).update(**columns)
    for name, value in columns.items():
        setattr(ticket, name, value)
    end_links(uow, ticket)
    for said in (Comment, Attachment):
        said.objects.filter(ticket=ticket, visibility=Visibility.PUBLIC).update(visibility=Visibility.INTERNAL)
    forget_answers_about(organization_id=old.pk, reference=ticket.reference)
    bump_version(ticket)
    _tell(uow, ticket, old, reason)
    count_anew(uow, ticket)


def _tell(uow: UnitOfWork, ticket: Ticket, old: Organization, reason: str) -> None:
    """Begin the ticket's story in the feed of its new organization, and say to the desk what happened."""
    record(uow, ticket, EventType.TICKET_CREATED, kind=ticket.kind, source=ticket.source)
    if ticket.status != TicketStatus.DRAFT:
        record(uow, ticket, EventType.TICKET_SUBMITTED)
    if ticket.status not in {TicketStatus.DRAFT, TicketStatus.NEW}:
        record(uow, ticket, EventType.TICKET_STATUS_CHANGED, old=TicketStatus.NEW.value, new=ticket.status)
    new = ticket.organization
    record(uow, ticket, EventType.TICKET_TRANSFERRED, internal=True, old=old.name, new=new.name, reason=reason)
