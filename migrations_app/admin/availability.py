"""When calls can be offered: an agent's hours, absences and particulars on one page."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold import widgets
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import DeskModelAdmin
from migrations_app.admin.absences import AbsenceForm, warn_of_calls, zone_name
from migrations_app.models import AgentAbsence, AgentHours, AgentProfile, CallAgent
from migrations_app.rules.availability import moment_at, working_stretches
from migrations_app.selectors.agents import agent_of, zone_of_agent
from tickets.selectors.desk import AGENT, LEAD, is_lead

_AHEAD = 8
"""So many of the agent's days are shown, today included."""
_WHEN = "D j M, H:i"


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Languages are ticked."""

    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        choices=settings.LANGUAGES,
        required=False,
        help_text=gettext_lazy(
            "None chosen: calls in any language. Clients get an agent who speaks theirs where there is one."
        ),
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    meeting_url = forms.URLField(
        label=gettext_lazy("Meeting room"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy(
            "Its link is in the invitations to the agent's calls. Empty: the agent rings the client."
        ),
        widget=widgets.UnfoldAdminURLInputWidget(),
    )

    class Meta:
        model = AgentProfile
        fields = ("languages", "country", "subdivision", "daily_capacity", "meeting_url")


class ProfileInline(StackedInline):
    """What else decides which calls somebody gets."""

    model = AgentProfile
    form = ProfileForm
    can_delete = False
    max_num = 1
    fields = ("languages", ("country", "subdivision"), "daily_capacity", "meeting_url")


class HoursInline(TabularInline):
    """The week: one row a stretch, so a lunch break is two rows."""

    model = AgentHours
    verbose_name = gettext_lazy("stretch of hours")
    verbose_name_plural = gettext_lazy("working hours")
    extra = 0
    hide_title = True
    ordering = ("weekday", "start")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Propose the agent's zone for new rows."""
        formset = super().get_formset(request, obj, **kwargs)
        if obj is not None and "timezone" in formset.form.base_fields:
            formset.form.base_fields["timezone"].initial = zone_of_agent(obj.pk).key
        return formset


class AbsenceInline(TabularInline):
    """Absences that are not over; a lead enters them here, an agent on the page of its own."""

    model = AgentAbsence
    form = AbsenceForm
    extra = 0
    hide_title = True
    ordering = ("start",)
    fields = ("start", "end", "reason")
    verbose_name_plural = gettext_lazy("absences, by the agent's own clock")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentAbsence]:
        rows: QuerySet[AgentAbsence] = super().get_queryset(request)
        return rows.filter(end__gt=clock.now())

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Tell the forms whose clock counts."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.zone = zone_of_agent(obj.pk) if obj is not None else None
        return formset

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_lead(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_lead(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_lead(request.user)


def _over_midnight(row: AgentHours) -> str:
    """Say on which day hours end that end not after they start: a slip of the pen looks the same."""
    days = dict(AgentHours._meta.get_field("weekday").flatchoices)
    return _("The hours of %(day)s, %(start)s – %(end)s, run over midnight: they end on %(next)s at %(end)s.") % {
        "day": days[row.weekday],
        "start": f"{row.start:%H:%M}",
        "end": f"{row.end:%H:%M}",
        "next": days[(row.weekday + 1) % len(days)],
    }


def _lines(rows: Iterable[str]) -> str:
    return format_html_join("", "<div>{}</div>", ((row,) for row in rows)) or "–"


@admin.register(CallAgent)
class CallAgentAdmin(DeskModelAdmin):
    """Who takes calls when. People are made under Users, and put into queues there."""

    list_display = ("who", "zone", "spoken", "place", "works", "away")
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username", "id")
    fields = ("who", "zone", "next_hours")
    readonly_fields = fields
    inlines = (HoursInline, AbsenceInline, ProfileInline)
    empty_note = gettext_lazy(
        "Everybody who works for the desk. Empty means that nobody has the role Agent or Lead yet."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallAgent]:
        rows: QuerySet[CallAgent] = super().get_queryset(request)
        desk = rows.filter(is_active=True, groups__name__in=[AGENT, LEAD]).values("pk")
        working = AgentHours.objects.filter(agent=OuterRef("pk"))
        away = AgentAbsence.objects.filter(agent=OuterRef("pk"), start__lte=clock.now(), end__gt=clock.now())
        found = rows.filter(pk__in=desk) | rows.filter(is_active=True, pk__in=AgentHours.objects.values("agent_id"))
        return found.select_related("call_profile").annotate(
            has_hours=Exists(working), is_away=Exists(away), zone_name=zone_name("pk")
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Model, form: "ModelForm[Any]", change: Any) -> None:
        """Nothing of the person is changed here."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        super().save_formset(request, form, formset, change)
        for row in (*formset.new_objects, *(row for row, _fields in formset.changed_objects)):
            if isinstance(row, AgentAbsence):
                warn_of_calls(request, row)
            elif isinstance(row, AgentHours) and row.end <= row.start:
                messages.warning(request, _over_midnight(row))

    @display(description=gettext_lazy("Agent"), ordering="username")
    def who(self, row: CallAgent) -> str:
        return str(row)

    @display(description=gettext_lazy("Time zone"))
    def zone(self, row: Any) -> str:
        return row.zone_name or "–"

    @display(description=gettext_lazy("Languages"))
    def spoken(self, row: CallAgent) -> str:
        profile = getattr(row, "call_profile", None)
        names = dict(settings.LANGUAGES)
        return ", ".join(str(names.get(code, code)) for code in profile.languages) if profile else ""

    @display(description=gettext_lazy("Public holidays of"))
    def place(self, row: CallAgent) -> str:
        profile = getattr(row, "call_profile", None)
        return " ".join(part for part in (profile.country, profile.subdivision) if part) if profile else ""

    @display(description=gettext_lazy("Has hours"), boolean=True)
    def works(self, row: Any) -> bool:
        return bool(row.has_hours)

    @display(description=gettext_lazy("Away now"))
    def away(self, row: Any) -> str:
        return _("away") if row.is_away else ""

    @display(description=gettext_lazy("Works next"))
    def next_hours(self, row: CallAgent) -> str:
        """Tell the hours of a week by both clocks: the quickest way to see that zone, holidays and absences are right."""
        now, zone = clock.now(), zone_of_agent(row.pk)
        last = datetime.combine(now.astimezone(zone) + timedelta(days=_AHEAD), time())
        # A day more: hours that begin on the last day may end after its midnight.
        midnight, until = (moment_at(each, zone) for each in (last, last + timedelta(days=1)))
        agent = agent_of(row.pk, since=now, until=until)
        if agent is None:
            return _("No hours: no calls are offered.")
        return _lines(
            f"{date_format(start.astimezone(zone), _WHEN)} – {end.astimezone(zone):%H:%M}  ({start:%H:%M} – {end:%H:%M} UTC)"
            for start, end in working_stretches(agent, now, until)
            if start < midnight
        )
