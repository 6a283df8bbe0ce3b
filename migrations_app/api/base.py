"""What all views below one ticket share: finding it, and answering with its document."""

from typing import Any, ClassVar

from django.db import connection
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.etags import etag, matches
from config.core.api.rendered import RenderedDocuments
from config.core.api.renderers import ApiJSONRenderer
from config.core.api.views import ApiView, not_modified
from config.core.errors import NotFound
from migrations_app.api.documents import ticket_document
from migrations_app.models import MigrationCase
from migrations_app.selectors.cases import document_of
from tickets.models import Ticket
from tickets.selectors.api import ticket_of


class TicketView(ApiView):
    """A resource of one ticket of the caller's organization."""

    ticket: Ticket

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find the ticket before anything else of the request is judged.

        :raises NotFound: it does not exist for this caller.
        """
        self.ticket = ticket_of(self.organization_id, kwargs["reference"], test=self.key.test)

    def answer(self) -> Response:
        """Return the ticket's document as it is now, with its entity tag."""
        return ticket_answer(document_of(self.organization_id, self.ticket.reference, test=self.key.test))


def ticket_answer(case: MigrationCase, *, status: int = 200) -> Response:
    """Return the document of a case just read, with its entity tag."""
    response = Response(ticket_document(case.ticket, case), status=status)
    response["ETag"] = etag(version=case.ticket.version, revision=case.ticket.revision)
    return response


_RENDERED = RenderedDocuments()
_JSON = ApiJSONRenderer()


class ConditionalView(ApiView):
    """A document under an entity tag: 304 while the counters stand still, else the kept text, else read and kept.

    Outside of any transaction only, so that nothing uncommitted is ever kept.
    """

    counters_with_key = True
    name: ClassVar[str]
    """What the document is called among those of the same ticket."""
    document: "ClassVar[staticmethod[[Ticket, MigrationCase], dict[str, Any]]]"
    """What is shown."""

    def load(self, request: Request, **kwargs: Any) -> None:
        """Take the counters that were read along with the key.

        :raises NotFound: the ticket does not exist for this caller.
        """
        self.reference = kwargs["reference"]
        if self.key.counters is None:
            raise NotFound
        self.version, revision = self.key.counters
        self.tag = etag(version=self.version, revision=revision)

    def get(self, request: Request, **_: Any) -> HttpResponseBase:
        """Return the document, or 304 when the caller has it."""
        if matches(request.META.get("HTTP_IF_NONE_MATCH"), self.tag):
            return not_modified(self.tag)
        name = f"{self.name}:{self.reference}"
        body = _RENDERED.get(name, self.tag)
        if body is None:
            case = document_of(self.organization_id, self.reference, test=self.key.test)
            body = _JSON.render(type(self).document(case.ticket, case))
            # The tag of what was read, not of the counters read before it: a change in between must not be hidden.
            self.tag = etag(version=case.ticket.version, revision=case.ticket.revision)
            if not connection.in_atomic_block:
                _RENDERED.keep(name, self.tag, body)
        return HttpResponse(body, content_type="application/json", headers={"ETag": self.tag})
