"""What is looked at after numbers have moved, and the templates before and after."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from migrations_app.enums.aftercare import CheckKind, CheckState, TemplateOutcome
from migrations_app.models.cases import MigrationCase, NumberMove


class MoveCheck(TimestampedModel):
    """One thing to read or do at Meta for a case or one of its numbers, planned, under way or done.

    The row is claimed and committed before Meta is called. `result` is what Meta said last, `progress` how far copying is.
    """

    case = models.ForeignKey(MigrationCase, on_delete=models.CASCADE, related_name="checks", verbose_name=_("case"))
    number = models.ForeignKey(
        NumberMove, on_delete=models.CASCADE, null=True, blank=True, related_name="checks", verbose_name=_("number")
    )
    kind = models.CharField(_("what"), max_length=20, choices=CheckKind.choices)
    state = models.CharField(_("state"), max_length=10, choices=CheckState.choices, default=CheckState.PLANNED)
    due_at = models.DateTimeField(_("planned at"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    result = models.JSONField(_("result"), null=True, blank=True)
    progress = models.JSONField(_("progress"), null=True, blank=True)
    error = models.JSONField(_("error"), null=True, blank=True)

    class Meta:
        verbose_name = _("check after the move")
        verbose_name_plural = _("checks after the move")
        constraints = [
            in_list("kind", CheckKind, name="check_kind_in_list"),
            in_list("state", CheckState, name="check_state_in_list"),
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(number__isnull=True), name="check_once_per_case"
            ),
            models.UniqueConstraint(
                fields=["number", "kind"], condition=Q(number__isnull=False), name="check_once_per_number"
            ),
        ]
        indexes = [
            # The sweep that makes what is due.
            models.Index(fields=["due_at", "id"], condition=Q(state=CheckState.PLANNED), name="check_due"),
            # The sweep that finds those whose process died.
            models.Index(fields=["claimed_at"], condition=Q(state=CheckState.RUNNING), name="check_in_flight"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"


class TemplateEntry(models.Model):
    """One message template in one language, as it was before the move, and what became of it."""

    case = models.ForeignKey(MigrationCase, on_delete=models.CASCADE, related_name="templates", verbose_name=_("case"))
    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(_("language"), max_length=15)
    from_client = models.BooleanField(_("from the client's list"), default=False)
    source_id = models.CharField(max_length=32, blank=True, default="")
    status = models.CharField(_("status before"), max_length=30, blank=True, default="")
    quality = models.CharField(_("quality before"), max_length=20, blank=True, default="")
    category = models.CharField(_("category"), max_length=30, blank=True, default="")
    there_before = models.BooleanField(_("was at the destination before"), default=False)
    outcome = models.CharField(
        _("what became of it"), max_length=15, choices=TemplateOutcome.choices, blank=True, default=""
    )
    words = models.CharField(_("Meta's words"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [
            models.UniqueConstraint(fields=["case", "name", "language"], name="template_once_per_case"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
