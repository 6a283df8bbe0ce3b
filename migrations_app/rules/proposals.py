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
_SAME_DAY, _SAME_HOURS = 0.1, 0.05
_PER_DAY = 8
_STEP = timedelta(minutes=45)


def best_slots(slots: Iterable[Slot], *, zone: ZoneInfo, count: int = BEST) -> list[Slot]:
    """Return the best moments in order of time, on different days and at different hours where scores are near."""
    left = sorted(slots, key=lambda slot: (-slot.score, slot.start))
    chosen: list[Slot] = []
    while left and len(chosen) < count:
        best = max(left, key=lambda slot: _worth(slot, chosen, zone))
        chosen.append(best)
        left = [slot for slot in left if abs(slot.start - best.start) >= _APART]
    return sorted(chosen, key=lambda slot: slot.start)


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
