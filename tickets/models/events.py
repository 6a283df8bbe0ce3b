"""The append-only record of what happened, and the answers kept for repeated requests."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One thing that happened: code and data, never sentences.

    No foreign keys: the record never blocks a deletion and outlives its subject. `sequence` is taken under the lock of
    the organization's row, so that commit order and feed order are the same.
    """

    organization_id = models.BigIntegerField(_("organization"))
    sequence = models.BigIntegerField(_("number"))
    type = models.CharField(_("type"), max_length=40)
    ticket_id = models.BigIntegerField(_("ticket"), null=True)
    ticket_reference = models.CharField(_("reference"), max_length=20, blank=True, default="")
    data = models.JSONField(_("data"), default=dict)
    internal = models.BooleanField(_("for the desk only"), default=False)
    test = models.BooleanField(_("test"), default=False)
    actor_kind = models.CharField(_("actor kind"), max_length=20)
    actor_label = models.CharField(_("actor"), max_length=200)
    request_id = models.CharField(_("request"), max_length=64, blank=True, default="")
    occurred_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["organization_id", "sequence"], name="event_feed_order")]
        indexes = [
            # A ticket's timeline.
            models.Index(fields=["ticket_id", "id"], name="event_of_ticket"),
            # The change feed of an organization's live tickets, and that of its test tickets.
            models.Index(
                fields=["organization_id", "sequence"],
                condition=models.Q(internal=False, test=False),
                name="event_feed",
            ),
            models.Index(
                fields=["organization_id", "sequence"],
                condition=models.Q(internal=False, test=True),
                name="event_feed_test",
            ),
            # What happened within a span of time: the replay of webhooks.
            models.Index(
                fields=["organization_id", "occurred_at"], condition=models.Q(internal=False), name="event_feed_by_time"
            ),
            # The same feed narrowed to one ticket, which may be a draft that is gone.
            models.Index(fields=["organization_id", "ticket_reference", "sequence"], name="event_feed_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.ticket_reference}"


class IdempotencyRecord(models.Model):
    """The answer to a POST that carried an Idempotency-Key, given again when the request is repeated."""

    organization_id = models.BigIntegerField()
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("stored answer")
        verbose_name_plural = _("stored answers")
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "key", "method", "path"], name="idempotency_one_answer"),
        ]
        # The sweep that forgets answers after a day.
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
