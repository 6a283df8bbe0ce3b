"""When a silent client is reminded again, warned and let go. Plain values in, the next step and its time out.

Source of the steps: docs/adr/0015-letting-go.md. A client is silent from `seen_at` on: the last time it did anything on its
ticket, or the moment at which the desk let the silence count anew (hold lifted, ticket kept open).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from migrations_app.enums import Stage

SILENT_LADDERS = 2
"""So many ladders in a row without a sign of life, then the warning."""

WAITING = frozenset({Stage.TRIAGE, Stage.REQUIREMENTS, Stage.READY})
"""Stages in which a ticket may be let go: nothing is booked and nothing is under way at Meta."""


class SilenceStep(StrEnum):
    """What is done about a silent client."""

    NEXT_LADDER = "next_ladder"
    WARN = "warn"
    TELL_DESK = "tell_desk"
    LET_GO = "let_go"


@dataclass(frozen=True)
class Patience:
    """The desk's patience with a ticket, in days; fractions of them with a test ticket."""

    ladder_days: float
    let_go_days: float
    abandoned_days: float
    draft_days: float


@dataclass(frozen=True)
class EndedLadder:
    """A chase whose ladder has come to its end; `round` counts the ladders begun in a row without an answer."""

    chase_id: int
    round: int
    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class SilenceFacts:
    """What decides. `promised_for` is the latest date that the old BSP has promised; `partly_moved`: a number is cut over.

    `left_alone`: the client asked for no more reminders.
    """

    stage: Stage
    seen_at: datetime
    draft: bool = False
    on_hold: bool = False
    partly_moved: bool = False
    left_alone: bool = False
    let_go_at: datetime | None = None
    promised_for: datetime | None = None
    ladders: tuple[EndedLadder, ...] = ()


@dataclass(frozen=True)
class Due:
    """The next step and when it is due; `chase_id` names the ladder to begin again, `round` its new count."""

    step: SilenceStep
    at: datetime
    chase_id: int | None = None
    round: int = 0


def counts(facts: SilenceFacts) -> bool:
    """Tell whether silence leads anywhere: not on hold, not in or after a call."""
    return facts.stage in WAITING and not facts.on_hold


def next_due(facts: SilenceFacts, patience: Patience) -> Due | None:
    """Return the next step; None while silence does not count.

    A ticket that is partly moved, or whose client asked to be left alone, is never let go by itself: the desk is told instead.
    """
    if not counts(facts):
        return None
    if facts.let_go_at is not None:
        return Due(SilenceStep.LET_GO, facts.let_go_at)
    return min(_candidates(facts, patience), key=lambda due: due.at)


def _candidates(facts: SilenceFacts, patience: Patience) -> list[Due]:
    end = SilenceStep.TELL_DESK if facts.partly_moved or facts.left_alone else SilenceStep.WARN
    days = patience.draft_days if facts.draft else patience.abandoned_days
    abandoned = facts.seen_at + timedelta(days=days)
    if facts.promised_for is not None:
        # The client has done its part: it waits for the old BSP, as we do.
        abandoned = max(abandoned, facts.promised_for)
    # Who is not reminded lets no ladder go by unanswered.
    ladders = () if facts.left_alone else facts.ladders
    return [Due(end, abandoned), *(_after(ladder, facts.seen_at, end, patience) for ladder in ladders)]


def _after(ladder: EndedLadder, seen_at: datetime, end: SilenceStep, patience: Patience) -> Due:
    """Return what follows a ladder's end: the same once more, or the end of our patience."""
    pause = timedelta(days=patience.ladder_days)
    if seen_at > ladder.began_at:
        return Due(SilenceStep.NEXT_LADDER, max(ladder.ended_at, seen_at) + pause, ladder.chase_id, 1)
    if ladder.round >= SILENT_LADDERS:
        return Due(end, ladder.ended_at)
    return Due(SilenceStep.NEXT_LADDER, ladder.ended_at + pause, ladder.chase_id, ladder.round + 1)
