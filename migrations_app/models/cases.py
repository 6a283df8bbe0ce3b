"""The migration behind a ticket: case, numbers, requirements."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, both_or_neither, in_list
from migrations_app.enums import (
    Blocks,
    BusinessVerification,
    ConnectionStatus,
    DisplayNameStatus,
    Flow,
    Hosting,
    LineType,
    Moves,
    NumberState,
    OtpMethod,
    RequirementCode,
    RequirementState,
    Stage,
    TwoStep,
    WabaOwner,
)
from migrations_app.models.playbooks import Playbook
from tickets.enums import Party


class MigrationCase(TimestampedModel):
    """The form's answers and how far the migration is. `current_bsp_name` keeps what was filed, known or not."""

    ticket = models.OneToOneField(
        "tickets.Ticket", on_delete=models.CASCADE, related_name="+", verbose_name=_("ticket")
    )
    stage = models.CharField(_("stage"), max_length=20, choices=Stage.choices, default=Stage.TRIAGE)
    stage_since = models.DateTimeField(_("stage since"))
    # How long it was in each stage, as `rules.stage_times` writes it: for exports.
    stage_times = models.JSONField(default=dict, editable=False)
    flow = models.CharField(_("flow"), max_length=30, choices=Flow.choices)
    flow_decided_by = models.CharField(_("flow decided by"), max_length=200, blank=True, default="", editable=False)
    flow_reason = models.TextField(_("why this flow"), blank=True, default="", editable=False)
    playbook = models.ForeignKey(
        Playbook, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("playbook")
    )
    playbook_copy = models.JSONField(_("playbook as it was at the start"), default=dict)

    current_bsp = models.ForeignKey(
        "providers.Bsp", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("old BSP")
    )
    current_bsp_name = models.CharField(_("old BSP as filed"), max_length=200, blank=True, default="")
    business_verification = models.CharField(
        _("business verification"),
        max_length=12,
        choices=BusinessVerification.choices,
        default=BusinessVerification.UNKNOWN,
    )
    hosting = models.CharField(_("hosting"), max_length=12, choices=Hosting.choices, default=Hosting.UNKNOWN)
    connection_status = models.CharField(
        _("status at the old BSP"), max_length=14, choices=ConnectionStatus.choices, default=ConnectionStatus.UNKNOWN
    )
    waba_id = models.CharField(_("WABA ID"), max_length=20, blank=True, default="")
    business_manager_id = models.CharField(_("Business Manager ID"), max_length=20, blank=True, default="")
    waba_owner = models.CharField(_("WABA owner"), max_length=10, choices=WabaOwner.choices, default=WabaOwner.UNKNOWN)
    two_step_verification = models.CharField(
        _("two-step verification"), max_length=10, choices=TwoStep.choices, default=TwoStep.UNKNOWN
    )
    uses_business_app = models.BooleanField(_("used in the WhatsApp Business app"), null=True)
    moves = models.CharField(_("what moves"), max_length=10, choices=Moves.choices, default=Moves.UNKNOWN)
    low_traffic_windows = models.JSONField(_("low-traffic windows"), default=list, blank=True)
    message_profile = models.JSONField(_("messages by the hour"), default=list, blank=True)
    notes = models.TextField(_("notes"), blank=True, default="")
    unanswered = models.JSONField(_("required answers missing"), default=list, blank=True, editable=False)
    destination_read = models.JSONField(
        _("destination's account as read at Meta"), null=True, blank=True, editable=False
    )
    bsp_silent_since = models.DateTimeField(_("old BSP has not answered since"), null=True, blank=True, editable=False)
    silence_due_at = models.DateTimeField(_("silence is looked at"), null=True, blank=True, editable=False)
    test_desk_at = models.DateTimeField(_("test desk acts at"), null=True, blank=True, editable=False)
    """When the machine that plays the desk of a test ticket has something to do next; always empty in live ones."""
    ready_likely_at = models.DateTimeField(_("ready in half of such cases by"), null=True, blank=True, editable=False)
    ready_late_at = models.DateTimeField(_("ready in nine of ten by"), null=True, blank=True, editable=False)
    ready_cases = models.PositiveIntegerField(_("known cases"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            in_list("stage", Stage, name="case_stage_in_list"),
            in_list("flow", Flow, name="case_flow_in_list"),
            in_list("business_verification", BusinessVerification, name="case_verification_in_list"),
            in_list("hosting", Hosting, name="case_hosting_in_list"),
            in_list("connection_status", ConnectionStatus, name="case_connection_in_list"),
            in_list("waba_owner", WabaOwner, name="case_waba_owner_in_list"),
            in_list("two_step_verification", TwoStep, name="case_two_step_in_list"),
            in_list("moves", Moves, name="case_moves_in_list"),
            models.CheckConstraint(
                condition=Q(flow_decided_by="", flow_reason="") | (~Q(flow_decided_by="") & ~Q(flow_reason="")),
                name="case_flow_decision_says_why",
            ),
            both_or_neither("ready_likely_at", "ready_late_at", name="case_ready_both_dates"),
        ]
        indexes = [
            # The sweep of the machine that plays the desk of test tickets.
            models.Index(fields=["test_desk_at"], condition=Q(test_desk_at__isnull=False), name="case_test_desk_due"),
            # The sweep that goes on with silent clients: next ladder, warning, letting go.
            models.Index(fields=["silence_due_at"], condition=Q(silence_due_at__isnull=False), name="case_silence_due"),
            # The ticket list's filter of old BSPs that do not answer.
            models.Index(
                fields=["ticket"], condition=Q(bsp_silent_since__isnull=False), name="case_old_bsp_unresponsive"
            ),
        ]

    def __str__(self) -> str:
        return f"case of {self.ticket}"


class NumberMove(TimestampedModel):
    """One phone number of a case. `holding` numbers exclude any other open move of the same line, by constraint."""

    case = models.ForeignKey(MigrationCase, on_delete=models.CASCADE, related_name="numbers", verbose_name=_("case"))
    position = models.PositiveSmallIntegerField(_("position"))
    number = models.CharField(_("number"), max_length=16)
    match_key = models.CharField(max_length=16, editable=False)
    holding = models.BooleanField(_("holds the number"), default=False, editable=False)
    country = models.CharField(_("country"), max_length=2, blank=True, default="")
    line_type = models.CharField(_("line"), max_length=12, choices=LineType.choices, default=LineType.UNKNOWN)
    behind_ivr = models.BooleanField(_("behind a voice menu"), null=True)
    otp_method = models.CharField(_("code by"), max_length=6, choices=OtpMethod.choices, blank=True, default="")
    otp_contact_name = models.CharField(_("phone holder"), max_length=200, blank=True, default="")
    otp_contact_phone = models.CharField(_("holder's phone"), max_length=20, blank=True, default="")
    otp_contact_email = models.EmailField(_("holder's e-mail"), blank=True, default="")
    otp_contact_language = models.CharField(_("holder's language"), max_length=10, blank=True, default="")
    display_name = models.CharField(_("display name"), max_length=200, blank=True, default="")
    display_name_status = models.CharField(
        _("display name status"), max_length=10, choices=DisplayNameStatus.choices, default=DisplayNameStatus.UNKNOWN
    )
    connection_status = models.CharField(
        _("status at the old BSP"), max_length=14, choices=ConnectionStatus.choices, default=ConnectionStatus.UNKNOWN
    )
    warnings = models.JSONField(_("warnings"), default=list, blank=True)

    state = models.CharField(_("state"), max_length=16, choices=NumberState.choices, default=NumberState.PENDING)
    state_before_pause = models.CharField(max_length=16, blank=True, default="", editable=False)
    phone_number_id = models.CharField(_("phone number ID"), max_length=32, blank=True, default="")
    code_requested_at = models.DateTimeField(_("code requested at"), null=True, blank=True)
    cool_down_until = models.DateTimeField(_("cools down until"), null=True, blank=True)
    busy_since = models.DateTimeField(_("a call to Meta runs since"), null=True, blank=True)
    busy_by = models.CharField(_("who makes it"), max_length=200, blank=True, default="", editable=False)
    busy_with = models.CharField(_("which step it is"), max_length=12, blank=True, default="", editable=False)
    # Rises with every step that is begun: a form made before it does nothing.
    steps = models.PositiveIntegerField(default=0, editable=False)
    code_method = models.CharField(
        _("last code by"), max_length=6, choices=OtpMethod.choices, blank=True, default="", editable=False
    )
    pin_set_at = models.DateTimeField(_("we set the two-step PIN at"), null=True, blank=True, editable=False)
    pin_noted_at = models.DateTimeField(_("client wrote the PIN down at"), null=True, blank=True, editable=False)
    pin_noted_by = models.CharField(_("who heard it"), max_length=200, blank=True, default="", editable=False)
    last_error = models.JSONField(_("last error"), null=True, blank=True)
    live_at = models.DateTimeField(_("live at"), null=True, blank=True)
    billing_from = models.DateTimeField(_("billed by the destination from"), null=True, blank=True)

    class Meta:
        verbose_name = _("number")
        verbose_name_plural = _("numbers")
        constraints = [
            in_list("state", NumberState, name="number_state_in_list"),
            in_list("line_type", LineType, name="number_line_type_in_list"),
            in_list("display_name_status", DisplayNameStatus, name="number_display_name_in_list"),
            in_list("connection_status", ConnectionStatus, name="number_connection_in_list"),
            models.UniqueConstraint(fields=["case", "match_key"], name="number_once_per_case"),
            # One open, live-mode move per line, whoever files it and through whatever door.
            models.UniqueConstraint(fields=["match_key"], condition=Q(holding=True), name="number_one_open_move"),
            models.CheckConstraint(
                condition=~Q(state=NumberState.LIVE) | Q(live_at__isnull=False), name="number_live_has_time"
            ),
            both_or_neither("live_at", "billing_from", name="number_live_and_billing"),
        ]
        indexes = [
            models.Index(fields=["case", "position"], name="number_of_case"),
            # `?phone_number=` of the list, in any variant.
            models.Index(fields=["match_key"], name="number_by_key"),
            # The sweep that ends cool-downs.
            models.Index(
                fields=["cool_down_until"], condition=Q(state=NumberState.COOLING_DOWN), name="number_cooling_due"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Requirement(TimestampedModel):
    """Something that must be true, with its proof. `blocks` is copied from the catalogue when the case starts."""

    case = models.ForeignKey(
        MigrationCase, on_delete=models.CASCADE, related_name="requirements", verbose_name=_("case")
    )
    number = models.ForeignKey(
        NumberMove,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="requirements",
        verbose_name=_("number"),
    )
    code = models.CharField(_("requirement"), max_length=40)
    owner = models.CharField(_("owner"), max_length=12, choices=Party.choices)
    blocks = models.CharField(_("blocks"), max_length=10, choices=Blocks.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=RequirementState.choices, default=RequirementState.UNMET
    )
    # What documents show without a further query; the record are the rows of `Evidence`.
    evidence = models.JSONField(_("evidence"), null=True, blank=True)
    evidence_history = models.JSONField(_("earlier evidence"), default=list, blank=True, editable=False)
    detail = models.CharField(_("detail"), max_length=300, blank=True, default="")
    requested_at = models.DateTimeField(_("requested at"), null=True, blank=True)
    external_reference = models.CharField(_("BSP's case number"), max_length=100, blank=True, default="")
    promised_for = models.DateTimeField(_("promised for"), null=True, blank=True)
    due_at = models.DateTimeField(_("should be done by"), null=True, blank=True)
    """Set for closing reminders once the numbers are live; null for all others."""
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True, default="")
    reason = models.TextField(_("reason"), blank=True, default="")

    class Meta:
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        constraints = [
            in_list("state", RequirementState, name="requirement_state_in_list"),
            in_list("blocks", Blocks, name="requirement_blocks_in_list"),
            in_list("owner", Party, name="requirement_owner_in_list"),
            in_list("code", RequirementCode, name="requirement_code_in_list"),
            models.UniqueConstraint(
                fields=["case", "code"], condition=Q(number__isnull=True), name="requirement_once_per_case"
            ),
            models.UniqueConstraint(
                fields=["case", "code", "number"], condition=Q(number__isnull=False), name="requirement_once_per_number"
            ),
            models.CheckConstraint(
                condition=~Q(state=RequirementState.WAIVED) | (~Q(reason="") & ~Q(decided_by="")),
                name="requirement_waived_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.state})"
