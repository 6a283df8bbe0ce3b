"""The address of an agent's own calendar: made, renewed and ended by the agent alone, and shown once."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext

from config.core import clock
from config.core.admin.base import ReadOnlyAdmin
from migrations_app.models import CalendarFeed
from migrations_app.services import agent_feeds
from tickets.admin import actor_of
from tickets.selectors.desk import is_agent


def has_calls(request: HttpRequest) -> bool:
    """Tell whether calls can be booked with this person."""
    return is_agent(request.user) and request.user.has_perm("migrations_app.view_pincall")


@admin.register(CalendarFeed)
class MyCalendarAdmin(ReadOnlyAdmin):
    """One page, about whoever looks at it: nobody sees the calendar of another person."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return has_calls(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # the sidebar has a link of its own

    def get_urls(self) -> list[URLPattern]:
        """The page only: there is no list and no row to look at."""
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="migrations_app_calendarfeed_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show whether there is an address; make or end it when that is posted.

        :raises PermissionDenied: this person has no calls.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        address = ""
        if request.method == "POST":
            if request.POST.get("do") == "end":
                if agent_feeds.end_address(agent=request.user, by=actor_of(request), now=clock.now()):
                    messages.success(request, gettext("The address has ended. Nobody can read your calendar by it."))
                return redirect("admin:migrations_app_calendarfeed_changelist")
            address = agent_feeds.new_address(agent=request.user, by=actor_of(request), now=clock.now())
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("My calendar"),
            "feed": agent_feeds.feed_of(request.user),
            "address": address,
        }
        # The admin marks every answer as one that nobody keeps (no-store).
        return TemplateResponse(request, "admin/desk/my_calendar.html", context)
