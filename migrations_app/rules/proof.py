"""Claims tried at Meta: whether a try may be made, when the next one is due, and what Meta's answer means.

There is no way to read whether two-step verification is off. The proof is the destination's migration call itself; it leaves a
phone-number object there. Source: Meta, migrating phone numbers among solution partners programmatically, step 2.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from migrations_app.enums import NumberState, RequirementCode, RequirementState, Stage, Verdict
from migrations_app.enums.proofs import ProofOccasion, ProofState
from migrations_app.rules.haste import REAL

TRIES, WINDOW = 3, timedelta(hours=24)
"""At most so many tries of a number in a moving window, whatever tickets they belong to."""
RETRIES = (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2))
"""When a round is tried again, counted from its first try. The window moves the last one: see `next_try`."""
LAST = len(RETRIES) + 1
REST = timedelta(hours=24)
"""After a round that brought no verdict."""
HOLDS = timedelta(hours=72)
"""How long a proof is good: two-step verification can be switched on again at any time."""
OPEN_STAGES = frozenset({Stage.REQUIREMENTS, Stage.READY, Stage.SCHEDULED})
WAITING_NUMBERS = frozenset({NumberState.PENDING, NumberState.INITIATED})
CUT_OVER = frozenset({NumberState.REGISTERED, NumberState.LIVE})
OPEN_PROOFS = frozenset({ProofState.PLANNED, ProofState.TRYING})


class WhyNot(StrEnum):
    """Why a number is not tried now. The last three pass by themselves."""

    NOT_BY_API = "not_by_api"
    NO_ACCOUNT = "no_account"
    NO_TOKEN = "no_token"  # noqa: S105  (a reason, no secret)
    NO_PAYMENT = "no_payment"
    NO_APP = "no_app"
    QUEUE = "queue"
    CASE = "case"
    ON_HOLD = "on_hold"
    NUMBER = "number"
    NOT_CLAIMED = "not_claimed"
    IN_CALL = "in_call"
    UNDER_WAY = "under_way"
    LIMIT = "limit"


PASSING = frozenset({WhyNot.UNDER_WAY, WhyNot.LIMIT})
"""Reasons for which a planned try waits instead of being dropped."""


@dataclass(frozen=True)
class TryFacts:
    """Everything that decides whether a number may be tried now. `by_api`: the playbook executes by Graph API."""

    by_api: bool = True
    account: bool = True
    token: bool = True
    payment: bool = True
    app: bool = True
    queue_allows: bool = True
    stage: Stage = Stage.REQUIREMENTS
    on_hold: bool = False
    number: NumberState = NumberState.PENDING
    two_step: RequirementState | None = RequirementState.CLAIMED
    under_way: bool = False
    tries_in_window: int = 0


_TRIED_WHEN: Mapping[ProofOccasion, frozenset[RequirementState]] = {
    ProofOccasion.CLAIM: frozenset({RequirementState.CLAIMED}),
    ProofOccasion.AGAIN: frozenset({RequirementState.MET}),
    ProofOccasion.CALL: frozenset({RequirementState.CLAIMED, RequirementState.MET}),
    # A person may try whatever the record says.
    ProofOccasion.AGENT: frozenset(RequirementState) - {RequirementState.WAIVED},
}


def why_not(facts: TryFacts, occasion: ProofOccasion) -> WhyNot | None:
    """Return why a number may not be tried now; None when it may."""
    standing = (
        (facts.by_api, WhyNot.NOT_BY_API),
        (facts.account, WhyNot.NO_ACCOUNT),
        (facts.token, WhyNot.NO_TOKEN),
        (facts.payment, WhyNot.NO_PAYMENT),
        (facts.app, WhyNot.NO_APP),
        (facts.queue_allows, WhyNot.QUEUE),
        (facts.stage is not Stage.IN_CALL, WhyNot.IN_CALL),
        (facts.stage in OPEN_STAGES, WhyNot.CASE),
        (not facts.on_hold, WhyNot.ON_HOLD),
        (facts.number in WAITING_NUMBERS, WhyNot.NUMBER),
        (facts.two_step in _TRIED_WHEN[occasion], WhyNot.NOT_CLAIMED),
        (not facts.under_way, WhyNot.UNDER_WAY),
        (facts.tries_in_window < TRIES, WhyNot.LIMIT),
    )
    return next((reason for holds, reason in standing if not holds), None)


def window_opens(tries: Iterable[datetime], *, now: datetime, rate: float = REAL) -> datetime:
    """Return when a number may be tried next by the limit alone: now, or when the oldest try that counts leaves the window."""
    window = WINDOW / rate
    inside = sorted(moment for moment in tries if moment > now - window)
    return now if len(inside) < TRIES else inside[-TRIES] + window


@dataclass(frozen=True)
class PastTry:
    """A try that has ended. `cleared`: what Meta stumbled over is settled by now; `lost`: its process died on the way."""

    state: ProofState
    try_no: int
    round_started_at: datetime
    ended_at: datetime
    cleared: bool = False
    lost: bool = False


@dataclass(frozen=True)
class NextTry:
    """A try to plan. `round_started_at` is None for the first of a round."""

    due: datetime
    try_no: int = 1
    round_started_at: datetime | None = None


def next_try(last: PastTry | None, *, now: datetime, rate: float = REAL) -> NextTry | None:
    """Return the next try of a standing claim after its last one; None when time alone brings nothing new.

    A round is the first try and three more, 10 minutes, 30 minutes and 2 hours after it. Three tries fill the 24 hours, so the
    fourth waits until the first leaves the window. `rate`, here and below: how many times as fast time passes.
    """
    if last is None:
        return NextTry(now)
    if last.state is ProofState.REFUSED:
        return NextTry(now) if last.cleared else None
    if last.state is ProofState.ACCEPTED:
        return None
    if last.lost:
        return NextTry(now, last.try_no, last.round_started_at)
    if last.try_no < LAST:
        due = last.round_started_at + RETRIES[last.try_no - 1] / rate
        return NextTry(max(due, now), last.try_no + 1, last.round_started_at)
    return None if last.state is ProofState.STILL_ON else NextTry(max(last.ended_at + REST / rate, now))


def speaks_against(last: PastTry | None, *, due: datetime | None, now: datetime, rate: float = REAL) -> bool:
    """Tell whether nothing should be built on a standing claim yet: Meta saw it on when asked last, or is about to be asked.

    `due` is when it is asked next; None: it is not. A try that is hours away holds nothing up, since the claim suffices.
    """
    if last is not None and last.state is ProofState.STILL_ON:
        return True
    return due is not None and due <= now + RETRIES[-1] / rate


def next_again(proven: datetime, last: PastTry | None, *, now: datetime, rate: float = REAL) -> NextTry | None:
    """Return when a proof is made anew: after 72 hours, and where that brought no verdict, as any other try."""
    if last is None or last.ended_at <= proven or last.state is ProofState.ACCEPTED:
        return NextTry(max(proven + HOLDS / rate, now))
    if last.state in {ProofState.UNANSWERED, ProofState.POSTPONED}:
        return next_try(last, now=now, rate=rate)
    return NextTry(max(last.ended_at + HOLDS / rate, now))


def is_final(occasion: ProofOccasion, state: RequirementState, try_no: int) -> bool:
    """Tell whether an explicit refusal opens the requirement at once: the round is over, or what was proven is not so any more."""
    if state is RequirementState.MET or occasion is ProofOccasion.CALL:
        return True
    return state is RequirementState.CLAIMED and try_no >= LAST


class Meaning(StrEnum):
    """What a refusal means for a claim."""

    STILL_ON = "still_on"
    THERE_ALREADY = "there_already"
    REQUIREMENT = "requirement"
    LATER = "later"
    OURS = "ours"
    PERSON = "person"


BY_META = "Meta"
"""Who has decided about a requirement, where Meta's answer has."""

