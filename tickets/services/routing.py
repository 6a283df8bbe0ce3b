"""Putting a ticket into a queue, with the reason on record."""

from dataclasses import asdict
from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from tickets.enums import EventType
from tickets.models import Queue, Ticket
from tickets.rules.routing import Decision, decide
from tickets.selectors.desk import active_rules, triage_queue
from tickets.services.events import record
from tickets.services.tickets import lock_ticket
from tickets.signals import ticket_transitioned
from tickets.types import RoutingFacts


class NoTriageQueue(Conflict):
    """The desk has no triage queue: `manage.py load_desk` makes one."""

    code = "temporarily_unavailable"


def route(uow: UnitOfWork, ticket: Ticket, facts: RoutingFacts, *, force_triage: str = "") -> Decision | None:
    """Put a locked ticket into the queue of the first rule that takes it, else into triage.

    `force_triage` names a reason why no rule may take it (e.g. an unknown BSP). Returns the decision, None when forced.

    :raises NoTriageQueue: triage is needed and there is none.
    """
    decision = None if force_triage else decide(facts, active_rules())
    if decision is not None and decision.taken_by is not None:
        queue = Queue.objects.get(slug=decision.taken_by.queue)
        _place(uow, ticket, queue, reason="rule", rule=decision.taken_by.name)
        return decision
    queue_or_none = triage_queue()
    if queue_or_none is None:
        raise NoTriageQueue
    _place(uow, ticket, queue_or_none, reason=force_triage or "no_rule_matched", rule=None)
    return decision


def _place(uow: UnitOfWork, ticket: Ticket, queue: Queue, *, reason: str, rule: str | None) -> None:
    before = ticket.queue.slug if ticket.queue else None
    Ticket.objects.filter(pk=ticket.pk).update(queue=queue)
    ticket.queue = queue
    record(uow, ticket, EventType.TICKET_ROUTED, queue=queue.slug, old_queue=before, reason=reason, rule=rule)


def reroute(*, ticket_id: int, queue_id: int, reason: str, by: Actor, now: datetime) -> Ticket:
    """Move a ticket to another queue by hand, with a reason in the actor's words (kept with the event for the desk).

    :raises NotFound: no such ticket or queue.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        queue = Queue.objects.filter(pk=queue_id).first()
        if queue is None:
            raise NotFound
        _place(uow, ticket, queue, reason="by_hand", rule=None)
        record(uow, ticket, EventType.TICKET_ROUTED, internal=True, queue=queue.slug, reason=reason)
        ticket_transitioned.send(sender=Ticket, ticket=ticket, uow=uow)
        return ticket


def explain(facts: RoutingFacts) -> dict[str, object]:
    """Return which rule would take a ticket with these facts and how every rule before it judged them. Writes nothing."""
    decision = decide(facts, active_rules())
    return {
        "taken_by": asdict(decision.taken_by) if decision.taken_by else None,
        "trail": [
            {"rule": result.rule.name, "takes": result.takes, "conditions": [asdict(c) for c in result.conditions]}
            for result in decision.trail
        ],
    }
