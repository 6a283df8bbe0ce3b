"""What people say on a ticket."""

from collections.abc import Collection
from datetime import datetime

from config.core.actor import Actor
from config.core.uow import UnitOfWork, unit_of_work
from tickets.enums import EventType, Visibility
from tickets.models import Attachment, Comment, Ticket
from tickets.services.clocks import hear
from tickets.services.events import record
from tickets.services.files import let_go_of
from tickets.services.tickets import lock_ticket


def post_comment(*, ticket_id: int, body: str, visibility: Visibility, by: Actor, now: datetime) -> Comment:
    """Add a comment. Internal ones never reach a client: neither their text nor the fact that they exist.

    A public one counts for the clock of the answer to the client.

    :raises NotFound: no such ticket.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        comment = Comment.objects.create(
            ticket=ticket,
            visibility=visibility,
            body=body,
            author_kind=by.kind,
            author_label=by.label,
            from_desk=by.is_staff_of_desk,
            created_at=now,
        )
        internal = visibility is Visibility.INTERNAL
        record(
            uow,
            ticket,
            EventType.TICKET_COMMENTED,
            internal=internal,
            comment=comment.pk,
            from_desk=by.is_staff_of_desk,
        )
        columns = hear(uow, ticket, visibility=visibility, by=by)
        if columns:
            Ticket.objects.filter(pk=ticket.pk).update(**columns)
        return comment


def take_back_note(uow: UnitOfWork, ticket: Ticket, *, comment_id: int | None, attachment_ids: Collection[int]) -> None:
    """Take an internal comment and internal files away from a locked ticket where they do not belong.

    What a client could read is on record and stays.
    """
    Comment.objects.filter(pk=comment_id or 0, ticket=ticket, visibility=Visibility.INTERNAL).delete()
    let_go_of(Attachment.objects.filter(ticket=ticket, pk__in=attachment_ids, visibility=Visibility.INTERNAL))
    record(uow, ticket, EventType.TICKET_UPDATED, internal=True, note_taken_back=comment_id)
