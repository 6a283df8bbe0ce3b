"""The change feed: everything that happened, in order, to be followed from any place on."""

import hashlib
import json
from typing import ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import queries
from config.core.api.etags import matches
from config.core.api.pagination import limit_of
from config.core.api.problems import ApiProblem
from config.core.api.schema import described
from config.core.api.shapes import named
from config.core.api.views import ApiView, not_modified
from tickets.enums import FEED_EVENTS
from tickets.selectors.event_documents import event_document
from tickets.selectors.feed import FeedWish, Reach, feed_page, reach_of

NOW = "now"
_PLACE = signing.Signer(salt="portero.feed")
"""Without a time: the same place has the same cursor, so that an unchanged page has an unchanged tag."""

FEED_FILTERS = (
    OpenApiParameter("after", str, description="`next_cursor` of the page before, or `now` for new events only."),
    OpenApiParameter(
        "types",
        str,
        many=True,
        enum=[kind.value for kind in FEED_EVENTS],
        description="Types of events. Repeated or comma-separated: any of.",
    ),
    OpenApiParameter("ticket", str, description="Events of the ticket with this reference."),
)


class EventsView(ApiView):
    """The change feed of the caller's organization: of its live tickets, or of its test tickets with a test key."""

    query_parameters: ClassVar = {"GET": frozenset({"after", "types", "ticket", "limit"})}

    @described(
        "listEvents",
        named("EventFeed"),
        tag="Conversation",
        parameters=[*FEED_FILTERS],
        headers=["Link"],
        refusals=[410, "cursor_invalid", "cursor_expired"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Follow what happens, oldest first.

        Without `after` it begins with the oldest event that is kept. `next_cursor` is always there: keep it, and send it
        as `after` the next time. Filtered by type a page may be empty although `has_more` is true: go on.
        """
        limit = limit_of(request)
        types = queries.words(request, "types", [kind.value for kind in FEED_EVENTS])
        wish = FeedWish(self.organization_id, self.key.test, tuple(types), queries.text(request, "ticket"))
        reach = reach_of(self.organization_id)
        after = self._after(request, reach)
        tag = _tag(wish, after, limit, reach)
        if matches(request.headers.get("If-None-Match"), tag):
            return not_modified(tag)
        found = feed_page(wish, after=after, head=reach.head, limit=limit)
        cursor = self._cursor(found.place)
        response = Response(
            {
                "data": [event_document(event) for event in found.events],
                "next_cursor": cursor,
                "has_more": found.more,
            }
        )
        response["ETag"] = tag
        kept = [(name, value) for name, values in request.query_params.lists() if name != "after" for value in values]
        query = urlencode([*kept, ("after", cursor)])
        response["Link"] = f'<{request.build_absolute_uri(request.path)}?{query}>; rel="next"'
        return response

    def _cursor(self, place: int) -> str:
        return _PLACE.sign_object([self.organization_id, self.key.test, place])

    def _after(self, request: Request, reach: Reach) -> int:
        """Return the place after which the page begins.

        :raises ApiProblem: the cursor is none of ours for this caller (400), or what follows it is no longer kept (410).
        """
        raw = queries.single(request, "after")
        if raw is None:
            return reach.floor
        if raw == NOW:
            return reach.head
        try:
            organization_id, test, place = _PLACE.unsign_object(raw)
        except (signing.BadSignature, ValueError, TypeError):
            raise ApiProblem("cursor_invalid") from None
        if (organization_id, test) != (self.organization_id, self.key.test):
            raise ApiProblem("cursor_invalid")
        # A place that is not reached yet was given before the database was restored from an older copy.
        if not reach.floor <= place <= reach.head:
            raise ApiProblem("cursor_expired")
        return int(place)


def _tag(wish: FeedWish, after: int, limit: int, reach: Reach) -> str:
    """Return the tag of a page: events never change, so it follows from what is asked for and how far the feed reaches."""
    parts = [wish.organization_id, wish.test, sorted(wish.types), wish.reference, after, limit, reach.head]
    return f'"{hashlib.sha256(json.dumps([*parts, settings.RELEASE]).encode()).hexdigest()[:32]}"'
