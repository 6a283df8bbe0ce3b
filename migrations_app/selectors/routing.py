"""A ticket with its case as the facts that routing rules judge."""

from migrations_app.models import MigrationCase
from tickets.enums import OrganizationKind
from tickets.models import Ticket
from tickets.types import RoutingFacts


def routing_facts(ticket: Ticket, case: MigrationCase) -> RoutingFacts:
    """Return what rules may look at. Facts of the document travel as `name:value` tags."""
    tags = {f"flow:{case.flow}", f"hosting:{case.hosting}", f"destination:{case.playbook_copy.get('slug', '')}"}
    tags.add(f"bsp:{case.current_bsp.slug}" if case.current_bsp else "bsp:unknown")
    countries = {f"number_country:{country}" for country in case.numbers.values_list("country", flat=True) if country}
    return RoutingFacts(
        kind=ticket.kind,
        priority=ticket.priority,
        country=ticket.country or None,
        language=ticket.language,
        timezone=ticket.timezone,
        organization=ticket.organization.name,
        partner=ticket.organization.kind == OrganizationKind.PARTNER,
        size=case.numbers.count(),
        tags=frozenset(tags | countries | set(ticket.tags)),
    )
