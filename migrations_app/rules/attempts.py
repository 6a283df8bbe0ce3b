"""How often a code may be asked for and a number registered, and when exactly the next time is possible."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

REGISTRATIONS, REGISTRATION_WINDOW, REGISTRATIONS_WARN = 10, timedelta(hours=72), 7
"""Source: Meta, registration page: ten register or deregister requests per number in a moving window of 72 hours."""


@dataclass(frozen=True)
class Budget:
    """Attempts used of those allowed within a time.

    `free_at`: all are used; from then on the next is possible. `eases_at`: the oldest that counts leaves the count.
    """

    used: int
    most: int
    within: timedelta
    warn_from: int
    free_at: datetime | None = None
    eases_at: datetime | None = None

    @property
    def left(self) -> int:
        """How many may still be made now."""
        return 0 if self.free_at else max(0, self.most - self.used)

    @property
    def warns(self) -> bool:
        """Whether a person should think before the next one."""
        return self.used >= self.warn_from

    @property
    def hours(self) -> int:
        """The time within which they are counted."""
        return int(self.within.total_seconds() // 3600)


def registrations(made: Iterable[datetime], *, now: datetime, within: timedelta = REGISTRATION_WINDOW) -> Budget:
    """Return the budget of registrations: a moving window, so the next is free when the oldest of the last ten leaves it."""
    counted = sorted(moment for moment in made if moment > now - within)
    full = len(counted) >= REGISTRATIONS
    return Budget(
        used=len(counted),
        most=REGISTRATIONS,
        within=within,
        warn_from=REGISTRATIONS_WARN,
        free_at=counted[-REGISTRATIONS] + within if full else None,
        eases_at=counted[0] + within if counted else None,
    )


def codes(made: Iterable[datetime], *, most: int, rest: timedelta, now: datetime) -> Budget:
    """Return the budget of code requests: `most` of them within `rest`, then `rest` without any, counted from the last.

    Source: Zendesk's help page (three requests, then about eight hours); Meta publishes no figure.
    """
    moments = sorted(made)
    within = [moment for moment in moments if moment > now - rest]
    last = moments[-1] if moments else None
    run = [moment for moment in moments if last is not None and moment > last - rest]
    resting = last is not None and len(run) >= most and last + rest > now
    return Budget(
        used=len(run) if resting else len(within),
        most=most,
        within=rest,
        warn_from=max(1, most - 1),
        free_at=last + rest if resting and last else None,
        eases_at=within[0] + rest if within else None,
    )
