"""The forms of the routing pages: a copy to work on, a rule, a test. Conditions are chosen, not typed as data."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from config.core.errors import Invalid
from config.core.zones import time_zones
from migrations_app.admin.routing_words import CONDITION_WORDS, PROBLEM_WORDS, country_names
from migrations_app.enums import Flow
from migrations_app.services.routing_trials import MOST_TICKETS
from providers.selectors.directory import directory
from tickets.enums import Priority, TicketKind
from tickets.models import Organization, Queue, RoutingRule, RoutingVersion, Ticket
from tickets.services.routing_versions import RuleDraft

_TAG = re.compile(r"^[^\s,:]+(:[^\s,]+)?$")
_LISTS = ("kind", "bsp", "flow", "country", "language", "timezone", "priority")
_TAGS = ("any_tag", "all_tags", "no_tag")
_SIZES = ("min_size", "max_size")
_FLAG = {"yes": True, "no": False}
_TEST_SIZES = (100, 500, MOST_TICKETS)


class _LongList(widgets.UnfoldAdminSelect2MultipleWidget):
    """A long list that is searched by typing. It must not be taken for one that asks the server, as organizations do."""

    def __init__(self) -> None:
        super().__init__()
        self.attrs["class"] = "unfold-admin-autocomplete"


def _several(name: str, *, long: bool = False) -> forms.MultipleChoiceField:
    """Return a question with several answers; a long list of them is searched by typing."""
    widget = _LongList() if long else widgets.UnfoldAdminCheckboxSelectMultipleWidget()
    return forms.MultipleChoiceField(label=CONDITION_WORDS[name], required=False, widget=widget)


def _tags(name: str, help_text: Any = "") -> forms.CharField:
    widget = widgets.UnfoldAdminTextInputWidget()
    return forms.CharField(
        label=CONDITION_WORDS[name], required=False, max_length=500, help_text=help_text, widget=widget
    )


def _size(name: str) -> forms.IntegerField:
    widget = widgets.UnfoldAdminIntegerFieldWidget()
    return forms.IntegerField(label=CONDITION_WORDS[name], required=False, min_value=1, widget=widget)


class RuleForm(forms.Form):
    """One rule. A question without an answer is no condition; all that have one must hold."""

    name = forms.CharField(label=_("Name"), max_length=100, widget=widgets.UnfoldAdminTextInputWidget())
    position = forms.IntegerField(
        label=_("Position"),
        min_value=0,
        max_value=100_000,
        initial=100,
        help_text=_("The lowest position that takes a ticket decides."),
        widget=widgets.UnfoldAdminIntegerFieldWidget(),
    )
    queue = forms.ModelChoiceField(
        Queue.objects.order_by("name"), label=_("Queue"), widget=widgets.UnfoldAdminSelectWidget()
    )
    active = forms.BooleanField(
        label=_("Active"),
        required=False,
        initial=True,
        help_text=_("A rule that is not active rests: nobody asks it."),
        widget=widgets.UnfoldBooleanWidget(),
    )
    bsp = _several("bsp", long=True)
    flow = _several("flow")
    country = _several("country", long=True)
    language = _several("language")
    timezone = _several("timezone", long=True)
    min_size = _size("min_size")
    max_size = _size("max_size")
    priority = _several("priority")
    partner = forms.ChoiceField(
        label=CONDITION_WORDS["partner"],
        choices=[("", _("Either")), ("yes", _("Yes")), ("no", _("No"))],
        required=False,
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    organization = forms.ModelMultipleChoiceField(
        Organization.objects.order_by("name"), label=CONDITION_WORDS["organization"], required=False
    )
    kind = _several("kind")
    any_tag = _tags(
        "any_tag",
        _("With commas between them, e.g. destination:gupshup, hosting:on_premise, number_country:BR."),
    )
    all_tags = _tags("all_tags")
    no_tag = _tags("no_tag")

    def __init__(self, data: Any = None, *, site: AdminSite, rule: RoutingRule | None = None) -> None:
        """Begin with a rule's own values. A value that is not offered any more, such as a BSP, stays until it is taken out."""
        conditions: Mapping[str, Any] = rule.conditions if rule else {}
        super().__init__(data, initial=_initial(rule) if rule else None)
        for name, choices in _choices().items():
            offered = {value for value, _label in choices}
            gone = [(word, word) for word in conditions.get(name, []) if word not in offered]
            self.fields[name].choices = [*choices, *gone]  # type: ignore[attr-defined]
        people: Any = self.fields["organization"]
        people.widget = AutocompleteSelectMultiple(
            Ticket._meta.get_field("organization"), site, attrs={"class": "unfold-admin-autocomplete"}
        )
        people.widget.choices = people.choices

    def _clean_tags(self, name: str) -> list[str]:
        words = [word.strip() for word in str(self.cleaned_data.get(name, "")).split(",") if word.strip()]
        wrong = [word for word in words if not _TAG.match(word)]
        if wrong:
            raise forms.ValidationError(
                _("This is no tag: %(tag)s. Tags look like name:value."), params={"tag": wrong[0]}
            )
        return list(dict.fromkeys(words))

    def clean_any_tag(self) -> list[str]:
        """Return the tags as a list."""
        return self._clean_tags("any_tag")

    def clean_all_tags(self) -> list[str]:
        """Return the tags as a list."""
        return self._clean_tags("all_tags")

    def clean_no_tag(self) -> list[str]:
        """Return the tags as a list."""
        return self._clean_tags("no_tag")

    def draft(self) -> RuleDraft:
        """Return the answers of a valid form as a rule."""
        answers = self.cleaned_data
        conditions: dict[str, Any] = {name: answers[name] for name in (*_LISTS, *_TAGS) if answers[name]}
        conditions |= {name: answers[name] for name in _SIZES if answers[name] is not None}
        if answers["partner"]:
            conditions["partner"] = _FLAG[answers["partner"]]
        if answers["organization"]:
            conditions["organization"] = sorted(str(row.pk) for row in answers["organization"])
        return RuleDraft(answers["name"], answers["position"], answers["queue"].pk, conditions, answers["active"])

    def complain(self, refusal: Invalid) -> None:
        """Put the service's complaints beside the questions they are about."""
        for error in refusal.errors:
            name = error.pointer.rsplit("/", 1)[-1]
            words = error.detail or PROBLEM_WORDS.get(error.code, error.code)
            self.add_error(name if name in self.fields else None, words)


