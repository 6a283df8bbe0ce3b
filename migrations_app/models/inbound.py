"""Mail that came in: what was kept of it, where it belongs, and what became of it."""

import uuid

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from migrations_app.enums.mail import MailSource, MailState, MatchedBy
from migrations_app.models.chases import Chase
from migrations_app.models.desk_tasks import DeskTask
from tickets.enums import Party
from tickets.models import Attachment, Comment, Ticket


def mail_storage() -> Storage:
    """Return the folder of incoming mail: below no address, readable by the service alone."""
    return storages["inbound"]


class InboundMail(TimestampedModel):
    """One mail, kept whole in a private file; the columns are what lists, rules and agents need of it.

    Codes and PINs are replaced by dots before anything is written, in the file as well as here. `key` makes the same mail
    one row, however often and by how many ways it comes.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=64, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=MailState.choices, default=MailState.RECEIVED)
    source = models.CharField(_("came by"), max_length=10, choices=MailSource.choices)
    received_at = models.DateTimeField(_("received at"))
    file = models.CharField(_("file"), max_length=80, editable=False)
    size = models.PositiveIntegerField(_("size in bytes"))
    cut = models.BooleanField(_("only its beginning was kept"), default=False)

    sender_name = models.CharField(_("sender's name"), max_length=200, blank=True, default="")
    sender = models.CharField(_("from"), max_length=320, blank=True, default="")
    recipient = models.CharField(_("came to"), max_length=320, blank=True, default="")
    no_return_path = models.BooleanField(_("nobody may answer it"), default=False)
    """Its envelope had an empty sender, as machines have it; False also where the envelope is not known."""
    subject = models.CharField(_("subject"), max_length=500, blank=True, default="")
    text = models.TextField(_("text"), blank=True, default="")
    message_id = models.CharField(_("message id"), max_length=500, blank=True, default="")
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    """Codes and plain values: what SPF and DKIM say, when an absence ends, what a delivery report says."""

    matched_by = models.CharField(
        _("found by"), max_length=10, choices=MatchedBy.choices, blank=True, default=MatchedBy.NOTHING
    )
    party = models.CharField(_("written by"), max_length=12, choices=Party.choices, blank=True, default="")
    ticket = models.ForeignKey(
        Ticket, on_delete=models.SET_NULL, null=True, blank=True, related_name="mails", verbose_name=_("ticket")
    )
    chase = models.ForeignKey(
        Chase, on_delete=models.SET_NULL, null=True, blank=True, related_name="answers", verbose_name=_("chase")
    )
    comment = models.ForeignKey(Comment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    task = models.ForeignKey(DeskTask, on_delete=models.SET_NULL, null=True, blank=True, related_name="mails")
    expected_sender = models.BooleanField(_("from the address we wrote to"), null=True)
    filed_at = models.DateTimeField(_("filed at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    reason = models.TextField(_("reason"), blank=True, default="")

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mail")
        constraints = [
            in_list("state", MailState, name="inbound_mail_state_in_list"),
            in_list("source", MailSource, name="inbound_mail_source_in_list"),
            models.CheckConstraint(
                condition=~Q(state=MailState.FILED) | Q(filed_at__isnull=False), name="inbound_mail_filed_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state=MailState.SET_ASIDE) | (~Q(decided_by="") & ~Q(reason="")),
                name="inbound_mail_aside_says_why",
            ),
        ]
        indexes = [
            # The sweep that goes on with what a process left half-way.
            models.Index(fields=["received_at"], condition=Q(state="received"), name="inbound_mail_received"),
            # The inbox.
            models.Index(fields=["received_at", "id"], condition=Q(state="unmatched"), name="inbound_mail_unmatched"),
            models.Index(fields=["received_at", "id"], name="inbound_mail_list"),
        ]

    def __str__(self) -> str:
        return f"{self.subject or '–'} ({self.get_state_display()})"


class InboundFile(models.Model):
    """Something attached to a mail. What a ticket does not take is still there: in the mail, at this place."""

    mail = models.ForeignKey(InboundMail, on_delete=models.CASCADE, related_name="files", verbose_name=_("mail"))
    position = models.PositiveSmallIntegerField(_("place"))
    filename = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(_("type as the sender calls it"), max_length=100, blank=True, default="")
    size = models.PositiveIntegerField(_("size in bytes"))
    attachment = models.ForeignKey(
        Attachment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("attachment")
    )

    class Meta:
        verbose_name = _("file of a mail")
        verbose_name_plural = _("files of mails")
        constraints = [models.UniqueConstraint(fields=["mail", "position"], name="inbound_file_once")]

    def __str__(self) -> str:
        return self.filename


class MailboxPlace(models.Model):
    """How far a mailbox has been read. Source: RFC 3501, UIDs rise for as long as UIDVALIDITY stays."""

    mailbox = models.CharField(max_length=64, unique=True)
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("place in a mailbox")
        verbose_name_plural = _("places in mailboxes")

    def __str__(self) -> str:
        return f"{self.mailbox[:8]} {self.last_uid}"
