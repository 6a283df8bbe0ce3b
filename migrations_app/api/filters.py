"""The list's filters. Every one names its column; a bad value is refused, never ignored."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from config.core.api import queries
from config.core.api.pagination import LIST_PARAMETERS
from config.core.api.problems import ApiProblem
from migrations_app.enums import Stage
from migrations_app.rules.phone import NotAPhoneNumber, parse_phone
from migrations_app.selectors.wishes import TicketWish, tickets_wished
from tickets.enums import ON_HOLD, Party, TicketKind, TicketStatus
from tickets.models import Ticket

STATUS_WORDS = (*TicketStatus.values, ON_HOLD)
ORDERS = ("created_at", "-created_at", "updated_at", "-updated_at")


def _any_of(name: str, allowed: Sequence[str] | None, text: str) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, many=True, enum=allowed, description=f"{text} Repeated or comma-separated: any of."
    )


def _at(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.DATETIME, description=text)


TICKET_FILTERS = (
    _any_of("status", STATUS_WORDS, "Public status."),
    _any_of("stage", Stage.values, "Stage of the case."),
    _any_of("waiting_on", Party.values, "Whose turn it is."),
    _any_of("kind", TicketKind.values, "Kind of ticket."),
    _any_of("queue", None, "Slug of the queue."),
    _any_of("current_bsp", None, "Slug of the old BSP."),
    OpenApiParameter("phone_number", str, description="Tickets with this number in any of its forms."),
    OpenApiParameter("client_reference", str, description="Exactly as filed."),
    OpenApiParameter("group_reference", str, description="Exactly as filed."),
    _at("created_after", "Filed after this moment."),
    _at("created_before", "Filed before this moment."),
    _at("updated_since", "Changed at this moment or later."),
    OpenApiParameter(
        "q",
        str,
        description="Every word must occur: client, e-mail, references, numbers, identifiers. A whole phone number that"
        " begins with + finds its line in any of its forms.",
    ),
    OpenApiParameter("sort", str, enum=ORDERS, default="-updated_at", description="A minus turns it round."),
)
TICKET_PARAMETERS = LIST_PARAMETERS | {parameter.name for parameter in TICKET_FILTERS}


def filtered(request: Request, rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Return the tickets that every given filter lets through.

    :raises ApiProblem: a value cannot be used.
    """
    return tickets_wished(rows, wish_of(request))


class Parameters(Protocol):
    """Whatever has query parameters."""

    @property
    def query_params(self) -> QueryDict: ...


def wish_of(request: Parameters) -> TicketWish:
    """Return the filters that were sent.

    :raises ApiProblem: a value cannot be used.
    """
    asked: Any = request
    return TicketWish(
        status=tuple(queries.words(asked, "status", STATUS_WORDS)),
        stage=tuple(queries.words(asked, "stage", Stage.values)),
        waiting_on=tuple(queries.words(asked, "waiting_on", Party.values)),
        kind=tuple(queries.words(asked, "kind", TicketKind.values)),
        queue=tuple(queries.names(asked, "queue")),
        current_bsp=tuple(queries.names(asked, "current_bsp")),
        phone_number=_number(asked),
        client_reference=queries.text(asked, "client_reference"),
        group_reference=queries.text(asked, "group_reference"),
        created_after=queries.moment(asked, "created_after"),
        created_before=queries.moment(asked, "created_before"),
        updated_since=queries.moment(asked, "updated_since"),
        q=queries.text(asked, "q"),
    )


def _number(request: Request) -> str | None:
    raw = queries.text(request, "phone_number")
    if raw is None:
        return None
    try:
        return parse_phone(raw if raw.startswith("+") else f"+{raw}").number
    except NotAPhoneNumber:
        raise ApiProblem("invalid_parameter", parameter="phone_number") from None
