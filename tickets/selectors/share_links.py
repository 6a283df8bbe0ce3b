"""Reading the links to a ticket's page."""

import hashlib
from datetime import datetime

from django.db.models import Q, QuerySet

from config.core.errors import NotFound
from tickets.models import ShareLink, Ticket


def digest_of(token: str) -> str:
    """Return what is stored of a token. A plain hash suffices: the token itself holds 192 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def links_of(ticket: Ticket) -> QuerySet[ShareLink]:
    """Return the links somebody made to a ticket's page and did not revoke, oldest first; those in messages are not among them."""
    return ShareLink.objects.filter(ticket=ticket, revoked_at__isnull=True, in_mail=False).order_by("id")


def links_for_desk(ticket: Ticket, *, now: datetime) -> list[ShareLink]:
    """Return the links to a ticket's page that were not revoked, oldest first; of those in messages the ones that still open it."""
    listed = Q(in_mail=False) | Q(expires_at__gt=now)
    return list(ShareLink.objects.filter(listed, ticket=ticket, revoked_at__isnull=True).order_by("id"))


def opened_by(token: str, *, now: datetime) -> ShareLink:
    """Return the link that a token opens, with its ticket.

    :raises NotFound: we have not made it, it was revoked, or its time is over: nobody is told which.
    """
    rows = ShareLink.objects.select_related("ticket__queue", "ticket__organization")
    found = rows.filter(digest=digest_of(token), revoked_at__isnull=True, expires_at__gt=now).first()
    if found is None:
        raise NotFound
    return found
