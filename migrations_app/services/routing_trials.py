"""Trying a draft of the routing rules against past tickets, before it may go live."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from config.core.actor import Actor
from config.core.errors import NotFound
from migrations_app.selectors.routing import routing_facts_of
from tickets.models import RoutingVersion, Ticket
from tickets.selectors.desk import triage_queue
from tickets.selectors.routing import digest_now, past_tickets, routing_of
from tickets.services.routing import destination_of
from tickets.services.routing_versions import record_test

WINDOW = timedelta(days=90)
"""How far back a test looks."""
MOST_TICKETS = 2000
"""How many tickets a test looks at, the newest first: about a second's work."""
_AT_ONCE = 500


@dataclass(frozen=True)
class Tried:
    """One past ticket: where it is now, where the rules would send it if it were filed today, and why (rule or code)."""

    ticket: Ticket
    went_to: str
    would_go_to: str
    rule: str
    reason: str

    @property
    def moves(self) -> bool:
        """Tell whether the rules would send it elsewhere."""
        return self.went_to != self.would_go_to


@dataclass(frozen=True)
class Trial:
    """What a test found. Queues by slug."""

    rows: Sequence[Tried]

    @property
    def moved(self) -> int:
        """Return how many tickets would go elsewhere."""
        return sum(row.moves for row in self.rows)

    @property
    def queues(self) -> dict[str, tuple[int, int]]:
        """Return per queue how many of the tickets it has now, and how many it would get."""
        now, then = Counter(row.went_to for row in self.rows), Counter(row.would_go_to for row in self.rows)
        return {slug: (now[slug], then[slug]) for slug in sorted(now | then)}


def try_version(*, version_id: int, limit: int, by: Actor, now: datetime) -> Trial:
    """Route the newest past tickets of the last 90 days by a draft's rules, at most `limit` and never over 2,000.

    The facts are those of today: what was edited since filing counts as edited. Groups that are kept together are not
    looked at, only rules. Nothing of a ticket is changed; the draft remembers that these very rules were tested.

    :raises NotFound: there is no such version.
    :raises NotADraft: it is live or retired.
    :raises NotTested: its rules were changed while the test ran.
    """
    version = RoutingVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise NotFound
    # The rules are read first: should somebody change them meanwhile, the fingerprint no longer fits and nothing is kept.
    digest = digest_now(version)
    trial = Trial(list(_tried(version, limit=min(limit, MOST_TICKETS), now=now)))
    result = {"tickets": len(trial.rows), "moved": trial.moved, "queues": trial.queues}
    record_test(version_id=version_id, digest=digest, result=result, by=by, now=now)
    return trial


def _tried(version: RoutingVersion, *, limit: int, now: datetime) -> Iterator[Tried]:
    routing = routing_of(version)
    triage = triage_queue()
    tickets = iter(past_tickets().filter(created_at__gte=now - WINDOW)[:limit])
    while chunk := list(islice(tickets, _AT_ONCE)):
        facts = routing_facts_of(chunk)
        for ticket in chunk:
            if ticket.pk in facts and ticket.queue is not None:
                found = destination_of(facts[ticket.pk], routing, triage=triage.slug if triage else "")
                yield Tried(ticket, ticket.queue.slug, found.queue, found.rule, found.reason)
