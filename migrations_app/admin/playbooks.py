"""Playbooks as a lead edits them: ticked requirements for each kind of move, chosen ladders, stages as rows."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.admin import StackedInline

from config.core import clock
from config.core.admin.base import DeskModelAdmin, user_actor
from migrations_app.enums import Blocks, Execution, Flow, RequirementCode
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import Ladder, Playbook, PlaybookStage
from migrations_app.rules.flows import plan_of
from migrations_app.rules.playbooks import OCCASIONS
from migrations_app.rules.requirements import SOFT_CODES, suits
from migrations_app.services.playbooks import keep_edit

FLOWS_WITHOUT_CALL = tuple(flow for flow in Flow if not plan_of(flow, Execution.GRAPH_API).call)
_OCCASIONS: dict[str, Any] = {
    "two_step_client_owns": _("Two-step verification, the client owns the WABA"),
    "two_step_bsp_owns": _("Two-step verification, the old BSP owns the WABA"),
    "waba_id": _("Missing identifiers"),
    "requirements": _("Other open requirements"),
    "closing": _("Closing reminders"),
}
_NOT_A_CHANGE_OF_THE_WAY = frozenset({"active", "is_default"})
"""Fields that running and new cases do not keep: changing them makes no new version."""


def _codes(label: Any, flow: Flow | None = None, *, required: bool = False) -> forms.MultipleChoiceField:
    plan = plan_of(flow or Flow.NUMBER_BY_API, Execution.GRAPH_API)
    choices = [(code.value, REQUIREMENT_TEXTS[code.value][0]) for code in RequirementCode if suits(code, plan)]
    widget = widgets.UnfoldAdminCheckboxSelectMultipleWidget()
    return forms.MultipleChoiceField(label=label, choices=choices, required=required, widget=widget)


def _select(label: Any, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=widgets.UnfoldAdminSelectWidget())


def _ladders(chosen: Mapping[str, str]) -> dict[str, list[tuple[str, Any]]]:
    """Return which ladders can be named on which occasion: active ones that ask for it, and what is named already."""
    rows = list(Ladder.objects.filter(requirement="").order_by("name"))
    return {
        occasion: [
            ("", _("The one that fits best")),
            *(
                (row.slug, row.name)
                for row in rows
                if (row.active and row.demand == demand) or row.slug == chosen.get(occasion)
            ),
        ]
        for occasion, demand in OCCASIONS.items()
    }


class PlaybookForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Nothing of a playbook is typed as code: requirements are ticked, ladders and blocked steps are chosen."""

    requirements = _codes(_("Requirements of moves with a call"), required=True)
    source_url = forms.URLField(
        label=_("Source"), required=False, assume_scheme="https", widget=widgets.UnfoldAdminURLInputWidget()
    )

    class Meta:
        model = Playbook
        fields = (
            "name", "slug", "active", "is_default", "execution", "account_flow", "meta_account", "wallet_minimum_usd", "source_url",
            "verified_on", "requirements",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add the questions whose answers are kept as data."""
        super().__init__(*args, **kwargs)
        ladders = _ladders(self.instance.ladders)
        blocks = [("", _("Nothing"))] + [
            (block.value, block.label) for block in (Blocks.SCHEDULE, Blocks.START, Blocks.RESOLVE)
        ]
        questions: dict[str, tuple[forms.Field, Any]] = {
            **{
                f"flow_{flow}": (_codes(flow.label, flow), self.instance.flow_requirements.get(flow, []))
                for flow in FLOWS_WITHOUT_CALL
            },
            **{
                f"ladder_{name}": (_select(words, ladders[name]), self.instance.ladders.get(name, ""))
                for name, words in _OCCASIONS.items()
            },
            **{
                f"blocks_{code}": (_select(REQUIREMENT_TEXTS[code][0], blocks), self.instance.blocking.get(code, ""))
                for code in SOFT_CODES
            },
        }
        for name, (field, value) in questions.items():
            self.fields[name] = field
            self.initial.setdefault(name, value)

    def _chosen(self, prefix: str, names: Any) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {str(name): cleaned[f"{prefix}_{name}"] for name in names if cleaned.get(f"{prefix}_{name}")}

    def clean(self) -> dict[str, Any] | None:
        """Refuse soft requirements that are to block a step but are asked of nobody."""
        cleaned = super().clean()
        asked = set(self.cleaned_data.get("requirements", [])).union(
            *(self.cleaned_data.get(f"flow_{flow}", []) for flow in FLOWS_WITHOUT_CALL)
        )
        for code in SOFT_CODES:
            if self.cleaned_data.get(f"blocks_{code}") and code not in asked:
                self.add_error(f"blocks_{code}", _("Tick this requirement first, or let it block nothing."))
        return cleaned

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002  (Django's signature)
        """Put the chosen answers onto the playbook."""
        self.instance.flow_requirements = self._chosen("flow", FLOWS_WITHOUT_CALL)
        self.instance.ladders = self._chosen("ladder", OCCASIONS)
        self.instance.blocking = self._chosen("blocks", SOFT_CODES)
        return super().save(commit)


class StageForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """One stage; its length is told by both ends or not at all."""

    requirements = _codes(_("Requirements"))

    class Meta:
        model = PlaybookStage
        widgets = {"what": widgets.UnfoldAdminTextareaWidget(attrs={"rows": 2})}
        fields = (
            "position",
            "slug",
            "title",
            "what",
            "requirements",
            "moves",
            "lasts_least",
            "lasts_most",
            "lasts_unit",
        )

    def clean(self) -> dict[str, Any] | None:
        """Demand both ends of a length, in order."""
        cleaned = super().clean()
        least, most = self.cleaned_data.get("lasts_least"), self.cleaned_data.get("lasts_most")
        if (least is None) != (most is None) or (least is not None and most is not None and most < least):
            self.add_error(
                "lasts_most", _("Say how long it lasts at least and at most, in this order, or leave both empty.")
            )
        return cleaned


class StageInline(StackedInline):
    """The stages in their order."""

    model = PlaybookStage
    form = StageForm
    extra = 0
    tab = True
    ordering = ("position", "id")
    fields = (
        ("position", "slug"), "title", "what", "requirements", "moves", ("lasts_least", "lasts_most", "lasts_unit"),
    )  # fmt: skip


@admin.register(Playbook)
class PlaybookAdmin(DeskModelAdmin):
    """Destinations. A running case keeps the playbook it started with; what is changed here is for new ones."""

    form = PlaybookForm
    inlines = (StageInline,)
    list_display = ("name", "slug", "execution", "active", "is_default", "version", "meta_account", "verified_on")
    list_select_related = ("meta_account",)
    list_filter = ("active", "execution")
    search_fields = ("name", "slug")
    ordering = ("name", "id")
    readonly_fields = ("version", "edited")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Group the questions: the destination, then what is asked by kind of move, what blocks, which ladders."""
        own = ("name", "slug", "active", "is_default", "execution", "account_flow", "meta_account", "wallet_minimum_usd",
               "source_url", "verified_on", "version", "edited")  # fmt: skip
        return (
            (None, {"fields": own}),
            *(
                (title, {"fields": fields, "classes": ("tab",)})
                for title, fields in (
                    (_("Moves with a call"), ("requirements",)),
                    (_("Moves without a call"), tuple(f"flow_{flow}" for flow in FLOWS_WITHOUT_CALL)),
                    (_("What else blocks here"), tuple(f"blocks_{code}" for code in SOFT_CODES)),
                    (_("Ladders"), tuple(f"ladder_{name}" for name in _OCCASIONS)),
                )
            ),
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """Take the form as it is: the questions that it adds itself are no columns that Django could look up."""
        kwargs["fields"] = PlaybookForm.Meta.fields
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep the slug of a known playbook: partners and routing rules know it by that."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def save_related(self, request: HttpRequest, form: "ModelForm[Any]", formsets: Any, change: Any) -> None:
        """Save the stages too, and count the version: new cases get what is seen here, running ones keep theirs."""
        super().save_related(request, form, formsets, change)
        changed = set(form.changed_data) - _NOT_A_CHANGE_OF_THE_WAY
        matters = bool(change and (changed or any(formset.has_changed() for formset in formsets)))
        by = user_actor(request, of_desk=True)
        keep_edit(playbook=form.instance, matters=matters, by=by, now=clock.now())
