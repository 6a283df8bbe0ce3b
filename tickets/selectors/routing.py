"""Reading the versions of the routing rules, and the tickets that belong together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from tickets.enums import OPEN_STATUSES, RoutingState, TicketStatus
from tickets.models import Queue, RoutingChange, RoutingRule, RoutingVersion, Ticket
from tickets.rules.routing import Rule, RuleContent, digest_of

_ON_THE_TABLE = [status.value for status in OPEN_STATUSES - {TicketStatus.DRAFT}]


@dataclass(frozen=True)
class Routing:
    """The rules of one version in the order in which they are asked, and the queues they name by slug.

    `version` is None where there is no version yet.
    """

    version: int | None
    rules: Sequence[Rule]
    queues: dict[str, Queue]


def live_version() -> RoutingVersion | None:
    """Return the version that routes tickets now; None on a desk that was never set up."""
    return RoutingVersion.objects.filter(state=RoutingState.LIVE).first()


def routing_of(version: RoutingVersion | None) -> Routing:
    """Return a version's active rules: one query, whatever their number."""
    if version is None:
        return Routing(None, [], {})
    rows = list(version.rules.filter(active=True).select_related("queue").order_by("position", "id"))
    rules = [Rule(row.pk, row.name, row.queue.slug, row.conditions) for row in rows]
    return Routing(version.number, rules, {row.queue.slug: row.queue for row in rows})


def rules_of(version: RoutingVersion) -> QuerySet[RoutingRule]:
    """Return all rules of a version, resting ones too, in the order in which they are asked."""
    return version.rules.select_related("queue").order_by("position", "id")


def digest_now(version: RoutingVersion) -> str:
    """Return the fingerprint of a version's rules as they stand, as compared with what is live now."""
    live = live_version()
    contents = [
        RuleContent(row.position, row.name, row.active, row.queue.slug, row.conditions) for row in rules_of(version)
    ]
    return digest_of(contents, live=live.number if live else 0)


def changes_of(version: RoutingVersion) -> QuerySet[RoutingChange]:
    """Return who did what with a version, newest first."""
    return RoutingChange.objects.filter(version_number=version.number).order_by("-id")


def past_tickets() -> QuerySet[Ticket]:
    """Return live-mode tickets that were routed, newest first: what a draft of the rules is tried against."""
    rows = Ticket.objects.filter(test=False, queue__isnull=False).select_related("queue", "organization")
    return rows.order_by("-id")


def first_of_group(ticket: Ticket) -> Ticket | None:
    """Return the oldest open ticket of the same organization and group whose queue keeps groups together; None if none.

    Triage does not draw others in: there a ticket waits for an answer of its own.
    """
    if not ticket.group_reference:
        return None
    same = Ticket.objects.filter(
        organization_id=ticket.organization_id, group_reference=ticket.group_reference, test=ticket.test
    )
    open_ones = same.filter(status__in=_ON_THE_TABLE, queue__keep_group_together=True, queue__is_triage=False)
    return open_ones.exclude(pk=ticket.pk).select_related("queue").order_by("created_at", "id").first()


def agents_of(queue: Queue) -> list[int]:
    """Return the ids of the queue's active agents, ascending."""
    return list(queue.agents.filter(is_active=True).order_by("pk").values_list("pk", flat=True))


def loads_of(agents: Iterable[int]) -> dict[int, int]:
    """Return how many open tickets, of whatever queue, each of these agents has; those with none are missing."""
    rows = Ticket.objects.filter(assignee__in=list(agents), status__in=_ON_THE_TABLE, test=False)
    return dict(rows.order_by().values_list("assignee").annotate(Count("pk")))
