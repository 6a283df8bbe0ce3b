"""Tickets for a table outside: one plain row each, a page in a fixed number of queries however many tickets it has."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from migrations_app.enums import PinCallState
from migrations_app.models import MigrationCase, NumberMove, PinCall, Requirement
from tickets.enums import EventType
from tickets.models import Event, Ticket

MOST_ROWS = 10_000
PAGE = 1000
_HAPPENED = (EventType.TICKET_SUBMITTED, EventType.TICKET_STATUS_CHANGED)
_CASE_COLUMNS = (
    "ticket_id", "current_bsp__name", "current_bsp__slug", "current_bsp_name", "playbook_copy", "flow", "waba_id", "stage",
    "stage_since", "stage_times", "business_manager_id", "business_verification", "hosting", "connection_status", "waba_owner",
    "two_step_verification", "uses_business_app", "moves", "low_traffic_windows", "notes",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One requirement as a table shows it."""

    code: str
    state: str
    statement: str


@dataclass(frozen=True)
class ExportRow:
    """One ticket with what a table shows of its case. Times that pass are counted until `at`."""

    ticket: Ticket
    at: datetime
    case: MigrationCase | None = None
    numbers: Sequence[NumberMove] = ()
    asked: Sequence[Asked] = ()
    calls: Sequence[tuple[str, datetime]] = ()
    """State and start of its calls, oldest first; holds are none."""
    happened: Sequence[tuple[datetime, str]] = field(default=())
    """When it was submitted and came into each status, oldest first."""


def export_rows(tickets: QuerySet[Ticket], *, at: datetime, limit: int = MOST_ROWS) -> Iterator[ExportRow]:
    """Yield at most `limit` of these tickets in their order, a page at a time."""
    found = tickets.select_related("queue", "assignee", "organization").defer("search_text", "status_details")
    for start in range(0, limit, PAGE):
        page = list(found[start : min(start + PAGE, limit)])
        yield from rows_of(page, at=at)
        if len(page) < PAGE:
            return


def next_page(tickets: QuerySet[Ticket], place: Sequence[Any] | None, *, limit: int = PAGE) -> list[Ticket]:
    """Return the tickets that follow a place (creation time and id) in the order of creation, which never changes."""
    rows = tickets.select_related("queue").defer("search_text", "status_details").order_by("created_at", "id")
    if place is not None:
        created, row_id = datetime.fromisoformat(place[0]), place[1]
        # The first condition says nothing new; it lets the database enter its index at the right place.
        rows = rows.filter(created_at__gte=created).exclude(created_at=created, id__lte=row_id)
    return list(rows[:limit])


def rows_of(tickets: Sequence[Ticket], *, at: datetime) -> Iterator[ExportRow]:
    """Yield the rows of these tickets; five queries."""
    ids = [ticket.pk for ticket in tickets]
    cases = {
        case.ticket_id: case
        for case in MigrationCase.objects.filter(ticket__in=ids).select_related("current_bsp").only(*_CASE_COLUMNS)
    }
    of_case = {case.pk: ticket_id for ticket_id, case in cases.items()}
    numbers: dict[int, list[NumberMove]] = defaultdict(list)
    for number in (
        NumberMove.objects.filter(case__in=of_case)
        .only("case_id", "number", "state", "live_at")
        .order_by("case_id", "position")
    ):
        numbers[of_case[number.case_id]].append(number)
    asked: dict[int, list[Asked]] = defaultdict(list)
    for case_id, code, state, evidence in (
        Requirement.objects.filter(case__in=of_case).order_by("id").values_list("case_id", "code", "state", "evidence")
    ):
        statement = str((evidence or {}).get("statement") or (evidence or {}).get("value") or "")
        asked[of_case[case_id]].append(Asked(code, state, statement))
    calls: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    held = (PinCallState.HELD, PinCallState.EXPIRED)
    for ticket_id, state, start in (
        PinCall.objects.filter(ticket__in=ids).exclude(state__in=held).order_by("start", "id")
        .values_list("ticket_id", "state", "start")
    ):  # fmt: skip
        calls[ticket_id].append((state, start))
    happened = _happened(tickets)
    for ticket in tickets:
        pk = ticket.pk
        yield ExportRow(ticket, at, cases.get(pk), numbers[pk], asked[pk], calls[pk], happened[pk])


def _happened(tickets: Sequence[Ticket]) -> dict[int, list[tuple[datetime, str]]]:
    """Return what happened while a ticket was its present organization's."""
    owner = {ticket.pk: ticket.organization_id for ticket in tickets}
    found: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    rows = Event.objects.filter(ticket_id__in=owner, type__in=_HAPPENED).order_by("id")
    for ticket_id, organization_id, kind, data, at in rows.values_list(
        "ticket_id", "organization_id", "type", "data", "occurred_at"
    ):
        if ticket_id is not None and owner[ticket_id] == organization_id:
            what = "submitted" if kind == EventType.TICKET_SUBMITTED else str(data.get("new", ""))
            found[ticket_id].append((at, what))
    return found
