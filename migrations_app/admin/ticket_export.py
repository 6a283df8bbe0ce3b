"""The ticket list as a table: what the person sees, filtered as it is on the screen, one row per ticket."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import tablib
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import Resource

from config.core import clock
from migrations_app.rules.sheets import harmless
from migrations_app.selectors.export import MOST_ROWS, ExportRow, export_rows
from tickets.selectors.api import shown_status
from tickets.selectors.desk import is_agent

FORMATS = {"csv": CSV, "xlsx": XLSX}
_DESK_ONLY = frozenset({"assignee", "priority", "tags"})
_OF_TICKET = (
    "reference", "client_reference", "group_reference", "test", "source", "client_name", "contact_name", "contact_email",
    "contact_phone", "language", "timezone", "country", "stage", "waiting_on", "waiting_since", "next_nudge_at", "priority",
    "created_at", "updated_at",
)  # fmt: skip


class TicketTable(Resource):
    """The columns of the table. Codes as the API has them, times in UTC, nothing that a program would calculate."""

    organization = Field()
    status = Field()
    queue = Field()
    assignee = Field()
    numbers = Field()
    numbers_live = Field(attribute="live")
    last_live_at = Field(attribute="last_live_at")
    current_bsp = Field(attribute="current_bsp")
    destination = Field(attribute="destination")
    flow = Field(attribute="flow")
    waba_id = Field(attribute="waba_id")
    tags = Field()
    vars().update({name: Field(attribute=f"ticket__{name}") for name in _OF_TICKET})

    class Meta:
        export_order = (
            "reference", "client_reference", "group_reference", "organization", "client_name", "status", "stage", "waiting_on",
            "waiting_since", "next_nudge_at", "queue", "assignee", "numbers", "numbers_live", "current_bsp", "destination",
            "flow", "waba_id", "country",
        )  # fmt: skip

    def iter_queryset(self, queryset: Any) -> Iterator[ExportRow]:
        """Yield the rows of a list of tickets."""
        return export_rows(queryset)

    def dehydrate_organization(self, row: ExportRow) -> str:
        return row.ticket.organization.name

    def dehydrate_status(self, row: ExportRow) -> str:
        return shown_status(row.ticket)[0]

    def dehydrate_queue(self, row: ExportRow) -> str:
        return row.ticket.queue.slug if row.ticket.queue else ""

    def dehydrate_assignee(self, row: ExportRow) -> str:
        return row.ticket.assignee.get_username() if row.ticket.assignee else ""

    def dehydrate_numbers(self, row: ExportRow) -> str:
        return "; ".join(row.numbers)

    def dehydrate_tags(self, row: ExportRow) -> str:
        return ", ".join(map(str, row.ticket.tags))

    def export_field(self, field: Field, instance: ExportRow, **kwargs: Any) -> Any:
        """Return one cell."""
        value = field.get_value(instance) if field.attribute else super().export_field(field, instance, **kwargs)
        if isinstance(value, datetime):
            value = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return harmless("" if value is None else str(value))


def answer(page: Any, request: HttpRequest, kind: str) -> HttpResponse:
    """Give the list in a format, at most 10,000 tickets of it.

    :raises Http404: there is no such format.
    """
    if kind not in FORMATS:
        raise Http404
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        tickets = page.get_changelist_instance(request).queryset
    except IncorrectLookupParameters:
        return redirect("admin:tickets_ticket_changelist")
    if tickets[MOST_ROWS : MOST_ROWS + 1].exists():
        messages.error(request, _("More than 10,000 tickets: narrow the list by filters first."))
        return redirect("admin:tickets_ticket_changelist")
    resource = TicketTable()
    hidden = frozenset() if is_agent(request.user) else _DESK_ONLY
    columns = [name for name in resource.get_export_order() if name not in hidden]
    data = resource.export(queryset=tickets, export_fields=columns)
    return _file(data, kind)


def _file(data: tablib.Dataset, kind: str) -> HttpResponse:
    form = FORMATS[kind]()
    content = form.export_data(data)
    body = content.encode("utf-8-sig") if isinstance(content, str) else content
    name = f"tickets-{clock.now():%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type=form.get_content_type(), headers=headers)
