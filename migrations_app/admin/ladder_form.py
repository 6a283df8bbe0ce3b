"""The form of a ladder: what it asks for and for which cases, its rungs as a table, what happens at its end."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from migrations_app.admin.words import EMAIL_WORDS
from migrations_app.enums import ChannelName, RequirementCode
from migrations_app.enums.ladders import AtEnd, Demand, RungLanguage
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import Ladder
from migrations_app.rules.asking import ASKED_APART
from migrations_app.rules.channels import BEST
from migrations_app.rules.ladders import HOURS_A_DAY, MOST_RUNGS, RungProblem, texts_for
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.services.ladders import candidates, message_names, problems_of
from tickets.enums import Party

LONGEST_DAYS = 90
CHANNELS: tuple[tuple[str, Any], ...] = ((BEST, _("The best way there is")), *ChannelName.choices)
RECIPIENTS = [(party.value, party.label) for party in (Party.CLIENT, Party.OLD_BSP)]
PROBLEM_WORDS: dict[str, Any] = {
    "negative_wait": _("A wait cannot be negative."),
    "unknown_message": _("There is no such text."),
    "message_of_another_demand": _("This text asks for something else than the ladder does."),
    "message_for_somebody_else": _("This text is written for somebody else than the recipient."),
    "cannot_reach": _("The recipient cannot be reached this way."),
    "end_in_the_middle": _("What comes after the end is never climbed."),
    "too_many_rungs": _("A ladder has twenty rungs at most."),
    "no_rungs": _("A ladder needs a rung that sends something."),
}
_CONDITIONS = ("demand", "requirement", "waba_owner", "bsp", "priority")
_ANY = _("any")
_COLUMN_OF = {"wait_business_days": "days"}


def askable() -> list[tuple[str, Any]]:
    """Return the requirements that can have a ladder of their own."""
    codes = [code for code, line in CATALOGUE.items() if line.owner != Party.ONBOARDING and code not in ASKED_APART]
    return [(code.value, REQUIREMENT_TEXTS[code][0]) for code in codes]


def text_choices() -> list[tuple[Any, Any]]:
    """Return the texts that a rung can send, grouped by what they ask for."""
    names = message_names()
    groups: list[tuple[Any, Any]] = [("", "–")]
    for demand in Demand:
        own = [name for name in texts_for(demand, names) if demand is Demand.REQUIREMENT or name not in _general(names)]
        groups.append((demand.label, [(name, EMAIL_WORDS.get(name, name)) for name in own]))
    return groups


def _general(names: frozenset[str]) -> list[str]:
    return texts_for(Demand.REQUIREMENT, names)


def _whole(label: Any, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=most, required=False, widget=forms.NumberInput(attrs={"class": "pt-short"})
    )


class RungForm(forms.Form):
    """One rung; a row whose text is empty is none.

    What a browser chooses by itself is the first value too, so that an untouched row counts as untouched.
    """

    days = _whole(_("Days"), LONGEST_DAYS)
    hours = _whole(_("Hours"), HOURS_A_DAY)
    to = forms.ChoiceField(label=_("To"), choices=RECIPIENTS, initial=Party.CLIENT)
    channel = forms.ChoiceField(label=_("Channel"), choices=CHANNELS, initial=BEST)
    message = forms.ChoiceField(label=_("Text"), choices=text_choices)
    language = forms.ChoiceField(label=_("Language"), choices=RungLanguage.choices, initial=RungLanguage.RECIPIENT)

    def step(self) -> dict[str, Any]:
        """Return the rung as it is stored."""
        data = self.cleaned_data
        return {
            "to": data["to"],
            "channel": data["channel"],
            "message": data["message"],
            "language": data["language"],
            **wait_stored(data),
        }


RungSet = forms.formset_factory(
    RungForm,
    extra=3,
    can_order=True,
    can_delete=True,
    max_num=MOST_RUNGS,
    validate_max=True,
    absolute_max=MOST_RUNGS + 5,
)


def wait_stored(data: Mapping[str, Any], prefix: str = "") -> dict[str, int]:
    """Return a wait as it is stored."""
    return {"wait_business_days": data.get(f"{prefix}days") or 0, "wait_hours": data.get(f"{prefix}hours") or 0}


def wait_shown(step: Mapping[str, Any]) -> dict[str, int]:
    """Return a stored wait as whole days and hours; parts of a day, as older ladders have them, become hours."""
    days = float(step.get("wait_business_days", 0))
    hours = round((days - int(days)) * HOURS_A_DAY) + int(step.get("wait_hours", 0))
    return {"days": int(days), "hours": hours}


def rungs_shown(ladder: Ladder | None) -> list[dict[str, Any]]:
    """Return a ladder's rungs as a table's first values; its end is asked for apart."""
    return [
        {
            "to": step.get("to", Party.CLIENT),
            "channel": step.get("channel", ChannelName.EMAIL),
            "message": step["message"],
            "language": step.get("language", RungLanguage.RECIPIENT),
            **wait_shown(step),
        }
        for step in (ladder.steps if ladder else [])
        if step.get("message")
    ]


def steps_of(rungs: Any) -> tuple[list[dict[str, Any]], list[RungForm]]:
    """Return the rungs of a valid table in their order, and the rows they stand in."""
    rows = [row for row in rungs.ordered_forms if row.cleaned_data.get("message")]
    return [row.step() for row in rows], rows


class LadderForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Everything of a ladder but its rungs, which are checked here too since what they may say depends on the demand."""

    requirement = forms.ChoiceField(
        label=_("Only for this requirement"),
        required=False,
        help_text=_("It is asked for by itself then, and leaves the common list."),
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    end_days = forms.IntegerField(
        label=_("Wait before the end: days"),
        min_value=0,
        max_value=LONGEST_DAYS,
        required=False,
        widget=widgets.UnfoldAdminIntegerFieldWidget(),
    )
    end_hours = forms.IntegerField(
        label=_("Wait before the end: hours"),
        min_value=0,
        max_value=HOURS_A_DAY,
        required=False,
        widget=widgets.UnfoldAdminIntegerFieldWidget(),
    )
    on_exhausted = forms.MultipleChoiceField(
        label=_("When nobody has answered"),
        choices=AtEnd.choices,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(),
    )

    class Meta:
        model = Ladder
        fields = ("name", "slug", "demand", "requirement", "waba_owner", "bsp", "priority", "active")
        widgets = {
            "name": widgets.UnfoldAdminTextInputWidget(),
            "slug": widgets.UnfoldAdminTextInputWidget(),
            "active": widgets.UnfoldBooleanWidget(),
            **{name: widgets.UnfoldAdminSelectWidget() for name in ("demand", "waba_owner", "bsp", "priority")},
        }

    def __init__(self, data: Any, *, instance: Ladder | None, rungs: Any, like: Ladder | None = None) -> None:
        """Begin with a ladder's own values, or those of the one it is copied from."""
        source = instance or like
        first = wait_shown(_end_of(source.steps)) if source else {"days": 2, "hours": 0}
        initial: dict[str, Any] = {
            "end_days": first["days"],
            "end_hours": first["hours"],
            "on_exhausted": list(source.on_exhausted) if source else [AtEnd.ESCALATE],
        }
        if like is not None:
            initial |= {name: getattr(like, name) for name in _CONDITIONS}
            initial |= {"name": gettext("%(name)s (copy)") % {"name": like.name}, "active": False}
        super().__init__(data, instance=instance, initial=initial)
        self.rungs = rungs
        requirement: Any = self.fields["requirement"]
        requirement.choices = [("", _ANY), *askable()]
        for name in ("waba_owner", "priority"):
            choice: Any = self.fields[name]
            choice.choices = [("", _ANY), *(pair for pair in choice.choices if pair[0])]
        bsp: Any = self.fields["bsp"]
        bsp.empty_label = _ANY
        if instance is not None:
            del self.fields["slug"]

    def clean(self) -> dict[str, Any] | None:
        """Refuse what could not be climbed, what could never be chosen, and taking away the last general ladder."""
        cleaned: dict[str, Any] = dict(super().clean() or self.cleaned_data)
        if self.errors or not self.rungs.is_valid():
            return cleaned
        demand = Demand(cleaned["demand"])
        if cleaned["requirement"] and demand is not Demand.REQUIREMENT:
            self.add_error("requirement", _("Only a ladder for other requirements can be for one of them."))
        steps, rows = steps_of(self.rungs)
        self.steps = [*steps, {"escalate": True, **wait_stored(cleaned, "end_")}]
        for problem in problems_of(self.steps, demand):
            self._complain(problem, rows)
        self._demand_a_place(cleaned)
        return cleaned

    def _complain(self, problem: RungProblem, rows: Sequence[RungForm]) -> None:
        words = PROBLEM_WORDS[problem.code]
        if problem.code in {"no_rungs", "too_many_rungs"} or problem.index >= len(rows):
            self.add_error(None, words)
        else:
            rows[problem.index].add_error(_COLUMN_OF.get(problem.field, problem.field), words)
            self.add_error(None, _("Rung %(place)s: %(problem)s") % {"place": problem.index + 1, "problem": words})

    def _demand_a_place(self, cleaned: Mapping[str, Any]) -> None:
        others = Ladder.objects.filter(active=True).exclude(pk=self.instance.pk).select_related("bsp")
        same = others.filter(**{name: cleaned[name] for name in _CONDITIONS}).first() if cleaned["active"] else None
        if same is not None:
            self.add_error(
                "demand", _("An active ladder is for the same cases already: %(name)s.") % {"name": same.name}
            )
        stored = Ladder.objects.filter(pk=self.instance.pk).first() if self.instance.pk else None
        if stored is None or not stored.active or stored.bsp_id or not stored.as_candidate().general:
            return
        stays = cleaned["active"] and cleaned["demand"] == stored.demand
        stays = stays and not any(cleaned[name] for name in _CONDITIONS if name != "demand")
        left = any(row.general and row.demand == stored.demand for row in candidates(others))
        if not stays and not left:
            self.add_error("active", _("It is the only one for all other cases: without it nobody would be reminded."))

    def filled(self) -> Ladder:
        """Return the ladder as it was answered, not stored yet."""
        ladder: Ladder = self.instance
        ladder.steps, ladder.on_exhausted = self.steps, self.cleaned_data["on_exhausted"]
        return ladder


def _end_of(steps: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next((step for step in steps if not step.get("message")), {})


def requirement_words(code: str) -> str:
    """Return what a requirement is called."""
    return str(REQUIREMENT_TEXTS[RequirementCode(code)][0]) if code else ""
