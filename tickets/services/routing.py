"""Putting a ticket into a queue, with the version, the rule or the reason on record."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import Conflict, FieldProblem, Invalid, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from tickets.enums import EventType
from tickets.models import Organization, Queue, RoutingVersion, Ticket
from tickets.rules.routing import Decision, decide
from tickets.selectors.desk import triage_queue
from tickets.selectors.routing import Routing, first_of_group, live_version, routing_of
from tickets.services.assignment import assign_later, leave_agent
from tickets.services.events import record
from tickets.services.tickets import lock_ticket
from tickets.signals import ticket_transitioned
from tickets.types import RoutingFacts

MAX_REASON = 1000


class NoTriageQueue(Conflict):
    """The desk has no triage queue: `manage.py load_desk` makes one."""

    code = "temporarily_unavailable"


class SameQueue(Conflict):
    """The ticket is in this queue already."""

    code = "illegal_transition"


def route(uow: UnitOfWork, ticket: Ticket, facts: RoutingFacts) -> Decision | None:
    """Put a locked ticket into the queue of the live version's first rule that takes it, else into triage.

    A ticket of a group follows the group where its queue keeps groups together. The agent is found at the end of the unit of
    work; one who does not work in the new queue loses the ticket. Returns the decision, None where no rule may take it.

    :raises NoTriageQueue: triage is needed and there is none.
    """
    if facts.triage_reason:
        _place(uow, ticket, _triage(), reason=facts.triage_reason)
        leave_agent(uow, ticket)
        assign_later(uow, ticket)
        return None
    routing = routing_of(live_version())
    decision = decide(facts, routing.rules)
    rule, version = decision.taken_by, routing.version
    first = first_of_group(ticket)
    if first is not None and first.queue is not None:
        _place(uow, ticket, first.queue, reason="group", version=version)
    elif rule is not None:
        _place(uow, ticket, routing.queues[rule.queue], reason="rule", rule=rule.name, version=version)
    else:
        _place(uow, ticket, _triage(), reason="no_rule_matched", version=version)
    # Organizations are locked before queues: this work keeps its place before the handing out.
    alone = first is None and bool(ticket.group_reference)
    uow.at_close(_follow_group, *([ticket.pk] if alone else []))
    leave_agent(uow, ticket)
    assign_later(uow, ticket)
    return decision


def _triage() -> Queue:
    queue = triage_queue()
    if queue is None:
        raise NoTriageQueue
    return queue


def _place(
    uow: UnitOfWork, ticket: Ticket, queue: Queue, *, reason: str, rule: str | None = None, version: int | None = None
) -> None:
    before = ticket.queue.slug if ticket.queue else None
    Ticket.objects.filter(pk=ticket.pk).update(queue=queue)
    ticket.queue = queue
    kind = EventType.TICKET_ROUTED
    record(uow, ticket, kind, queue=queue.slug, old_queue=before, reason=reason, rule=rule, version=version)


def _follow_group(uow: UnitOfWork, ids: list[int]) -> None:
    """Look once more for the group of tickets that found none: it may have been filed at the same moment elsewhere.

    Under the organization's lock one of the two is first, and the other follows.
    """
    tickets = list(Ticket.objects.select_related("queue").filter(pk__in=ids).order_by("pk"))
    organizations = {ticket.organization_id for ticket in tickets}
    # Leaves other filings of the organization free to refer to it.
    list(Organization.objects.select_for_update(no_key=True).filter(pk__in=organizations).order_by("pk").values("pk"))
    for ticket in tickets:
        first = first_of_group(ticket)
        if first is None or first.queue is None or first.queue_id == ticket.queue_id or first.pk in ids:
            continue
        _place(uow, ticket, first.queue, reason="group")
        # An answer may have been written with the queue of a moment ago; it must not share its ETag with the next one.
        Ticket.objects.filter(pk=ticket.pk).update(revision=F("revision") + 1)
        ticket.refresh_from_db(fields=["revision"])
        ticket_transitioned.send(sender=Ticket, ticket=ticket, uow=uow)
        assign_later(uow, ticket)


def reroute(*, ticket_id: int, queue_id: int, reason: str, by: Actor, now: datetime) -> Ticket:
    """Move a ticket to another queue by hand, with a reason in the actor's words (kept with an event for the desk only).

    An agent who does not work in the new queue loses the ticket; the queue then assigns it as it does with new ones.

    :raises NotFound: no such ticket or queue.
    :raises Invalid: the reason is missing or longer than 1,000 characters.
    :raises SameQueue: it is there already.
    """
    reason = reason.strip()
    if not reason:
        raise Invalid([FieldProblem("#/reason", "required", gettext("Say why the ticket moves to another queue."))])
    if len(reason) > MAX_REASON:
        raise Invalid([FieldProblem("#/reason", "validation_failed", gettext("The text is too long."))])
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        queue = Queue.objects.filter(pk=queue_id).first()
        if queue is None:
            raise NotFound
        if queue.pk == ticket.queue_id:
            raise SameQueue
        _place(uow, ticket, queue, reason="by_hand")
        record(uow, ticket, EventType.TICKET_ROUTED, internal=True, queue=queue.slug, reason="by_hand", note=reason)
        ticket_transitioned.send(sender=Ticket, ticket=ticket, uow=uow)
        leave_agent(uow, ticket)
        assign_later(uow, ticket)
        return ticket


@dataclass(frozen=True)
class Destination:
    """Where rules send a ticket: the queue's slug, and the rule's name or else the reason's code."""

    queue: str
    rule: str
    reason: str


def destination_of(facts: RoutingFacts, routing: Routing, *, triage: str) -> Destination:
    """Return where a version's rules send a ticket with these facts; groups are not looked at. Writes nothing."""
    if facts.triage_reason:
        return Destination(triage, "", facts.triage_reason)
    rule = decide(facts, routing.rules).taken_by
    return Destination(rule.queue, rule.name, "rule") if rule else Destination(triage, "", "no_rule_matched")


def explain(facts: RoutingFacts, version: RoutingVersion | None) -> dict[str, object]:
    """Return which rule of a version would take a ticket with these facts and how each before it judged. Writes nothing."""
    decision = decide(facts, routing_of(version).rules)
    return {
        "taken_by": asdict(decision.taken_by) if decision.taken_by else None,
        "trail": [
            {"rule": result.rule.name, "takes": result.takes, "conditions": [asdict(c) for c in result.conditions]}
            for result in decision.trail
        ],
    }
