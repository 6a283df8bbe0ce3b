"""Slots, holds and the call itself."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import queries
from config.core.api.idempotency import idempotent
from config.core.api.pagination import LIST_PARAMETERS, page
from config.core.api.problems import ApiProblem
from config.core.api.renderers import CalendarRenderer
from config.core.api.schema import described
from config.core.api.shapes import TEXT, named, page_shape
from config.core.api.times import utc
from config.core.zones import time_zones
from migrations_app.api.base import TicketView
from migrations_app.api.documents import call_document
from migrations_app.api.serializers import BookIn, HoldIn, MoveCallIn
from migrations_app.enums.slots import slot_reason_text
from migrations_app.models import PinCall
from migrations_app.rules.phone import NotAPhoneNumber, parse_phone
from migrations_app.rules.shared_calls import packs
from migrations_app.rules.slots import Slot
from migrations_app.rules.traffic import SlotReason
from migrations_app.selectors.cases import case_of, shown_calls
from migrations_app.selectors.shared_calls import JoinQuestion, slots_with_shared
from migrations_app.selectors.slots import SlotFrame
from migrations_app.services import call_state, calls, slot_taking
from migrations_app.services.invitations import invitation
from migrations_app.services.lengths import call_length

_FIRST_LOOK = timedelta(days=14)
_TAKEN = ("slot_taken", "slot_not_available")
SLOT_PARAMETERS = (
    OpenApiParameter("from", OpenApiTypes.DATETIME, description="Earliest start; now when left out."),
    OpenApiParameter("to", OpenApiTypes.DATETIME, description="Latest start; 14 days after `from` when left out."),
    OpenApiParameter("timezone", str, description="IANA zone of `local_start`; the client's when left out."),
    OpenApiParameter(
        "numbers",
        str,
        many=True,
        explode=False,
        description="For which numbers; the first clear ones. One that cools down: moments after it.",
    ),
)


class SlotsView(TicketView):
    """Moments at which the ticket's call can take place."""

    query_parameters: ClassVar = {"GET": frozenset(parameter.name for parameter in SLOT_PARAMETERS)}

    @described("listSlots", named("Slots"), tag="Pin calls", refusals=[409], parameters=[*SLOT_PARAMETERS])
    def get(self, request: Request, **_: Any) -> Response:
        """List the free moments, in order of time."""
        now, case = self.now, case_of(self.ticket.pk)
        zone = queries.text(request, "timezone") or self.ticket.timezone
        if zone not in time_zones():
            raise ApiProblem("invalid_parameter", parameter="timezone")
        since = queries.moment(request, "from") or now
        until = queries.moment(request, "to") or since + _FIRST_LOOK
        if until <= since:
            raise ApiProblem("invalid_parameter", parameter="to")
        chosen = _chosen(request)
        numbers = slot_taking.numbers_for_call(self.ticket, case, chosen, at=until)
        since = max([since, *(number.cool_down_until for number in numbers if number.cool_down_until)])
        length = call_length()
        minutes = length.minutes(len(numbers))
        frame = SlotFrame(since, until, minutes, self.ticket.timezone, self.ticket.queue_id)
        open_numbers = len(slot_taking.open_numbers(case))
        question = JoinQuestion(self.ticket, case, len(numbers), length)
        body = {
            "data": _listed(slots_with_shared(frame, question, now=now), ZoneInfo(zone)),
            "duration_minutes": minutes,
            "numbers": [number.number for number in numbers],
            "calls_needed": len(packs(length, open_numbers)),
            "timezone": zone,
        }
        return Response(body)


def _chosen(request: Request) -> list[str] | None:
    """Return the numbers that the query names, in E.164."""
    try:
        found = [
            parse_phone(name if name.startswith("+") else f"+{name}").number
            for name in queries.names(request, "numbers")
        ]
    except NotAPhoneNumber:
        raise ApiProblem("invalid_parameter", parameter="numbers") from None
    return found or None


