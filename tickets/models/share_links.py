"""Links by which somebody without an account follows a ticket, answers and chooses times."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.models.tickets import Ticket


class ShareLink(models.Model):
    """A link to one ticket's page. Of its token only the digest is kept; opening it writes nothing here or anywhere."""

    uid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="share_links", verbose_name=_("ticket"))
    permissions = models.JSONField(_("permissions"), default=list)
    label = models.CharField(_("label"), max_length=100, blank=True, default="")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    in_mail = models.BooleanField(
        _("made for a message"),
        default=False,
        help_text=_("It left in a message to the client; only the desk finds it in a list."),
    )
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    created_by = models.CharField(_("made by"), max_length=200)
    by_desk = models.BooleanField(_("made by the desk"), default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("share link")
        verbose_name_plural = _("share links")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="share_link_ends_after_it_began"
            )
        ]
        # The links of a ticket that still open something; those whose time was over long ago.
        indexes = [
            models.Index(fields=["expires_at"], name="share_link_expires"),
            models.Index(
                fields=["ticket", "id"], condition=models.Q(revoked_at__isnull=True), name="share_link_of_ticket"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} · {self.label or self.uid}"
