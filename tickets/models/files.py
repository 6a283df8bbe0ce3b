"""Files that people attach to tickets."""

import uuid

from django.core.files.storage import Storage, storages
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.core.models import in_list
from tickets.enums import FileType, Visibility
from tickets.models.tickets import Ticket


def private_storage() -> Storage:
    """Return the folder of attachments: below no address, readable by the service alone."""
    return storages["attachments"]


def stored_name(attachment: "Attachment", _filename: str) -> str:
    """Return where a file is kept. Nothing of what the sender called it gets into a path."""
    name = attachment.uid.hex
    return f"{name[:2]}/{name}"


class Attachment(models.Model):
    """A file of a ticket: never changed, and gone with its ticket. Internal ones are seen by the desk only."""

    uid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="attachments", verbose_name=_("ticket"))
    visibility = models.CharField(_("visibility"), max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC)
    filename = models.CharField(_("file name"), max_length=150)
    content_type = models.CharField(_("type"), max_length=20, choices=FileType.choices)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    file = models.FileField(_("file"), storage=private_storage, upload_to=stored_name, max_length=80)
    author_kind = models.CharField(_("author kind"), max_length=20)
    author_label = models.CharField(_("author"), max_length=200)
    from_desk = models.BooleanField(_("attached by the desk"), default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            in_list("visibility", Visibility, name="attachment_visibility_in_list"),
            in_list("content_type", FileType, name="attachment_type_in_list"),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="attachment_not_empty"),
        ]
        # A ticket's files, oldest first.
        indexes = [models.Index(fields=["ticket", "id"], name="attachment_of_ticket")]

    def __str__(self) -> str:
        return self.filename
