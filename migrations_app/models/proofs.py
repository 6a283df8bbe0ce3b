"""Claims tried at Meta."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from migrations_app.enums.proofs import ProofOccasion, ProofState
from migrations_app.models.cases import NumberMove

OPEN = ["planned", "trying"]


class ProofTry(TimestampedModel):
    """One try of the claim that two-step verification is off: the migration call at the destination, planned or made.

    The row is claimed and committed before Meta is called. `claim` says which claim it belongs to (when that was made);
    `try_no` is its place in a round.
    """

    number = models.ForeignKey(NumberMove, on_delete=models.CASCADE, related_name="tries", verbose_name=_("number"))
    state = models.CharField(_("state"), max_length=12, choices=ProofState.choices, default=ProofState.PLANNED)
    occasion = models.CharField(_("why"), max_length=8, choices=ProofOccasion.choices, default=ProofOccasion.CLAIM)
    claim = models.CharField(max_length=40, blank=True, default="", editable=False)
    try_no = models.PositiveSmallIntegerField(_("try"), default=1)
    round_started_at = models.DateTimeField(_("round began at"), null=True, blank=True)
    read_first = models.BooleanField(
        _("reads first"), default=False, help_text=_("The answer before was lost: it may have been done already.")
    )
    due_at = models.DateTimeField(_("planned at"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    phone_number_id = models.CharField(_("phone number ID"), max_length=32, blank=True, default="")
    answer = models.JSONField(_("Meta's answer"), null=True, blank=True)
    stumbled_over = models.CharField(_("requirement"), max_length=40, blank=True, default="")
    """The requirement that Meta's refusal is about; empty where it is about none."""

    class Meta:
        verbose_name = _("try at Meta")
        verbose_name_plural = _("tries at Meta")
        constraints = [
            in_list("state", ProofState, name="proof_state_in_list"),
            in_list("occasion", ProofOccasion, name="proof_occasion_in_list"),
            models.UniqueConstraint(fields=["number"], condition=Q(state__in=OPEN), name="proof_one_open_per_number"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at=None) | (~Q(state__in=OPEN) & Q(ended_at__isnull=False)),
                name="proof_end_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=ProofState.ACCEPTED) | ~Q(phone_number_id=""), name="proof_accepted_has_object"
            ),
        ]
        indexes = [
            # The sweep that tries what is due.
            models.Index(fields=["due_at", "id"], condition=Q(state="planned"), name="proof_due"),
            # The sweep that finds tries whose process died.
            models.Index(fields=["claimed_at"], condition=Q(state="trying"), name="proof_in_flight"),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.state})"
