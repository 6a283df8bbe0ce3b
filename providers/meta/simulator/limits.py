"""Meta's limit on repeated attempts: so many in a moving window, then a block."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class MovingWindow:
    """At most `limit` attempts in any `period`; one more is refused and blocks the next `block`.

    Refused attempts neither count nor prolong the block.
    """

    limit: int
    period: timedelta
    block: timedelta
    taken: list[datetime] = field(default_factory=list)
    blocked_until: datetime | None = None
    pace: float = 1.0
    """How many times as fast as the clock its time runs."""

    def take(self, now: datetime) -> bool:
        """Count one attempt; False when it is refused."""
        if self.blocked_until is not None and now < self.blocked_until:
            return False
        self.blocked_until = None
        self.taken = [moment for moment in self.taken if (now - moment) * self.pace < self.period]
        if len(self.taken) >= self.limit:
            self.blocked_until = now + self.block / self.pace
            return False
        self.taken.append(now)
        return True

    def seconds_left(self, now: datetime) -> int:
        """Whole seconds of its own time until the block ends, rounded up; 0 when there is none."""
        if self.blocked_until is None or self.blocked_until <= now:
            return 0
        return -int((now - self.blocked_until) * self.pace // timedelta(seconds=1))


def registrations() -> MovingWindow:
    """Ten register or deregister calls per number in 72 hours, then blocked for 72. Source: Meta, error 133016."""
    return MovingWindow(limit=10, period=timedelta(hours=72), block=timedelta(hours=72))


def code_requests() -> MovingWindow:
    """Three codes per number, then eight hours of rest: our choice, Meta publishes no figure."""
    return MovingWindow(limit=3, period=timedelta(hours=8), block=timedelta(hours=8))
