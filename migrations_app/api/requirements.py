"""Answering requirements, and watching the chases."""

from datetime import date, datetime
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.idempotency import idempotent
from config.core.api.pagination import LIST_PARAMETERS, page
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from config.core.api.times import utc
from config.core.errors import NotFound
from migrations_app.api.base import TicketView
from migrations_app.api.serializers import ClaimIn, RequestedIn
from migrations_app.api.shapes import TICKET
from migrations_app.enums import RequirementCode
from migrations_app.models import Chase
from migrations_app.rules.hours import end_of_promise
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.selectors.chases import chases_of
from migrations_app.services import requirements
from migrations_app.services.asked import covered_by
from tickets.enums import Party
from tickets.selectors.transfers import given_at


class RequirementView(TicketView):
    """One requirement of a ticket."""

    takes_body = False
    code: RequirementCode

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find ticket and requirement.

        :raises NotFound: there is no such ticket or code.
        """
        super().load(request, **kwargs)
        if kwargs["code"] not in RequirementCode.values:
            raise NotFound
        self.code = RequirementCode(kwargs["code"])


class ClaimView(RequirementView):
    """Claiming that a requirement is true."""

    @described("claimRequirement", TICKET, tag="Requirements", takes=ClaimIn, headers=["ETag"])
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Say that a requirement is true.

        It is `claimed`, and `met` where it is answered by its value (`waba_id`, `business_manager_id`). What is claimed or met
        already stays as it is, so repeating is harmless; a file or a link is added to a claim that stands.
        """
        data = self.valid(ClaimIn, request)
        claim = requirements.Claim(
            code=self.code,
            statement=data.get("statement") or "",
            value=data.get("value") or "",
            link=data.get("link") or "",
            attachment=data.get("attachment"),
            confirmed_by=Party(data.get("confirmed_by") or Party.CLIENT),
            numbers=data.get("phone_numbers") or None,
        )
        requirements.claim(ticket_id=self.ticket.pk, claim=claim, by=self.actor, now=self.now)
        return self.answer()


class RequestedView(RequirementView):
    """Telling that the old BSP has been asked."""

    @described("recordRequest", TICKET, tag="Requirements", takes=RequestedIn, headers=["ETag"])
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Say that the old BSP has been asked, with its case number and the date that it promised.

        Nobody is reminded before that date.
        """
        data, now = self.valid(RequestedIn, request), self.now
        asked = requirements.Request(
            code=self.code,
            requested_at=data.get("requested_at") or now,
            external_reference=(data["external_reference"] or "") if "external_reference" in data else None,
            promised_for=_promised(data.get("promised_for"), self.ticket.timezone, now),
            numbers=data.get("phone_numbers") or None,
        )
        requirements.mark_requested(ticket_id=self.ticket.pk, request=asked, by=self.actor, now=now)
        return self.answer()


def _promised(said: date | None, timezone: str, now: datetime) -> datetime | None:
    """Return when a promise is broken: at the moment that was said, or at the end of that day where the client is."""
    return said if said is None or isinstance(said, datetime) else end_of_promise(said, timezone, now)


class ChasesView(TicketView):
    """The chases of a ticket."""

    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}

    @described("listChases", page_shape(named("Chase")), tag="Requirements")
    def get(self, request: Request, **_: Any) -> Response:
        """List chases with every attempt, oldest first.

        What was sent for another organization before a transfer is not shown.
        """
        rows = chases_of(self.ticket.pk, since=given_at(self.ticket.pk))
        return page(request, rows, order="id", present=lambda chases: [_chase(chase) for chase in chases])


def _chase(chase: Chase) -> dict[str, Any]:
    return {
        "id": str(chase.pk),
        "requirement": chase.requirement_code,
        "requirements": [code.value for code in CATALOGUE if code in covered_by(chase)],
        "state": chase.state,
        "next_at": utc(chase.next_at),
        "attempts": [
            {
                "id": str(attempt.pk),
                "step": attempt.step + 1,
                "channel": attempt.channel,
                "message": attempt.message,
                "recipient_party": attempt.recipient_party,
                "language": attempt.language,
                "state": attempt.state,
                "planned_at": utc(attempt.due_at),
                "sent_at": utc(attempt.sent_at),
            }
            for attempt in chase.attempts.all()
        ],
    }
