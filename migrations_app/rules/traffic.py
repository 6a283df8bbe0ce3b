"""How good a moment is for the client: its hourly message profile, its quiet windows, how soon it is. Every part is a reason.

The score of a moment is the sum of its reasons' effects and lies between 0 and 1. A number may be unreachable from the beginning
of the call until it has moved: what counts is what comes in until then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

DAYS, HOURS = 7, 24
CUT_OVER = timedelta(hours=3)
"""How long after the call's start campaigns stay paused. Source: Sinch, number migration page (1 to 3 hours)."""
FREE = 0.3
"""What a free moment is worth before anything is known of it."""
_SOON, _SOON_DAYS = 0.2, 20
_QUIET, _NOT_QUIET = 0.3, -0.1
_EDGE = 0.2
_FEW_BESIDE_WINDOWS, _BUSY_BESIDE_WINDOWS = 0.2, -0.2
_FEW, _BUSY = 0.5, -0.3
_MORNING, _EVENING = 10, 18
_WAKES, _SLEEPS = 7, 22
_NIGHT = 0.4
_QUARTERS = 4
_WEEK = DAYS * HOURS * _QUARTERS


class ReasonCode(StrEnum):
    """Why a moment is better or worse than another one."""

    AGENT_FREE = "agent_free"
    LOW_TRAFFIC_WINDOW = "low_traffic_window"
    OUTSIDE_LOW_TRAFFIC = "outside_low_traffic"
    FEW_MESSAGES = "few_messages"
    BUSY_HOUR = "busy_hour"
    EARLY_OR_LATE = "early_or_late"
    AT_NIGHT = "at_night"
    SOON = "soon"
    JOINS_YOUR_CALL = "joins_your_call"


@dataclass(frozen=True)
class SlotReason:
    """One part of a score. `expected` and `busiest` are messages, now and in the client's busiest stretch of that length."""

    code: ReasonCode
    effect: float
    expected: int | None = None
    busiest: int | None = None


_AGENT_FREE = SlotReason(ReasonCode.AGENT_FREE, FREE)
_IN_WINDOW = SlotReason(ReasonCode.LOW_TRAFFIC_WINDOW, _QUIET)
_OUT_OF_WINDOW = SlotReason(ReasonCode.OUTSIDE_LOW_TRAFFIC, _NOT_QUIET)
_EARLY_OR_LATE = SlotReason(ReasonCode.EARLY_OR_LATE, _EDGE)


@lru_cache(maxsize=256)
def _soon_by(effect: float) -> SlotReason:
    return SlotReason(ReasonCode.SOON, effect)


@dataclass(frozen=True)
class MessageProfile:
    """How many messages come in: 7 days (0 = Monday) of 24 hours, by the client's wall clock."""

    hours: tuple[tuple[float, ...], ...]

    @cached_property
    def _sums(self) -> tuple[float, ...]:
        """Sums up to each quarter of an hour of two weeks: what lies between two is one subtraction."""
        quarters = [count / _QUARTERS for day in self.hours for count in day for _ in range(_QUARTERS)]
        return (0.0, *accumulate(quarters * 2))

    def expected(self, local: datetime, length: timedelta) -> float:
        """Return how many messages come in from a moment of the client's wall clock on, for at most a week."""
        first = (local.weekday() * HOURS + local.hour) * _QUARTERS + local.minute * _QUARTERS // 60
        return self._between(first, quarters_of(length))

    def busiest(self, length: timedelta) -> float:
        """Return how many messages come in during the busiest stretch of this length."""
        steps = quarters_of(length)
        return max(self._between(first, steps) for first in range(_WEEK))

    def _between(self, first: int, steps: int) -> float:
        return max(0.0, self._sums[first + min(steps, _WEEK)] - self._sums[first])


