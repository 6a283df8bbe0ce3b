"""The BSP directory, the accounts we hold at Meta, and the log of every outbound message or call."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from providers.enums import (
    AcceptsRequestFrom,
    ChannelKind,
    Direction,
    ExchangeState,
    ProcedureKind,
    RequestChannel,
    TimeUnit,
    TurnaroundOf,
    TwoStepOffBy,
    WabaOwnership,
)


class HttpEndpoint(TimestampedModel):
    """A partner's own system that takes our messages by HTTP.

    The key that signs them is made from the installation's secret, `uid` and `rotation`: it stands in no table.
    """

    uid = models.UUIDField(unique=True, default=uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    url = models.URLField(_("address"), max_length=500)
    active = models.BooleanField(_("active"), default=True)
    off_since = models.DateTimeField(
        _("switched off at"),
        null=True,
        blank=True,
        help_text=_("Set when the other side says that the address is gone (410)."),
    )
    rotation = models.PositiveIntegerField(default=1, editable=False)
    rotated_at = models.DateTimeField(_("key changed at"), null=True, blank=True, editable=False)
    shown_at = models.DateTimeField(_("key shown at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("HTTP endpoint")
        verbose_name_plural = _("HTTP endpoints")

    def __str__(self) -> str:
        return self.name


class Bsp(TimestampedModel):
    """A Business Solution Provider as the directory knows it. Facts carry a source and the day they were checked.

    The data file fills the columns; a column that a lead has edited (`edited_fields`) is the lead's from then on.
    """

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    aliases = models.JSONField(_("also called"), default=list, blank=True)
    direction = models.CharField(_("documents"), max_length=4, choices=Direction.choices, default=Direction.NONE)
    two_step_off_by = models.CharField(
        _("two-step switched off by"), max_length=10, choices=TwoStepOffBy.choices, default=TwoStepOffBy.UNKNOWN
    )
    accepts_request_from = models.CharField(
        _("listens to"), max_length=20, choices=AcceptsRequestFrom.choices, default=AcceptsRequestFrom.UNKNOWN
    )
    channel = models.CharField(
        _("channel"), max_length=20, choices=RequestChannel.choices, default=RequestChannel.UNKNOWN
    )
    contact_email = models.EmailField(_("contact e-mail"), blank=True, default="")
    contact_url = models.URLField(_("contact page"), blank=True, default="")
    http_endpoint = models.ForeignKey(
        HttpEndpoint,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="bsps",
        verbose_name=_("HTTP endpoint"),
        help_text=_("Its own system, where it takes requests from partners that way."),
    )
    letter_language = models.CharField(_("letter language"), max_length=10, default="en")
    office_timezone = models.CharField(
        _("time zone of its office"),
        max_length=64,
        blank=True,
        default="",
        help_text=_("Reminders keep to its working hours. Empty: those of the client's time zone."),
    )
    office_country = models.CharField(
        _("country of its office"),
        max_length=2,
        blank=True,
        default="",
        help_text=_("Two letters, e.g. ES: no reminders on its public holidays. Empty: no public holidays."),
    )
    turnaround_of = models.CharField(
        _("stated time is for"),
        max_length=20,
        choices=TurnaroundOf.choices,
        blank=True,
        default=TurnaroundOf.NOT_STATED,
    )
    turnaround_least = models.DecimalField(_("at least"), max_digits=5, decimal_places=1, null=True, blank=True)
    turnaround_most = models.DecimalField(_("at most"), max_digits=5, decimal_places=1, null=True, blank=True)
    turnaround_unit = models.CharField(
        _("unit"), max_length=12, choices=TimeUnit.choices, blank=True, default=TimeUnit.NONE
    )
    exit_conditions = models.JSONField(_("exit conditions"), default=list, blank=True)
    waba_ownership = models.CharField(
        _("usual WABA owner"), max_length=10, choices=WabaOwnership.choices, default=WabaOwnership.UNKNOWN
    )
    countries = models.JSONField(_("countries"), default=list, blank=True)
    procedure_kind = models.CharField(
        _("procedure from"), max_length=12, choices=ProcedureKind.choices, default=ProcedureKind.GENERIC
    )
    procedure = models.JSONField(_("procedure"), default=list, blank=True)
    source_url = models.URLField(_("source"), blank=True, default="", max_length=300)
    verified_on = models.DateField(_("verified on"), null=True, blank=True)
    data_version = models.CharField(_("data version"), max_length=20, blank=True, default="", editable=False)
    edited_fields = models.JSONField(_("fields edited by a lead"), default=list, blank=True, editable=False)

    class Meta:
        verbose_name = _("BSP")
        verbose_name_plural = _("BSP directory")
        constraints = [
            in_list("two_step_off_by", TwoStepOffBy, name="bsp_two_step_off_by_in_list"),
            in_list("accepts_request_from", AcceptsRequestFrom, name="bsp_accepts_in_list"),
            in_list("channel", RequestChannel, name="bsp_channel_in_list"),
            in_list("direction", Direction, name="bsp_direction_in_list"),
            in_list("procedure_kind", ProcedureKind, name="bsp_procedure_kind_in_list"),
            in_list("waba_ownership", WabaOwnership, name="bsp_ownership_in_list"),
            in_list("turnaround_of", TurnaroundOf, name="bsp_turnaround_of_in_list"),
            in_list("turnaround_unit", TimeUnit, name="bsp_turnaround_unit_in_list"),
        ]

    def __str__(self) -> str:
        return self.name


class BspName(models.Model):
    """One name by which a BSP is found: its slug, name, alias, or a name that the desk has learned from a ticket.

    A learned name is what some client wrote: it finds the BSP, but is shown to nobody outside the desk.
    """

    bsp = models.ForeignKey(Bsp, on_delete=models.CASCADE, related_name="names", verbose_name=_("BSP"))
    # The name without case, accents and surrounding blanks: no name can mean two BSPs, and filing looks it up here.
    key = models.CharField(max_length=200, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    learned = models.BooleanField(_("learned from a ticket"), default=False, editable=False)

    class Meta:
        verbose_name = _("name of a BSP")
        verbose_name_plural = _("names of BSPs")

    def __str__(self) -> str:
        return self.name


class MetaAccount(TimestampedModel):
    """A destination WABA that we hold, with its token encrypted, or the name of the variable that holds one."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    waba_id = models.CharField(_("WABA ID"), max_length=20)
    token_variable = models.CharField(
        _("token variable"),
        max_length=60,
        default="META_ACCESS_TOKEN",
        help_text=_("The environment variable that holds the access token, where none is entered here."),
    )
    # Written by `services.tokens` alone; of the token itself nothing else is kept.
    token_sealed = models.TextField(blank=True, default="", editable=False)
    token_fingerprint = models.CharField(max_length=16, blank=True, default="", editable=False)
    token_set_at = models.DateTimeField(_("token set at"), null=True, blank=True, editable=False)
    payment_ready = models.BooleanField(_("payment method attached"), default=False)
    app_subscribed = models.BooleanField(_("app subscribed"), default=False)

    class Meta:
        verbose_name = _("Meta account")
        verbose_name_plural = _("Meta accounts")

    def __str__(self) -> str:
        return self.name


