"""Tickets for a table outside: one plain row each, in a fixed number of queries however many there are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from migrations_app.models import MigrationCase, NumberMove
from tickets.models import Ticket

MOST_ROWS = 10_000


@dataclass(frozen=True)
class ExportRow:
    """One ticket with what a table shows of its case."""

    ticket: Ticket
    current_bsp: str = ""
    destination: str = ""
    flow: str = ""
    waba_id: str = ""
    live: int = 0
    numbers: list[str] = field(default_factory=list)
    last_live_at: datetime | None = None


def export_rows(tickets: QuerySet[Ticket], *, limit: int = MOST_ROWS) -> Iterator[ExportRow]:
    """Yield at most `limit` of these tickets in their order; three queries."""
    page = tickets.select_related("queue", "assignee", "organization").defer("search_text", "status_details")[:limit]
    found = list(page)
    ids = tickets.values("pk")[:limit]
    cases = {
        case.ticket_id: case
        for case in MigrationCase.objects.filter(ticket__in=ids)
        .select_related("current_bsp")
        .only("ticket_id", "current_bsp__name", "current_bsp_name", "playbook_copy", "flow", "waba_id")
    }
    numbers: dict[int, list[NumberMove]] = {}
    for number in (
        NumberMove.objects.filter(case__ticket__in=ids)
        .only("case_id", "number", "state", "live_at")
        .order_by("case_id", "position")
    ):
        numbers.setdefault(number.case_id, []).append(number)
    for ticket in found:
        case = cases.get(ticket.pk)
        yield ExportRow(ticket) if case is None else _row(ticket, case, numbers.get(case.pk, []))


def _row(ticket: Ticket, case: MigrationCase, numbers: list[NumberMove]) -> ExportRow:
    live = [number.live_at for number in numbers if number.live_at]
    return ExportRow(
        ticket=ticket,
        current_bsp=case.current_bsp.name if case.current_bsp else case.current_bsp_name,
        destination=str(case.playbook_copy.get("name", "")),
        flow=case.flow,
        waba_id=case.waba_id,
        live=len(live),
        numbers=[number.number for number in numbers],
        last_live_at=max(live, default=None),
    )
