"""The dry run: which rule of a version would take one ticket, and why the ones before it would not."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from config.core.errors import NotFound
from migrations_app.admin.routing_words import CONDITION_WORDS, Names, shown, value_names
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.routing import routing_facts
from tickets.models import RoutingVersion, Ticket
from tickets.selectors.desk import triage_queue, visible_tickets
from tickets.selectors.routing import live_version
from tickets.services.routing import explain


def answer(page: Any, request: HttpRequest) -> HttpResponse:
    """Show how every rule of a version judges a ticket that this person may see. Changes nothing."""
    reference = request.GET.get("reference", "").strip().upper()
    versions = list(RoutingVersion.objects.order_by("-number")[:50])
    asked = request.GET.get("version", "")
    version = next((row for row in versions if str(row.number) == asked), None) or live_version()
    context: dict[str, Any] = {
        "title": _("Dry run of the routing rules"),
        "reference": reference,
        "version": version,
        "versions": versions,
    }
    if reference:
        context |= _explained(request, reference, version)
    return page.render_page(request, "admin/desk/dry_run.html", context)


def _explained(request: HttpRequest, reference: str, version: RoutingVersion | None) -> dict[str, Any]:
    tickets = visible_tickets(request.user).select_related("organization", "queue")
    ticket: Ticket | None = tickets.filter(reference=reference).first()
    if ticket is None:
        return {"complaint": _("There is no such ticket.")}
    try:
        case = case_of(ticket.pk)
    except NotFound:
        return {"complaint": _("This ticket has no case to be routed by.")}
    facts, names = routing_facts(ticket, case), value_names()
    result: Any = explain(facts, version)
    return {
        "ticket": ticket,
        "taken_by": result["taken_by"],
        "triage": triage_queue(),
        "forced": facts.triage_reason,
        "trail": [
            {**rule, "conditions": [_condition(condition, names) for condition in rule["conditions"]]}
            for rule in result["trail"]
        ],
    }


def _condition(condition: dict[str, Any], names: Names) -> dict[str, Any]:
    name = condition["name"]
    return {
        "name": str(CONDITION_WORDS.get(name, name)),
        "expected": shown(name, condition["expected"], names),
        "found": shown(name, condition["found"], names),
        "holds": condition["holds"],
    }
