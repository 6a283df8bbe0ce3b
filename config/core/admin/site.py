"""The admin site: Unfold's, with a second factor at the door when the desk demands one."""

from typing import Any

from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite


class DeskAdminSite(UnfoldAdminSite):
    """Where agents, leads and client users work."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Let active staff in; where one-time passwords are demanded, only sessions that were opened with one."""
        if not super().has_permission(request):
            return False
        user: Any = request.user
        return not settings.ADMIN_OTP_REQUIRED or bool(user.is_verified())

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Begin with the work: whoever sees tickets starts at the list of them."""
        if request.user.has_perm("tickets.view_ticket"):
            return redirect("admin:tickets_ticket_changelist")
        return super().index(request, extra_context)

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Ask for each count once, and show no badge where there is nothing to count: the theme would draw an empty one."""
        groups: list[dict[str, Any]] = super().get_sidebar_list(request)
        for item in (item for group in groups for item in group["items"] if "badge_callback" in item):
            item["badge_callback"] = item["badge"] = str(item["badge_callback"])
        return groups


class DeskAdminConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "config.core.admin.site.DeskAdminSite"
