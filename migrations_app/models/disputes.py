"""Disputes: a line that one organization's open ticket holds and another organization claims."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from migrations_app.enums.disputes import DisputeState
from migrations_app.models.cases import MigrationCase


class OwnershipDispute(TimestampedModel):
    """Who may move a line? A lead decides; the dispute ends by itself when the holder lets the line go.

    `match_key` is the line (in whatever form either side filed it), `holder` the case that holds it. The claimant's ticket is
    kept only where one exists apart from the refused filing: a draft, or a ticket that was changed or reopened.
    """

    match_key = models.CharField(max_length=16, editable=False)
    number = models.CharField(_("number"), max_length=16)
    holder = models.ForeignKey(
        MigrationCase, on_delete=models.CASCADE, related_name="disputes", verbose_name=_("held by")
    )
    claimant = models.ForeignKey(
        "tickets.Organization", on_delete=models.PROTECT, related_name="+", verbose_name=_("claimed by")
    )
    claimant_ticket = models.ForeignKey(
        "tickets.Ticket",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("claimant's ticket"),
    )
    state = models.CharField(_("state"), max_length=12, choices=DisputeState.choices, default=DisputeState.OPEN)
    times = models.PositiveIntegerField(_("times claimed"), default=1)
    raised_by = models.CharField(_("raised by"), max_length=200)
    raised_at = models.DateTimeField(_("raised at"))
    last_claimed_at = models.DateTimeField(_("last claimed at"))
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, default="")

    class Meta:
        verbose_name = _("ownership dispute")
        verbose_name_plural = _("ownership disputes")
        constraints = [
            in_list("state", DisputeState, name="dispute_state_in_list"),
            # Claiming again while it is open is the same dispute.
            models.UniqueConstraint(
                fields=["match_key", "claimant"], condition=Q(state=DisputeState.OPEN), name="dispute_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state=DisputeState.OPEN, decided_at__isnull=True, decided_by="")
                | (~Q(state=DisputeState.OPEN) & Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="dispute_decided_says_who",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[DisputeState.UPHELD, DisputeState.TRANSFERRED]) | ~Q(reason=""),
                name="dispute_decision_says_why",
            ),
            models.CheckConstraint(condition=Q(last_claimed_at__gte=F("raised_at")), name="dispute_claimed_in_order"),
        ]
        indexes = [
            # The list of disputes in the admin, and the count beside it.
            models.Index(fields=["state", "raised_at"], name="dispute_list"),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.state})"
