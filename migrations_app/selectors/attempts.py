"""What Meta was asked for a number of late, and so what may still be asked."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from migrations_app.rules import attempts
from migrations_app.rules.attempts import REGISTRATION_WINDOW, Budget
from migrations_app.selectors.haste import wait_of
from providers.selectors.exchanges import subject_of, tried_at
from providers.services.whatsapp import REGISTER, REQUEST_CODE
from tickets.models import Ticket


@dataclass(frozen=True)
class Budgets:
    """What is left for one number."""

    codes: Budget
    registrations: Budget


def budgets_of(ticket: Ticket, numbers: Collection[str], *, now: datetime) -> dict[str, Budgets]:
    """Return what may still be asked of Meta for each of these numbers (E.164) of a ticket."""
    rest = wait_of(ticket, timedelta(hours=settings.CODE_COOL_DOWN_HOURS))
    window = wait_of(ticket, REGISTRATION_WINDOW)
    asked = _moments(ticket, numbers, REQUEST_CODE, since=now - 2 * rest)
    registered = _moments(ticket, numbers, REGISTER, since=now - window)
    return {
        number: Budgets(
            attempts.codes(asked[number], most=settings.CODE_REQUESTS_PER_COOL_DOWN, rest=rest, now=now),
            attempts.registrations(registered[number], now=now, within=window),
        )
        for number in numbers
    }


def budget_of(ticket: Ticket, number: str, *, now: datetime) -> Budgets:
    """Return what may still be asked of Meta for one number (E.164) of a ticket."""
    return budgets_of(ticket, [number], now=now)[number]


def _moments(ticket: Ticket, numbers: Collection[str], purpose: str, *, since: datetime) -> dict[str, list[datetime]]:
    """Return when these numbers were asked about; what a test ticket asks counts for it alone."""
    own = ticket.reference if ticket.test else ""
    subjects = {subject_of(number, own): number for number in numbers}
    found: dict[str, list[datetime]] = defaultdict(list)
    for subject, moment in tried_at(subject_keys=subjects, purpose=purpose, since=since):
        found[subjects[subject]].append(moment)
    return found
