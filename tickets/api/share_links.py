"""Links to the page of a ticket for people without an account."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.fields import Text, Whole, Word
from config.core.api.idempotency import idempotent
from config.core.api.pagination import page
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from config.core.api.times import utc
from config.core.api.validation import StrictSerializer
from config.core.errors import NotFound
from tickets.api.conversation import OfTicketView
from tickets.enums.sharing import SharePermission
from tickets.models import ShareLink
from tickets.selectors.share_links import links_of
from tickets.services.share_links import DEFAULT_LIFE, LONGEST_LIFE, LinkWish, make_link, revoke_link

_MOST_SECONDS = int(LONGEST_LIFE.total_seconds())


@extend_schema_serializer(component_name="ShareLinkWish")
class ShareLinkIn(StrictSerializer):
    """What a link may do, and for how long. Every link shows the page: `view` need not be named."""

    permissions = serializers.ListField(
        child=Word(SharePermission.values, allow_null=False), required=False, max_length=10, min_length=1
    )
    expires_in_seconds = Whole(
        min_value=1,
        max_value=_MOST_SECONDS,
        required=False,
        allow_null=True,
        help_text="At most 90 days; 14 days when left out.",
    )
    # Fields are taken off the class: the serializer's own attribute of this name is untouched.
    label = Text(max_length=100, help_text="For whom it is, to tell links apart.")  # type: ignore[assignment]


class ShareLinksView(OfTicketView):
    """The links to a ticket's page."""

    @described("listShareLinks", page_shape(named("ShareLink")), tag="Share links")
    def get(self, request: Request, **_: Any) -> Response:
        """List the links that were not revoked, oldest first; their addresses are not told again."""
        return page(
            request, links_of(self.ticket), order="id", present=lambda rows: [link_document(row) for row in rows]
        )

    @described("makeShareLink", named("ShareLink"), tag="Share links", status=201, takes=ShareLinkIn)
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Make a link.

        Its address is shown this once; whoever has it may do what it permits.
        """
        data = self.valid(ShareLinkIn, request)
        seconds = data.get("expires_in_seconds")
        wish = LinkWish(
            permissions=[SharePermission(word) for word in data.get("permissions") or ()],
            lasts=DEFAULT_LIFE if seconds is None else timedelta(seconds=seconds),
            label=" ".join((data.get("label") or "").split()),
        )
        made = make_link(ticket_id=self.ticket.pk, wish=wish, by=self.actor, now=self.now)
        response = Response(link_document(made.row, made.url), status=201)
        response.one_time_fields = ("url",)  # type: ignore[attr-defined]
        return response


def link_document(row: ShareLink, url: str | None = None) -> dict[str, Any]:
    """Return one link; its address is known only when it is made."""
    return {
        "id": str(row.uid),
        "url": url,
        "permissions": row.permissions,
        "label": row.label or None,
        "created_by": {"type": "onboarding" if row.by_desk else "client", "name": row.created_by},
        "created_at": utc(row.created_at),
        "expires_at": utc(row.expires_at),
    }


class ShareLinkView(OfTicketView):
    """One link."""

    query_parameters: ClassVar = {}
    link_id: uuid.UUID

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find ticket and link.

        :raises NotFound: there is no such ticket, or it has no such link.
        """
        super().load(request, **kwargs)
        self.link_id = uuid.UUID(str(kwargs["link_id"]))
        if not links_of(self.ticket).filter(uid=self.link_id).exists():
            raise NotFound

    @described("revokeShareLink", None, tag="Share links", status=204)
    def delete(self, request: Request, **_: Any) -> Response:
        """Revoke the link: it opens nothing from now on."""
        revoke_link(ticket_id=self.ticket.pk, link_id=self.link_id, by=self.actor, now=self.now)
        return Response(status=204)
