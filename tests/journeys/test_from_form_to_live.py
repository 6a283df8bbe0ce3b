"""The whole way of one migration, over HTTP, with web, worker and beat as processes of their own."""

import pytest

from migrations_app.management.walkthrough.story import Stage, Story

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240)]


def test_two_numbers_travel_from_the_form_to_a_closed_ticket(stage: Stage) -> None:
    told: list[str] = []
    story = Story(stage, told.append)

    ticket = story.play()

    assert ticket["status"]["value"] == "closed"
    assert ticket["stage"] == "done"
    assert [number["state"] for number in ticket["phone_numbers"]] == ["live", "live"]
    assert all(number["phone_number_id"] and number["billing_from"] for number in ticket["phone_numbers"])
    events = story.api.get(f"/tickets/{story.reference}/events?limit=200")["data"]
    assert len({event["id"] for event in events}) == len(events)
    types = [event["type"] for event in events]
    assert types[:3] == ["ticket.created", "ticket.submitted", "ticket.routed"]
    assert types[-1] == "ticket.closed"
    assert types.count("pin_call.booked") == 1
    # Two reminders of the two-step chase, one of the closing chase; none twice.
    assert types.count("chase.sent") == 3


def test_a_poll_is_answered_with_304_until_something_changes(stage: Stage) -> None:
    story = Story(stage, lambda _line: None)
    story.file()
    story.watch_guide()
    first = story.api.call("GET", f"/tickets/{story.reference}/status")
    again = story.api.call("GET", f"/tickets/{story.reference}/status", If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, "")

    story.claim()

    changed = story.api.call("GET", f"/tickets/{story.reference}/status", If_None_Match=first.headers["ETag"])
    assert changed.status == 200
    assert changed.json()["stage"] == "ready"
