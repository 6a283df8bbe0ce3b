"""The ticket list as a table: what the person sees, filtered as it is on the screen, one row per ticket."""

from typing import Any

import tablib
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from import_export.formats.base_formats import CSV, XLSX

from config.core import clock
from migrations_app.selectors.export import MOST_ROWS, export_rows
from migrations_app.selectors.export_columns import COLUMNS, cell
from tickets.selectors.desk import is_agent

FORMATS = {"csv": CSV, "xlsx": XLSX}
_NOT_FOR_CLIENTS = frozenset({"assignee", "priority", "tags"})


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
    hidden = frozenset() if is_agent(request.user) else _NOT_FOR_CLIENTS
    columns = {name: column for name, column in COLUMNS.items() if name not in hidden}
    data = tablib.Dataset(headers=list(columns))
    for row in export_rows(tickets, at=clock.now()):
        data.append([cell(column(row)) for column in columns.values()])
    return _file(data, kind)


def _file(data: tablib.Dataset, kind: str) -> HttpResponse:
    form = FORMATS[kind]()
    content = form.export_data(data)
    body = content.encode("utf-8-sig") if isinstance(content, str) else content
    name = f"tickets-{clock.now():%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type=form.get_content_type(), headers=headers)
