"""What an organization said in confidence: gathered for the desk, and taken off a ticket that goes to somebody else."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from migrations_app.enums import AttemptState, RequirementState
from migrations_app.models import CallLink, MigrationCase, Notice, Requirement

KEPT_OF_A_CLAIM = frozenset(
    {
        "confirmed_by",
        "at",
        "kind",
        "round",
        "verdict",
        "ended_at",
        "accepted_by",
        "accepted_at",
        "meta_accepted_migration",
    }
)
"""What stays of a claim: that it was made and what became of it; not by whom, in which words and with which files."""
_SAID = frozenset({RequirementState.CLAIMED, RequirementState.MET})

Entry = Mapping[str, Any]


def words_of(case: MigrationCase) -> str:
    """Return what people wrote into the form of a case and into its claims, earlier rounds included, one paragraph each."""
    said = [case.notes]
    for row in Requirement.objects.filter(case=case).order_by("id"):
        said += [f"{row.code}: {words}" for entry in _entries(row) for words in _words(entry)]
    return "\n\n".join(part for part in dict.fromkeys(said) if part)


def _entries(row: Requirement) -> list[Entry]:
    return [*row.evidence_history, *([row.evidence] if row.evidence else [])]


def _words(entry: Entry) -> Iterator[str]:
    if "claimed_by" in entry:
        file = entry.get("attachment") or {}
        yield from filter(None, (entry.get("statement"), entry.get("link"), file.get("filename")))


def leave_behind(case: MigrationCase, *, now: datetime) -> None:
    """Take notes, statements, links and files of a locked ticket's case off what is shown; the rows of evidence stay for the desk.

    Messages of former calls that are only planned go too, and the links to choose a time: they are for people who have nothing
    to do with the ticket any more.
    """
    MigrationCase.objects.filter(pk=case.pk).update(notes="", updated_at=now)
    case.notes = ""
    for row in Requirement.objects.filter(case=case):
        claimed_by = (row.evidence or {}).get("claimed_by")
        by_them = row.state in _SAID and claimed_by is not None and row.decided_by == claimed_by
        Requirement.objects.filter(pk=row.pk).update(
            evidence=_bare(row.evidence) if row.evidence else None,
            evidence_history=[_bare(entry) for entry in row.evidence_history],
            decided_by="" if by_them else row.decided_by,
        )
    Notice.objects.filter(case=case, pin_call__isnull=False, state=AttemptState.PLANNED).delete()
    CallLink.objects.filter(case=case).delete()


def _bare(entry: Entry) -> dict[str, Any]:
    """Return an entry without what was said in it; proofs of Meta's and the desk's own word stay whole."""
    if "claimed_by" not in entry:
        return dict(entry)
    return {name: value for name, value in entry.items() if name in KEPT_OF_A_CLAIM}
