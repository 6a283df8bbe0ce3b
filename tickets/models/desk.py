"""Queues: who works in them and how they share the work."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from tickets.enums import Assignment


def tries_claims_by_default() -> bool:
    """Return whether new queues try claims at Meta: `PORTERO_TRIES_CLAIMS`."""
    return bool(settings.TRIES_CLAIMS)


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
    tries_claims = models.BooleanField(
        _("tries claims at Meta"),
        default=tries_claims_by_default,
        help_text=_(
            "Claims that two-step verification is off are tried with the destination's migration call. That leaves the number "
            "there, which counts towards the account's limit."
        ),
    )
    assignment = models.CharField(
        _("assignment"),
        max_length=20,
        choices=Assignment.choices,
        default=Assignment.NONE,
        help_text=_("How new tickets of this queue find their agent. Only active agents of the queue are chosen."),
    )
    keep_group_together = models.BooleanField(
        _("keeps groups together"),
        default=False,
        help_text=_(
            "Tickets of one organization with the same group reference follow the first one: same queue, same agent."
        ),
    )
    last_assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    """Whose turn it was last, where the queue assigns in turn."""
    agents = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="queues", blank=True, verbose_name=_("agents")
    )

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        constraints = [
            models.UniqueConstraint(fields=["is_triage"], condition=models.Q(is_triage=True), name="queue_one_triage"),
            in_list("assignment", Assignment, name="queue_assignment_in_list"),
        ]

    def __str__(self) -> str:
        return self.name
