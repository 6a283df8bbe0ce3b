"""What people said on a ticket, and what happened to it."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_serializer
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.fields import StrictText
from config.core.api.idempotency import idempotent
from config.core.api.pagination import LIST_PARAMETERS, page
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from config.core.api.times import utc
from config.core.api.validation import StrictSerializer
from config.core.api.views import ApiView
from tickets.enums import Visibility
from tickets.models import Comment, Ticket
from tickets.selectors.api import ticket_of
from tickets.selectors.desk import comments_of, timeline
from tickets.selectors.event_documents import event_document
from tickets.services.comments import post_comment


class OfTicketView(ApiView):
    """A resource below one ticket of the caller's organization."""

    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}
    ticket: Ticket

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find the ticket.

        :raises NotFound: it does not exist for this caller.
        """
        self.ticket = ticket_of(self.organization_id, kwargs["reference"], test=self.key.test)


@extend_schema_serializer(component_name="CommentText")
class CommentIn(StrictSerializer):
    """A public comment."""

    body = StrictText(max_length=20_000)


class CommentsView(OfTicketView):
    """The public comments of a ticket."""

    @described("listComments", page_shape(named("Comment")), tag="Conversation")
    def get(self, request: Request, **_: Any) -> Response:
        """List comments, oldest first."""
        return page(
            request,
            comments_of(self.ticket, internal=False),
            order="id",
            present=lambda rows: [comment_document(row) for row in rows],
        )

    @described("addComment", named("Comment"), tag="Conversation", status=201, takes=CommentIn)
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Add a public comment."""
        data = self.valid(CommentIn, request)
        comment = post_comment(
            ticket_id=self.ticket.pk, body=data["body"], visibility=Visibility.PUBLIC, by=self.actor, now=self.now
        )
        return Response(comment_document(comment), status=201)


def comment_document(comment: Comment) -> dict[str, Any]:
    """Return one comment. Who of the desk wrote it is the desk's business."""
    return {
        "id": str(comment.pk),
        "body": comment.body,
        "author": {"type": "onboarding" if comment.from_desk else "client", "name": comment.author_label},
        "created_at": utc(comment.created_at),
    }


class TicketEventsView(OfTicketView):
    """What happened to a ticket."""

    @described("listTicketEvents", page_shape(named("Event")), tag="Conversation")
    def get(self, request: Request, **_: Any) -> Response:
        """List events, oldest first."""
        return page(
            request,
            timeline(self.ticket, internal=False),
            order="id",
            present=lambda rows: [event_document(row) for row in rows],
        )
