"""How much one address is written to: its row as a lock, and who asked to be left alone."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel
from tickets.models import Organization


class Mailbox(TimestampedModel):
    """An address that is reminded, without regard to case. Its row is the lock of what is counted by address and day.

    It is taken after the tickets' locks, so that two workers cannot both send the last reminder that a day allows.
    """

    address = models.CharField(_("address"), max_length=320, unique=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")

    def __str__(self) -> str:
        return self.address


class NudgeStop(TimestampedModel):
    """Somebody asked for no more reminders about the tickets of one organization; open while `undone_at` is empty."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", verbose_name=_("organization"), db_index=False
    )
    address = models.CharField(_("address"), max_length=320)
    since = models.DateTimeField(_("since"))
    undone_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    undone_by = models.CharField(_("taken back by"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("stop of reminders")
        verbose_name_plural = _("stops of reminders")
        constraints = [
            # Also what the planner asks: does this address want reminders of this organization?
            models.UniqueConstraint(
                fields=["organization", "address"], condition=Q(undone_at__isnull=True), name="nudge_stop_once"
            )
        ]

    def __str__(self) -> str:
        return self.address
