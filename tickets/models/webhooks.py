"""Webhooks: whom an organization has told, what is to be told, and every try of it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from tickets.enums import DeliveryState, EndpointOff
from tickets.models.organizations import Organization


class WebhookEndpoint(TimestampedModel):
    """An address of an organization that is told of events, of its live or of its test tickets.

    Its secrets are encrypted and shown to nobody again. `busy_until` is the claim of a worker: one try at a time. A deleted one
    stays for a while, so that nothing that is being written meets a row that is gone.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="webhook_endpoints", verbose_name=_("organization")
    )
    test = models.BooleanField(_("test"), default=False)
    url = models.CharField(_("address"), max_length=1000)
    types = models.JSONField(_("types"), default=list, blank=True)
    """Types of events it wants; empty: all of the feed."""
    active = models.BooleanField(_("active"), default=True)
    off_reason = models.CharField(
        _("why it is off"), max_length=10, choices=EndpointOff.choices, blank=True, default=EndpointOff.ON
    )
    off_at = models.DateTimeField(_("off since"), null=True, blank=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    """The first failure after which nothing was taken any more."""
    contact_email = models.EmailField(_("who is told"), blank=True, default="")
    contact_language = models.CharField(_("language"), max_length=10, default="en")
    secret_sealed = models.TextField(editable=False)
    old_secret_sealed = models.TextField(blank=True, default="", editable=False)
    old_secret_until = models.DateTimeField(_("old secret signs until"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    busy_until = models.DateTimeField(null=True, editable=False)
    tried_at = models.DateTimeField(_("last try"), null=True, editable=False)
    notice_due_at = models.DateTimeField(null=True, editable=False)
    notice_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        constraints = [
            in_list("off_reason", EndpointOff, name="webhook_off_reason_in_list"),
            models.CheckConstraint(
                condition=Q(active=True, off_reason="", off_at=None)
                | (Q(active=False, off_at__isnull=False) & ~Q(off_reason="")),
                name="webhook_off_says_why",
            ),
            models.CheckConstraint(condition=Q(active=False) | Q(deleted_at=None), name="webhook_deleted_is_off"),
        ]
        indexes = [
            # Asked by every event that is written.
            models.Index(fields=["organization"], condition=Q(active=True), name="webhook_of_organization"),
            # The sweep that tells somebody that it was switched off.
            models.Index(fields=["notice_due_at"], condition=Q(notice_due_at__isnull=False), name="webhook_notice_due"),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event for one endpoint, or a ping: the text as it was rendered when the event was written.

    `webhook_id` is the event's own id, so that a receiver knows what it has, however often it is sent. `tries` counts all of
    them, `earlier_tries` those before somebody wanted it sent again.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("endpoint")
    )
    webhook_id = models.CharField(_("webhook id"), max_length=64)
    type = models.CharField(_("type"), max_length=40)
    event_id = models.BigIntegerField(_("event"), null=True)
    ticket_reference = models.CharField(_("ticket"), max_length=20, blank=True, default="")
    body = models.TextField(_("body"))
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.PLANNED)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    earlier_tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(_("next try"), null=True)
    claimed_at = models.DateTimeField(_("claimed at"), null=True)
    last_error = models.CharField(_("last error"), max_length=40, blank=True, default="")
    created_at = models.DateTimeField(_("at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            in_list("state", DeliveryState, name="delivery_state_in_list"),
            models.UniqueConstraint(fields=["endpoint", "webhook_id"], name="delivery_once_per_endpoint"),
            models.CheckConstraint(
                condition=Q(state="planned", next_at__isnull=False) | (~Q(state="planned") & Q(next_at=None)),
                name="delivery_planned_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state="sending", claimed_at__isnull=False) | (~Q(state="sending") & Q(claimed_at=None)),
                name="delivery_sending_was_claimed",
            ),
        ]
        indexes = [
            # What an endpoint is to be told next.
            models.Index(fields=["endpoint", "next_at", "id"], condition=Q(state="planned"), name="delivery_due"),
            # The sweep that finds those whose process died.
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="delivery_in_flight"),
            # The list of an endpoint, whole or of one state.
            models.Index(fields=["endpoint", "state", "id"], name="delivery_of_state"),
            # The sweep that forgets.
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="delivery_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.webhook_id} ({self.state})"


class WebhookTry(models.Model):
    """One POST: when, and what came back. `error` is a code; empty where the receiver took it."""

    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.CASCADE, related_name="attempts", verbose_name=_("delivery")
    )
    at = models.DateTimeField(_("at"))
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    error = models.CharField(_("error"), max_length=40, blank=True, default="")
    excerpt = models.TextField(_("answer"), blank=True, default="")
    duration_ms = models.PositiveIntegerField(_("milliseconds"), null=True)

    class Meta:
        verbose_name = _("webhook try")
        verbose_name_plural = _("webhook tries")

    def __str__(self) -> str:
        return f"{self.at} {self.status or self.error}"
