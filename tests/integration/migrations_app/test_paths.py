"""Every named path of the factories ends where its name says."""

import pytest

from tests.factories.servers import Meta
from tests.factories.walks import Path, Walker

ENDS = {
    Path.DRAFT: ("draft", ""),
    Path.FILED: ("waiting", "requirements"),
    Path.WAITING_TWO_STEP: ("waiting", "requirements"),
    Path.READY: ("waiting", "ready"),
    Path.SCHEDULED: ("scheduled", "scheduled"),
    Path.IN_CALL: ("in_progress", "in_call"),
    Path.LIVE: ("in_progress", "verifying"),
    Path.RESOLVED: ("resolved", "closing"),
    Path.CLOSED: ("closed", "done"),
    Path.CANCELLED: ("cancelled", "cancelled"),
    Path.REJECTED: ("rejected", "rejected"),
    Path.TRIAGE: ("open", "triage"),
}


@pytest.mark.parametrize("path", Path)
def test_a_path_ends_where_its_name_says(path: Path, meta: Meta, walk: Walker) -> None:
    ticket = walk(path).ticket
    assert (ticket.status, ticket.stage) == ENDS[path]
