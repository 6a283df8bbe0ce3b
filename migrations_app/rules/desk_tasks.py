"""What the outcome of a task of the desk means, and when one waits too long. Plain values in, a decision out."""

from datetime import datetime

from migrations_app.enums import DeskTaskKind, TaskOutcome
from migrations_app.rules.hours import Hours, add_business_days

ASKING = frozenset({DeskTaskKind.PORTAL, DeskTaskKind.PHONE, DeskTaskKind.WHATSAPP})
"""Kinds that are a rung of a ladder: a person asks instead of a message. The other kinds are ended by who opened them."""

BY_VOICE = frozenset({DeskTaskKind.PHONE, DeskTaskKind.RING_CLIENT})
"""Kinds for which somebody is rung up."""

TOLD_BY_AGENT = ASKING | BY_VOICE
"""Kinds whose outcome an agent tells; the others end where they were opened."""

JUDGED = frozenset({TaskOutcome.REFUSED, TaskOutcome.NOTHING_NEW})
"""Outcomes of a judged answer only: nobody tells them of a task."""

SPOKEN_WITH = frozenset({TaskOutcome.PROMISED, TaskOutcome.CLAIMED})
"""Outcomes that somebody must have answered for."""


def asked(outcome: TaskOutcome) -> bool:
    """Tell whether the rung was climbed: the party was asked, whatever it said, or did not say."""
    return outcome is not TaskOutcome.NOT_POSSIBLE


def was_heard_of(kind: DeskTaskKind, outcome: TaskOutcome) -> bool:
    """Tell whether the other side has given a sign of life: a call that was answered, or words from it by any way."""
    return outcome in SPOKEN_WITH or (kind in BY_VOICE and outcome is TaskOutcome.DONE)


def waits_too_long(since: datetime, now: datetime, desk: Hours) -> bool:
    """Tell whether a task has waited for more than one business day of the desk."""
    return now > add_business_days(since, 1, calendar=desk)
