"""The ticket document: file, list, read, poll, change, act."""

from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import queries
from config.core.api.etags import demand_match
from config.core.api.idempotency import idempotent
from config.core.api.pagination import page
from config.core.api.parsers import MergePatchParser, StrictJSONParser
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from migrations_app.api.base import ConditionalView, TicketView, ticket_answer
from migrations_app.api.documents import poll_document, ticket_document
from migrations_app.api.filing import FILING_CODES, FilingView
from migrations_app.api.filters import ORDERS, TICKET_FILTERS, TICKET_PARAMETERS, filtered
from migrations_app.api.judging import judged
from migrations_app.api.serializers import CancelIn, EmptyIn, TicketIn, TicketPatch
from migrations_app.api.shapes import FILING, TICKET
from migrations_app.selectors.cases import document_of, documents
from migrations_app.services import editing, endings, intake
from tickets.enums import CancelReason
from tickets.models import Ticket
from tickets.selectors.api import ticket_of, tickets_of


class TicketsView(FilingView):
    """All tickets of the caller's organization."""

    query_parameters: ClassVar = {"GET": TICKET_PARAMETERS}

    @described("listTickets", page_shape(TICKET), tag="Tickets", parameters=[*TICKET_FILTERS])
    def get(self, request: Request) -> Response:
        """List tickets, newest change first unless asked otherwise."""
        rows = filtered(request, tickets_of(self.organization_id, test=self.key.test))
        order = queries.one_of(request, "sort", ORDERS, default="-updated_at")
        return page(request, rows.select_related("queue"), order=order, present=_present)

    @described(
        "fileTicket",
        TICKET,
        tag="Tickets",
        status=201,
        takes=TicketIn,
        headers=["Location", "ETag"],
        refusals=FILING_CODES,
        examples=[OpenApiExample("A complete form", value=FILING, request_only=True)],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """File a ticket, or keep it as a draft."""
        return self.file(request.data)


def _present(tickets: list[Ticket]) -> list[dict[str, Any]]:
    cases = documents(tickets)
    return [ticket_document(ticket, cases[ticket.pk]) for ticket in tickets]


class TicketStatusView(ConditionalView):
    """The small document for polls."""

    name = "status"
    document = staticmethod(poll_document)

    @described("pollTicket", named("TicketStatus"), tag="Tickets")
    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """The small document for polls; with If-None-Match it costs next to nothing."""
        return super().get(request, **kwargs)


class TicketDetailView(ConditionalView):
    """One ticket."""

    name = "ticket"
    document = staticmethod(ticket_document)
    parser_classes = [StrictJSONParser, MergePatchParser]
    conditional_methods = frozenset({"PATCH"})

    @described("getTicket", TICKET, tag="Tickets")
    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """One ticket with everything that is shown of it."""
        return super().get(request, **kwargs)

    @described(
        "changeTicket",
        TICKET,
        tag="Tickets",
        takes={"application/merge-patch+json": TicketPatch, "application/json": TicketPatch},
        headers=["ETag"],
        refusals=[409, *FILING_CODES],
    )
    def patch(self, request: Request, **_: Any) -> Response:
        """Change the form's answers: a JSON merge patch made on a known version."""
        version = demand_match(request, version=self.version)
        ticket = ticket_of(self.organization_id, self.reference, test=self.key.test)
        changes = judged(TicketPatch, request.data, lambda rest: editing.judge_changes(ticket=ticket, changes=rest))
        edit = editing.Edit(changes=changes, version=version)
        editing.edit_ticket(ticket_id=ticket.pk, edit=edit, by=self.actor, now=self.now)
        return ticket_answer(document_of(self.organization_id, self.reference, test=self.key.test))

    @described("deleteDraft", None, tag="Tickets", status=204, refusals=[409])
    def delete(self, request: Request, **_: Any) -> Response:
        """Delete a draft."""
        ticket = ticket_of(self.organization_id, self.reference, test=self.key.test)
        intake.delete_draft(ticket_id=ticket.pk, by=self.actor, now=self.now)
        return Response(status=204)


class SubmitView(TicketView):
    """Submitting a draft."""

    takes_body = False

    @described("submitTicket", TICKET, tag="Tickets", takes=EmptyIn, headers=["ETag"], refusals=FILING_CODES)
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Submit the draft."""
        self.valid(EmptyIn, request)
        intake.submit_draft(ticket_id=self.ticket.pk, by=self.actor, now=self.now)
        return self.answer()


class CancelView(TicketView):
    """Cancelling."""

    takes_body = False

    @described("cancelTicket", TICKET, tag="Tickets", takes=CancelIn, headers=["ETag"])
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Cancel the ticket."""
        data = self.valid(CancelIn, request)
        reason = CancelReason(data.get("reason") or CancelReason.OTHER)
        endings.cancel(ticket_id=self.ticket.pk, reason=reason, by=self.actor, now=self.now)
        return self.answer()


class ReopenView(TicketView):
    """Reopening."""

    takes_body = False

    @described("reopenTicket", TICKET, tag="Tickets", takes=EmptyIn, headers=["ETag"], refusals=["number_already_open"])
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Bring back a resolved, closed or cancelled ticket."""
        self.valid(EmptyIn, request)
        endings.reopen(ticket_id=self.ticket.pk, by=self.actor, now=self.now)
        return self.answer()
