"""Evidence through the API: a claim with words, link and file; what was said before stands beside what is said now."""

from pathlib import Path as Folder
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.enums import RequirementState
from tests.factories.files import MULTIPART, PDF, multipart
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.walks import Path, Walk, Walker
from tests.integration.api.caller import Caller

CODE = "two_step_disabled"


@pytest.fixture
def walked(walk: Walker, files: Folder) -> Walk:
    return walk(Path.FILED, NUMBER, OTHER_NUMBER)


def item(document: Any, code: str = CODE) -> Any:
    return next(each for each in document["requirements"]["items"] if each["code"] == code)


def claim(api: Caller, walked: Walk, **body: Any) -> Any:
    return api.post(f"tickets/{walked.ticket.reference}/requirements/{CODE}/claim", body)


def test_a_claim_shows_a_file_of_the_ticket(api: Caller, walked: Walk) -> None:
    files = f"tickets/{walked.ticket.reference}/attachments"
    made = api.post(files, multipart(PDF, "off.pdf"), Content_Type=MULTIPART).json
    answer = claim(api, walked, statement="Off", link="https://example.com/x", attachment=made["id"])
    assert answer.status == 200
    assert item(answer.json)["evidence"] == {
        "kind": "file",
        "statement": "Off",
        "link": "https://example.com/x",
        "attachment": {"id": made["id"], "filename": "off.pdf"},
        "confirmed_by": "client",
        "claimed_by": "Padaria Sol",
        "meta_accepted_migration": None,
        "at": "2026-03-02T15:00:00Z",
        "verdict": "pending",
    }
    assert item(answer.json)["evidence_history"] == []


@pytest.mark.parametrize(
    ("body", "entry"),
    [
        ({"attachment": "nope"}, ("#/attachment", "invalid")),
        ({"attachment": "00000000-0000-4000-8000-000000000000"}, ("#/attachment", "invalid_choice")),
        ({"link": "http://example.com"}, ("#/link", "invalid")),
        ({"link": 7}, ("#/link", "invalid")),
        ({"link": "https://example.com/" + "a" * 2000}, ("#/link", "invalid")),
        ({"file": "x"}, ("#/file", "unknown_field")),
    ],
)
def test_what_does_not_hold_is_named(api: Caller, walked: Walk, body: dict[str, Any], entry: tuple[str, str]) -> None:
    answer = claim(api, walked, **body)
    assert (answer.status, answer.entries) == (422, [entry])
    assert item(api.get(f"tickets/{walked.ticket.reference}").json)["state"] == "unmet"


def test_earlier_rounds_stand_beside_what_is_said_now_alike_ones_once(api: Caller, walked: Walk) -> None:
    claim(api, walked, statement="Both are off")
    walked.decide(CODE, RequirementState.UNMET, reason="They are on")
    claim(api, walked, statement="This one is off now", phone_numbers=[NUMBER])
    found = item(api.get(f"tickets/{walked.ticket.reference}").json)
    assert found["evidence"]["statement"] == "This one is off now"
    assert [(entry["statement"], entry["verdict"], entry["numbers"]) for entry in found["evidence_history"]] == [
        ("Both are off", "refused", [NUMBER, OTHER_NUMBER])
    ]
    assert "They are on" not in api.get(f"tickets/{walked.ticket.reference}").text


def test_evidence_of_any_length_costs_no_query(api: Caller, walked: Walk) -> None:
    for _ in range(4):
        claim(api, walked, statement="Off", link="https://example.com/x")
        walked.decide(CODE, RequirementState.UNMET, reason="On")
    api.get("me")
    with CaptureQueriesContext(connection) as captured:
        found = api.get(f"tickets/{walked.ticket.reference}").json
    assert len(item(found)["evidence_history"]) >= 1
    assert len(captured) <= 6
