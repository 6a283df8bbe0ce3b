"""The rules of a queue's calls: what a lead leaves empty is the desk's setting, which the page names."""

from dataclasses import fields
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold import widgets
from unfold.decorators import display

from config.core.admin.base import DeskModelAdmin
from migrations_app.enums.availability import CallAssignment
from migrations_app.models import CallPolicy
from migrations_app.rules.call_policy import Policy
from migrations_app.selectors.call_policies import desk_policy, policy_of

_FLAGS = ("keep_assignee", "book_without_answer", "within_calendar")


def _shown(name: str, value: Any) -> str:
    """Return a value of the rules in words."""
    if value is None:
        return _("no limit")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(CallAssignment(value).label) if name == "assignment" else str(value)


def _to_bool(raw: str) -> bool | None:
    return {"yes": True, "no": False}.get(raw)


class CallPolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Empty means the desk's setting, and says what that is."""

    class Meta:
        model = CallPolicy
        fields = ("queue", *(field.name for field in fields(Policy)))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Write the desk's settings into the choices and empty fields."""
        super().__init__(*args, **kwargs)
        desk = desk_policy()
        for field in fields(Policy):
            words = _("As the desk: %(value)s") % {"value": _shown(field.name, getattr(desk, field.name))}
            if field.name in _FLAGS:
                self._as_choice(field.name, words)
            elif field.name == "assignment":
                self.fields[field.name].choices = [("", words), *CallAssignment.choices]  # type: ignore[attr-defined]
            else:
                self.fields[field.name].widget.attrs["placeholder"] = words

    def _as_choice(self, name: str, desk: str) -> None:
        old = self.fields[name]
        self.fields[name] = forms.TypedChoiceField(
            label=old.label,
            help_text=old.help_text,
            choices=[("", desk), ("yes", _("yes")), ("no", _("no"))],
            coerce=_to_bool,
            empty_value=None,
            required=False,
            widget=widgets.UnfoldAdminSelectWidget(),
        )
        value = getattr(self.instance, name)
        self.initial[name] = "" if value is None else "yes" if value else "no"


@admin.register(CallPolicy)
class CallPolicyAdmin(DeskModelAdmin):
    """One row a queue; a queue without one has the desk's settings."""

    form = CallPolicyForm
    list_display = ("queue", "notice", "buffers", "daily_capacity", "assignment", "cut_off_minutes")
    list_select_related = ("queue",)
    ordering = ("queue__name", "id")
    readonly_fields = ("in_force",)
    fieldsets = (
        (None, {"fields": ("queue", "in_force")}),
        (gettext_lazy("When"), {"fields": (("min_notice_minutes", "horizon_days"),
            ("buffer_before_minutes", "buffer_after_minutes"), "within_calendar")}),
        (gettext_lazy("Who"), {"fields": ("assignment", "keep_assignee", "daily_capacity")}),
        (gettext_lazy("The client"), {"fields": ("cut_off_minutes", "book_without_answer")}),
    )  # fmt: skip
    empty_note = gettext_lazy("How a queue offers its calls. Empty means that all queues have the desk's settings.")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> tuple[str, ...]:
        """Leave a row with its queue."""
        return ("queue", *self.readonly_fields) if obj else self.readonly_fields

    @display(description=gettext_lazy("Minutes of notice, days ahead"))
    def notice(self, row: CallPolicy) -> str:
        policy = policy_of(row.queue_id)
        return f"{policy.min_notice_minutes}, {policy.horizon_days}"

    @display(description=gettext_lazy("Free before and after"))
    def buffers(self, row: CallPolicy) -> str:
        policy = policy_of(row.queue_id)
        return f"{policy.buffer_before_minutes} + {policy.buffer_after_minutes}"

    @display(description=gettext_lazy("In force"))
    def in_force(self, row: CallPolicy) -> str:
        """Tell every rule as it is now, the desk's where the queue has none."""
        policy = policy_of(row.queue_id) if row.pk else desk_policy()
        rows = [
            (self.form.base_fields[field.name].label, _shown(field.name, getattr(policy, field.name)))
            for field in fields(Policy)
        ]
        return format_html_join("", "<div>{}: {}</div>", rows)
