"""The list's filters. Every one names its column; a bad value is refused, never ignored."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from config.core.api import queries
from config.core.api.pagination import LIST_PARAMETERS
from config.core.api.problems import ApiProblem
from migrations_app.enums import Stage
from migrations_app.rules.phone import NotAPhoneNumber, parse_phone
from migrations_app.selectors.cases import tickets_leaving, tickets_matching, tickets_with_number
from tickets.enums import ON_HOLD, OPEN_STATUSES, Party, TicketKind, TicketStatus
from tickets.models import Ticket
from tickets.selectors.desk import tickets_in_queues

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
    rows = _by_words(request, rows)
    for name in ("client_reference", "group_reference"):
        value = queries.text(request, name)
        if value is not None:
            rows = rows.filter(**{name: value})
    for name, lookup in (
        ("created_after", "created_at__gt"),
        ("created_before", "created_at__lt"),
        ("updated_since", "updated_at__gte"),
    ):
        moment = queries.moment(request, name)
        if moment is not None:
            rows = rows.filter(**{lookup: moment})
    wanted = queries.text(request, "q")
    if wanted is not None:
        rows = tickets_matching(rows, wanted)
    return _by_number(request, rows)


def _by_words(request: Request, rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
    statuses = queries.words(request, "status", STATUS_WORDS)
    if statuses:
        plain = Q(status__in=statuses) & ~Q(on_hold=True, status__in=OPEN_STATUSES)
        rows = rows.filter(plain | Q(on_hold=True, status__in=OPEN_STATUSES) if ON_HOLD in statuses else plain)
    for name, allowed in (("stage", Stage.values), ("waiting_on", Party.values), ("kind", TicketKind.values)):
        wanted = queries.words(request, name, allowed)
        if wanted:
            rows = rows.filter(**{f"{name}__in": wanted})
    queues = queries.names(request, "queue")
    if queues:
        rows = tickets_in_queues(rows, queues)
    bsps = queries.names(request, "current_bsp")
    return tickets_leaving(rows, bsps) if bsps else rows


def _by_number(request: Request, rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
    raw = queries.text(request, "phone_number")
    if raw is None:
        return rows
    try:
        return tickets_with_number(rows, parse_phone(raw if raw.startswith("+") else f"+{raw}").number)
    except NotAPhoneNumber:
        raise ApiProblem("invalid_parameter", parameter="phone_number") from None