def quarters_of(length: timedelta) -> int:
    """Return how many quarters of an hour a length touches."""
    return -(-int(length.total_seconds()) // 900)


def profile_of(hours: Sequence[Sequence[float]]) -> MessageProfile | None:
    """Return a stored table as a profile; None where there is none, or nothing in it."""
    profile = MessageProfile(tuple(tuple(float(count) for count in day) for day in hours))
    return profile if any(any(day) for day in profile.hours) else None


@dataclass(frozen=True)
class Traffic:
    """What is known of a client's traffic when a call of this length is looked for.

    `asked_at` is the present moment: soonness counts from it, whatever stretch of time is looked at.
    """

    zone: ZoneInfo
    length: timedelta
    asked_at: datetime
    has_windows: bool = False
    profile: MessageProfile | None = None
    _by_hour: dict[tuple[int, int, int, bool], tuple[tuple[SlotReason, ...], float]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def _stretch(self) -> timedelta:
        return max(self.length, CUT_OVER)

    @cached_property
    def _busiest(self) -> float:
        return self.profile.busiest(self._stretch) if self.profile else 0.0

    def reasons(self, start: datetime, *, quiet: bool) -> tuple[SlotReason, ...]:
        """Return the parts of a moment's score; `quiet`: the whole call lies in one of the client's low-traffic windows."""
        return self.judged(start, quiet=quiet)[0]

    def judged(self, start: datetime, *, quiet: bool) -> tuple[tuple[SlotReason, ...], float]:
        """Return the parts of a moment's score, and the score."""
        local = start.astimezone(self.zone)
        hour = (local.weekday(), local.hour, local.minute, quiet)
        found = self._by_hour.get(hour)
        if found is None:
            reasons = tuple(self._of_the_hour(local, quiet=quiet))
            found = self._by_hour[hour] = (reasons, score_of(reasons))
        soon = self._soon(start)
        return (found[0], found[1]) if soon is None else ((*found[0], soon), round(found[1] + soon.effect, 3))

    def _soon(self, start: datetime) -> SlotReason | None:
        """Among equals the sooner the better: a number is unprotected until it has moved."""
        days = (start - self.asked_at).total_seconds() / 86400
        effect = round(_SOON * min(1.0, max(0.0, 1 - days / _SOON_DAYS)), 3)
        return _soon_by(effect) if effect else None

    def _of_the_hour(self, local: datetime, *, quiet: bool) -> Iterator[SlotReason]:
        """Yield what is the same in every week."""
        reasons = [_AGENT_FREE]
        if quiet:
            reasons.append(_IN_WINDOW)
        elif self.has_windows:
            reasons.append(_OUT_OF_WINDOW)
        if self.profile is not None:
            reasons.append(self._by_profile(self.profile, local))
        elif not self.has_windows and not _MORNING <= local.hour < _EVENING and not self._at_night(local):
            # Nothing is known of the client's traffic: early and late hours of its day are the better guess.
            reasons.append(_EARLY_OR_LATE)
        yield from reasons
        if not quiet and self._at_night(local):
            # The holders of the phones have to be awake, however few messages come in; unless the client named this hour itself.
            yield SlotReason(ReasonCode.AT_NIGHT, -min(_NIGHT, score_of(reasons)))

    def _at_night(self, local: datetime) -> bool:
        ends = local + self.length
        return local.hour < _WAKES or local.date() != ends.date() or (ends.hour, ends.minute) > (_SLEEPS, 0)

    def _by_profile(self, profile: MessageProfile, local: datetime) -> SlotReason:
        expected = profile.expected(local, self._stretch)
        # -1 in the busiest stretch of the week, 0 at half of it, 1 where nobody writes.
        calm = 1 - 2 * min(1.0, expected / self._busiest)
        few, busy = (_FEW_BESIDE_WINDOWS, _BUSY_BESIDE_WINDOWS) if self.has_windows else (_FEW, _BUSY)
        effect = round(few * calm if calm >= 0 else -busy * calm, 3)
        code = ReasonCode.FEW_MESSAGES if calm >= 0 else ReasonCode.BUSY_HOUR
        return SlotReason(code, effect, round(expected), round(self._busiest))


def with_joining(reasons: Sequence[SlotReason]) -> tuple[SlotReason, ...]:
    """Return the reasons of a moment at which a call of the same client is there already: no other moment is better."""
    return (*reasons, SlotReason(ReasonCode.JOINS_YOUR_CALL, round(1 - score_of(reasons), 3)))


def score_of(reasons: Iterable[SlotReason]) -> float:
    """Return the score that reasons add up to, between 0 and 1."""
    return round(min(1.0, max(0.0, sum(reason.effect for reason in reasons))), 3)
