"""Ladders, working hours: what a lead sets up; chases to look at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core.admin.base import DeskModelAdmin, ReadOnlyAdmin
from migrations_app.admin.words import EMAIL_WORDS, STATE_COLOURS, badge
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import AgentHours, Chase, ChaseAttempt, Ladder
from tickets.selectors.desk import is_lead, visible_tickets


class VersionedAdmin(DeskModelAdmin):
    """A set-up row whose version rises with every change: running cases keep the version they started with."""

    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: Any) -> None:
        if change and form.has_changed():
            obj.version += 1
        super().save_model(request, obj, form, change)


class LadderForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Names of messages must be ones we have a text for."""

    class Meta:
        model = Ladder
        fields = ("name", "slug", "steps")

    def clean_steps(self) -> Any:
        """Refuse messages that do not exist; the rest of a rung is checked by the model."""
        steps = self.cleaned_data["steps"]
        if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
            raise forms.ValidationError(_("The rungs are a list of objects."))
        unknown = sorted({str(step["message"]) for step in steps if step.get("message")} - set(EMAIL_WORDS))
        if unknown:
            raise forms.ValidationError(_("There is no such message: %(names)s"), params={"names": ", ".join(unknown)})
        return steps


@admin.register(Ladder)
class LadderAdmin(VersionedAdmin):
    """Plans of chases. A running chase keeps the rungs it started with."""

    form = LadderForm
    list_display = ("name", "slug", "rungs", "version", "updated_at")
    search_fields = ("name", "slug")
    ordering = ("name", "id")
    fields = ("name", "slug", "steps", "version")
    readonly_fields = ("version",)

    def get_readonly_fields(self, request: HttpRequest, obj: Ladder | None = None) -> tuple[str, ...]:
        """Keep the slug of a known ladder: playbooks name it by that."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    @display(description=_("Rungs"))
    def rungs(self, row: Ladder) -> int:
        return len(row.steps)


@admin.register(AgentHours)
class AgentHoursAdmin(DeskModelAdmin):
    """When calls can be offered: by each agent's own wall clock."""

    list_display = ("agent", "weekday", "start", "end", "timezone")
    list_filter = ("weekday",)
    list_select_related = ("agent",)
    search_fields = ("agent__username", "agent__first_name", "agent__last_name")
    autocomplete_fields = ("agent",)
    ordering = ("agent__username", "weekday", "start", "id")

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Offer the search to those who may see people; agents only read here."""
        return self.autocomplete_fields if request.user.has_perm("auth.view_user") else ()


@admin.register(Chase)
class ChaseAdmin(ReadOnlyAdmin):
    """Who is being reminded of what. The buttons are on the ticket's page."""

    list_display = ("ticket_link", "requirement", "state_label", "ladder_slug", "last_step", "next_at")
    list_filter = ("state", "requirement_code")
    search_fields = ("case__ticket__reference", "case__ticket__client_name")
    list_select_related = ("case__ticket",)
    list_display_links = None
    ordering = ("-updated_at", "-id")
    fields = ("requirement_code", "state", "ladder_slug", "last_step", "next_at", "messages_sent")
    readonly_fields = ("messages_sent",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Chase]:
        rows: QuerySet[Chase] = super().get_queryset(request)
        return rows if is_lead(request.user) else rows.filter(case__ticket__in=visible_tickets(request.user))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("migrations_app.view_chase")

    @display(description=_("Ticket"))
    def ticket_link(self, row: Chase) -> str:
        ticket = row.case.ticket
        url = reverse("admin:tickets_ticket_change", args=[ticket.pk])
        return format_html('<a href="{}">{} · {}</a>', url, ticket.reference, ticket.client_name)

    @display(description=_("Requirement"))
    def requirement(self, row: Chase) -> str:
        return str(REQUIREMENT_TEXTS[row.requirement_code][0])

    @display(description=_("State"))
    def state_label(self, row: Chase) -> str:
        return badge(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("Messages"))
    def messages_sent(self, row: Chase) -> str:
        attempts = ChaseAttempt.objects.filter(chase=row).order_by("id")
        return ", ".join(f"{EMAIL_WORDS.get(a.message, a.message)} ({a.get_state_display()})" for a in attempts) or "–"