class Exchange(models.Model):
    """One outbound message or call. The row is written before anything leaves; secrets never enter it.

    `subject_key` names what it is about in the words of the caller, e.g. `ticket:MIG-7K3QXA2P` or a number.
    """

    channel = models.CharField(_("channel"), max_length=10, choices=ChannelKind.choices)
    purpose = models.CharField(_("purpose"), max_length=40)
    subject_key = models.CharField(_("about"), max_length=60)
    ticket_reference = models.CharField(_("ticket"), max_length=20, blank=True, default="")
    test = models.BooleanField(_("test"), default=False)
    """About a test ticket: nothing left the house."""
    state = models.CharField(_("state"), max_length=10, choices=ExchangeState.choices, default=ExchangeState.SENDING)
    recipient = models.CharField(_("to"), max_length=320)
    copied_to = models.JSONField(_("copied to"), default=list, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    title = models.CharField(_("subject"), max_length=300, blank=True, default="")
    body = models.TextField(_("text"), blank=True, default="")
    message_id = models.CharField(_("message id"), max_length=255, blank=True, default="")
    """Our own name of it: a mail's Message-ID."""
    provider_id = models.CharField(_("provider's message id"), max_length=255, blank=True, default="")
    """The name that a mail provider gave it, where one sends for us: reports of bounces carry it."""
    references = models.JSONField(_("earlier messages"), default=list, blank=True)
    reply_to = models.CharField(_("answers to"), max_length=320, blank=True, default="")
    error = models.JSONField(_("error"), null=True, blank=True)
    elapsed_ms = models.PositiveIntegerField(_("milliseconds"), null=True)
    created_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        constraints = [in_list("state", ExchangeState, name="exchange_state_in_list")]
        indexes = [
            # Attempt counters of a number (codes asked, registrations tried) within a moving window.
            models.Index(fields=["subject_key", "purpose", "created_at"], name="exchange_counter"),
            # The sweep that finds calls whose process died.
            models.Index(fields=["created_at"], condition=models.Q(state="sending"), name="exchange_in_flight"),
            # The log of one ticket in the admin.
            models.Index(fields=["ticket_reference", "id"], name="exchange_of_ticket"),
            # How many messages have left for an address on one of its days.
            models.Index(Lower("recipient"), "created_at", name="exchange_of_recipient"),
            # What an answer answers, and what a bounce is about.
            models.Index(fields=["message_id"], condition=~models.Q(message_id=""), name="exchange_message_id"),
            models.Index(fields=["provider_id"], condition=~models.Q(provider_id=""), name="exchange_provider_id"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} → {self.recipient} ({self.state})"


class SandboxWorld(TimestampedModel):
    """The simulated Meta of one test ticket, between two calls. Neither codes nor PINs are in it."""

    ticket_reference = models.CharField(_("ticket"), max_length=20, unique=True)
    revision = models.PositiveIntegerField(default=0, editable=False)
    """Raised by whoever takes the row: its lock."""
    content = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("simulated world of a test ticket")
        verbose_name_plural = _("simulated worlds of test tickets")

    def __str__(self) -> str:
        return self.ticket_reference
