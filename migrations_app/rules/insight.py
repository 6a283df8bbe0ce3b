"""How long a demand takes: what past cases tell of a BSP, and when a case should be ready."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

LEAST_CASES = 5
"""With fewer cases than these a figure says more about chance than about a BSP."""


@dataclass(frozen=True)
class Sample:
    """One chase of the past: how long it took (None: still open), how many messages, whether a person had to take over."""

    took: timedelta | None
    messages: int
    escalated: bool


@dataclass(frozen=True)
class Pace:
    """What samples tell: `median` and `late` (90th percentile) of those that are done; messages and escalations of all."""

    cases: int
    open: int
    median: timedelta
    late: timedelta
    messages: Fraction
    escalated: Fraction


def quantile(ordered: Sequence[timedelta], share: Fraction) -> timedelta:
    """Return the time within which this share of the ordered times lies, interpolated between neighbours.

    :raises ValueError: there are none.
    """
    if not ordered:
        reason = "no times"
        raise ValueError(reason)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * float(place - low)


def pace_of(samples: Iterable[Sample]) -> Pace | None:
    """Return what these samples tell; None where not one of them is done."""
    known = list(samples)
    done = [sample for sample in known if sample.took is not None]
    times = sorted(sample.took for sample in done if sample.took is not None)
    if not times:
        return None
    return Pace(
        cases=len(times),
        open=len(known) - len(times),
        median=quantile(times, Fraction(1, 2)),
        late=quantile(times, Fraction(9, 10)),
        messages=Fraction(sum(sample.messages for sample in done), len(done)),
        escalated=Fraction(sum(sample.escalated for sample in known), len(known)),
    )


@dataclass(frozen=True)
class Wait:
    """One demand that is still open: since when, and how long such demands take; None where too few cases are known."""

    since: datetime
    cases: int
    median: timedelta | None
    late: timedelta | None


@dataclass(frozen=True)
class Prediction:
    """When nothing will stand in the way any more: in half of the cases by `likely`, in nine of ten by `late`.

    `cases` is the least number of past cases that one of the figures rests on.
    """

    likely: datetime
    late: datetime
    cases: int


def ready_by(waits: Iterable[Wait]) -> Prediction | None:
    """Return when a case should be ready; the slowest of its demands decides.

    None when nothing is open, or when too little is known of one of the demands: a guess would look like a promise.
    """
    known = list(waits)
    ends = [(w.since + w.median, w.since + w.late) for w in known if w.median is not None and w.late is not None]
    if not known or len(ends) < len(known):
        return None
    return Prediction(max(end[0] for end in ends), max(end[1] for end in ends), min(wait.cases for wait in known))
