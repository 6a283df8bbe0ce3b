"""What was said and shown for a requirement, round by round."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import in_list
from migrations_app.enums import EvidenceKind, Verdict
from migrations_app.models.cases import Requirement


class Evidence(models.Model):
    """One answer to a requirement: words, a file, a link or a proof, and what became of it. Never overwritten.

    A requirement that opens again, or gets a better answer, begins a new round.
    """

    requirement = models.ForeignKey(
        Requirement, on_delete=models.CASCADE, related_name="rounds", verbose_name=_("requirement")
    )
    round = models.PositiveSmallIntegerField(_("round"))
    kind = models.CharField(_("kind"), max_length=10, choices=EvidenceKind.choices)
    statement = models.TextField(_("statement"), blank=True, default="")
    link = models.CharField(_("link"), max_length=2000, blank=True, default="")
    attachment = models.ForeignKey(
        "tickets.Attachment",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("file"),
    )
    given_by = models.CharField(_("given by"), max_length=200)
    confirmed_by = models.CharField(_("confirmed by"), max_length=200, blank=True, default="")
    at = models.DateTimeField(_("at"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices, default=Verdict.PENDING)
    judged_by = models.CharField(_("judged by"), max_length=200, blank=True, default="")
    judged_at = models.DateTimeField(_("judged at"), null=True, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            in_list("kind", EvidenceKind, name="evidence_kind_in_list"),
            in_list("verdict", Verdict, name="evidence_verdict_in_list"),
            # Also the index by which a requirement's rounds are read, in order.
            models.UniqueConstraint(fields=["requirement", "round"], name="evidence_round_once"),
            models.CheckConstraint(
                condition=~Q(kind=EvidenceKind.FILE) | Q(attachment__isnull=False), name="evidence_file_is_there"
            ),
            models.CheckConstraint(condition=~Q(kind=EvidenceKind.LINK) | ~Q(link=""), name="evidence_link_is_there"),
        ]

    def __str__(self) -> str:
        return f"{self.requirement_id}/{self.round} ({self.kind})"
