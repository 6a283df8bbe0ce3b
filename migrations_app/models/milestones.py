"""What a person records of a move that we do not make at Meta ourselves."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.core.models import in_list
from migrations_app.enums.readiness import MilestoneKind
from migrations_app.models.calls import PinCallNumber


class CallMilestone(models.Model):
    """One thing that somebody saw happen with a number of a call, in Meta's popup or in a provider's console."""

    line = models.ForeignKey(
        PinCallNumber, on_delete=models.CASCADE, related_name="milestones", verbose_name=_("number of a call")
    )
    kind = models.CharField(_("milestone"), max_length=10, choices=MilestoneKind.choices)
    at = models.DateTimeField(_("recorded at"))
    by = models.CharField(_("recorded by"), max_length=200)
    note = models.TextField(_("what was seen"), blank=True, default="")
    file = models.JSONField(_("screenshot"), null=True, blank=True)
    """`id` and `filename` of an internal file of the ticket."""

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        constraints = [
            in_list("kind", MilestoneKind, name="call_milestone_kind_in_list"),
            models.UniqueConstraint(fields=["line", "kind"], name="call_milestone_once"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.kind}"
