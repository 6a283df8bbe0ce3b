"""What counts as evidence, and what becomes of it when a requirement changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from migrations_app.enums import EvidenceKind, RequirementState, Verdict

LONGEST_LINK = 2000
OPENS_AGAIN = frozenset({RequirementState.UNMET, RequirementState.FAILED})
"""States in which nothing that was said before holds any more."""

Entry = Mapping[str, Any]


def link_holds(link: str) -> bool:
    """Tell whether a link can be followed by a person without harm: https, a host, no password in it, no blanks."""
    if len(link) > LONGEST_LINK or not link.isprintable() or any(letter.isspace() for letter in link):
        return False
    try:
        parts = urlsplit(link)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and bool(host)
        and "." in str(host)
        and port != 0
        and "@" not in parts.netloc
        and "\\" not in link
    )


def kind_of(entry: Entry) -> EvidenceKind:
    """Return what an entry is, by the strongest thing in it."""
    if entry.get("meta_accepted_migration"):
        return EvidenceKind.PROOF
    if entry.get("attachment"):
        return EvidenceKind.FILE
    if entry.get("link"):
        return EvidenceKind.LINK
    return EvidenceKind.FORM if entry.get("confirmed_by") == "form" else EvidenceKind.TEXT


def verdict_of(old: RequirementState, new: RequirementState) -> Verdict:
    """Return what a move from one state to another says of the evidence that was there before it."""
    if RequirementState.MET in {old, new}:
        return Verdict.ACCEPTED
    return Verdict.REFUSED if old is RequirementState.CLAIMED and new in OPENS_AGAIN else Verdict.PENDING


@dataclass(frozen=True)
class Turn:
    """What a change of a requirement makes of its evidence: what is shown now, what was shown before."""

    current: dict[str, Any] | None
    history: list[dict[str, Any]]
    begins: bool
    """Whether `current` begins a new round."""


def turn(current: Entry | None, history: Sequence[Entry], given: Entry | None, *, verdict: Verdict, at: str) -> Turn:
    """Put what was given in the place of what was there; that goes to the history with its verdict.

    A verdict also settles earlier rounds that have none. Evidence to which only something is added (who accepted it) stays
    in its round.
    """
    before = [{**entry, "verdict": verdict.value} if _unsettled(entry) else dict(entry) for entry in history]
    if given is not None and current is not None and {**current, **given} == dict(given):
        return Turn(dict(given), before, begins=False)
    if current is not None:
        before.append({**current, "verdict": verdict.value, "ended_at": at})
    if given is None:
        return Turn(None, before, begins=False)
    return Turn({**given, "kind": kind_of(given).value, "round": len(before) + 1}, before, begins=True)


def _unsettled(entry: Entry) -> bool:
    return bool(entry.get("verdict") == Verdict.PENDING.value)
