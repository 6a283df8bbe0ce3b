"""Which times are proposed to a client, and what follows its silence. Plain values in, a decision out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from migrations_app.rules.slots import Slot

ROUNDS = 3
"""So many times in a row are times proposed to a client who does not answer."""
ANSWER_DAYS = 2
"""Business days of the client until times are proposed anew."""
BEST = 3
AHEAD = timedelta(hours=12)
"""A mail is not read at once: what it proposes lies at least so far ahead."""
AHEAD_UNASKED = timedelta(hours=48)
"""A call that nobody has asked for lies at least so far ahead."""
LATER = timedelta(days=1)
"""When a ticket on hold, or one that is about to be let go, is looked at again."""
_APART = timedelta(hours=3)
_SOON = timedelta(days=7)
"""Quiet hours on fewer days of this stretch than times are proposed count as rare."""
_SAME_DAY, _SAME_HOURS = 0.1, 0.05
_PER_DAY = 8
_STEP = timedelta(minutes=45)


def best_slots(slots: Iterable[Slot], *, zone: ZoneInfo, count: int = BEST) -> list[Slot]:
    """Return the best moments in order of time, on different days and at different hours where scores are near.

    Where the client's quiet hours are rare, the best quiet moment stands beside good others that are sooner: three times on the
    same day of the week would make a client that cannot on that day wait for weeks.
    """
    left = sorted(slots, key=lambda slot: (-slot.score, slot.start))
    sooner = _beside_rare_quiet(left, zone, count)
    chosen: list[Slot] = []
    while left and len(chosen) < count:
        pool = [slot for slot in left if slot.start in sooner] if chosen else []
        best = max(pool or left, key=lambda slot: _worth(slot, chosen, zone))
        chosen.append(best)
        left = [slot for slot in left if abs(slot.start - best.start) >= _APART]
    return sorted(chosen, key=lambda slot: slot.start)


def _beside_rare_quiet(best_first: Sequence[Slot], zone: ZoneInfo, count: int) -> set[datetime]:
    """Return the moments of the next days that are not quiet, if the best one is and fewer days than `count` have quiet hours."""
    if not best_first or not best_first[0].low_traffic:
        return set()
    until = min(slot.start for slot in best_first) + _SOON
    near = [slot for slot in best_first if slot.start < until]
    if len({slot.start.astimezone(zone).date() for slot in near if slot.low_traffic}) >= count:
        return set()
    return {slot.start for slot in near if not slot.low_traffic}


def _worth(slot: Slot, chosen: Sequence[Slot], zone: ZoneInfo) -> float:
    local = slot.start.astimezone(zone)
    others = [other.start.astimezone(zone) for other in chosen]
    same_day = any(other.date() == local.date() for other in others)
    same_hours = any(abs(_minutes(other) - _minutes(local)) < _APART.total_seconds() / 60 for other in others)
    return slot.score - _SAME_DAY * same_day - _SAME_HOURS * same_hours


def _minutes(local: datetime) -> int:
    return local.hour * 60 + local.minute


def by_day(slots: Iterable[Slot], *, zone: ZoneInfo) -> list[list[Slot]]:
    """Return a choice for a person, day by day of its calendar: the best of each day, not every quarter of an hour."""
    days = groupby(sorted(slots, key=lambda slot: slot.start), key=lambda slot: slot.start.astimezone(zone).date())
    return [_thinned(list(day)) for _date, day in days]


def _thinned(slots: Sequence[Slot]) -> list[Slot]:
    chosen: list[Slot] = []
    for slot in sorted(slots, key=lambda slot: (-slot.score, slot.start)):
        if len(chosen) < _PER_DAY and all(abs(slot.start - other.start) >= _STEP for other in chosen):
            chosen.append(slot)
    return sorted(chosen, key=lambda slot: slot.start)


class AfterSilence(StrEnum):
    """What follows when the time for an answer is over."""

    WITHDRAW = "withdraw"
    WAIT = "wait"
    PROPOSE = "propose"
    BOOK = "book"
    STOP = "stop"


@dataclass(frozen=True)
class SilenceFacts:
    """What decides. `left_alone`: the client wants no reminders; `warned`: it was told when its ticket is let go."""

    ready: bool
    round: int
    on_hold: bool = False
    warned: bool = False
    left_alone: bool = False
    missed: bool = False
    may_book: bool = False


def after_silence(facts: SilenceFacts) -> AfterSilence:
    """Return what is done about times that nobody has answered.

    A client that has missed a call is not given another one unasked.
    """
    if not facts.ready:
        return AfterSilence.WITHDRAW
    if facts.on_hold or facts.warned:
        return AfterSilence.WAIT
    if facts.left_alone:
        return AfterSilence.STOP
    if facts.round < ROUNDS:
        return AfterSilence.PROPOSE
    return AfterSilence.BOOK if facts.may_book and not facts.missed else AfterSilence.STOP
