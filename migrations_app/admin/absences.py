"""Absences: an agent enters own ones, a lead everybody's; by the agent's own clock."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold import widgets
from unfold.decorators import display

from config.core.admin.base import DeskModelAdmin
from migrations_app.models import AgentAbsence, AgentHours, CallAgent
from migrations_app.rules.availability import moment_at
from migrations_app.rules.hours import zone_of
from migrations_app.selectors.agents import booked_within, zone_of_agent
from tickets.selectors.desk import AGENT, LEAD, is_lead, visible_tickets

_WHEN = "D j M Y, H:i"


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what a zone's clock shows, as the form's fields carry it."""
    return moment.astimezone(zone).replace(tzinfo=UTC)


class AbsenceForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Times are the agent's own: whoever is away from Monday nine o'clock means the clock on its own wall."""

    start = forms.SplitDateTimeField(label=gettext_lazy("From"), widget=widgets.UnfoldAdminSplitDateTimeWidget())
    end = forms.SplitDateTimeField(label=gettext_lazy("Until"), widget=widgets.UnfoldAdminSplitDateTimeWidget())

    class Meta:
        model = AgentAbsence
        fields = ("agent", "start", "end", "reason")

    zone: ZoneInfo | None = None
    """Known where the form is about one agent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show an absence by the agent's clock."""
        row = kwargs.get("instance")
        if row is not None and row.pk:
            zone = zone_of_agent(row.agent_id)
            shown = {"start": _wall(row.start, zone), "end": _wall(row.end, zone)}
            kwargs["initial"] = {**shown, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Turn the wall clock into moments.

        :raises ValidationError: it ends before it begins.
        """
        data: dict[str, Any] = super().clean() or {}
        agent = data.get("agent") or getattr(self.instance, "agent_id", None)
        start, end = data.get("start"), data.get("end")
        if start is None or end is None:
            return data
        if end <= start:
            raise forms.ValidationError({"end": _("Ends before it begins.")})
        zone = self.zone or zone_of_agent(getattr(agent, "pk", agent))
        data["start"], data["end"] = (moment_at(each.replace(tzinfo=None), zone) for each in (start, end))
        return data


def zone_name(agent: str) -> Subquery:
    """Return the zone of a row's agent as a column; `zone_of_agent` for many rows at once."""
    hours = AgentHours.objects.filter(agent=OuterRef(agent)).order_by("weekday", "start")
    return Subquery(hours.values("timezone")[:1])


def warn_of_calls(request: HttpRequest, row: AgentAbsence) -> None:
    """Name the calls that are booked while the agent is away: they stay until somebody moves them."""
    seen = visible_tickets(request.user)
    calls = booked_within(row.agent_id, row.start, row.end).filter(ticket__in=seen)
    names = [f"{call.ticket.reference} ({date_format(call.start.astimezone(UTC), _WHEN)} UTC)" for call in calls]
    if names:
        text = ngettext(
            "%(count)d call is booked in this absence and stays until it is moved: %(names)s",
            "%(count)d calls are booked in this absence and stay until they are moved: %(names)s",
            len(names),
        )
        messages.warning(request, text % {"count": len(names), "names": ", ".join(names)})


@admin.register(AgentAbsence)
class AbsenceAdmin(DeskModelAdmin):
    """An agent enters own absences; a lead everybody's."""

    form = AbsenceForm
    list_display = ("who", "begins", "ends", "zone", "reason")
    list_select_related = ("agent",)
    search_fields = ("agent__username", "agent__first_name", "agent__last_name", "reason")
    ordering = ("-start", "id")
    fields = ("agent", "start", "end", "reason")
    empty_note = gettext_lazy(
        "When somebody is away, no calls are offered with them. Empty means that nobody has entered any."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentAbsence]:
        rows: QuerySet[AgentAbsence] = super().get_queryset(request).annotate(zone_name=zone_name("agent_id"))
        return rows if is_lead(request.user) else rows.filter(agent_id=request.user.pk)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Ask a lead for whom; an agent's are its own."""
        return self.fields if is_lead(request.user) else self.fields[1:]

    def get_form(self, request: HttpRequest, obj: Any = None, change: Any = False, **kwargs: Any) -> Any:  # noqa: FBT002  (Django's)
        """Tell the form whose clock counts, and say so."""
        form = super().get_form(request, obj, change=change, **kwargs)
        owner = obj.agent_id if obj is not None else None if is_lead(request.user) else request.user.pk
        form.zone = zone_of_agent(owner) if owner is not None else None
        text = _("By the clock of %(zone)s.") % {"zone": form.zone.key} if form.zone else _("By the agent's own clock.")
        form.base_fields["start"].help_text = text
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the people of the desk."""
        if db_field.name == "agent":
            kwargs["queryset"] = CallAgent.objects.filter(is_active=True, groups__name__in=[AGENT, LEAD]).distinct()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: Any) -> None:
        if not is_lead(request.user):
            obj.agent_id = request.user.pk
        super().save_model(request, obj, form, change)
        warn_of_calls(request, obj)

    @display(description=gettext_lazy("Agent"), ordering="agent__username")
    def who(self, row: AgentAbsence) -> str:
        return row.agent.get_full_name() or row.agent.get_username()

    @display(description=gettext_lazy("From"), ordering="start")
    def begins(self, row: Any) -> str:
        return date_format(row.start.astimezone(zone_of(row.zone_name or "UTC")), _WHEN)

    @display(description=gettext_lazy("Until"), ordering="end")
    def ends(self, row: Any) -> str:
        return date_format(row.end.astimezone(zone_of(row.zone_name or "UTC")), _WHEN)

    @display(description=gettext_lazy("By the clock of"))
    def zone(self, row: Any) -> str:
        return row.zone_name or "UTC"
