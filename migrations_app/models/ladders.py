"""Ladders: the plans of chases as data."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from migrations_app.enums import RequirementCode, WabaOwner
from migrations_app.enums.ladders import AtEnd, Demand
from migrations_app.rules.ladders import Candidate
from tickets.enums import Priority


def a_person_takes_over() -> list[str]:
    """Return what happens at the end of a ladder unless a lead says otherwise."""
    return [AtEnd.ESCALATE.value]


class Ladder(TimestampedModel):
    """The plan of a chase, and the cases it is for: a condition that is empty holds for all.

    A running chase keeps the rungs it started with. The data file fills it until a lead has edited it.
    """

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    demand = models.CharField(_("asks for"), max_length=12, choices=Demand.choices)
    requirement = models.CharField(
        _("only for this requirement"),
        max_length=40,
        blank=True,
        default="",
        help_text=_("It is asked for by itself then, and leaves the common list."),
    )
    waba_owner = models.CharField(
        _("only if the WABA belongs to"), max_length=10, choices=WabaOwner.choices, blank=True, default=""
    )
    bsp = models.ForeignKey(
        "providers.Bsp",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only for this old BSP"),
    )
    priority = models.CharField(
        _("only at this priority"), max_length=10, choices=Priority.choices, blank=True, default=""
    )
    active = models.BooleanField(
        _("active"), default=True, help_text=_("New chases choose among active ladders; running ones keep theirs.")
    )
    version = models.PositiveIntegerField(_("version"), default=1)
    steps = models.JSONField(_("rungs"), default=list)
    on_exhausted = models.JSONField(_("at the end of the ladder"), default=a_person_takes_over, blank=True)
    data_version = models.PositiveIntegerField(_("version of the data file"), default=0, editable=False)
    edited = models.BooleanField(
        _("edited here"), default=False, editable=False, help_text=_("Later data files leave it as it is.")
    )

    class Meta:
        verbose_name = _("ladder")
        verbose_name_plural = _("ladders")
        constraints = [
            in_list("demand", Demand, name="ladder_demand_in_list"),
            models.CheckConstraint(
                condition=Q(waba_owner__in=["", *WabaOwner.values]), name="ladder_waba_owner_in_list"
            ),
            models.CheckConstraint(condition=Q(priority__in=["", *Priority.values]), name="ladder_priority_in_list"),
            models.CheckConstraint(
                condition=Q(requirement="") | Q(demand=Demand.REQUIREMENT, requirement__in=RequirementCode.values),
                name="ladder_requirement_in_list",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def as_candidate(self, bsp_slug: str = "") -> Candidate:
        """Return what decides whether it is chosen; `bsp_slug` names its BSP where it has one."""
        words: dict[str, Any] = {"waba_owner": self.waba_owner, "priority": self.priority}
        return Candidate(self.slug, Demand(self.demand), requirement=self.requirement, bsp=bsp_slug, **words)
