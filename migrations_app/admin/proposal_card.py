"""What the ticket page shows of the times that wait for the client's answer."""

from datetime import datetime
from typing import Any

from migrations_app.enums import Stage
from migrations_app.models import MigrationCase
from migrations_app.selectors.proposals import open_proposal


def context_of(case: MigrationCase) -> dict[str, Any]:
    """Return the open proposal: its round, its times and until when an answer is waited for; None where there is none."""
    found = open_proposal(case) if case.stage == Stage.READY else None
    if found is None:
        return {"proposal": None}
    starts = [datetime.fromisoformat(start) for start in found.starts]
    return {"proposal": {"round": found.round, "until": found.answer_due_at, "starts": starts}}
