"""What is looked at after numbers have moved, when, and what it means. Plain values; the hour is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.enums import RequirementCode
from migrations_app.enums.aftercare import CheckKind

FIRST_LOOK = timedelta(minutes=10)
"""A number that was connected a moment ago may fall back: it is read once more."""
READ_AGAIN = timedelta(minutes=1)
"""A number that was registered but not shown as connected yet is read again after so long."""
TEMPLATES_AFTER = timedelta(minutes=5)
"""Registration is instant, copying templates is not. Source: Meta, migration by Embedded Signup ("template downtime")."""
QUALITY_AFTER = timedelta(hours=24)
"""Copied templates have no quality for so long, and the seeds ask for a look at the number then. Source: Meta, migration."""
MOST_TRIES: Mapping[CheckKind, int] = {
    CheckKind.LIVE: 12,
    CheckKind.QUALITY: 8,
    CheckKind.TEMPLATES_BEFORE: 8,
    CheckKind.COPY: 8,
    CheckKind.TEMPLATES: 8,
}
LONGEST_PAUSE = timedelta(hours=6)
_FIRST_PAUSE = timedelta(minutes=5)

CLOSING_DUE: Mapping[RequirementCode, timedelta] = {
    RequirementCode.TWO_STEP_REENABLED: timedelta(days=1),
    RequirementCode.QUALITY_24H: QUALITY_AFTER,
    RequirementCode.OLD_CONTRACT_CANCELLED: timedelta(days=14),
    RequirementCode.REFUND_CLAIMED: timedelta(days=21),
}
"""When closing reminders should be done, from the last number's going live: our choice. The contract waits for the templates'
check and comes well before a notice of 30 days to the end of a month; a refund follows the cancellation."""

_GOOD = frozenset({"GREEN", "UNKNOWN", "NA", ""})
"""No rating yet is no bad one: Meta rates a number only after enough messages, and says UNKNOWN or NA until then.
Source: Meta's OpenAPI description (quality_rating), phone numbers page."""


def next_pause(tries: int, *, asked_for: timedelta = timedelta(0)) -> timedelta:
    """Return how long to wait after so many tries without success: doubled each time, never less than Meta asks for."""
    grown = _FIRST_PAUSE * (1 << min(max(tries - 1, 0), 10))
    return max(min(grown, LONGEST_PAUSE), asked_for)


@dataclass(frozen=True)
class QualityVerdict:
    """What the readings of all live numbers mean; `words` names each number with what Meta says."""

    good: bool
    words: str


def judge_quality(readings: Mapping[str, str]) -> QualityVerdict:
    """Judge numbers by what Meta says of them 24 hours after they went live."""
    words = ", ".join(f"{number}: {quality or 'UNKNOWN'}" for number, quality in readings.items())
    return QualityVerdict(all(quality.upper() in _GOOD for quality in readings.values()), words)


def due_of(kind: CheckKind, *, live_at: datetime) -> datetime:
    """Return when a check that follows a number's going live is made first."""
    after = {CheckKind.QUALITY: QUALITY_AFTER, CheckKind.TEMPLATES: TEMPLATES_AFTER}.get(kind, FIRST_LOOK)
    return live_at + after
