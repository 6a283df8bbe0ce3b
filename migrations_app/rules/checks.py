"""What the readiness gate looks at: the facts of numbers, case and destination, and one check as it stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.enums import Blocks, NumberState, RequirementCode, RequirementState
from migrations_app.enums.readiness import Standing, Why
from migrations_app.rules.attempts import Budget
from migrations_app.rules.facts import NumberAnswers
from migrations_app.rules.progress import RequirementFacts, is_clear
from tickets.enums import Party

READ_HOLDS = timedelta(minutes=10)
"""How long what was read of the destination counts as fresh."""
STARTS = frozenset({Blocks.SCHEDULE, Blocks.START})
_OPEN_WHY = {RequirementState.REQUESTED: Why.REQUESTED, RequirementState.CLAIMED: Why.NOT_JUDGED}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `who` can mend it; `until` is when it mends itself; `final`: nobody can override it."""

    code: str
    standing: Standing = Standing.OK
    why: Why = Why.NONE
    who: Party = Party.ONBOARDING
    until: datetime | None = None
    used: int | None = None
    most: int | None = None
    final: bool = False


@dataclass(frozen=True)
class LineFacts:
    """One number of the call. `said`: what its holder answered the day before; `here`: an agent has ticked it."""

    id: int
    answers: NumberAnswers
    state: NumberState = NumberState.PENDING
    requirements: tuple[RequirementFacts, ...] = ()
    proven_at: datetime | None = None
    refused: bool = False
    """Meta's own word opened the requirement that two-step verification is off."""
    here: bool = False
    said: bool | None = None
    cool_down_until: datetime | None = None
    codes: Budget | None = None
    registrations: Budget | None = None


@dataclass(frozen=True)
class AccountRead:
    """What Meta said of the destination's account, and when. `answered` False: nothing came back."""

    at: datetime
    answered: bool = True
    review: str = ""
    verification: str = ""
    apps: int = 0


@dataclass(frozen=True)
class CaseFacts:
    """The case behind numbers of the call. `by_api`: we make the calls to Meta; `account`: we hold one at the destination.

    `copy_begun`: the copying of its message templates has been started.
    """

    by_api: bool = True
    account: bool = True
    reviews_claims: bool = False
    copy_begun: bool = False
    requirements: tuple[RequirementFacts, ...] = ()
    read: AccountRead | None = None


def required(row: RequirementFacts, case: CaseFacts) -> Check:
    """Return how a requirement stands: what blocks scheduling or the start is missing while it is open."""
    if is_clear(row, reviews_claims=case.reviews_claims):
        return Check(row.code.value, who=row.owner)
    if row.refused:
        # The account at the destination is approved by Meta alone; all else is mended by whose requirement it is.
        by_meta = row.code is RequirementCode.DESTINATION_ACCOUNT_READY
        return Check(row.code.value, Standing.MISSING, Why.META_SAID_NO, Party.META if by_meta else row.owner)
    return Check(row.code.value, Standing.MISSING, _OPEN_WHY.get(row.state, Why.NOT_MET), row.owner)
