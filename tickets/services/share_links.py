"""Making and ending links to a ticket's page. The token is in the link and nowhere else; opening one changes nothing."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import UnitOfWork, unit_of_work
from tickets.enums import EventType
from tickets.enums.sharing import SharePermission
from tickets.models import ShareLink, Ticket
from tickets.selectors.share_links import digest_of
from tickets.services.events import record
from tickets.services.tickets import lock_ticket

DEFAULT_LIFE = timedelta(days=14)
LONGEST_LIFE = timedelta(days=90)
MAIL_LIFE = timedelta(days=60)
"""A message is found again weeks later, after a promise or a holiday; each newer one brings a newer link."""
KEPT = timedelta(days=90)
"""How long a link whose time is over stays in its ticket's list."""
BATCH = 5000
"""Most links that one run forgets; the next run goes on."""
_TOKEN_BYTES = 24


@dataclass(frozen=True)
class LinkWish:
    """What a new link may do and for how long; seeing the page is part of every link."""

    permissions: Collection[SharePermission] = ()
    lasts: timedelta = DEFAULT_LIFE
    label: str = ""


@dataclass(frozen=True)
class NewLink:
    """A link just made: its row, and its address, which is nowhere else to be had."""

    row: ShareLink
    url: str


def make_link(*, ticket_id: int, wish: LinkWish, by: Actor, now: datetime) -> NewLink:
    """Make a link to a ticket's page, with an event for the desk.

    :raises NotFound: no such ticket.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        made = _made(uow, ticket, wish)
        data = {"link": str(made.row.uid), "permissions": made.row.permissions, "label": made.row.label}
        record(
            uow, ticket, EventType.LINK_MADE, internal=True, expires_at=made.row.expires_at.isoformat(), **data
        )  # fmt: skip
        return made


def link_for_message(uow: UnitOfWork, ticket: Ticket) -> str:
    """Return the address of a fresh link for a message to the client of a locked ticket; the message itself is the record of it."""
    wish = LinkWish((SharePermission.ANSWER, SharePermission.SCHEDULE), MAIL_LIFE)
    return _made(uow, ticket, wish, in_mail=True).url


def _made(uow: UnitOfWork, ticket: Ticket, wish: LinkWish, *, in_mail: bool = False) -> NewLink:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    allowed = {SharePermission.VIEW, *wish.permissions}
    row = ShareLink.objects.create(
        ticket=ticket,
        permissions=[each.value for each in SharePermission if each in allowed],
        label=wish.label,
        digest=digest_of(token),
        in_mail=in_mail,
        expires_at=uow.now + min(wish.lasts, LONGEST_LIFE),
        created_by=uow.by.label,
        by_desk=uow.by.is_staff_of_desk,
        created_at=uow.now,
    )
    return NewLink(row, f"{settings.PORTERO_BASE_URL}/t/{token}")


def revoke_link(*, ticket_id: int, link_id: UUID, by: Actor, now: datetime) -> None:
    """Let a link open nothing any more; one that left in a message is the desk's to end.

    :raises NotFound: the ticket has no such link, or it was revoked already.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        rows = ShareLink.objects.filter(ticket=ticket, uid=link_id, revoked_at__isnull=True)
        if not by.is_staff_of_desk:
            rows = rows.filter(in_mail=False)
        if rows.update(revoked_at=now) != 1:
            raise NotFound
        record(uow, ticket, EventType.LINK_REVOKED, internal=True, link=str(link_id))


def end_links(uow: UnitOfWork, ticket: Ticket) -> None:
    """Let every link to a locked ticket's page, those in messages too, open nothing any more: it goes to other people."""
    if ShareLink.objects.filter(ticket=ticket, revoked_at__isnull=True).update(revoked_at=uow.now):
        record(uow, ticket, EventType.LINK_REVOKED, internal=True, link=None)


def forget_old_links(*, now: datetime) -> int:
    """Delete links whose time was over long ago, revoked ones too, and return how many: they open nothing and tell nothing."""
    rows = ShareLink.objects.filter(expires_at__lt=now - KEPT).order_by("expires_at")
    ids = list(rows.values_list("id", flat=True)[:BATCH])
    ShareLink.objects.filter(pk__in=ids).delete()
    return len(ids)
