"""Reading the files of tickets."""

import uuid
from collections.abc import Iterable

from django.db.models import QuerySet

from config.core.errors import NotFound
from tickets.enums import Visibility
from tickets.models import Attachment, Ticket


def attachments_of(ticket: Ticket, *, internal: bool) -> QuerySet[Attachment]:
    """Return the files of a ticket, oldest first; internal ones for the desk only."""
    files = Attachment.objects.filter(ticket=ticket).order_by("id")
    return files if internal else files.filter(visibility=Visibility.PUBLIC)


def attachment_of(ticket: Ticket, uid: uuid.UUID, *, internal: bool) -> Attachment:
    """Return one file of a ticket.

    :raises NotFound: the ticket has no such file, or this reader may not know of it.
    """
    found = attachments_of(ticket, internal=internal).filter(uid=uid).first()
    if found is None:
        raise NotFound
    return found


def known_uids(uids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of these ids that belong to a file of some ticket."""
    return set(Attachment.objects.filter(uid__in=list(uids)).values_list("uid", flat=True))
