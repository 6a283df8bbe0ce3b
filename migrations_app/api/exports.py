"""Exports of tickets: a job that is asked for, watched and fetched."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.http import FileResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.etags import matches
from config.core.api.fields import Word
from config.core.api.idempotency import idempotent
from config.core.api.pagination import LIST_PARAMETERS, page
from config.core.api.problems import ApiProblem
from config.core.api.renderers import ApiJSONRenderer, FileRenderer
from config.core.api.schema import described
from config.core.api.shapes import (
    ANYTHING,
    BINARY,
    LINK,
    MOMENT,
    TEXT,
    UUID,
    WHOLE,
    Shape,
    members,
    named,
    nullable,
    page_shape,
    words,
)
from config.core.api.times import utc
from config.core.api.validation import StrictSerializer
from config.core.api.views import ApiView, not_modified
from config.core.errors import FieldProblem, Invalid, NotFound, TemporarilyUnavailable
from migrations_app import tasks
from migrations_app.api.filters import TICKET_FILTERS, wish_of
from migrations_app.enums.exports import ExportFormat, ExportState
from migrations_app.models import TicketExport
from migrations_app.models.exports import export_storage
from migrations_app.selectors.exports import export_of, exports_of
from migrations_app.selectors.wishes import TicketWish
from migrations_app.services import exports

_log = structlog.get_logger("portero.exports")
_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.NDJSON: "application/x-ndjson",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FILTERS = {parameter.name: parameter for parameter in TICKET_FILTERS if parameter.name != "sort"}
SHAPES: Final[dict[str, Shape]] = {
    "Export": members(
        id=UUID,
        state=words(ExportState),
        format=words(ExportFormat),
        filters={**ANYTHING, "description": "As they were sent."},
        progress=members(done=WHOLE, total=nullable(WHOLE)),
        error={**nullable(TEXT), "description": "Why it failed: `interrupted`."},
        size={**nullable(WHOLE), "description": "Of the file, in bytes."},
        file_url=nullable(LINK),
        created_at=MOMENT,
        started_at={**nullable(MOMENT), "description": "The tickets are those filed until then."},
        finished_at=nullable(MOMENT),
        expires_at={**nullable(MOMENT), "description": "The file is deleted then."},
    )
}


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
class _Filter(serializers.Field[Any, Any, Any, Any]):
    """A text, or several of which any will do."""

    def to_internal_value(self, data: Any) -> list[str]:
        several = data if isinstance(data, list) else [data]
        if not several or not all(isinstance(each, str) and "\x00" not in each for each in several):
            raise serializers.ValidationError(gettext("Send a text, or a list of texts."), code="invalid")
        return several


class ExportFilters(StrictSerializer):
    """The filters of the list of tickets, by the same names."""

    vars().update({name: _Filter(required=False, help_text=str(each.description)) for name, each in _FILTERS.items()})


@extend_schema_serializer(component_name="ExportWish")
class ExportIn(StrictSerializer):
    """What to write."""

    format = Word(ExportFormat.choices, required=True, allow_null=False)
    filters = ExportFilters(required=False)


class _Filters:
    """Filters of a body, as query parameters would say them."""

    def __init__(self, filters: Mapping[str, list[str]]) -> None:
        self.query_params = QueryDict(mutable=True)
        for name, values in filters.items():
            self.query_params.setlist(name, values)


def _sent(request: Request) -> dict[str, Any]:
    body: Any = request.data
    return dict(body.get("filters") or {})


def _wish(filters: Mapping[str, list[str]]) -> TicketWish:
    """Return the filters of a body.

    :raises Invalid: a value cannot be used.
    """
    try:
        return wish_of(_Filters(filters))
    except ApiProblem as refusal:
        code = "invalid_choice" if "allowed" in refusal.extra else "invalid"
        words_ = gettext("This value cannot be used here; see the filter of GET /tickets.")
        raise Invalid([FieldProblem(f"#/filters/{refusal.extra['parameter']}", code, words_)]) from None


def export_document(row: TicketExport) -> dict[str, Any]:
    """Return what is told of an export."""
    address = f"{settings.PORTERO_BASE_URL}/api/v1/exports/{row.uid}"
    done = row.state == ExportState.DONE
    return {
        "id": str(row.uid),
        "state": row.state,
        "format": row.format,
        "filters": row.filters,
        "progress": {"done": row.done, "total": row.total},
        "error": row.error or None,
        "size": row.size if done else None,
        "file_url": f"{address}/file" if done else None,
        "created_at": utc(row.created_at),
        "started_at": utc(row.started_at),
        "finished_at": utc(row.finished_at),
        "expires_at": utc(row.expires_at),
    }


def _nudge(export_id: int) -> None:
    """Have a worker begin at once; without it the next tick finds the row."""
    try:
        tasks.write_export.apply_async(kwargs={"export_id": export_id}, retry=False)
    except Exception as error:  # noqa: BLE001  (the row is there: a broker that is away only delays it)
        _log.warning("an export waits for the next tick", error_type=type(error).__name__)


class ExportsView(ApiView):
    """The exports of the caller's organization."""

    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}
    write_scope: ClassVar[str | None] = "tickets:read"

    @described("listExports", page_shape(named("Export")), tag="Exports")
    def get(self, request: Request) -> Response:
        """List exports, newest first."""
        rows = exports_of(self.organization_id, test=self.key.test)
        return page(request, rows, order="-id", present=lambda found: [export_document(row) for row in found])

    @described(
        "askForExport", named("Export"), tag="Exports", status=202, takes=ExportIn, headers=["Location"], refusals=[409]
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Have tickets written into a file.

        The answer is the job; ask for it again until its `state` is `done`, then fetch `file_url`. A small one is done within
        seconds. One row is one ticket, in the order of creation. A key for reading is enough.
        """
        data = self.valid(ExportIn, request)
        filters = data.get("filters") or {}
        wanted = exports.Wanted(ExportFormat(data["format"]), _sent(request), _wish(filters), self.key.test)
        row = exports.ask(organization_id=self.organization_id, wanted=wanted, by=self.actor, now=self.now)
        transaction.on_commit(lambda: _nudge(row.pk))
        document = export_document(row)
        response = Response(document, status=202)
        response["Location"] = f"{settings.PORTERO_BASE_URL}/api/v1/exports/{row.uid}"
        return response


class OfExportView(ApiView):
    """Something of one export."""

    write_scope: ClassVar[str | None] = "tickets:read"
    export: TicketExport

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find the export.

        :raises NotFound: it does not exist for this caller.
        """
        self.export = export_of(self.organization_id, uuid.UUID(str(kwargs["export_id"])), test=self.key.test)


class ExportView(OfExportView):
    """One export."""

    @described("getExport", named("Export"), tag="Exports")
    def get(self, request: Request, **_: Any) -> Response:
        """Tell how far the export is."""
        return Response(export_document(self.export))

    @described("deleteExport", None, tag="Exports", status=204)
    def delete(self, request: Request, **_: Any) -> Response:
        """Forget the export and its file; one that is being written stops."""
        exports.drop(export_id=self.export.pk, by=self.actor, now=self.now)
        return Response(status=204)


class ExportFileView(OfExportView):
    """The file of an export."""

    renderer_classes = [FileRenderer, ApiJSONRenderer]

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find the export, which must have a file.

        :raises NotFound: there is none, not yet, or no longer.
        """
        super().load(request, **kwargs)
        if self.export.state != ExportState.DONE:
            raise NotFound

    @described("getExportFile", BINARY, tag="Exports", media_type="*/*", headers=["Content-Disposition", "ETag"])
    def get(self, request: Request, **_: Any) -> HttpResponseBase:
        """Download the file, once `state` is `done`."""
        row = self.export
        tag = f'"{row.uid.hex}"'
        if matches(request.headers.get("If-None-Match"), tag):
            return not_modified(tag)
        try:
            file = export_storage().open(row.name)
        except OSError as error:
            raise TemporarilyUnavailable(gettext("The file cannot be read just now.")) from error
        filename = f"tickets-{row.created_at:%Y-%m-%d}.{row.format}"
        kind = _TYPES[ExportFormat(row.format)]
        response = FileResponse(file, as_attachment=True, filename=filename, content_type=kind)
        response["ETag"] = tag
        return response
