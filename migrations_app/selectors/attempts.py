"""What Meta was asked for a number of late, and so what may still be asked."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from migrations_app.rules import attempts
from migrations_app.rules.attempts import REGISTRATION_WINDOW, Budget
from providers.selectors.exchanges import tried_at
from providers.services.whatsapp import REGISTER, REQUEST_CODE


@dataclass(frozen=True)
class Budgets:
    """What is left for one number."""

    codes: Budget
    registrations: Budget


def budgets_of(numbers: Collection[str], *, now: datetime) -> dict[str, Budgets]:
    """Return what may still be asked of Meta for each of these numbers (E.164)."""
    rest = timedelta(hours=settings.CODE_COOL_DOWN_HOURS)
    asked = _moments(numbers, REQUEST_CODE, since=now - 2 * rest)
    registered = _moments(numbers, REGISTER, since=now - REGISTRATION_WINDOW)
    return {
        number: Budgets(
            attempts.codes(asked[number], most=settings.CODE_REQUESTS_PER_COOL_DOWN, rest=rest, now=now),
            attempts.registrations(registered[number], now=now),
        )
        for number in numbers
    }


def budget_of(number: str, *, now: datetime) -> Budgets:
    """Return what may still be asked of Meta for one number (E.164)."""
    return budgets_of([number], now=now)[number]


def _moments(numbers: Collection[str], purpose: str, *, since: datetime) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    for number, moment in tried_at(subject_keys=numbers, purpose=purpose, since=since):
        found[number].append(moment)
    return found
