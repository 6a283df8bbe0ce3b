"""The BSP directory, the accounts we hold at Meta, and the log of every outbound message or call."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from providers.enums import AcceptsRequestFrom, ChannelKind, ExchangeState, TwoStepOffBy


class Bsp(TimestampedModel):
    """A Business Solution Provider as the directory knows it. Facts carry a source and the day they were checked."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    aliases = models.JSONField(_("aliases"), default=list, blank=True)
    match_names = models.JSONField(default=list, editable=False)
    two_step_off_by = models.CharField(
        _("two-step switched off by"), max_length=10, choices=TwoStepOffBy.choices, default=TwoStepOffBy.UNKNOWN
    )
    accepts_request_from = models.CharField(
        _("listens to"), max_length=20, choices=AcceptsRequestFrom.choices, default=AcceptsRequestFrom.UNKNOWN
    )
    channel = models.CharField(_("channel"), max_length=20, default="unknown")
    contact_email = models.EmailField(_("contact e-mail"), blank=True, default="")
    contact_url = models.URLField(_("contact page"), blank=True, default="")
    letter_language = models.CharField(_("letter language"), max_length=10, default="en")
    stated_turnaround = models.CharField(_("stated turnaround"), max_length=200, blank=True, default="")
    notice_days = models.PositiveSmallIntegerField(_("notice (days)"), null=True, blank=True)
    exit_conditions = models.JSONField(_("exit conditions"), default=list, blank=True)
    waba_ownership = models.CharField(_("usual WABA owner"), max_length=10, default="unknown")
    countries = models.JSONField(_("countries"), default=list, blank=True)
    procedure_kind = models.CharField(_("procedure known"), max_length=12, default="generic")
    procedure = models.TextField(_("procedure"), blank=True, default="")
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
        ]

    def __str__(self) -> str:
        return self.name


class MetaAccount(TimestampedModel):
    """A destination WABA that we hold. The token is named, not kept: it is read from the environment when needed."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    waba_id = models.CharField(_("WABA ID"), max_length=20)
    token_variable = models.CharField(_("token variable"), max_length=60, default="META_ACCESS_TOKEN")
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
    state = models.CharField(_("state"), max_length=10, choices=ExchangeState.choices, default=ExchangeState.SENDING)
    recipient = models.CharField(_("to"), max_length=320)
    copied_to = models.JSONField(_("copied to"), default=list, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    title = models.CharField(_("subject"), max_length=300, blank=True, default="")
    body = models.TextField(_("text"), blank=True, default="")
    message_id = models.CharField(_("message id"), max_length=255, blank=True, default="")
    error = models.JSONField(_("error"), null=True, blank=True)
    elapsed_ms = models.PositiveIntegerField(_("milliseconds"), null=True)
    created_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("exchange")
        verbose_name_plural = _("exchange log")
        constraints = [in_list("state", ExchangeState, name="exchange_state_in_list")]
        indexes = [
            # Attempt counters of a number (codes asked, registrations tried) within a moving window.
            models.Index(fields=["subject_key", "purpose", "created_at"], name="exchange_counter"),
            # The sweep that finds calls whose process died.
            models.Index(fields=["created_at"], condition=models.Q(state="sending"), name="exchange_in_flight"),
            # The log of one ticket in the admin.
            models.Index(fields=["ticket_reference", "id"], name="exchange_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} → {self.recipient} ({self.state})"
