"""Handing the tickets of a queue to its agents.

It is one of the last things that a unit of work does: the queue's row, which many filings share, is then locked for a moment
only, and several queues are locked by ascending id.
"""

from dataclasses import dataclass, field

from config.core.uow import UnitOfWork
from tickets.enums import OPEN_STATUSES, Assignment, EventType
from tickets.models import Queue, Ticket
from tickets.rules.assignment import least_loaded, next_in_turn
from tickets.selectors.routing import agents_of, first_of_group, loads_of
from tickets.services.events import record


def assign_later(uow: UnitOfWork, ticket: Ticket) -> None:
    """Let a locked ticket find its agent at the end of this unit of work, where its queue says how.

    Test tickets are nobody's work and find none; a ticket that has an agent keeps it.
    """
    queue = ticket.queue
    if queue is None or ticket.test or ticket.assignee_id is not None:
        return
    if queue.assignment != Assignment.NONE or _follows(ticket, queue):
        uow.at_close(_hand_out, ticket.pk)


def take_on(uow: UnitOfWork, ticket: Ticket, agent: int, *, how: str) -> None:
    """Give a locked ticket that is nobody's to an agent who has got work with it; one that has an agent keeps it."""
    if ticket.assignee_id is None and not ticket.test:
        _give(uow, ticket, agent, how=how)


def leave_agent(uow: UnitOfWork, ticket: Ticket) -> None:
    """Take a locked ticket from an agent who does not work in its queue."""
    queue, agent = ticket.queue, ticket.assignee_id
    if agent is not None and queue is not None and agent not in agents_of(queue):
        _give(uow, ticket, None, how="left_queue")


def _follows(ticket: Ticket, queue: Queue) -> bool:
    return queue.keep_group_together and bool(ticket.group_reference)


@dataclass
class _Team:
    """A queue under its lock, with what is known of its agents while tickets are handed out."""

    queue: Queue
    agents: list[int]
    loads: dict[int, int] = field(default_factory=dict)

    def choose(self) -> int | None:
        """Return whose ticket the next one is; None where tickets are taken by hand or nobody works."""
        last = self.queue.last_assignee_id
        if self.queue.assignment == Assignment.ROUND_ROBIN:
            return next_in_turn(self.agents, last)
        if self.queue.assignment == Assignment.LEAST_LOADED:
            return least_loaded(self.agents, self.loads, last)
        return None

    def count(self, agent: int, *, in_turn: bool) -> None:
        """Remember that the agent has one more ticket."""
        self.loads[agent] = self.loads.get(agent, 0) + 1
        if in_turn:
            self.queue.last_assignee_id = agent


def _hand_out(uow: UnitOfWork, ids: list[int]) -> None:
    """Give each of these tickets to an agent of its queue: to its group's, else as the queue says."""
    open_ones = Ticket.objects.filter(pk__in=ids, assignee=None, status__in=[status.value for status in OPEN_STATUSES])
    tickets = list(open_ones.filter(queue__isnull=False).order_by("pk"))
    teams = _teams({ticket.queue_id for ticket in tickets if ticket.queue_id is not None})
    for ticket in tickets:
        team = teams[ticket.queue_id]
        agent, how = _keeper(ticket, team), "group"
        if agent is None:
            agent, how = team.choose(), team.queue.assignment
        if agent is not None:
            _give(uow, ticket, agent, how=how)
            team.count(agent, in_turn=how != "group")
    for team in teams.values():
        Queue.objects.filter(pk=team.queue.pk).update(last_assignee=team.queue.last_assignee_id)


def _teams(queue_ids: set[int]) -> dict[int | None, _Team]:
    """Lock the queues, so that no two filings take the same turn or find the same agent idle, and return their agents.

    The lock is the one that leaves other filings free to refer to the queue.
    """
    found: dict[int | None, _Team] = {}
    for queue in Queue.objects.select_for_update(no_key=True).filter(pk__in=queue_ids).order_by("pk"):
        agents = agents_of(queue)
        loads = loads_of(agents) if queue.assignment == Assignment.LEAST_LOADED else {}
        found[queue.pk] = _Team(queue, agents, loads)
    return found


def _keeper(ticket: Ticket, team: _Team) -> int | None:
    """Return the agent who has the group's oldest ticket of this queue, if that agent still works in it."""
    if not _follows(ticket, team.queue):
        return None
    first = first_of_group(ticket)
    together = first is not None and first.queue_id == ticket.queue_id
    return first.assignee_id if first is not None and together and first.assignee_id in team.agents else None


def _give(uow: UnitOfWork, ticket: Ticket, agent: int | None, *, how: str) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(assignee_id=agent)
    ticket.assignee_id = agent
    record(uow, ticket, EventType.TICKET_ASSIGNED, assignee=agent, reason=how)
