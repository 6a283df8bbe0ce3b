"""The clocks of a ticket's service level. `_write` is the only writer of a clock's state.

Called wherever something happens that clocks depend on, inside the unit of work that holds the ticket's lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.core.actor import Actor, ActorKind
from config.core.uow import UnitOfWork
from tickets.enums import OPEN_STATUSES, ClockState, EventType, Party, SlaMetric, TicketStatus, Visibility
from tickets.models import Comment, SlaClock, Ticket
from tickets.rules.clocks import Clock, Goal, Situation, Span, Wish, begin, follow, wish_of
from tickets.rules.lifecycle import CLOCK
from tickets.rules.service_levels import Policy, policy_for
from tickets.selectors.service_levels import open_clocks, policies
from tickets.services.events import record
from tickets.types import ClockFacts

Columns = dict[str, Any]
_AGAIN = frozenset({None, ClockState.STOPPED})
"""How the last cycle of a target that is reached once may have ended for another to begin."""


@dataclass(frozen=True)
class _Levels:
    """The policy that a ticket falls under now, and its goals."""

    policy: Policy | None
    goals: Mapping[SlaMetric, Goal]

    def terms(self, metric: SlaMetric) -> dict[str, Any]:
        """Return what a clock keeps of its policy."""
        if self.policy is None or metric not in self.goals:
            return {}
        return {
            "policy": self.policy.name,
            "minutes": self.policy.targets[metric],
            "warn_percent": self.policy.warn_percent,
            "stamp": self.policy.stamp,
        }


def _levels_of(ticket: Ticket) -> _Levels:
    policy = policy_for(policies(), queue_id=ticket.queue_id, priority=ticket.priority)
    return _Levels(policy, policy.goals() if policy else {})


def sync_clocks(uow: UnitOfWork, ticket: Ticket, facts: ClockFacts | None) -> Columns:
    """Bring the clocks of a locked ticket in line with where it stands, and return the ticket's columns that show them.

    `facts` is what the owner of the document says; without them no clock is begun and none is met. Nobody is late with a test
    ticket: it has no clocks.
    """
    if ticket.test or ticket.status == TicketStatus.DRAFT:
        return {}
    levels = _levels_of(ticket)
    situation = _situation(ticket, facts)
    rows = {SlaMetric(row.metric): row for row in open_clocks(ticket.pk)}
    after: dict[SlaMetric, Clock] = {}
    for metric in SlaMetric:
        clock = _clock(rows[metric]) if metric in rows else None
        goal = levels.goals.get(metric)
        moved = _next(ticket, metric, clock, goal, situation, begins=facts is not None, now=uow.now)
        if moved is not None:
            after[metric] = moved
    return _write(uow, ticket, rows, after, levels)


def _next(
    ticket: Ticket,
    metric: SlaMetric,
    clock: Clock | None,
    goal: Goal | None,
    situation: Situation,
    *,
    begins: bool,
    now: datetime,
) -> Clock | None:
    """Return one metric's clock as it stands from now on; None where there is none."""
    wish = wish_of(metric, clock, goal, situation) if goal else None
    if clock is not None:
        return follow(clock, wish, goal, now=now)
    if goal is None or not begins:
        return None
    cycle, state = _last(ticket, metric)
    if metric is SlaMetric.FIRST_RESPONSE:
        owed = cycle == 0 and situation.ended_since is None and not _answered(ticket, now)
        return begin(metric, 1, goal, now=now) if owed else None
    again = metric is SlaMetric.REQUIREMENT_TURNAROUND or state in _AGAIN
    if wish in {Wish.RUN, Wish.PAUSE} and again:
        return begin(metric, cycle + 1, goal, now=now, running=wish is Wish.RUN)
    return None


def hear(uow: UnitOfWork, ticket: Ticket, *, visibility: Visibility, by: Actor) -> Columns:
    """Let a comment count and return the ticket's columns: the desk's public word answers, the client's asks anew.

    Internal comments and what the system writes count for nothing.
    """
    if ticket.test or visibility is Visibility.INTERNAL or ticket.status == TicketStatus.DRAFT:
        return {}
    answers = by.is_staff_of_desk
    if answers and by.kind is not ActorKind.USER:
        return {}
    levels = _levels_of(ticket)
    metric = SlaMetric.FIRST_RESPONSE
    goal = levels.goals.get(metric)
    rows = {SlaMetric(row.metric): row for row in open_clocks(ticket.pk) if row.metric == metric}
    if metric in rows:
        clock = follow(_clock(rows[metric]), Wish.MEET if answers else None, goal, now=uow.now)
        return _write(uow, ticket, rows, {metric: clock}, levels)
    if answers or goal is None:
        return {}
    cycle = _last(ticket, metric)[0] + 1
    return _write(uow, ticket, {}, {metric: begin(metric, cycle, goal, now=uow.now)}, levels)


