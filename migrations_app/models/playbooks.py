"""Destinations and how one gets there, as data."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, both_or_neither, in_list
from migrations_app.enums import DurationUnit, Execution, Flow


class Playbook(TimestampedModel):
    """A destination and the steps that lead there. A case keeps a copy of what it started with."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("destination"), max_length=100)
    version = models.PositiveIntegerField(_("version"), default=1)
    active = models.BooleanField(_("active"), default=True)
    is_default = models.BooleanField(_("default"), default=False)
    execution = models.CharField(_("execution"), max_length=20, choices=Execution.choices, default=Execution.GRAPH_API)
    account_flow = models.CharField(
        _("how whole accounts move"),
        max_length=30,
        choices=[(flow.value, flow.label) for flow in (Flow.WABA_SWITCH, Flow.MULTI_PARTNER)],
        default=Flow.WABA_SWITCH,
    )
    requirements = models.JSONField(
        _("requirements"), default=list, help_text=_("Codes of the requirements that apply.")
    )
    flow_requirements = models.JSONField(_("requirements of moves without a call"), default=dict, blank=True)
    blocking = models.JSONField(_("what soft requirements block"), default=dict, blank=True)
    ladders = models.JSONField(_("ladders"), default=dict, blank=True)
    wallet_minimum_usd = models.PositiveIntegerField(
        _("least credit, USD"), null=True, blank=True, help_text=_("What the wallet must hold before the move.")
    )
    meta_account = models.ForeignKey(
        "providers.MetaAccount",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Meta account"),
        help_text=_("The WABA that the numbers move to, with token, payment and app, where we hold it."),
    )
    source_url = models.URLField(_("source"), max_length=500, blank=True, default="")
    verified_on = models.DateField(_("verified on"), null=True, blank=True)
    data_version = models.PositiveIntegerField(_("version of the data file"), default=0, editable=False)
    edited = models.BooleanField(
        _("edited here"), default=False, editable=False, help_text=_("Later data files leave it as it is.")
    )

    class Meta:
        verbose_name = _("playbook")
        verbose_name_plural = _("playbooks")
        constraints = [
            in_list("execution", Execution, name="playbook_execution_in_list"),
            in_list("account_flow", Flow, name="playbook_account_flow_in_list"),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="playbook_one_default"),
        ]

    def __str__(self) -> str:
        return self.name


class PlaybookStage(TimestampedModel):
    """One stretch of a playbook: what happens in it, which requirements belong to it, how long it takes.

    Title and text are stored in English and translated where they are shown; a lead's own words are shown as they are.
    """

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="stages", verbose_name=_("playbook"))
    position = models.PositiveSmallIntegerField(_("position"))
    slug = models.SlugField(_("slug"))
    title = models.CharField(_("title"), max_length=100)
    what = models.TextField(_("what happens"), max_length=1000)
    requirements = models.JSONField(_("requirements"), default=list, blank=True)
    moves = models.BooleanField(_("the numbers move in it"), default=False)
    lasts_least = models.PositiveSmallIntegerField(_("lasts at least"), null=True, blank=True)
    lasts_most = models.PositiveSmallIntegerField(_("lasts at most"), null=True, blank=True)
    lasts_unit = models.CharField(
        _("unit"), max_length=14, choices=DurationUnit.choices, default=DurationUnit.BUSINESS_DAYS
    )

    class Meta:
        verbose_name = _("stage of a playbook")
        verbose_name_plural = _("stages of playbooks")
        ordering = ["position", "id"]
        constraints = [
            in_list("lasts_unit", DurationUnit, name="playbook_stage_unit_in_list"),
            both_or_neither("lasts_least", "lasts_most", name="playbook_stage_lasts_both"),
            models.CheckConstraint(
                condition=Q(lasts_least__isnull=True) | Q(lasts_most__gte=F("lasts_least")),
                name="playbook_stage_lasts_in_order",
            ),
            models.UniqueConstraint(fields=["playbook", "slug"], name="playbook_stage_once"),
        ]

    def __str__(self) -> str:
        return self.title
