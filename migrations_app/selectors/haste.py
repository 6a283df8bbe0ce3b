"""How fast time passes for a ticket: test tickets wait a fraction of the time, live ones all of it.

Every due time of a case is made with these. Holds of a slot are not: who chooses one has five minutes.
"""

from datetime import datetime, timedelta

from django.conf import settings

from migrations_app.rules.haste import REAL, hastened, shortened
from tickets.models import Ticket


def rate_of(ticket: Ticket) -> float:
    """Return how many times as fast as the clock a ticket's waiting goes."""
    return float(settings.TEST_CLOCK_RATE) if ticket.test else REAL


def sooner(ticket: Ticket, due: datetime, *, since: datetime) -> datetime:
    """Return when a ticket has what would be due at a moment, where the wait begins at `since`."""
    return hastened(due, since, rate_of(ticket))


def wait_of(ticket: Ticket, span: timedelta) -> timedelta:
    """Return how long a ticket waits where others wait so long."""
    return shortened(span, rate_of(ticket))
