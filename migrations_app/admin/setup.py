"""Chases to look at."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import ReadOnlyAdmin
from migrations_app.admin import ladder_preview
from migrations_app.admin.requirement_filter import RequirementFilter
from migrations_app.admin.test_world import CaseWorldFilter, named
from migrations_app.admin.words import EMAIL_WORDS, STATE_COLOURS, badge, chase_words, rung_words
from migrations_app.models import Chase, ChaseAttempt, Ladder
from tickets.selectors.desk import is_lead, visible_tickets


@admin.register(Chase)
class ChaseAdmin(ReadOnlyAdmin):
    """Who is being reminded of what. The buttons are on the ticket's page."""

    list_display = ("ticket_words", "requirement", "state_label", "ladder", "last_rung", "next_at")
    list_filter = ("state", RequirementFilter, CaseWorldFilter)
    search_fields = ("case__ticket__reference", "case__ticket__client_name")
    list_select_related = ("case__ticket",)
    list_display_links = ("ticket_words",)
    ordering = ("-updated_at", "-id")
    fields = ("requirement", "state", "ladder", "last_rung", "next_at", "messages_sent")
    readonly_fields = ("requirement", "ladder", "last_rung", "messages_sent")
    empty_note = _(
        "Reminders to whoever owes something: a chase begins with every ticket that has something open. "
        "Empty means that no ticket has been filed yet."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Chase]:
        ladders = Ladder.objects.filter(slug=OuterRef("ladder_slug"))
        rows: QuerySet[Chase] = super().get_queryset(request).annotate(ladder_name=Subquery(ladders.values("name")[:1]))
        return rows if is_lead(request.user) else rows.filter(case__ticket__in=visible_tickets(request.user))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("migrations_app.view_chase")

    def get_urls(self) -> list[URLPattern]:
        """The usual addresses, and the preview."""
        view = self.admin_site.admin_view(self.preview_view)
        return [path("<int:chase_id>/preview/", view, name="migrations_app_chase_preview"), *super().get_urls()]

    def preview_view(self, request: HttpRequest, chase_id: int) -> HttpResponse:
        """Show what a chase still does, rung by rung. Nothing is changed.

        :raises PermissionDenied: the person may not see chases.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        rows = self.get_queryset(request).select_related("case__ticket", "case__current_bsp")
        chase = get_object_or_404(rows, pk=chase_id)
        request.current_app = self.admin_site.name
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "what": chase_words(chase)}
        context = ladder_preview.of_chase(chase, now=clock.now())
        return TemplateResponse(request, "admin/desk/ladder_preview.html", {**frame, **context})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, whose rows lead to the chases on their ticket's page."""
        changelist = super().get_changelist_instance(request)
        changelist.url_for_result = lambda row: (
            reverse("admin:tickets_ticket_change", args=[row.case.ticket_id]) + "#chases"
        )
        return changelist

    @display(description=_("Ticket"))
    def ticket_words(self, row: Chase) -> str:
        ticket = row.case.ticket
        return named(ticket, f"{ticket.reference} · {ticket.client_name}")

    @display(description=_("Ladder"))
    def ladder(self, row: Any) -> str:
        return row.ladder_name or row.ladder_slug

    @display(description=_("Last rung"), ordering="last_step")
    def last_rung(self, row: Chase) -> str:
        return rung_words(row) or "–"

    @display(description=_("Requirement"))
    def requirement(self, row: Chase) -> str:
        return chase_words(row)

    @display(description=_("State"))
    def state_label(self, row: Chase) -> str:
        return badge(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("Messages"))
    def messages_sent(self, row: Chase) -> str:
        attempts = ChaseAttempt.objects.filter(chase=row).order_by("id")
        return ", ".join(f"{EMAIL_WORDS.get(a.message, a.message)} ({a.get_state_display()})" for a in attempts) or "–"
