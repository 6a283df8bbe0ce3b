"""Files of a ticket: taking them in, listing them, giving them back."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.etags import matches
from config.core.api.idempotency import idempotent
from config.core.api.pagination import page
from config.core.api.problems import ApiProblem
from config.core.api.renderers import ApiJSONRenderer, FileRenderer
from config.core.api.schema import described
from config.core.api.shapes import BINARY, named, page_shape
from config.core.api.times import utc
from config.core.api.validation import StrictSerializer
from config.core.api.views import not_modified
from config.core.errors import FieldProblem, Invalid
from tickets.api.conversation import OfTicketView
from tickets.enums import Visibility
from tickets.models import Attachment, Ticket
from tickets.rules.files import MOST_BYTES
from tickets.selectors.files import attachment_of, attachments_of
from tickets.services.files import FileNotTaken, FileTooLarge, Upload, attach, judge, opened

_AROUND = 64 * 1024
"""What a multipart body may need around its file."""


@extend_schema_field(OpenApiTypes.BINARY)
class UploadedContent(serializers.FileField):
    """A file within a form."""


@extend_schema_serializer(component_name="FileUpload")
class FileIn(StrictSerializer):
    """A file: PDF, PNG, JPEG, TXT or CSV of at most 10 MiB, judged by its content."""

    file = UploadedContent(max_length=1000, allow_empty_file=False)


class AttachmentsView(OfTicketView):
    """The files of a ticket that the client may see."""

    parser_classes = [MultiPartParser]
    max_body: ClassVar[int | None] = MOST_BYTES + _AROUND
    upload: Upload | None = None

    def judge_content(self, request: Request) -> None:
        """Refuse files that are too large (413) or nothing that we take (415)."""
        sent = request.FILES.getlist("file")
        if len(sent) == 1 and sent[0].size:
            self.upload = Upload(str(sent[0].name), sent[0].read())
            sent[0].seek(0)
            try:
                judge(self.upload)
            except (FileTooLarge, FileNotTaken) as refusal:
                raise ApiProblem(refusal.code, refusal.detail) from refusal

    @described("listAttachments", page_shape(named("Attachment")), tag="Conversation")
    def get(self, request: Request, **_: Any) -> Response:
        """List files, oldest first."""
        return page(
            request,
            attachments_of(self.ticket, internal=False),
            order="id",
            present=lambda rows: [attachment_document(row, self.ticket) for row in rows],
        )

    @described("addAttachment", named("Attachment"), tag="Conversation", status=201, takes=FileIn, headers=["Location"])
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Attach a file, the part `file` of a multipart form."""
        if len(request.FILES.getlist("file")) > 1:
            raise Invalid([FieldProblem("#/file", "too_many_items", gettext("Send one file at a time."))])
        data = self.valid(FileIn, request)
        upload = self.upload or Upload(str(data["file"].name), b"")
        row = attach(ticket_id=self.ticket.pk, upload=upload, visibility=Visibility.PUBLIC, by=self.actor, now=self.now)
        document = attachment_document(row, self.ticket)
        response = Response(document, status=201)
        response["Location"] = document["url"]
        return response


def attachment_document(row: Attachment, ticket: Ticket) -> dict[str, Any]:
    """Return what is told of a file; its bytes are at `url`."""
    return {
        "id": str(row.uid),
        "filename": row.filename,
        "content_type": row.content_type,
        "size": row.size,
        "sha256": row.sha256,
        "author": {"type": "onboarding" if row.from_desk else "client", "name": row.author_label},
        "created_at": utc(row.created_at),
        "url": f"{settings.PORTERO_BASE_URL}/api/v1/tickets/{ticket.reference}/attachments/{row.uid}",
    }


class AttachmentView(OfTicketView):
    """One file."""

    renderer_classes = [FileRenderer, ApiJSONRenderer]
    query_parameters: ClassVar = {}
    attachment: Attachment

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find ticket and file.

        :raises NotFound: there is no such ticket, or it has no such file.
        """
        super().load(request, **kwargs)
        self.attachment = attachment_of(self.ticket, uuid.UUID(str(kwargs["file_id"])), internal=False)

    @described("getAttachment", BINARY, tag="Conversation", media_type="*/*", headers=["Content-Disposition", "ETag"])
    def get(self, request: Request, **_: Any) -> HttpResponseBase:
        """Download the file: to be saved, never to be shown in place."""
        row = self.attachment
        tag = f'"{row.sha256}"'
        if matches(request.headers.get("If-None-Match"), tag):
            return not_modified(tag)
        return download(row, tag)


def download(row: Attachment, tag: str) -> FileResponse:
    """Return a file as something to be saved under its name (RFC 6266)."""
    response = FileResponse(opened(row), as_attachment=True, filename=row.filename, content_type=row.content_type)
    response["ETag"] = tag
    return response
