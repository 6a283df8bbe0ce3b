"""What the machine that plays the desk of test tickets does about a requirement, and when. Plain values in, a decision out.

It plays everybody but the client: onboarding team, Meta's reviewers, the old BSP. What the client owes is the caller's to answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from migrations_app.enums import RequirementCode, RequirementState
from providers.types import OldBsp
from tickets.enums import Party

TAKES = timedelta(days=1)
"""How long everything takes that the machine does, before it is hastened."""
CLOSES_AFTER = timedelta(days=3)
"""How long a resolved test ticket stays open, before that is hastened: closing reminders and the look at the quality fit in."""
LOOKS_AGAIN = timedelta(hours=6)
"""When a call that could not begin is looked at again, before that is hastened."""
WAITS_FOR_CLIENT = timedelta(days=2)
"""How long a call waits for what the client owes before it is cancelled, before that is hastened."""

_OPEN = frozenset({RequirementState.UNMET, RequirementState.REQUESTED})
_AFTER_THE_MOVE = frozenset(
    {RequirementCode.SEND_RECEIVE_TEST, RequirementCode.TEMPLATES_CHECKED, RequirementCode.QUALITY_24H}
)


class Deed(StrEnum):
    """What the machine does about a requirement."""

    MEET = "meet"
    TEST = "test"
    ANSWER = "answer"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Point:
    """One requirement of a test ticket.

    `since`: when it got into its state. `asked_at`: when the old BSP was asked for it. `live_at`: when the last number went live,
    None while one is still to move. `tried`: Meta's own answer settles the claim. `read`: Meta is read about it after the move.
    """

    code: RequirementCode
    owner: Party
    state: RequirementState
    since: datetime
    asked_at: datetime | None = None
    promised_for: datetime | None = None
    live_at: datetime | None = None
    tried: bool = False
    read: bool = False
    old_bsp: OldBsp = OldBsp.ANSWERS
    never_verified: bool = False


def deed_for(point: Point) -> tuple[Deed, datetime] | None:
    """Return what the machine does about a requirement, and from when on that takes its time; None: nothing."""
    if point.code in _AFTER_THE_MOVE:
        return _after_move(point)
    if point.state is RequirementState.CLAIMED:
        return None if point.tried else (Deed.MEET, point.since)
    if point.state not in _OPEN:
        return None
    if point.code == RequirementCode.BUSINESS_VERIFIED and point.never_verified:
        return None
    if point.owner in {Party.ONBOARDING, Party.META}:
        return Deed.MEET, point.since
    if point.owner is Party.OLD_BSP or point.state is RequirementState.REQUESTED:
        return _as_old_bsp(point)
    return None


def _after_move(point: Point) -> tuple[Deed, datetime] | None:
    if point.live_at is None or point.read or point.state not in _OPEN | {RequirementState.CLAIMED}:
        return None
    deed = Deed.TEST if point.code == RequirementCode.SEND_RECEIVE_TEST else Deed.MEET
    return deed, max(point.live_at, point.since)


def _as_old_bsp(point: Point) -> tuple[Deed, datetime] | None:
    if point.asked_at is None or point.old_bsp is OldBsp.SILENT:
        return None
    return (Deed.REFUSE if point.old_bsp is OldBsp.REFUSES else Deed.ANSWER), point.asked_at
