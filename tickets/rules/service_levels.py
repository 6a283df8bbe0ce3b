"""Which policy a ticket falls under, and how calendars and policies stand in their rows: as one plain value each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

from tickets.enums import SlaMetric
from tickets.rules.calendars import Period, WorkingTime
from tickets.rules.clocks import Goal

Spec = dict[str, Any]


def spec_of(calendar: WorkingTime) -> Spec:
    """Return a calendar as JSON."""
    return {
        "timezone": calendar.timezone,
        "country": calendar.country,
        "subdivision": calendar.subdivision,
        "week": {str(day): _texts(periods) for day, periods in sorted(calendar.week.items())},
        "days": {day.isoformat(): _texts(periods) for day, periods in sorted(calendar.days.items())},
    }


def calendar_of(spec: Mapping[str, Any]) -> WorkingTime:
    """Return the calendar that `spec_of` wrote."""
    return WorkingTime(
        timezone=spec["timezone"],
        country=spec["country"],
        subdivision=spec["subdivision"],
        week={int(day): _periods(texts) for day, texts in spec["week"].items()},
        days={date.fromisoformat(day): _periods(texts) for day, texts in spec["days"].items()},
    )


def _texts(periods: Sequence[Period]) -> list[list[str]]:
    return sorted([period.start.isoformat(), period.end.isoformat()] for period in periods)


def _periods(texts: Iterable[Sequence[str]]) -> tuple[Period, ...]:
    return tuple(Period(time.fromisoformat(start), time.fromisoformat(end)) for start, end in texts)


@dataclass(frozen=True)
class Policy:
    """A policy as clocks read it. Empty conditions hold for every ticket; `targets` are minutes of working time."""

    id: int
    name: str
    version: int
    calendar_id: int
    calendar_version: int
    calendar: Mapping[str, Any]
    targets: Mapping[str, int]
    warn_percent: int | None = None
    pauses_on: frozenset[str] = frozenset()
    queues: frozenset[int] = frozenset()
    priorities: frozenset[str] = field(default_factory=frozenset)

    def takes(self, *, queue_id: int | None, priority: str) -> bool:
        """Tell whether a ticket in this queue with this priority falls under the policy."""
        in_queue = not self.queues or queue_id in self.queues
        return in_queue and (not self.priorities or priority in self.priorities)

    def goals(self) -> dict[SlaMetric, Goal]:
        """Return the goal of every metric that has a target."""
        working_time = calendar_of(self.calendar)
        return {
            SlaMetric(metric): Goal(
                timedelta(minutes=minutes), self.warn_percent, self.pauses_on, working_time, self.stamp
            )
            for metric, minutes in self.targets.items()
        }

    @property
    def stamp(self) -> str:
        """What a clock keeps, to see that its policy or calendar is another one now."""
        return f"{self.id}v{self.version}/{self.calendar_id}v{self.calendar_version}"


def policy_for(policies: Iterable[Policy], *, queue_id: int | None, priority: str) -> Policy | None:
    """Return the first policy that takes the ticket; they come in their order."""
    return next((policy for policy in policies if policy.takes(queue_id=queue_id, priority=priority)), None)
