"""Exports: jobs that write many tickets into one file."""

import uuid

from django.core.files.storage import FileSystemStorage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from migrations_app.enums.exports import ExportFormat, ExportState


def export_storage() -> FileSystemStorage:
    """Return the folder of exports: below no address, shared by web and workers."""
    found = storages["exports"]
    assert isinstance(found, FileSystemStorage)  # noqa: S101  (files are appended to: only a folder can do that)
    return found


class TicketExport(TimestampedModel):
    """One wish for a file. Whoever holds `claim` writes; what is written of it stands in `done`, `place` and `size`.

    A worker that yields lets the claim go; one that dies leaves it, and its lease ends.
    """

    uid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        "tickets.Organization", on_delete=models.CASCADE, related_name="+", verbose_name=_("organization")
    )
    test = models.BooleanField(_("test"), default=False)
    format = models.CharField(_("format"), max_length=8, choices=ExportFormat.choices)
    filters = models.JSONField(_("filters"), default=dict)
    """As they were sent."""
    wish = models.JSONField(default=dict, editable=False)
    """As they are understood."""
    requested_by = models.CharField(_("requested by"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=ExportState.choices, default=ExportState.QUEUED)
    error = models.CharField(_("error"), max_length=40, blank=True, default="")
    done = models.PositiveIntegerField(_("tickets written"), default=0)
    total = models.PositiveIntegerField(_("tickets"), null=True)
    claim = models.CharField(max_length=32, blank=True, default="", editable=False)
    due_at = models.DateTimeField(null=True, editable=False)
    """When somebody should write (on): at once, or when the lease of whoever writes is over."""
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    place = models.JSONField(null=True, editable=False)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    name = models.CharField(max_length=60, blank=True, default="", editable=False)
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    expires_at = models.DateTimeField(_("file kept until"), null=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            in_list("state", ExportState, name="export_state_in_list"),
            in_list("format", ExportFormat, name="export_format_in_list"),
        ]
        indexes = [
            models.Index(fields=["organization", "test", "id"], name="export_list"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="export_due"),
            models.Index(fields=["expires_at"], condition=Q(state=ExportState.DONE), name="export_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.uid}"
