"""What past chases tell: figures per BSP and demand, written anew every hour."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel


class BspPace(TimestampedModel):
    """How long one demand takes at one BSP (`bsp` empty: at all of them together), from live tickets of the last year."""

    bsp = models.ForeignKey(
        "providers.Bsp", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("old BSP")
    )
    requirement_code = models.CharField(_("demand"), max_length=40)
    cases = models.PositiveIntegerField(_("cases"), help_text=_("Cases in which it was met."))
    open_cases = models.PositiveIntegerField(_("still open"))
    median = models.DurationField(_("half of them within"))
    late = models.DurationField(_("nine of ten within"))
    messages = models.DecimalField(_("messages needed"), max_digits=6, decimal_places=1)
    escalated_percent = models.DecimalField(_("went to a person (%)"), max_digits=4, decimal_places=1)

    class Meta:
        verbose_name = _("pace of a BSP")
        verbose_name_plural = _("pace of BSPs")
        constraints = [
            models.UniqueConstraint(
                fields=["bsp", "requirement_code"], condition=Q(bsp__isnull=False), name="pace_once_per_bsp"
            ),
            models.UniqueConstraint(
                fields=["requirement_code"], condition=Q(bsp__isnull=True), name="pace_once_in_all"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requirement_code}: {self.median}"
