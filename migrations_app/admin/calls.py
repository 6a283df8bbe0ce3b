"""The list of calls, and the address of the call page."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from unfold.decorators import display

from config.core.admin.base import ReadOnlyAdmin
from migrations_app.admin import console, console_live
from migrations_app.admin.test_world import CallWorldFilter, named
from migrations_app.admin.ticket_filters import AgentFilter
from migrations_app.admin.words import STATE_COLOURS, badge
from migrations_app.models import PinCall
from tickets.selectors.desk import is_agent, is_lead, visible_tickets


@admin.register(PinCall)
class PinCallAdmin(ReadOnlyAdmin):
    """The calls of the tickets this person may see."""

    list_display = ("time", "local_time", "ticket_link", "state_label", "who", "number_count")
    list_display_links = ("time",)
    list_filter = ("state", AgentFilter, CallWorldFilter)
    search_fields = ("ticket__reference", "ticket__client_name")
    empty_note = _("Calls in which numbers are moved. Empty means that no client has chosen a time yet.")
    list_select_related = ("ticket", "agent")
    ordering = ("-start", "-id")
    date_hierarchy = "start"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PinCall]:
        rows: QuerySet[PinCall] = super().get_queryset(request).annotate(how_many=Count("lines"))
        return rows if is_lead(request.user) else rows.filter(ticket__in=visible_tickets(request.user))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("migrations_app.view_pincall")

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "<int:call_id>/console/",
            self.admin_site.admin_view(self.console_view),
            name="migrations_app_pincall_console",
        )
        live = path(
            "<int:call_id>/console/live/",
            self.admin_site.admin_view(self.live_view),
            name="migrations_app_pincall_live",
        )
        return [page, live, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is nothing to edit in a call: show its page."""
        return redirect("admin:migrations_app_pincall_console", object_id)

    @method_decorator(sensitive_post_parameters("code", "pin"))
    @method_decorator(sensitive_variables())
    def console_view(self, request: HttpRequest, call_id: int) -> HttpResponse:
        """Show the call page and do its steps.

        :raises PermissionDenied: this person does not run calls.
        :raises Http404: there is no such call among the tickets this person may see.
        """
        response = console.answer(self.admin_site, request, self._call(request, call_id))
        response.headers["Cache-Control"] = "no-store"
        return response

    def live_view(self, request: HttpRequest, call_id: int) -> HttpResponse:
        """Answer what has changed on the call page.

        :raises PermissionDenied: this person does not run calls.
        :raises Http404: there is no such call among the tickets this person may see.
        """
        call = self._call(request, call_id)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = console_live.answer(request, call)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _call(self, request: HttpRequest, call_id: int) -> PinCall:
        runs_calls = is_agent(request.user) and request.user.has_perm("tickets.change_ticket")
        if not runs_calls or not self.has_view_permission(request):
            raise PermissionDenied
        call = self.get_queryset(request).select_related("ticket__queue", "agent").filter(pk=call_id).first()
        if call is None:
            raise Http404
        return call

    @display(description=_("Start (UTC)"), ordering="start")
    def time(self, row: PinCall) -> str:
        return date_format(row.start, "D j M Y, H:i")

    @display(description=_("Client's time"))
    def local_time(self, row: PinCall) -> str:
        return f"{row.start.astimezone(ZoneInfo(row.timezone)):%H:%M} {row.timezone}"

    @display(description=_("Ticket"))
    def ticket_link(self, row: PinCall) -> str:
        url = reverse("admin:tickets_ticket_change", args=[row.ticket_id])
        words = format_html('<a href="{}">{} · {}</a>', url, row.ticket.reference, row.ticket.client_name)
        return named(row.ticket, words)

    @display(description=_("State"))
    def state_label(self, row: PinCall) -> str:
        return badge(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @display(description=_("Agent"), ordering="agent__username")
    def who(self, row: PinCall) -> str:
        return row.agent.get_full_name() or row.agent.get_username()

    @display(description=_("Numbers"))
    def number_count(self, row: Any) -> int:
        return int(row.how_many)
