"""Business calendars and service levels: what a lead sets up, with examples of what it means for deadlines."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.admin import TabularInline
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import DeskModelAdmin
from tickets.admin.desk import actor_of
from tickets.enums import Pause, Priority, SlaMetric
from tickets.models import Calendar, CalendarDay, CalendarHours, Queue, SlaPolicy, SlaTarget
from tickets.rules.calendars import add_working
from tickets.selectors.service_levels import next_holidays, next_openings, working_time
from tickets.services.service_levels import forget_policy, publish_calendar, publish_policy

_WHEN = "D j M, H:i"


def _lines(rows: Iterable[str]) -> str:
    """Return lines of text, one below the other."""
    return format_html_join("", "<div>{}</div>", ((row,) for row in rows)) or "–"


def _local(moment: datetime, zone: str) -> str:
    return date_format(moment.astimezone(ZoneInfo(zone)), _WHEN)


class HoursInline(TabularInline):
    """The week: one row a stretch, so a lunch break is two rows."""

    model = CalendarHours
    extra = 0
    ordering = ("weekday", "start")


class DaysInline(TabularInline):
    """Days that differ from their weekday."""

    model = CalendarDay
    extra = 0
    ordering = ("date", "start")


@admin.register(Calendar)
class CalendarAdmin(DeskModelAdmin):
    """When the desk works. A change reaches the clocks that run; what has ended stays as it was."""

    list_display = ("name", "timezone", "country", "subdivision", "version")
    search_fields = ("name", "timezone", "country")
    ordering = ("name", "id")
    fields = ("name", "timezone", "country", "subdivision", "language", "version", "openings", "public_holidays")
    readonly_fields = ("version", "openings", "public_holidays")
    inlines = (HoursInline, DaysInline)

    def save_related(self, request: HttpRequest, form: "ModelForm[Any]", formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        publish_calendar(calendar_id=form.instance.pk, by=actor_of(request), now=clock.now())

    @display(description=_("Open next"))
    def openings(self, row: Calendar) -> str:
        calendar = working_time(row)
        found = next_openings(calendar, now=clock.now(), count=7) if calendar else []
        return _lines(f"{_local(start, row.timezone)} – {_local(end, row.timezone)}" for start, end in found)

    @display(description=_("Next public holidays"))
    def public_holidays(self, row: Calendar) -> str:
        today = clock.now().date()
        return _lines(
            f"{date_format(day, 'D j M Y')}: {name}" for day, name in next_holidays(row, today=today, count=8)
        )


class SlaPolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Priorities and pauses are ticked, not typed."""

    queues = forms.ModelMultipleChoiceField(
        label=_("Queues"),
        queryset=Queue.objects.order_by("name"),
        required=False,
        help_text=_("None chosen: all queues."),
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    priorities = forms.MultipleChoiceField(
        label=_("Priorities"),
        choices=Priority.choices,
        required=False,
        help_text=_("None chosen: all priorities."),
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    pauses_on = forms.MultipleChoiceField(
        label=_("Clocks stand still while"),
        choices=Pause.choices,
        required=False,
        help_text=_("The answer to the client never waits for anybody."),
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(),
    )

    class Meta:
        model = SlaPolicy
        fields = ("name", "position", "active", "queues", "priorities", "calendar", "warn_percent", "pauses_on")


class TargetInline(TabularInline):
    """One row a metric; a metric without a row has no clock."""

    model = SlaTarget
    extra = 0
    max_num = len(SlaMetric)


@admin.register(SlaPolicy)
class SlaPolicyAdmin(DeskModelAdmin):
    """Targets. The first policy by position that takes a ticket counts."""

    form = SlaPolicyForm
    list_display = ("name", "position", "active", "calendar", "targets_shown", "version")
    list_select_related = ("calendar",)
    list_filter = ("active",)
    search_fields = ("name",)
    ordering = ("position", "id")
    fields = (
        "name", "position", "active", "queues", "priorities", "calendar", "warn_percent", "pauses_on", "version", "examples",
    )  # fmt: skip
    readonly_fields = ("version", "examples")
    inlines = (TargetInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SlaPolicy]:
        rows: QuerySet[SlaPolicy] = super().get_queryset(request)
        return rows.prefetch_related("targets")

    def save_related(self, request: HttpRequest, form: "ModelForm[Any]", formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        publish_policy(policy_id=form.instance.pk, by=actor_of(request), now=clock.now())

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        forget_policy(by=actor_of(request), now=clock.now())

    @display(description=_("Targets"))
    def targets_shown(self, row: SlaPolicy) -> str:
        return _lines(f"{target.get_metric_display()}: {_length(target.minutes)}" for target in row.targets.all())

    @display(description=_("A clock started now"))
    def examples(self, row: SlaPolicy) -> str:
        """Tell when each target would be missed: the quickest way to see that hours and holidays are right."""
        calendar = working_time(row.calendar) if row.pk else None
        if calendar is None:
            return "–"
        now = clock.now()
        zone = row.calendar.timezone
        shown = []
        for target in row.targets.all():
            due = add_working(calendar, now, timedelta(minutes=target.minutes))
            ends = _local(due, zone) if due else gettext("never: the calendar has no such hours")
            metric = target.get_metric_display()
            shown.append(f"{metric}: {_local(now, zone)} + {_length(target.minutes)} → {ends}")
        return format_html("{}<div>{}</div>", _lines(shown), zone)


def _length(minutes: int) -> str:
    """Return a length of working time, e.g. 1 h 30 min."""
    hours, rest = divmod(minutes, 60)
    parts = [gettext("%(count)s h") % {"count": hours}] if hours else []
    if rest or not hours:
        parts.append(gettext("%(count)s min") % {"count": rest})
    return " ".join(parts)
