"""What a clock of a service level does next. A clock is the list of stretches in which it ran; everything else follows from it.

Because the stretches are kept and not a remainder, another target or another calendar gives the right deadline at any time,
and no pause is lost.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from tickets.enums import ClockState, Party, Pause, SlaMetric
from tickets.rules.calendars import WorkingTime, add_working, working_between

Span = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Goal:
    """A target as it stands now. `stamp` names policy, calendar and the versions of both: another stamp is another goal.

    `target` is working time; a warning is due when `warn_percent` of it are gone (None: no warning).
    """

    target: timedelta
    warn_percent: int | None
    pauses_on: frozenset[str]
    calendar: WorkingTime
    stamp: str


@dataclass(frozen=True)
class Clock:
    """One metric of a ticket, one cycle. The last of `spans` is open while the clock runs; `ended_at` ends it for good."""

    metric: SlaMetric
    cycle: int
    state: ClockState
    spans: tuple[Span, ...]
    stamp: str
    started_at: datetime
    due_at: datetime | None = None
    warn_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    met_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def ticking(self) -> bool:
        """Tell whether time is counted now."""
        return bool(self.spans) and self.spans[-1][1] is None


class Wish(Enum):
    """What the situation of a ticket asks of a clock."""

    RUN = "run"
    PAUSE = "pause"
    MEET = "meet"
    STOP = "stop"


@dataclass(frozen=True)
class Situation:
    """The ticket as its clocks see it. `ended_since` is when it was resolved, closed, cancelled or rejected.

    `our_turn`, `reached` and `not_applicable` are None where nobody has said anything new: then nothing is met by it.
    """

    waiting_on: Party
    waiting_also: AbstractSet[str]
    on_hold: bool
    ended_since: datetime | None
    our_turn: bool | None = None
    reached: AbstractSet[str] = frozenset()
    not_applicable: AbstractSet[str] = frozenset()


def paused(situation: Situation, pauses_on: AbstractSet[str]) -> bool:
    """Tell whether a clock that depends on others stands still: they have the next move, and we owe nothing beside them."""
    if situation.on_hold and Pause.ON_HOLD in pauses_on:
        return True
    return situation.waiting_on in pauses_on and Party.ONBOARDING not in situation.waiting_also


def wish_of(metric: SlaMetric, clock: Clock | None, goal: Goal, situation: Situation) -> Wish | None:
    """Return what a clock is to do; None: leave it as it is, begin nothing."""
    if metric is SlaMetric.FIRST_RESPONSE:
        return _wish_of_answer(clock, situation)
    if metric is SlaMetric.REQUIREMENT_TURNAROUND:
        return _wish_of_turn(clock, goal, situation)
    if metric in situation.not_applicable:
        return Wish.STOP
    if metric in situation.reached:
        return Wish.MEET
    if situation.ended_since is not None:
        return Wish.STOP
    return Wish.PAUSE if paused(situation, goal.pauses_on) else Wish.RUN


def _wish_of_answer(clock: Clock | None, situation: Situation) -> Wish | None:
    """Return what the clock of an answer does: it never pauses, and is begun and met by comments alone.

    What the client says after the end still wants an answer; what was open at the end does not.
    """
    ended = situation.ended_since
    if clock is not None and ended is not None and clock.started_at <= ended:
        return Wish.STOP
    return None


def _wish_of_turn(clock: Clock | None, goal: Goal, situation: Situation) -> Wish | None:
    if situation.ended_since is not None:
        return Wish.STOP
    if situation.our_turn is False:
        return Wish.MEET
    if clock is None and not situation.our_turn:
        return None
    held = situation.on_hold and Pause.ON_HOLD in goal.pauses_on
    return Wish.PAUSE if held else Wish.RUN


def begin(metric: SlaMetric, cycle: int, goal: Goal, *, now: datetime, running: bool = True) -> Clock:
    """Return a new clock that runs from now on, or stands still at first."""
    state = ClockState.RUNNING if running else ClockState.PAUSED
    spans: tuple[Span, ...] = ((now, None),) if running else ()
    return _aim(Clock(metric, cycle, state, spans, goal.stamp, now), goal, now)


def follow(clock: Clock, wish: Wish | None, goal: Goal | None, *, now: datetime) -> Clock:
    """Return an open clock as it stands after now: first what time has done to it, then a new goal, then the wish.

    Without a goal (no policy has a target for it any more) the clock is stopped.
    """
    clock = tick(clock, now=now)
    if goal is None or wish is Wish.STOP:
        return _end(clock, ClockState.STOPPED, now)
    if wish is Wish.MEET:
        return replace(_end(clock, ClockState.MET, now), met_at=now)
    changed = clock.stamp != goal.stamp
    if wish is Wish.PAUSE and clock.ticking:
        clock, changed = _state(replace(clock, spans=_closed(clock, now)), ClockState.PAUSED), True
    elif wish is Wish.RUN and not clock.ticking:
        clock, changed = _state(replace(clock, spans=(*clock.spans, (now, None))), ClockState.RUNNING), True
    return _aim(replace(clock, stamp=goal.stamp), goal, now) if changed else clock


def tick(clock: Clock, *, now: datetime) -> Clock:
    """Return the clock after time has passed: a running one may have been missed, or come near its target.

    Whoever misses a target is not warned of it any more.
    """
    if clock.state is not ClockState.RUNNING:
        return clock
    if clock.due_at is not None and clock.due_at <= now:
        return replace(clock, state=ClockState.BREACHED, breached_at=clock.due_at)
    if clock.warned_at is None and clock.warn_at is not None and clock.warn_at <= now:
        return replace(clock, warned_at=clock.warn_at)
    return clock


def _state(clock: Clock, state: ClockState) -> Clock:
    return clock if clock.state is ClockState.BREACHED else replace(clock, state=state)


def _closed(clock: Clock, now: datetime) -> tuple[Span, ...]:
    if not clock.ticking:
        return clock.spans
    begun = clock.spans[-1][0]
    # A stretch of no length says nothing.
    return clock.spans[:-1] if begun >= now else (*clock.spans[:-1], (begun, now))


def _end(clock: Clock, state: ClockState, now: datetime) -> Clock:
    return _state(replace(clock, spans=_closed(clock, now), ended_at=now, warn_at=None), state)


def _aim(clock: Clock, goal: Goal, now: datetime) -> Clock:
    """Set the deadline from what has been worked. Missed targets keep theirs; nobody can be late before now."""
    if clock.state is ClockState.BREACHED:
        return clock
    if not clock.ticking:
        return replace(clock, due_at=None, warn_at=None)
    begun = clock.spans[-1][0]
    gone = worked(clock, goal.calendar)

    def reach(target: timedelta) -> datetime | None:
        moment = add_working(goal.calendar, begun, target - gone)
        return moment if moment is None else max(moment, now)

    warn = None
    if goal.warn_percent is not None and clock.warned_at is None:
        warn = reach(goal.target * goal.warn_percent / 100)
    return replace(clock, due_at=reach(goal.target), warn_at=warn)


def worked(clock: Clock, calendar: WorkingTime) -> timedelta:
    """Return the working time of the stretches that have ended."""
    ended = [(start, end) for start, end in clock.spans if end is not None]
    return sum((working_between(calendar, start, end) for start, end in ended), timedelta())
