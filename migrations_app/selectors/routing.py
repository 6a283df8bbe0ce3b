"""Tickets with their cases as the facts that routing rules judge."""

from collections.abc import Iterable, Mapping

from migrations_app.models import MigrationCase, NumberMove
from tickets.enums import OrganizationKind
from tickets.models import Ticket
from tickets.types import RoutingFacts


def routing_facts(ticket: Ticket, case: MigrationCase) -> RoutingFacts:
    """Return what rules may look at in one ticket."""
    return _facts(ticket, case, list(case.numbers.values_list("country", flat=True)))


def routing_facts_of(tickets: Iterable[Ticket]) -> dict[int, RoutingFacts]:
    """Return the facts of many tickets by ticket id, as they are now; tickets without a case are left out.

    Two queries, whatever the number of tickets. Organizations should have been selected with the tickets.
    """
    by_id = {ticket.pk: ticket for ticket in tickets}
    cases = list(MigrationCase.objects.filter(ticket_id__in=by_id).select_related("current_bsp"))
    countries: dict[int, list[str]] = {case.pk: [] for case in cases}
    for case_id, country in NumberMove.objects.filter(case__ticket_id__in=by_id).values_list("case_id", "country"):
        countries[case_id].append(country)
    return {case.ticket_id: _facts(by_id[case.ticket_id], case, countries[case.pk]) for case in cases}


def _facts(ticket: Ticket, case: MigrationCase, countries: list[str]) -> RoutingFacts:
    """Facts that have no condition of their own travel as `name:value` tags.

    Nobody has written rules for a BSP that is not in the directory: a person looks at such a ticket first.
    """
    bsp = case.current_bsp.slug if case.current_bsp else None
    tags = {
        f"flow:{case.flow}",
        f"hosting:{case.hosting}",
        f"destination:{_slug(case.playbook_copy)}",
        f"bsp:{bsp or 'unknown'}",
        *(f"number_country:{country}" for country in countries if country),
    }
    return RoutingFacts(
        kind=ticket.kind,
        priority=ticket.priority,
        country=ticket.country or None,
        language=ticket.language,
        timezone=ticket.timezone,
        organization=str(ticket.organization_id),
        partner=ticket.organization.kind == OrganizationKind.PARTNER,
        size=len(countries),
        bsp=bsp,
        flow=case.flow,
        tags=frozenset(tags | set(ticket.tags)),
        triage_reason="" if bsp else "unknown_bsp",
    )


def _slug(playbook_copy: Mapping[str, object]) -> str:
    return str(playbook_copy.get("slug", ""))