def _choices() -> dict[str, list[tuple[str, Any]]]:
    zones = sorted(time_zones())
    return {
        "kind": list(TicketKind.choices),
        "bsp": list(directory().values_list("slug", "name")),
        "flow": list(Flow.choices),
        "country": list(country_names().items()),
        "language": list(settings.LANGUAGES),
        "timezone": [(zone, zone) for zone in zones],
        "priority": list(Priority.choices),
    }


def _initial(rule: RoutingRule) -> dict[str, Any]:
    conditions = rule.conditions
    partner = conditions.get("partner")
    return {
        "name": rule.name,
        "position": rule.position,
        "queue": rule.queue_id,
        "active": rule.active,
        **{name: conditions.get(name, []) for name in _LISTS},
        **{name: ", ".join(conditions.get(name, [])) for name in _TAGS},
        **{name: conditions.get(name) for name in _SIZES},
        "partner": "" if partner is None else "yes" if partner else "no",
        "organization": [int(pk) for pk in conditions.get("organization", []) if pk.isdecimal()],
    }


class CopyForm(forms.Form):
    """Which version a new draft begins with. Going back to old rules is a copy of an old version."""

    source = forms.ModelChoiceField(
        RoutingVersion.objects.order_by("-number"),
        label=_("Begin with the rules of"),
        required=False,
        empty_label=_("No rules"),
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    note = forms.CharField(
        label=_("What is it for?"), required=False, max_length=200, widget=widgets.UnfoldAdminTextInputWidget()
    )


class TestForm(forms.Form):
    """Against how many past tickets a draft is tried."""

    limit = forms.TypedChoiceField(
        label=_("The newest tickets of the last 90 days, at most"),
        choices=[(size, str(size)) for size in _TEST_SIZES],
        initial=500,
        coerce=int,
        widget=widgets.UnfoldAdminSelectWidget(),
    )
