"""One message instead of many: what is due to the same address leaves together, in its hours, and no more than a day allows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction

from config.core.uow import UnitOfWork
from migrations_app.enums import AttemptState, ChannelName
from migrations_app.models import ChaseAttempt, Mailbox, MigrationCase
from migrations_app.rules.bundles import MOST, Sharing, carries_text, day_is_full, may_share, plain_address
from migrations_app.rules.hours import is_open, local_day, next_day, opening
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.chases import waits_in_call
from migrations_app.selectors.nudges import due_beside
from migrations_app.services.chases import plan_next
from migrations_app.services.delivery import still_wanted
from migrations_app.services.digests import DIGEST, DIGEST_BSP, compose_digest, entry_of
from migrations_app.services.letters import Attachment
from migrations_app.services.messages import NotNow, compose_chase
from migrations_app.services.nudge_links import way_out
from migrations_app.services.pacing import is_nudge, set_due
from migrations_app.services.recipients import Contact, contacts_of
from migrations_app.services.settle import settle
from providers.selectors.exchanges import left_for
from providers.types import OutboundMessage
from tickets.enums import Party
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket

_log = structlog.get_logger("portero.chase")


@dataclass(frozen=True)
class Member:
    """One reminder of a locked ticket, about to leave."""

    attempt: ChaseAttempt
    ticket: Ticket
    case: MigrationCase

    @property
    def sharing(self) -> Sharing:
        """What decides with whom it may share a message."""
        row = self.attempt
        return Sharing(
            Party(row.recipient_party), row.channel, row.address, self.ticket.organization_id, self.ticket.test
        )


def leaves_together(attempt: ChaseAttempt, ticket: Ticket) -> bool:
    """Tell whether a message keeps to its reader's hours and cap, and may take others along: a reminder by mail.

    What is about a test ticket goes nowhere, so it waits for nobody.
    """
    return not ticket.test and attempt.channel == ChannelName.EMAIL and is_nudge(attempt)


def lock_company(uow: UnitOfWork, attempt_id: int) -> list[int]:
    """Lock the tickets of a due reminder and of what else is due for its address, by ascending id; return those others' ids."""
    attempt = ChaseAttempt.objects.filter(pk=attempt_id, channel=ChannelName.EMAIL).exclude(address="").first()
    if attempt is None:
        return []
    mates = due_beside(attempt, now=uow.now, limit=MOST - 1)
    own = ChaseAttempt.objects.filter(pk=attempt_id).values_list("chase__case__ticket_id", flat=True)
    ids = {*own, *(ticket_id for _mate, ticket_id in mates)}
    uow.lock(Ticket, *Ticket.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [mate for mate, _ticket in mates]


def contact_for(member: Member) -> Contact:
    """Return how the recipient of a reminder is reached."""
    return contacts_of(member.ticket, member.case)[Party(member.attempt.recipient_party)]


def may_leave(uow: UnitOfWork, member: Member) -> Mailbox | None:
    """Return the locked mailbox of a nudge by mail that may leave now; None: it waits for a better time, or nobody wants it."""
    contact, row = contact_for(member), member.attempt
    if contact.left_alone:
        row.delete()
        plan_next(uow, member.ticket, member.case, row.chase, previous=uow.now)
        settle(uow, member.ticket, member.case)
        return None
    if not is_open(contact.hours, uow.now) and not (contact.party is Party.CLIENT and waits_in_call(row.chase)):
        _put_off(uow, member, opening(contact.hours, uow.now))
        return None
    mailbox = mailbox_of(uow, contact.email)
    since, until = local_day(contact.hours, uow.now)
    left = left_for(mailbox.address, since=since, until=until)
    if day_is_full(left, cap=settings.CHASE_DAILY_CAP):
        _put_off(uow, member, next_day(contact.hours, uow.now))
        return None
    return mailbox


def _put_off(uow: UnitOfWork, member: Member, until: datetime) -> None:
    set_due(uow, member.attempt.chase, until)
    settle(uow, member.ticket, member.case)


def mailbox_of(uow: UnitOfWork, address: str) -> Mailbox:
    """Return the row of an address, locked. It is taken after the tickets' locks."""
    stamps = {"created_at": uow.now, "updated_at": uow.now}
    mailbox, _new = Mailbox.objects.get_or_create(address=plain_address(address), defaults=stamps)
    uow.lock(Mailbox, mailbox.pk)
    return mailbox


def company_of(uow: UnitOfWork, first: Member, mates: Sequence[int]) -> list[tuple[Member, dict[str, object]]]:
    """Return the others that leave with a reminder, each with what the digest says of it.

    One that cannot be put into words is left out, so that it does not keep the others from leaving.
    """
    found: list[tuple[Member, dict[str, object]]] = []
    if plain_address(contact_for(first).email) != plain_address(first.attempt.address):
        # The address was corrected since this was planned: those others are due to the old one.
        return found
    for attempt_id in mates:
        try:
            # A point to go back to: what breaks for one must not break what the others are written in.
            with transaction.atomic():
                member = _mate(uow, first, attempt_id)
                if member is not None:
                    found.append((member, entry_of(member.attempt, member.ticket, member.case, now=uow.now)))
        except NotNow:
            continue  # its own claim passes it by
        except Exception as error:  # noqa: BLE001  (whatever it is, the others are due too)
            _log.error(
                "a reminder cannot join a digest", id=attempt_id, error_type=type(error).__name__, exc_info=error
            )
    return found


def _mate(uow: UnitOfWork, first: Member, attempt_id: int) -> Member | None:
    attempt = ChaseAttempt.objects.select_related("chase__case").filter(pk=attempt_id).first()
    if attempt is None or attempt.state != AttemptState.PLANNED:
        return None
    ticket = lock_ticket(uow, attempt.chase.case.ticket_id)
    member = Member(attempt, ticket, case_of(ticket.pk))
    if not may_share(first.sharing, member.sharing) or not still_wanted(attempt, ticket) or not is_nudge(attempt):
        return None
    contact = contact_for(member)
    there = plain_address(contact.email) == plain_address(attempt.address) and not contact.left_alone
    return member if there and is_open(contact.hours, uow.now) else None


def digest_of(
    uow: UnitOfWork, first: Member, single: OutboundMessage, company: Sequence[tuple[Member, dict[str, object]]]
) -> tuple[OutboundMessage, str]:
    """Return one message for a reminder and its company, and the name of its text.

    Only the client of a single ticket is copied: who reads of several cases must not read of another client's.
    """
    entries = [entry_of(first.attempt, first.ticket, first.case, now=uow.now), *(entry for _member, entry in company)]
    members = [first, *(member for member, _entry in company)]
    to_bsp = first.attempt.recipient_party == Party.OLD_BSP
    carried = [Carried() if to_bsp else _carried(uow, member) for member in members]
    entries = [entry | each.words for entry, each in zip(entries, carried, strict=True)]
    digest = compose_digest(entries, first.ticket, first.case, attempt=first.attempt, recipient=single.recipient)
    one_ticket = len({member.ticket.pk for member in members}) == 1
    copied = single.copied_to if one_ticket else ()
    files = (file for each in carried for file in each.files)
    digest = replace(digest, copied_to=copied, attachments=(*digest.attachments, *files))
    return digest, DIGEST_BSP if to_bsp else DIGEST


@dataclass(frozen=True)
class Carried:
    """What goes along with a digest for one of its tickets: the whole text, and letters that the client has to send."""

    whole: tuple[Attachment, ...] = ()
    letters: tuple[Attachment, ...] = ()

    @property
    def files(self) -> tuple[Attachment, ...]:
        """Every file of the ticket."""
        return (*self.whole, *self.letters)

    @property
    def words(self) -> dict[str, str]:
        """What the digest's entry says of the files."""
        return {
            "whole_text": "".join(name for name, _content, _kind in self.whole),
            "letter_files": ", ".join(name for name, _content, _kind in self.letters),
        }


def _carried(uow: UnitOfWork, member: Member) -> Carried:
    """Return the whole text of a guide or letter as a file, with the files of its own: a line cannot stand for it.

    Each is named by its ticket: letters of several tickets to one BSP would bear the same name.
    """
    if not carries_text(member.attempt.message):
        return Carried()
    whole = compose_chase(member.attempt, member.ticket, member.case, now=uow.now)
    text = f"{whole.title}\n\n{whole.body}".encode()
    reference = member.ticket.reference
    letters = [
        (f"{name.removesuffix('.txt')}-{reference}.txt", content, kind)
        for name, content, kind in whole.attachments
        if kind == "text/plain"
    ]
    return Carried(((f"{reference}.txt", text, "text/plain"),), tuple(letters))


def with_way_out(message: OutboundMessage, mailbox: Mailbox, members: Sequence[Member]) -> OutboundMessage:
    """Return a nudge with the link by which its reader stops reminders, for people and for mail programs (RFC 8058)."""
    out = way_out(mailbox, {member.ticket.organization_id for member in members}, message.language)
    return replace(message, body=message.body + out.footer, headers=(*message.headers, *out.headers))
