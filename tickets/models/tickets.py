"""The ticket and its comments."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from tickets.enums import CancelReason, Party, Priority, Source, TicketKind, TicketStatus, Visibility
from tickets.models.desk import Queue
from tickets.models.organizations import Organization


class Ticket(TimestampedModel):
    """The help-desk record. It knows nothing of what it is about: what lists must show is pushed down as plain values.

    `revision` rises with every visible change and its UPDATE is the lock of everything that belongs to the ticket;
    `version` rises with what a client's edit can conflict with.
    """

    # Two indexes below begin with it; one of its own would only tempt the planner.
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="tickets", verbose_name=_("organization"), db_index=False
    )
    reference = models.CharField(_("reference"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=TicketKind.choices)
    test = models.BooleanField(_("test"), default=False)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices, default=Source.API)

    status = models.CharField(_("status"), max_length=20, choices=TicketStatus.choices)
    status_since = models.DateTimeField(_("status since"))
    on_hold = models.BooleanField(_("on hold"), default=False)
    cancel_reason = models.CharField(
        _("cancel reason"), max_length=30, choices=CancelReason.choices, blank=True, default=""
    )
    auto_close_at = models.DateTimeField(_("closes by itself at"), null=True, blank=True)

    client_seen_at = models.DateTimeField(
        _("silence counts from"),
        null=True,
        blank=True,
        help_text=_("When the client was last heard of, or the desk let the silence count anew."),
    )
    let_go_at = models.DateTimeField(_("lets go at"), null=True, blank=True)

    queue = models.ForeignKey(
        Queue,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("queue"),
        db_index=False,  # ticket_queue_list begins with it
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assignee"),
    )
    priority = models.CharField(_("priority"), max_length=10, choices=Priority.choices, default=Priority.NORMAL)

    # Pushed down by the app that knows the document.
    waiting_on = models.CharField(_("waiting on"), max_length=12, choices=Party.choices, default=Party.ONBOARDING)
    waiting_since = models.DateTimeField(_("waiting since"))
    waiting_also = models.JSONField(_("waiting also on"), default=list, blank=True)
    next_nudge_at = models.DateTimeField(_("next nudge"), null=True, blank=True)
    next_action = models.CharField(_("suggested action"), max_length=40, blank=True, default="")
    status_details = models.JSONField(_("status details"), default=list, blank=True)
    poll_after_seconds = models.PositiveIntegerField(_("poll after seconds"), default=60)
    stage = models.CharField(
        _("stage"), max_length=20, blank=True, default="", help_text=_("Stage of the case, for lists and filters.")
    )
    # Slug of whom the work comes from, for filters.
    origin = models.CharField(max_length=50, blank=True, default="", editable=False)
    tags = models.JSONField(_("tags"), default=list, blank=True)

    # Written with the clocks of the service level.
    sla = models.JSONField(_("service level"), default=list, blank=True, editable=False)
    sla_due_at = models.DateTimeField(_("next target"), null=True, blank=True, editable=False)
    sla_breached = models.BooleanField(_("target missed"), default=False, editable=False)

    # Who is served, as filed: a snapshot.
    client_name = models.CharField(_("client"), max_length=200)
    contact_name = models.CharField(_("contact"), max_length=200, blank=True, default="")
    contact_email = models.EmailField(_("contact e-mail"), blank=True, default="")
    contact_phone = models.CharField(_("contact phone"), max_length=20, blank=True, default="")
    language = models.CharField(_("language"), max_length=10, default="en")
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    country = models.CharField(_("country"), max_length=2, blank=True, default="")
    client_reference = models.CharField(_("client's reference"), max_length=100, blank=True, default="")
    group_reference = models.CharField(_("group reference"), max_length=100, blank=True, default="")
    search_text = models.TextField(editable=False, default="")

    version = models.PositiveIntegerField(default=1, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            in_list("status", TicketStatus, name="ticket_status_in_list"),
            in_list("kind", TicketKind, name="ticket_kind_in_list"),
            in_list("waiting_on", Party, name="ticket_waiting_on_in_list"),
            in_list("priority", Priority, name="ticket_priority_in_list"),
        ]
        indexes = [
            # The API's list in its two orders, per organization and its test or live world.
            # The creation time at its end lets "created before" be judged within the index while the list is walked.
            models.Index(fields=["organization", "test", "updated_at", "id", "created_at"], name="ticket_list_updated"),
            models.Index(fields=["organization", "test", "created_at", "id"], name="ticket_list_created"),
            # The same list by one word each. Walking the list is quick where many tickets have the word; these are for the
            # words that few have, and they keep the list's order.
            models.Index(fields=["organization", "test", "status", "updated_at", "id"], name="ticket_list_status"),
            models.Index(fields=["organization", "test", "stage", "updated_at", "id"], name="ticket_list_stage"),
            models.Index(fields=["organization", "test", "waiting_on", "updated_at", "id"], name="ticket_list_waiting"),
            models.Index(fields=["organization", "test", "kind", "updated_at", "id"], name="ticket_list_kind"),
            models.Index(fields=["organization", "test", "queue", "updated_at", "id"], name="ticket_list_queue"),
            models.Index(fields=["organization", "test", "origin", "updated_at", "id"], name="ticket_list_origin"),
            # The same list by the caller's own words.
            models.Index(fields=["organization", "client_reference"], name="ticket_client_reference"),
            models.Index(fields=["organization", "group_reference"], name="ticket_group_reference"),
            # The agents' list by the next target, and the tickets that missed one.
            models.Index(fields=["sla_due_at"], condition=Q(sla_due_at__isnull=False), name="ticket_sla_due"),
            models.Index(fields=["updated_at"], condition=Q(sla_breached=True), name="ticket_sla_breached"),
            # The admin's list: a lead sees every ticket, an agent those of own queues.
            models.Index(fields=["updated_at", "id", "created_at"], name="ticket_desk_list"),
            models.Index(fields=["queue", "updated_at", "id"], name="ticket_queue_list"),
            # How much an agent has on the table, when a queue looks for the one with the least.
            models.Index(fields=["assignee", "status"], name="ticket_load_of_agent"),
            # The sweep that closes resolved tickets.
            models.Index(
                fields=["auto_close_at"], condition=Q(auto_close_at__isnull=False), name="ticket_auto_close_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.client_name}"


class Comment(models.Model):
    """Something somebody said. Public ones are seen by the client, internal ones by the desk only."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="comments", verbose_name=_("ticket"))
    visibility = models.CharField(_("visibility"), max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC)
    body = models.TextField(_("comment"))
    author_kind = models.CharField(_("author kind"), max_length=20)
    author_label = models.CharField(_("author"), max_length=200)
    from_desk = models.BooleanField(_("written by the desk"), default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [in_list("visibility", Visibility, name="comment_visibility_in_list")]
        indexes = [models.Index(fields=["ticket", "id"], name="comment_of_ticket")]

    def __str__(self) -> str:
        return f"{self.author_label}: {self.body[:40]}"
