"""The versions of the routing rules: list and addresses. What each page shows and does stands in `routing_pages`."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core.admin.base import ReadOnlyAdmin
from migrations_app.admin import routing_dry_run, routing_pages
from migrations_app.admin.routing_words import STATE_COLOURS
from migrations_app.admin.words import badge
from tickets.models import RoutingVersion
from tickets.selectors.desk import is_lead

READ = {"GET", "HEAD"}
_FORM = READ | {"POST"}


@admin.register(RoutingVersion)
class RoutingVersionAdmin(ReadOnlyAdmin):
    """One version is live. A lead copies it, edits the copy, tests it and makes it live; agents read."""

    list_display = ("title", "state_label", "note", "rule_count", "published_at", "published_by", "made_by")
    list_display_links = ("title",)
    list_filter = ("state",)
    search_fields = ("note", "rules__name")
    ordering = ("-number",)
    change_list_template = "admin/desk/routing_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoutingVersion]:
        rows: QuerySet[RoutingVersion] = super().get_queryset(request)
        return rows.annotate(how_many=Count("rules"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.edits(request)

    def edits(self, request: HttpRequest) -> bool:
        """Tell whether this person may make, edit, test and publish versions: a test looks at tickets of every queue."""
        return is_lead(request.user) and request.user.has_perm("tickets.change_routingversion")

    def get_urls(self) -> list[URLPattern]:
        """List, copy, page, its rules, its test, its buttons, dry run; rows are deleted by a button, and only drafts."""
        name = "tickets_routingversion"
        rule = self._page(routing_pages.rule, lead=True, methods=_FORM)
        return [
            path("", self.admin_site.admin_view(self.changelist_view), name=f"{name}_changelist"),
            path("add/", self._page(routing_pages.copy, lead=True, methods=_FORM), name=f"{name}_add"),
            path("dry-run/", self._page(routing_dry_run.answer), name=f"{name}_dry_run"),
            path("<int:version_id>/change/", self._page(routing_pages.version), name=f"{name}_change"),
            path("<int:version_id>/rules/add/", rule, name=f"{name}_rule_add"),
            path("<int:version_id>/rules/<int:rule_id>/", rule, name=f"{name}_rule"),
            path(
                "<int:version_id>/test/",
                self._page(routing_pages.test, lead=True, methods=_FORM),
                name=f"{name}_test",
            ),
            path(
                "<int:version_id>/do/<slug:action>/",
                self._page(routing_pages.do, lead=True, methods={"POST"}),
                name=f"{name}_do",
            ),
        ]

    def _page(
        self, answer: Callable[..., HttpResponse], *, lead: bool = False, methods: set[str] = READ
    ) -> Callable[..., HttpResponse]:
        """Return a view that lets the right people in and hands on the version that the address names."""

        def view(request: HttpRequest, version_id: int | None = None, **more: Any) -> HttpResponse:
            if not self.has_view_permission(request) or (lead and not self.edits(request)):
                raise PermissionDenied
            if request.method not in methods:
                return HttpResponseNotAllowed(sorted(methods))
            if version_id is None:
                return answer(self, request, **more)
            return answer(self, request, get_object_or_404(RoutingVersion, pk=version_id), **more)

        return self.admin_site.admin_view(view)

    def render_page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        """Answer with a page inside the admin's frame."""
        request.current_app = self.admin_site.name
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, {**frame, "edits": self.edits(request), **context})

    @display(description=_("Version"), ordering="number")
    def title(self, row: RoutingVersion) -> str:
        return str(row)

    @display(description=_("State"))
    def state_label(self, row: RoutingVersion) -> str:
        return badge(row.get_state_display(), STATE_COLOURS[row.state])

    @display(description=_("Rules"))
    def rule_count(self, row: Any) -> int:
        return int(row.how_many)
