"""Routing rules as data, with a dry run: which rule would take a ticket, and why the ones before it would not."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from unfold.decorators import display

from config.core.admin.base import DeskModelAdmin
from config.core.errors import NotFound
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.routing import routing_facts
from tickets.models import RoutingRule, Ticket
from tickets.selectors.desk import triage_queue, visible_tickets
from tickets.services.routing import explain


@admin.register(RoutingRule)
class RoutingRuleAdmin(DeskModelAdmin):
    """The lowest position whose every condition holds takes the ticket."""

    list_display = ("position", "name", "active", "conditions_short", "queue")
    list_display_links = ("name",)
    list_select_related = ("queue",)
    list_filter = ("active", "queue")
    search_fields = ("name",)
    ordering = ("position", "id")
    fields = ("position", "name", "active", "conditions", "queue")
    change_list_template = "admin/desk/routing_list.html"

    @display(description=_("Conditions"))
    def conditions_short(self, row: RoutingRule) -> str:
        return "; ".join(f"{name}: {_shown(value)}" for name, value in row.conditions.items()) or _("takes everything")

    def get_urls(self) -> list[URLPattern]:
        dry_run = path("dry-run/", self.admin_site.admin_view(self.dry_run_view), name="tickets_routingrule_dry_run")
        return [dry_run, *super().get_urls()]

    def dry_run_view(self, request: HttpRequest) -> HttpResponse:
        """Show how every rule judges a ticket that this person may see. Changes nothing."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        reference = request.GET.get("reference", "").strip().upper()
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Dry run of the routing rules"),
            "reference": reference,
        }
        if reference:
            context |= _explained(request, reference)
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/desk/dry_run.html", context)


def _explained(request: HttpRequest, reference: str) -> dict[str, Any]:
    tickets = visible_tickets(request.user).select_related("organization", "queue")
    ticket: Ticket | None = tickets.filter(reference=reference).first()
    if ticket is None:
        return {"complaint": _("There is no such ticket.")}
    try:
        case = case_of(ticket.pk)
    except NotFound:
        return {"complaint": _("This ticket has no case to be routed by.")}
    result: Any = explain(routing_facts(ticket, case))
    return {
        "ticket": ticket,
        "taken_by": result["taken_by"],
        "triage": triage_queue(),
        "forced": case.current_bsp is None,
        "trail": [
            {**rule, "conditions": [_condition(condition) for condition in rule["conditions"]]}
            for rule in result["trail"]
        ],
    }


def _condition(condition: dict[str, Any]) -> dict[str, Any]:
    return {**condition, "expected": _shown(condition["expected"]), "found": _shown(condition["found"])}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "–"
    return "–" if value in {None, ""} else str(value)
