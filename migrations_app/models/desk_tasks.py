"""What a person of the desk has to do about a case: rows that wait in the agents' list."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from migrations_app.enums import DeskTaskKind, DeskTaskState, TaskOutcome
from migrations_app.models.cases import MigrationCase, NumberMove
from migrations_app.models.chases import Chase, ChaseAttempt
from tickets.enums import Party


class DeskTask(TimestampedModel):
    """One thing to do by hand, with all that is needed for it: where, and what to say or paste."""

    case = models.ForeignKey(MigrationCase, on_delete=models.CASCADE, related_name="tasks", verbose_name=_("case"))
    kind = models.CharField(_("what"), max_length=20, choices=DeskTaskKind.choices)
    state = models.CharField(_("state"), max_length=10, choices=DeskTaskState.choices, default=DeskTaskState.OPEN)
    chase = models.ForeignKey(
        Chase, on_delete=models.CASCADE, null=True, blank=True, related_name="tasks", verbose_name=_("chase")
    )
    attempt = models.OneToOneField(
        ChaseAttempt, on_delete=models.CASCADE, null=True, blank=True, related_name="task", verbose_name=_("attempt")
    )
    number = models.ForeignKey(
        NumberMove, on_delete=models.CASCADE, null=True, blank=True, related_name="tasks", verbose_name=_("number")
    )
    recipient_party = models.CharField(_("with"), max_length=12, choices=Party.choices, blank=True, default="")
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    url = models.CharField(_("link"), max_length=2000, blank=True, default="")
    contact = models.CharField(_("contact"), max_length=320, blank=True, default="")
    title = models.CharField(_("title"), max_length=300, blank=True, default="")
    text = models.TextField(_("text to say or paste"), blank=True, default="")
    outcome = models.CharField(_("outcome"), max_length=12, choices=TaskOutcome.choices, blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")
    done_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    done_by = models.CharField(_("ended by"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            in_list("kind", DeskTaskKind, name="desk_task_kind_in_list"),
            in_list("state", DeskTaskState, name="desk_task_state_in_list"),
            models.CheckConstraint(
                condition=Q(state=DeskTaskState.OPEN, done_at=None)
                | (~Q(state=DeskTaskState.OPEN) & Q(done_at__isnull=False)),
                name="desk_task_end_has_time",
            ),
            models.UniqueConstraint(
                fields=["chase", "kind"],
                condition=Q(state="open", chase__isnull=False),
                name="desk_task_once_per_chase",
            ),
            models.UniqueConstraint(
                fields=["number", "kind"],
                condition=Q(state="open", number__isnull=False),
                name="desk_task_once_per_number",
            ),
        ]
        indexes = [
            # The agents' list, longest waiting first.
            models.Index(fields=["created_at", "id"], condition=Q(state="open"), name="desk_task_open"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"
