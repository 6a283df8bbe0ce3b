"""Filing one body, and many bodies in one request. Every item of a batch is judged exactly as if it had come alone."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.batches import Each, idempotent_batch
from config.core.api.idempotency import InProgress
from config.core.api.schema import described
from config.core.api.validation import StrictSerializer
from config.core.api.views import ApiView
from config.core.errors import FieldProblem, Invalid
from migrations_app.api.base import ticket_answer
from migrations_app.api.judging import judged
from migrations_app.api.serializers import TicketIn
from migrations_app.api.shapes import BATCH, BATCH_FORM, FILING
from migrations_app.selectors.cases import document_of
from migrations_app.services import intake
from migrations_app.services.form_reading import read_form
from migrations_app.services.intake import Form
from tickets.enums import Source, TicketKind
from tickets.selectors.api import organization_of

MOST_TICKETS = 100
FILING_CODES = ("business_app_number", "kind_not_supported", "number_already_open")
"""What answers that are filed may be refused with, besides what any body may."""


class FilingView(ApiView):
    """A view that files tickets for the caller's organization."""

    def file(self, body: Any) -> Response:
        """File one body and return the answer that filing it alone gets.

        :raises Invalid: its shape or its answers do not hold, or its kind cannot be filed.
        :raises NumberAlreadyOpen: a number is held by another open ticket.
        """
        answers = self._read(judged(TicketIn, body, self._read))
        organization = organization_of(self.organization_id)
        ticket = intake.file_ticket(organization=organization, form=answers, by=self.actor, now=self.now)
        response = ticket_answer(document_of(self.organization_id, ticket.reference, test=self.key.test), status=201)
        response["Location"] = self.request.build_absolute_uri(f"/api/v1/tickets/{ticket.reference}")
        return response

    def _read(self, data: Mapping[str, Any]) -> Form:
        """Return the form that well-typed answers make.

        :raises Invalid: they do not hold, or their kind cannot be filed.
        """
        demand_kind(data["kind"])
        return read_form(data, source=Source.API, test=self.key.test)


def demand_kind(kind: str | None) -> None:
    """Refuse kinds that cannot be filed; nothing said means a number migration.

    :raises Invalid: it is another kind.
    """
    if kind and kind != TicketKind.NUMBER_MIGRATION:
        detail = gettext("Only number_migration can be filed so far.")
        raise Invalid([FieldProblem("#/kind", "kind_not_supported", detail)], code="kind_not_supported")


class BatchIn(StrictSerializer):
    """Up to 100 forms. Each is judged by itself, so that one bad item stops no other."""

    tickets = serializers.ListField(child=serializers.JSONField())

    def validate_tickets(self, value: list[Any]) -> list[Any]:
        """Refuse an empty batch and one that is too long."""
        if not value:
            raise serializers.ValidationError(gettext("Send at least one ticket."), code="required")
        if len(value) > MOST_TICKETS:
            raise serializers.ValidationError(gettext("At most 100 tickets in one batch."), code="too_many_items")
        return value


class BatchView(FilingView):
    """Filing many tickets at once."""

    @cached_property
    def items(self) -> list[Any]:
        """The bodies of the tickets.

        :raises ValidationError: it is no batch.
        """
        found: list[Any] = self.valid(BatchIn, self.request)["tickets"]
        return found

    @described(
        "fileTickets",
        BATCH,
        tag="Tickets",
        takes={"application/json": BATCH_FORM},
        examples=[
            OpenApiExample(
                "Two tickets of one group",
                value={
                    "tickets": [
                        {**FILING, "group_reference": "ROLLOUT-1"},
                        {"client": {"name": "Padaria Lua"}, "group_reference": "ROLLOUT-1", "submit": False},
                    ]
                },
                request_only=True,
            )
        ],
    )
    @idempotent_batch
    def post(self, request: Request, each: Each) -> Response:
        """File up to 100 tickets; one bad item stops no other.

        Every item commits by itself and has its own status: 201 with the ticket, or what filing it alone would have been
        refused with. The answer is 200 whatever the items' statuses are. With an Idempotency-Key a repeat files what is
        missing and gives the same tickets for the rest, even if the first request died half-way. A batch counts as its
        number of items against the limit of writes; a repeat under its key counts as one.
        """
        return Response({"data": [self._one(place, body, each) for place, body in enumerate(self.items)]})

    def _one(self, place: int, body: Any, each: Each) -> dict[str, Any]:
        try:
            answer = each(place, lambda: self.file(body))
        except InProgress:
            raise
        except Exception as refusal:  # noqa: BLE001  (whatever happens to one item is that item's answer)
            problem = self.handle_exception(refusal)
            return {"index": place, "status": problem.status_code, "problem": problem.data}
        return {"index": place, "status": answer.status_code, "ticket": answer.data}
