"""What the API shows of evidence: what stands now, and what was said in earlier rounds."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from config.core.api.shapes import LINK, MOMENT, NUMBER, TEXT, UUID, Shape, members, nullable, several, words
from config.core.api.times import with_z
from migrations_app import enums
from migrations_app.enums import RequirementState, Verdict
from migrations_app.models import Requirement
from migrations_app.rules.evidence import kind_of

_MEMBERS: Final[dict[str, Shape]] = {
    "kind": words(enums.EvidenceKind),
    "statement": nullable(TEXT),
    "link": nullable(LINK),
    "attachment": nullable(members(id=UUID, filename=TEXT)),
    "confirmed_by": nullable(TEXT),
    "claimed_by": nullable(TEXT),
    "meta_accepted_migration": {**nullable(TEXT), "description": "The phone number's ID that Meta gave as a proof."},
    "at": MOMENT,
    "verdict": words(enums.Verdict),
}
EVIDENCE: Final[Shape] = members(**_MEMBERS)
EARLIER_EVIDENCE: Final[Shape] = members(**_MEMBERS, ended_at=MOMENT, numbers=several(NUMBER))


def evidence_document(entry: Mapping[str, Any], state: str) -> dict[str, Any]:
    """Return what was said and shown for a requirement; the verdict of what is current follows from its state."""
    verdict = entry.get("verdict") or (Verdict.ACCEPTED if state == RequirementState.MET else Verdict.PENDING).value
    return {
        "kind": kind_of(entry).value,
        "statement": entry.get("statement") or None,
        "link": entry.get("link"),
        "attachment": entry.get("attachment"),
        "confirmed_by": entry.get("confirmed_by"),
        "claimed_by": entry.get("claimed_by"),
        "meta_accepted_migration": entry.get("meta_accepted_migration"),
        "at": with_z(entry.get("at")),
        "verdict": verdict,
    }


def history_document(rows: Sequence[Requirement], numbers: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return what was said in earlier rounds, oldest first; what was said of several numbers alike stands there once."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for entry in row.evidence_history:
            shown = {**evidence_document(entry, row.state), "ended_at": with_z(entry["ended_at"]), "numbers": []}
            kept = found.setdefault(json.dumps(shown, sort_keys=True), shown)
            if row.number_id is not None:
                kept["numbers"].append(numbers[row.number_id])
    return sorted(found.values(), key=lambda entry: str(entry["ended_at"]))
