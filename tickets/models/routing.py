"""The rules that fill the queues, in versions: one is live, drafts are edited, old ones are kept."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from tickets.enums import RoutingDeed, RoutingState
from tickets.models.desk import Queue


class RoutingVersion(TimestampedModel):
    """A set of rules. Only a draft's rules change; what was live stays as it was.

    `revision` rises with every change of the version or its rules, and its UPDATE is the lock of both. `tested_digest` is
    the fingerprint of what was tried last: only that may go live.
    """

    number = models.PositiveIntegerField(_("version"), unique=True)
    note = models.CharField(_("what for"), max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=RoutingState.choices, default=RoutingState.DRAFT)
    copied_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("copied from")
    )
    made_by = models.CharField(_("made by"), max_length=200)
    tested_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    tested_at = models.DateTimeField(_("tested at"), null=True, blank=True)
    tested_result = models.JSONField(default=dict, editable=False)
    published_at = models.DateTimeField(_("live since"), null=True, blank=True)
    published_by = models.CharField(_("made live by"), max_length=200, blank=True, default="")
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("routing version")
        verbose_name_plural = _("routing versions")
        constraints = [
            in_list("state", RoutingState, name="routing_version_state_in_list"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="live"), name="routing_one_live_version"),
            models.CheckConstraint(
                condition=Q(state="draft", published_at=None) | (~Q(state="draft") & Q(published_at__isnull=False)),
                name="routing_version_live_since",
            ),
            models.CheckConstraint(
                condition=(Q(state="retired") & Q(retired_at__isnull=False))
                | (~Q(state="retired") & Q(retired_at=None)),
                name="routing_version_retired_at",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Version %(number)s") % {"number": self.number})


class RoutingRule(TimestampedModel):
    """One ordered rule of a version. The lowest position that takes a ticket decides its queue."""

    version = models.ForeignKey(
        RoutingVersion, on_delete=models.CASCADE, related_name="rules", verbose_name=_("version")
    )
    position = models.PositiveIntegerField(_("position"), default=100)
    name = models.CharField(_("name"), max_length=100)
    active = models.BooleanField(_("active"), default=True)
    conditions = models.JSONField(_("conditions"), default=dict, blank=True)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="rules", verbose_name=_("queue"))

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="routing_rule_name_in_version")]
        # Routing itself: the live version's rules in their order.
        indexes = [models.Index(fields=["version", "position", "id"], name="routing_rule_order")]

    def __str__(self) -> str:
        return f"{self.position} · {self.name}"


class RoutingChange(models.Model):
    """Who did what with a version, when: append-only. The number stays when a draft is deleted."""

    version_number = models.PositiveIntegerField(_("version"))
    deed = models.CharField(_("deed"), max_length=20, choices=RoutingDeed.choices)
    data = models.JSONField(_("data"), default=dict)
    actor_kind = models.CharField(_("actor kind"), max_length=20)
    actor_label = models.CharField(_("actor"), max_length=200)
    occurred_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("routing change")
        verbose_name_plural = _("routing changes")
        constraints = [in_list("deed", RoutingDeed, name="routing_change_deed_in_list")]
        # The record on a version's page.
        indexes = [models.Index(fields=["version_number", "id"], name="routing_change_of_version")]

    def __str__(self) -> str:
        return f"{self.version_number}: {self.deed}"