def _listed(slots: Iterable[Slot], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return slots as documents. A month has thousands and few different reasons: each is put into words once."""
    words: dict[SlotReason, dict[str, Any]] = {}
    return [
        {
            "start": utc(slot.start),
            "end": utc(slot.end),
            "local_start": slot.start.astimezone(zone).isoformat(),
            "score": slot.score,
            "low_traffic": slot.low_traffic,
            "reasons": [words.get(reason) or words.setdefault(reason, _reason(reason)) for reason in slot.reasons],
        }
        for slot in slots
    ]


def _reason(reason: SlotReason) -> dict[str, Any]:
    return {
        "code": reason.code.value,
        "message": slot_reason_text(reason.code, expected=reason.expected, busiest=reason.busiest),
        "effect": reason.effect,
    }


class HoldsView(TicketView):
    """Holding a slot for some minutes."""

    @described("holdSlot", named("SlotHold"), tag="Pin calls", status=201, takes=HoldIn, refusals=_TAKEN)
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Hold a slot; it replaces the ticket's hold if there is one."""
        data = self.valid(HoldIn, request)
        wish = slot_taking.Wish(data["start"], data.get("numbers") or None)
        call = calls.hold(ticket_id=self.ticket.pk, wish=wish, by=self.actor, now=self.now)
        body = {"id": str(call.uid), "start": utc(call.start), "end": utc(call.end), "expires_at": utc(call.expires_at)}
        return Response(body, status=201)


class CallsView(TicketView):
    """The calls of a ticket, and booking."""

    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}

    @described("listCalls", page_shape(named("PinCall")), tag="Pin calls")
    def get(self, request: Request, **_: Any) -> Response:
        """List the ticket's calls, ended ones too, oldest first; holds are none."""
        return page(
            request,
            shown_calls(self.ticket.pk),
            order="id",
            present=lambda calls: [call_document(call, call.numbers.all()) for call in calls],
        )

    @described(
        "bookCall",
        named("PinCall"),
        tag="Pin calls",
        status=201,
        takes=BookIn,
        headers=["Location"],
        refusals=[*_TAKEN, "hold_expired"],
    )
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Book a hold, or a moment.

        A ticket joins the call that a ticket of the same client and `group_reference` has at this moment, where it has room:
        then both show the same id, each with its own numbers.
        """
        data, now = self.valid(BookIn, request), self.now
        if data.get("hold_id"):
            call = calls.book_hold(ticket_id=self.ticket.pk, hold_id=str(data["hold_id"]), by=self.actor, now=now)
        else:
            wish = slot_taking.Wish(data["start"], data.get("numbers") or None, data.get("timezone") or None)
            call = calls.book(ticket_id=self.ticket.pk, wish=wish, by=self.actor, now=now)
        response = _answer(call, status=201)
        response["Location"] = request.build_absolute_uri(f"{request.path}/{call.uid}")
        return response


def _answer(call: PinCall, *, status: int = 200) -> Response:
    numbers = list(call.numbers.order_by("position").prefetch_related("pin_calls"))
    return Response(call_document(call, numbers), status=status)


class CallView(TicketView):
    """One call."""

    call: PinCall

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find ticket and call.

        :raises NotFound: there is no such ticket or call.
        """
        super().load(request, **kwargs)
        self.call = call_state.shown_call(ticket_id=self.ticket.pk, call_id=str(kwargs["call_id"]))

    @described("getCall", named("PinCall"), tag="Pin calls")
    def get(self, request: Request, **_: Any) -> Response:
        """Return the call."""
        return _answer(self.call)

    @described("moveCall", named("PinCall"), tag="Pin calls", takes=MoveCallIn, refusals=[409, *_TAKEN])
    def patch(self, request: Request, **_: Any) -> Response:
        """Move the call to another moment."""
        data = self.valid(MoveCallIn, request)
        call = calls.reschedule(
            ticket_id=self.ticket.pk, call_id=str(self.call.uid), start=data["start"], by=self.actor, now=self.now
        )
        return _answer(call)

    @described("cancelCall", None, tag="Pin calls", status=204, refusals=[409])
    def delete(self, request: Request, **_: Any) -> Response:
        """Cancel the call.

        Of one that tickets share only this ticket's numbers are taken out.
        """
        calls.cancel_call(ticket_id=self.ticket.pk, call_id=str(self.call.uid), by=self.actor, now=self.now)
        return Response(status=204)


class InvitationView(CallView):
    """The call as a calendar file."""

    renderer_classes = [CalendarRenderer]
    http_method_names = ["get", "head", "options"]

    @described("getInvitation", TEXT, tag="Pin calls", media_type="text/calendar", headers=["Content-Disposition"])
    def get(self, request: Request, **_: Any) -> Response:
        """Return the call as a calendar file (RFC 5545).

        It is the event of the mailed invitation, without attendees.
        """
        response = Response(invitation(self.call, self.ticket), content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self.ticket.reference}.ics"'
        return response
