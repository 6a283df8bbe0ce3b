"""The chase: whom we ask, when we asked, what became of each message."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from migrations_app.enums import AttemptState, ChannelName, ChaseState
from migrations_app.models.cases import MigrationCase
from tickets.enums import Party


class Chase(TimestampedModel):
    """The reminders for one requirement of one case, or for several at once (`covers`), all its numbers together."""

    case = models.ForeignKey(MigrationCase, on_delete=models.CASCADE, related_name="chases", verbose_name=_("case"))
    requirement_code = models.CharField(_("requirement"), max_length=40)
    state = models.CharField(_("state"), max_length=12, choices=ChaseState.choices, default=ChaseState.ACTIVE)
    ladder_slug = models.CharField(_("ladder"), max_length=50)
    ladder_version = models.PositiveIntegerField(_("version of the ladder"), default=1)
    steps = models.JSONField(_("rungs as they were at the start"), default=list)
    on_exhausted = models.JSONField(_("at the end of the ladder"), default=list, blank=True)
    covers = models.JSONField(
        _("asks for"),
        default=list,
        blank=True,
        help_text=_("Codes that are asked for together; empty: what it is named after."),
    )
    raised_priority = models.BooleanField(_("has raised the priority"), default=False, editable=False)
    reply_token = models.CharField(max_length=26, unique=True, null=True, blank=True, editable=False)
    """The secret part of the address to which answers of this chase come."""
    prepared_numbers = models.JSONField(default=list, blank=True, editable=False)
    """Ids of the numbers whose client was told to prepare: it is still owed the message that says "now"."""
    last_step = models.SmallIntegerField(_("last rung"), null=True)
    next_at = models.DateTimeField(_("next at"), null=True, blank=True)
    round = models.PositiveSmallIntegerField(
        _("round"), default=1, help_text=_("How many times in a row the ladder was begun without an answer.")
    )
    round_started_at = models.DateTimeField(_("round began at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ladder ended at"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    satisfied_at = models.DateTimeField(_("satisfied at"), null=True, blank=True)
    to_judge_since = models.DateTimeField(
        _("an answer waits since"), null=True, blank=True, help_text=_("Somebody answered; an agent has to judge it.")
    )
    promise_at = models.DateTimeField(null=True, blank=True, editable=False)
    """The promised date that the plan follows; where somebody was asked without promising one, when that was."""
    snoozed_until = models.DateTimeField(_("silent until"), null=True, blank=True)
    stopped_by = models.CharField(
        _("stopped for good by"), max_length=200, blank=True, default="", help_text=_("Empty: not stopped by hand.")
    )
    stop_reason = models.TextField(_("why it was stopped"), blank=True, default="")

    class Meta:
        verbose_name = _("chase")
        verbose_name_plural = _("chases")
        constraints = [
            in_list("state", ChaseState, name="chase_state_in_list"),
            models.UniqueConstraint(fields=["case", "requirement_code"], name="chase_one_per_requirement"),
            models.CheckConstraint(
                condition=Q(stopped_by="", stop_reason="") | (~Q(stopped_by="") & ~Q(stop_reason="")),
                name="chase_stop_says_why",
            ),
        ]
        indexes = [
            # The sweep that escalates ladders that have come to their end.
            models.Index(fields=["next_at"], condition=Q(state=ChaseState.ACTIVE), name="chase_due"),
        ]

    def __str__(self) -> str:
        return f"{self.requirement_code} ({self.state})"


class OutboundAttempt(TimestampedModel):
    """One message that is due at a time. The row is claimed and committed before anything leaves."""

    state = models.CharField(_("state"), max_length=10, choices=AttemptState.choices, default=AttemptState.PLANNED)
    channel = models.CharField(_("channel"), max_length=10, choices=ChannelName.choices, default=ChannelName.EMAIL)
    message = models.CharField(_("message"), max_length=40)
    recipient_party = models.CharField(_("to"), max_length=12, choices=Party.choices)
    language = models.CharField(_("language"), max_length=10)
    address = models.CharField(
        _("address"),
        max_length=320,
        blank=True,
        default="",
        help_text=_("To whom, as known when it was planned; messages to one address are counted and bundled by it."),
    )
    message_key = models.CharField(max_length=32, blank=True, default="", editable=False)
    """By what the receiver knows the message; every try of one message by one way carries the same."""
    try_no = models.PositiveSmallIntegerField(_("try"), default=1)
    failure = models.CharField(_("why it failed"), max_length=60, blank=True, default="")
    undelivered_at = models.DateTimeField(
        _("given up at"), null=True, blank=True, help_text=_("Every way has failed; a person has to look at it.")
    )
    due_at = models.DateTimeField(_("planned at"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    exchange = models.ForeignKey(
        "providers.Exchange",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("exchange"),
    )

    class Meta:
        abstract = True


class ChaseAttempt(OutboundAttempt):
    """One rung climbed."""

    chase = models.ForeignKey(Chase, on_delete=models.CASCADE, related_name="attempts", verbose_name=_("chase"))
    step = models.PositiveSmallIntegerField(_("rung"))

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            in_list("state", AttemptState, name="chase_attempt_state_in_list"),
            in_list("recipient_party", Party, name="chase_attempt_party_in_list"),
            in_list("channel", ChannelName, name="chase_attempt_channel_in_list"),
            # A rung is climbed once per round; two sweeps cannot plan it twice while it is open.
            models.UniqueConstraint(
                fields=["chase"], condition=Q(state__in=["planned", "sending"]), name="chase_attempt_one_open"
            ),
        ]
        indexes = [
            # The sweep that sends what is due.
            models.Index(fields=["due_at", "id"], condition=Q(state="planned"), name="chase_attempt_due"),
            # The sweep that finds attempts whose worker died.
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="chase_attempt_in_flight"),
            # What else waits for the same recipient: one digest instead of many messages.
            models.Index(fields=["address", "due_at"], condition=Q(state="planned"), name="chase_attempt_bundle"),
            # The list of what could not be delivered.
            models.Index(
                fields=["undelivered_at"], condition=Q(undelivered_at__isnull=False), name="chase_attempt_undelivered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message} → {self.recipient_party} ({self.state})"