STUMBLED_OVER: Mapping[str, RequirementCode] = {
    "destination_payment_missing": RequirementCode.DESTINATION_PAYMENT,
    "webhooks_missing": RequirementCode.APP_SUBSCRIBED,
    "display_name_not_approved": RequirementCode.DISPLAY_NAME_APPROVED,
    "source_not_set_up": RequirementCode.ACCOUNT_APPROVED,
    "destination_not_approved": RequirementCode.DESTINATION_ACCOUNT_READY,
    "messaging_for_pending": RequirementCode.NOTIFICATION_ACCEPTED,
}
"""Which requirement a refusal is about, by our key of the error. Source: Meta, error codes (the family 2388103)."""

_MEANINGS: Mapping[str, Meaning] = {
    "two_step_enabled": Meaning.STILL_ON,
    "already_at_destination": Meaning.THERE_ALREADY,
    **dict.fromkeys(STUMBLED_OVER, Meaning.REQUIREMENT),
    **dict.fromkeys(
        ("migration_failed_retry", "maintenance", "server_unavailable", "number_being_deleted"), Meaning.LATER
    ),
    # Our token, our rate: nothing that a client could mend, or should read.
    **dict.fromkeys(("rate_limited", "token_invalid"), Meaning.OURS),
}


def meaning_of(key: str) -> Meaning:
    """Return what a refusal means; what is not in the table is for a person to judge."""
    return _MEANINGS.get(key, Meaning.PERSON)


def claim_began(evidence: Mapping[str, Any] | None, history: Sequence[Mapping[str, Any]]) -> str:
    """Return when a standing claim was made (ISO 8601): what was only added to it since does not make it a new one."""
    began = str((evidence or {}).get("at", ""))
    for entry in reversed(history):
        if entry.get("verdict") != Verdict.PENDING.value:
            break
        began = str(entry.get("at", began))
    return began
