"""The client's hourly message profile by API, and what it does to the slots."""

from typing import Any

import pytest

from tests.factories.forms import NUMBER
from tests.factories.walks import Path, Walk, Walker
from tests.integration.api.caller import Caller

TABLE: list[list[float]] = [[10] * 24 for _day in range(7)]


@pytest.fixture
def ready(walk: Walker) -> Walk:
    return walk(Path.READY, NUMBER)


def at(walked: Walk) -> str:
    return f"tickets/{walked.ticket.reference}"


def put_lines(api: Caller, walked: Walk, text: str) -> Any:
    return api.send("PUT", f"{at(walked)}/message-profile", text.encode(), Content_Type="text/csv")


def test_a_table_is_set_read_and_forgotten(api: Caller, ready: Walk) -> None:
    address = f"{at(ready)}/message-profile"
    assert api.get(address).code == "not_found"
    before = api.get(at(ready)).headers["ETag"]
    answer = api.send("PUT", address, {"hours": TABLE})
    assert (answer.status, answer.json) == (200, {"hours": TABLE})
    assert api.get(address).json == {"hours": TABLE}
    assert api.get(at(ready)).headers["ETag"] != before
    assert ready.events()[-1].data["fields"] == ["message_profile"]
    assert api.send("DELETE", address).status == 204
    assert api.get(address).code == "not_found"
    assert api.send("DELETE", address).code == "not_found"


def test_slots_say_why_one_is_better_and_the_quiet_hours_come_first(api: Caller, walk: Walker) -> None:
    ready = walk(Path.READY, NUMBER, low_traffic_windows=[])
    table = [list(day) for day in TABLE]
    table[3][14:17] = [0, 0, 0]  # Thursday, from two to five
    assert api.send("PUT", f"{at(ready)}/message-profile", {"hours": table}).status == 200
    slots = api.get(f"{at(ready)}/slots?from=2026-03-03T00:00:00Z&to=2026-03-07T00:00:00Z").data
    best = max(slots, key=lambda slot: slot["score"])
    assert best["local_start"] == "2026-03-05T14:00:00-03:00"
    few = next(reason for reason in best["reasons"] if reason["code"] == "few_messages")
    assert few["effect"] == 0.5
    assert "about 0; 30 in the busiest" in few["message"]
    for slot in slots:
        assert slot["score"] == pytest.approx(sum(reason["effect"] for reason in slot["reasons"]))


def test_times_become_a_table_and_are_not_kept(api: Caller, ready: Walk) -> None:
    text = "timestamp\n" + "\n".join(f"2026-02-{day:02}T12:00:00Z" for day in range(1, 15))
    answer = put_lines(api, ready, text)
    assert answer.status == 200
    assert [day[9] for day in answer.json["hours"]] == [1] * 7
    assert "2026-02" not in str(ready.case.message_profile)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"hours": TABLE[:6]}, ["#/hours"]),
        ({"hours": [*TABLE[:6], [1] * 23]}, ["#/hours/6"]),
        ({"hours": [*TABLE[:6], [-1, *[1] * 22, "1"]]}, ["#/hours/6/0", "#/hours/6/23"]),
        ({"hours": [[0] * 24] * 7}, ["#/hours"]),
        ({"hours": TABLE, "days": 7}, ["#/days"]),
        ({}, ["#/hours"]),
    ],
)
def test_a_table_that_does_not_hold_is_refused(
    api: Caller, ready: Walk, body: dict[str, Any], pointers: list[str]
) -> None:
    answer = api.send("PUT", f"{at(ready)}/message-profile", body)
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, pointers)
    assert not ready.case.message_profile


def test_bad_lines_are_named(api: Caller, ready: Walk) -> None:
    answer = put_lines(api, ready, "2026-02-01T12:00:00Z\nnoon\n2026-02-01T12:00:00\n")
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["#/lines/2", "#/lines/3"]
    assert [error["pointer"] for error in put_lines(api, ready, "2026-02-01T12:00:00Z\n").json["errors"]] == ["#/lines"]


def test_a_ticket_that_has_ended_takes_no_profile(api: Caller, walk: Walker) -> None:
    ended = walk(Path.CANCELLED)
    assert api.send("PUT", f"{at(ended)}/message-profile", {"hours": TABLE}).code == "illegal_transition"
