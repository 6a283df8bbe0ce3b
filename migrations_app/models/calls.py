"""The pin call: when, with whom, for which numbers. Overlap is impossible by constraint."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from config.core.zones import time_zones
from migrations_app.enums import AttemptState, PinCallState
from migrations_app.enums.holders import HolderState
from migrations_app.enums.readiness import LeftBecause
from migrations_app.models.cases import MigrationCase, NumberMove
from migrations_app.models.chases import OutboundAttempt
from tickets.enums import Party


def check_zone(name: str) -> None:
    """Refuse a name that is no IANA time zone."""
    if name not in time_zones():
        raise ValidationError(_("%(name)s is no IANA time zone, e.g. America/Sao_Paulo."), params={"name": name})


class AgentHours(models.Model):
    """Weekly working hours of an agent by the agent's own wall clock; several rows make several intervals a day."""

    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="working_hours", verbose_name=_("agent")
    )
    weekday = models.PositiveSmallIntegerField(
        _("weekday"),
        choices=[
            (0, _("Monday")),
            (1, _("Tuesday")),
            (2, _("Wednesday")),
            (3, _("Thursday")),
            (4, _("Friday")),
            (5, _("Saturday")),
            (6, _("Sunday")),
        ],
    )
    start = models.TimeField(_("from"))
    end = models.TimeField(_("until"), help_text=_("Not after the start: ends the next day."))
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[check_zone])

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="agent_hours_weekday"),
            models.UniqueConstraint(fields=["agent", "weekday", "start"], name="agent_hours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.agent} {self.get_weekday_display()} {self.start:%H:%M}–{self.end:%H:%M}"


class PinCall(TimestampedModel):
    """The appointment as one ticket has it. A hold is a call in state `held` that expires by itself.

    A call that several tickets share is one row for each, under one `uid`, with one agent and one time; the agent's quarters of
    an hour belong to one of them.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="+", verbose_name=_("ticket"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("agent")
    )
    state = models.CharField(_("state"), max_length=10, choices=PinCallState.choices)
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    timezone = models.CharField(_("time zone"), max_length=64)
    expires_at = models.DateTimeField(_("hold expires at"), null=True, blank=True)
    uid = models.UUIDField(_("invitation UID"))
    sequence = models.PositiveIntegerField(_("invitation sequence"), default=0)
    join_url = models.URLField(_("join link"), blank=True, default="")
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    looked_at = models.DateTimeField(_("looked at whether it is ready"), null=True, blank=True, editable=False)
    play_at = models.DateTimeField(_("played at"), null=True, blank=True, editable=False)
    """When the machine holds the call of a test ticket; always empty in live ones."""
    override_by = models.CharField(_("begun in spite of it by"), max_length=200, blank=True, default="")
    override_reason = models.TextField(_("why it was begun all the same"), blank=True, default="")
    overridden = models.JSONField(_("what was overridden"), default=list, blank=True, editable=False)
    numbers = models.ManyToManyField(NumberMove, through="PinCallNumber", related_name="pin_calls")

    class Meta:
        verbose_name = _("verification-code call")
        verbose_name_plural = _("verification-code calls")
        constraints = [
            in_list("state", PinCallState, name="pin_call_state_in_list"),
            models.CheckConstraint(condition=Q(end__gt=models.F("start")), name="pin_call_ends_after_start"),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(expires_at__isnull=False), name="pin_call_hold_expires"
            ),
            models.CheckConstraint(
                condition=Q(override_by="", override_reason="") | (~Q(override_by="") & ~Q(override_reason="")),
                name="pin_call_override_says_why",
            ),
            # One hold a ticket; a new one replaces it.
            models.UniqueConstraint(fields=["ticket"], condition=Q(state="held"), name="pin_call_one_hold"),
            # Who has left a shared call may join it again: then the row that was cancelled stays beside the new one.
            models.UniqueConstraint(
                fields=["uid", "ticket"],
                condition=Q(state__in=["held", "booked", "started"]),
                name="pin_call_once_per_ticket",
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "start"], name="pin_call_of_ticket"),
            # The sweep that frees expired holds.
            models.Index(fields=["expires_at"], condition=Q(state="held"), name="pin_call_hold_due"),
            # A call by its address, and the tickets that share it.
            models.Index(fields=["uid", "ticket"], name="pin_call_by_uid"),
            # The sweep that holds the calls of test tickets.
            models.Index(fields=["play_at"], condition=Q(play_at__isnull=False), name="pin_call_play_due"),
            # The calls of the day in the admin.
            models.Index(fields=["state", "start"], name="pin_call_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} UTC ({self.state})"


class PinCallNumber(models.Model):
    """One number of a call, in the order in which it is moved. `left_*`: it is not moved in this call after all.

    `here_*`: an agent has seen to it that the person and the phone are there.
    """

    pin_call = models.ForeignKey(PinCall, on_delete=models.CASCADE, related_name="lines")
    number = models.ForeignKey(NumberMove, on_delete=models.CASCADE, related_name="call_lines")
    position = models.PositiveSmallIntegerField()
    set_aside_at = models.DateTimeField(_("put off to the end of the call at"), null=True, blank=True, editable=False)
    holder_check = models.ForeignKey(
        "migrations_app.HolderCheck", on_delete=models.SET_NULL, null=True, blank=True, related_name="lines"
    )
    holder_state = models.CharField(
        _("phone holder"), max_length=10, choices=HolderState.choices, default=HolderState.OPEN
    )
    holder_said = models.JSONField(default=dict, blank=True, editable=False)
    holder_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    holder_by = models.CharField(_("answered by"), max_length=200, blank=True, default="")
    here_at = models.DateTimeField(_("person and phone at hand since"), null=True, blank=True)
    here_by = models.CharField(_("confirmed by"), max_length=200, blank=True, default="")
    left_at = models.DateTimeField(_("left the call at"), null=True, blank=True)
    left_because = models.CharField(
        _("left because"), max_length=20, choices=LeftBecause.choices, blank=True, default=LeftBecause.NONE
    )

    class Meta:
        verbose_name = _("number of a call")
        verbose_name_plural = _("numbers of a call")
        constraints = [
            models.UniqueConstraint(fields=["pin_call", "number"], name="pin_call_number_once"),
            in_list("holder_state", HolderState, name="pin_call_number_holder_in_list"),
            in_list("left_because", LeftBecause, name="pin_call_number_left_in_list"),
            models.CheckConstraint(
                condition=Q(left_at=None, left_because="") | (Q(left_at__isnull=False) & ~Q(left_because="")),
                name="pin_call_number_left_says_why",
            ),
            models.CheckConstraint(
                condition=Q(here_at=None, here_by="") | (Q(here_at__isnull=False) & ~Q(here_by="")),
                name="pin_call_number_here_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pin_call_id}:{self.number_id}"


class CallCell(models.Model):
    """A quarter of an hour of an agent, taken by a call or a hold (buffers included). The unique key excludes overlap."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    start = models.DateTimeField()
    pin_call = models.ForeignKey(PinCall, on_delete=models.CASCADE, related_name="cells")

    class Meta:
        verbose_name = _("taken quarter of an hour")
        verbose_name_plural = _("taken quarters of an hour")
        constraints = [models.UniqueConstraint(fields=["agent", "start"], name="call_cell_once")]
        # Slot search: what is taken between two moments.
        indexes = [models.Index(fields=["start"], name="call_cell_by_time")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.start:%Y-%m-%d %H:%M}"


class Notice(OutboundAttempt):
    """A single message about a case or one of its calls (invitation, reminder, good news): a due row like any other."""

    case = models.ForeignKey(MigrationCase, on_delete=models.CASCADE, related_name="notices", verbose_name=_("case"))
    pin_call = models.ForeignKey(
        PinCall, on_delete=models.CASCADE, null=True, blank=True, related_name="notices", verbose_name=_("call")
    )
    holder = models.ForeignKey(
        "migrations_app.HolderCheck",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("phone holder"),
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agent"),
        help_text=_("To an agent of the desk, about a call."),
    )
    moved_from = models.DateTimeField(
        _("moved from"), null=True, blank=True, help_text=_("The start that the recipient knew before.")
    )

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            in_list("state", AttemptState, name="notice_state_in_list"),
            in_list("recipient_party", Party, name="notice_party_in_list"),
        ]
        indexes = [
            # The sweep that sends what is due.
            models.Index(fields=["due_at", "id"], condition=Q(state="planned"), name="notice_due"),
            # The sweep that finds notices whose worker died.
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="notice_in_flight"),
            # The list of what could not be delivered.
            models.Index(
                fields=["undelivered_at"], condition=Q(undelivered_at__isnull=False), name="notice_undelivered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message} ({self.state})"