def _situation(ticket: Ticket, facts: ClockFacts | None) -> Situation:
    ended = ticket.status not in OPEN_STATUSES
    return Situation(
        waiting_on=Party(ticket.waiting_on),
        waiting_also=frozenset(ticket.waiting_also),
        on_hold=ticket.on_hold,
        ended_since=ticket.status_since if ended else None,
        our_turn=facts.our_turn if facts else None,
        reached=facts.reached if facts else frozenset(),
        not_applicable=facts.not_applicable if facts else frozenset(),
    )


def _last(ticket: Ticket, metric: SlaMetric) -> tuple[int, str | None]:
    """Return cycle and state of the newest clock of a metric; the ticket shows just that one."""
    for shown in ticket.sla:
        if shown["metric"] == metric:
            return shown["cycle"], shown["state"]
    return 0, None


def _answered(ticket: Ticket, now: datetime) -> bool:
    """Tell whether the desk has said something before clocks were kept for this ticket."""
    if ticket.created_at == now:
        return False
    return Comment.objects.filter(ticket=ticket, from_desk=True, visibility=Visibility.PUBLIC).exists()


# Rows -----------------------------------------------------------------------------------------------------------------


def _clock(row: SlaClock) -> Clock:
    return Clock(
        metric=SlaMetric(row.metric),
        cycle=row.cycle,
        state=ClockState(row.state),
        spans=tuple(_span(pair) for pair in row.spans),
        stamp=row.terms["stamp"],
        started_at=row.started_at,
        due_at=row.due_at,
        warn_at=row.warn_at,
        warned_at=row.warned_at,
        breached_at=row.breached_at,
    )


def _span(pair: list[str | None]) -> Span:
    start, end = pair
    return datetime.fromisoformat(str(start)), datetime.fromisoformat(end) if end else None


def _columns(clock: Clock, levels: _Levels) -> Columns:
    columns: Columns = {
        "spans": [[start.isoformat(), end.isoformat() if end else None] for start, end in clock.spans],
        "due_at": clock.due_at,
        "warn_at": clock.warn_at,
        "warned_at": clock.warned_at,
        "breached_at": clock.breached_at,
        "met_at": clock.met_at,
        "ended_at": clock.ended_at,
        "recompute_at": None,
    }
    terms = levels.terms(clock.metric)
    # A clock that ended keeps the terms under which it ended.
    return columns | ({"terms": terms} if terms and clock.stamp == terms["stamp"] else {})


def _write(
    uow: UnitOfWork,
    ticket: Ticket,
    rows: Mapping[SlaMetric, SlaClock],
    after: Mapping[SlaMetric, Clock],
    levels: _Levels,
) -> Columns:
    """Write what changed: new clocks in one statement, and the events of targets missed or near."""
    fresh = []
    for metric, clock in after.items():
        columns = _columns(clock, levels)
        row = rows.get(metric)
        if row is None:
            fresh.append(
                SlaClock(
                    ticket=ticket,
                    metric=metric,
                    cycle=clock.cycle,
                    state=clock.state,
                    started_at=clock.started_at,
                    **columns,
                )
            )
            continue
        _tell(uow, ticket, row, clock)
        if clock.state != row.state:
            uow.move(row, "state", table=CLOCK, to=clock.state, **columns)
        elif any(getattr(row, name) != value for name, value in columns.items()):
            SlaClock.objects.filter(pk=row.pk).update(**columns)
    SlaClock.objects.bulk_create(fresh)
    return _shown(ticket, after)


def _tell(uow: UnitOfWork, ticket: Ticket, row: SlaClock, clock: Clock) -> None:
    metric, cycle = clock.metric.value, clock.cycle
    if clock.breached_at is not None and row.breached_at is None:
        record(uow, ticket, EventType.SLA_BREACHED, metric=metric, cycle=cycle, due_at=_text(clock.breached_at))
    elif clock.warned_at is not None and row.warned_at is None:
        record(uow, ticket, EventType.SLA_WARNED, metric=metric, cycle=cycle, due_at=_text(clock.due_at))


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _shown(ticket: Ticket, after: Mapping[SlaMetric, Clock]) -> Columns:
    """Return the ticket's columns: the newest clock of every metric, the next target, whether one was ever missed."""
    shown = {entry["metric"]: entry for entry in ticket.sla}
    for metric, clock in after.items():
        shown[metric.value] = {
            "metric": metric.value,
            "cycle": clock.cycle,
            "state": clock.state.value,
            "due_at": _text(clock.due_at),
            "breached_at": _text(clock.breached_at),
            "met_at": _text(clock.met_at),
            "ticking": clock.ticking,
        }
    ordered = [shown[metric.value] for metric in SlaMetric if metric.value in shown]
    due = [datetime.fromisoformat(entry["due_at"]) for entry in ordered if entry["ticking"] and entry["due_at"]]
    missed = ticket.sla_breached or any(entry["state"] == ClockState.BREACHED for entry in ordered)
    return {"sla": ordered, "sla_due_at": min(due, default=None), "sla_breached": missed}
