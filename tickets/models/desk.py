"""Queues and the rules that fill them."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel
from tickets.rules.routing import problems_of


class Queue(TimestampedModel):
    """A team's inbox. Agents see the tickets of their own queues and no others."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    is_triage = models.BooleanField(
        _("triage"),
        default=False,
        help_text=_("Takes every ticket that no rule takes. Exactly one queue is the triage queue."),
    )
    reviews_claims = models.BooleanField(
        _("reviews claims"),
        default=False,
        help_text=_("A client's claim does not suffice for scheduling until an agent confirms it."),
    )
    agents = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="queues", blank=True, verbose_name=_("agents")
    )

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        constraints = [
            models.UniqueConstraint(fields=["is_triage"], condition=models.Q(is_triage=True), name="queue_one_triage"),
        ]

    def __str__(self) -> str:
        return self.name


class RoutingRule(TimestampedModel):
    """One ordered rule. The lowest position that takes a ticket decides its queue."""

    position = models.PositiveIntegerField(_("position"), default=100)
    name = models.CharField(_("name"), max_length=100, unique=True)
    active = models.BooleanField(_("active"), default=True)
    conditions = models.JSONField(
        _("conditions"),
        default=dict,
        blank=True,
        help_text=_('All must hold. Example: {"country": ["BR", "MX"], "any_tag": ["bsp:infobip"], "max_size": 10}'),
    )
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="rules", verbose_name=_("queue"))

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")

    def __str__(self) -> str:
        return f"{self.position} · {self.name}"

    def clean(self) -> None:
        """Refuse conditions that could never be judged."""
        problems = (
            problems_of(self.conditions) if isinstance(self.conditions, dict) else ["conditions must be an object"]
        )
        if problems:
            raise ValidationError({"conditions": problems})
