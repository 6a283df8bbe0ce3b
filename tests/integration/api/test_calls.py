"""The pin call by API: slots, holds, booking, moving, cancelling; and requirements answered on the way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.walks import Path, Walk, Walker
from tests.integration.api.caller import Caller


@pytest.fixture
def ready(walk: Walker) -> Walk:
    return walk(Path.READY, NUMBER, OTHER_NUMBER)


def at(walked: Walk) -> str:
    return f"tickets/{walked.ticket.reference}"


def first_slot(api: Caller, walked: Walk, query: str = "") -> str:
    return str(api.get(f"{at(walked)}/slots{query}").data[0]["start"])


def test_from_filing_to_a_booked_call_by_api_alone(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    assert api.get(f"{at(walked)}/slots").code == "illegal_transition"
    claimed = api.post(f"{at(walked)}/requirements/two_step_disabled/claim", {"statement": "Off since noon."})
    assert (claimed.status, claimed.json["stage"]) == (200, "ready")
    evidence = next(
        item["evidence"] for item in claimed.json["requirements"]["items"] if item["evidence"]["at"][-1] == "Z"
    )
    assert evidence
    booked = api.post(f"{at(walked)}/pin-calls", {"start": first_slot(api, walked)})
    assert (booked.status, booked.json["status"]) == (201, "booked")
    assert api.get(booked.headers["Location"].removeprefix("http://testserver")).json == booked.json
    shown = api.get(at(walked)).json
    assert (shown["stage"], shown["pin_call"], shown["pin_calls"]) == ("scheduled", booked.json, [booked.json])
    assert api.get(f"{at(walked)}/status").json["next_pin_call"] == booked.json["start"]


def test_slots_tell_length_zone_and_numbers(api: Caller, ready: Walk) -> None:
    found = api.get(f"{at(ready)}/slots?timezone=Europe/Madrid").json
    assert (found["duration_minutes"], found["numbers"], found["calls_needed"]) == (45, [NUMBER, OTHER_NUMBER], 1)
    assert found["timezone"] == "Europe/Madrid"
    assert found["data"][0]["local_start"].endswith("+01:00")
    one = api.get(f"{at(ready)}/slots?numbers={NUMBER[1:]}").json
    assert (one["duration_minutes"], one["numbers"]) == (30, [NUMBER])


def test_slots_keep_to_the_frame_that_is_asked_for(api: Caller, ready: Walk) -> None:
    found = api.get(f"{at(ready)}/slots?from=2026-03-04T15:00:00Z&to=2026-03-04T12:30:00-03:00").data
    assert [slot["start"] for slot in found] == ["2026-03-04T15:00:00Z", "2026-03-04T15:15:00Z"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("timezone=Mars", "timezone"), ("from=soon", "from"), ("to=2026-03-04", "to"), ("numbers=12", "numbers")],
)  # fmt: skip
def test_a_bad_slot_question_is_400(api: Caller, ready: Walk, query: str, parameter: str) -> None:
    answer = api.get(f"{at(ready)}/slots?{query}")
    assert (answer.status, answer.code, answer.json["parameter"]) == (400, "invalid_parameter", parameter)


def test_a_hold_can_be_booked_and_only_while_it_lasts(
    api: Caller, ready: Walk, clock_at: Callable[[datetime], None], now: datetime
) -> None:
    hold = api.post(f"{at(ready)}/slot-holds", {"start": first_slot(api, ready)})
    assert (hold.status, hold.json["expires_at"]) == (201, "2026-03-02T15:05:00Z")
    clock_at(now + timedelta(minutes=5))
    late = api.post(f"{at(ready)}/pin-calls", {"hold_id": hold.json["id"]})
    assert (late.status, late.code) == (409, "hold_expired")
    fresh = api.post(f"{at(ready)}/slot-holds", {"start": first_slot(api, ready)}).json
    assert api.post(f"{at(ready)}/pin-calls", {"hold_id": fresh["id"]}).json["start"] == fresh["start"]


def test_a_moment_that_is_taken_or_not_offered_is_refused_by_name(api: Caller, ready: Walk, walk: Walker) -> None:
    start = first_slot(api, ready)
    api.post(f"{at(ready)}/pin-calls", {"start": start})
    other = walk(Path.READY, "+5511955554444")
    assert api.post(f"{at(other)}/pin-calls", {"start": start}).code == "slot_taken"
    assert api.post(f"{at(other)}/slot-holds", {"start": "2026-03-07T15:00:00Z"}).code == "slot_not_available"


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("slot-holds", {}, "#/start", "required"),
    ("slot-holds", {"start": "soon"}, "#/start", "invalid"),
    ("slot-holds", {"start": "2026-03-04T15:00:00"}, "#/start", "invalid"),
    ("slot-holds", {"start": 1772550000}, "#/start", "invalid"),
    ("slot-holds", {"start": "9999-12-31T23:59:59Z"}, "#/start", "invalid"),
    ("slot-holds", {"start": "2026-03-04T15:00:00Z", "numbers": ["12"]}, "#/numbers/0", "invalid_phone_number"),
    ("slot-holds", {"start": "2026-03-04T15:00:00Z", "numbers": []}, "#/numbers", "required"),
    ("slot-holds", {"start": "2026-03-04T15:00:00Z", "numbers": [12]}, "#/numbers/0", "invalid"),
    ("pin-calls", {}, "#/start", "required"),
    ("pin-calls", {"hold_id": 1}, "#/hold_id", "invalid"),
    ("pin-calls", {"start": "2026-03-04T15:00:00Z", "timezone": "Mars"}, "#/timezone", "invalid_choice"),
    ("pin-calls", {"start": "2026-03-04T15:00:00Z", "code": "123456"}, "#/code", "unknown_field"),
    ("requirements/two_step_disabled/claim", {"phone_numbers": ["12"]}, "#/phone_numbers/0", "invalid_phone_number"),
    (
        "requirements/two_step_disabled/claim",
        {"phone_numbers": ["+34600111222"]},
        "#/phone_numbers/0",
        "invalid_choice",
    ),
    ("requirements/two_step_disabled/claim", {"confirmed_by": "mum"}, "#/confirmed_by", "invalid_choice"),
    ("requirements/two_step_disabled/claim", {"pin": "123456"}, "#/pin", "unknown_field"),
    ("requirements/two_step_disabled/requested", {"promised_for": "2026-13-01"}, "#/promised_for", "invalid"),
    ("comments", {"body": ""}, "#/body", "required"),
    ("comments", {"body": 1}, "#/body", "invalid"),
    ("comments", {"body": "x" * 20_001}, "#/body", "invalid"),
    ("comments", {"body": "x", "visibility": "internal"}, "#/visibility", "unknown_field"),
]


def test_a_wrong_wish_names_the_place(api: Caller, ready: Walk, subtests: pytest.Subtests) -> None:
    for tail, body, pointer, code in WRONG:
        with subtests.test(tail=tail, body=str(body)[:80]):
            answer = api.post(f"{at(ready)}/{tail}", body)
            assert (answer.status, answer.code) == (422, "validation_failed"), answer.text
            assert (pointer, code) in answer.entries


def test_a_call_is_moved_with_the_same_id_and_the_next_sequence(api: Caller, ready: Walk) -> None:
    booked = api.post(f"{at(ready)}/pin-calls", {"start": first_slot(api, ready)}).json
    path = f"{at(ready)}/pin-calls/{booked['id']}"
    moved = api.patch(path, {"start": "2026-03-04T15:00:00Z"})
    assert (moved.status, moved.json["start"], moved.json["sequence"]) == (200, "2026-03-04T15:00:00Z", 1)
    event = next(row for row in api.get(f"{at(ready)}/events").data if row["type"] == "pin_call.rescheduled")
    assert (event["data"]["old_start"], event["data"]["start"]) == (booked["start"], "2026-03-04T15:00:00Z")
    calendar = api.get(f"{path}.ics")
    assert calendar.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "SEQUENCE:1" in calendar.text


def test_a_cancelled_call_stays_to_be_seen_and_its_numbers_can_be_booked_again(api: Caller, ready: Walk) -> None:
    booked = api.post(f"{at(ready)}/pin-calls", {"start": first_slot(api, ready)}).json
    path = f"{at(ready)}/pin-calls/{booked['id']}"
    assert (api.delete(path).status, api.delete(path).code) == (204, "illegal_transition")
    assert api.get(path).json["status"] == "cancelled"
    shown = api.get(at(ready)).json
    assert (shown["pin_call"], len(shown["pin_calls"])) == (None, 1)
    assert api.post(f"{at(ready)}/pin-calls", {"start": first_slot(api, ready)}).status == 201


@pytest.mark.parametrize(
    "tail", ["pin-calls/00000000-0000-4000-8000-000000000000", "pin-calls/x", "requirements/nope/claim"]
)
def test_what_the_ticket_has_not_is_404(api: Caller, ready: Walk, tail: str) -> None:
    assert (
        api.send("POST" if "claim" in tail else "GET", f"{at(ready)}/{tail}", {} if "claim" in tail else None).status
        == 404
    )


def test_a_hold_is_nobodys_business(api: Caller, ready: Walk) -> None:
    hold = api.post(f"{at(ready)}/slot-holds", {"start": first_slot(api, ready)}).json
    assert api.get(f"{at(ready)}/pin-calls/{hold['id']}").status == 404
    assert api.get(at(ready)).json["pin_calls"] == []


def test_asking_the_bsp_is_recorded_and_the_turn_passes_to_it(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED, waba_owner="old_bsp")
    body = {
        "requested_at": "2026-03-02T14:00:00Z",
        "external_reference": "CASE-7",
        "promised_for": "2026-03-05T12:00:00-03:00",
    }
    shown = api.post(f"{at(walked)}/requirements/two_step_disabled/requested", body).json
    item = next(item for item in shown["requirements"]["items"] if item["code"] == "two_step_disabled")
    assert (item["state"], item["external_reference"]) == ("requested", "CASE-7")
    assert (item["requested_at"], item["promised_for"]) == ("2026-03-02T14:00:00Z", "2026-03-05T15:00:00Z")
    assert shown["waiting_on"]["party"] == "old_bsp"
    assert [chase["requirement"] for chase in api.get(f"{at(walked)}/chases").data] == ["two_step_disabled"]


def test_an_identifier_is_answered_with_its_value(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED, waba_id=None)
    claim = f"{at(walked)}/requirements/waba_id/claim"
    assert api.post(claim).entries == [("#/value", "required")]
    assert api.post(claim, {"value": "12"}).entries == [("#/value", "invalid_identifier")]
    assert api.post(claim, {"value": "102290129340398"}).json["form"]["waba_id"] == "102290129340398"


def test_only_the_desk_can_say_that_sending_works(api: Caller, meta: object, walk: Walker) -> None:
    answer = api.post(f"{at(walk(Path.LIVE))}/requirements/send_receive_test/claim")
    assert (answer.status, answer.code) == (403, "permission_denied")


def test_a_call_that_tickets_share_has_one_id_and_each_shows_its_own_numbers(api: Caller, walk: Walker) -> None:
    one, two = (walk(Path.READY, number, group_reference="sol-2026") for number in (NUMBER, OTHER_NUMBER))
    booked = api.post(f"{at(one)}/pin-calls", {"start": first_slot(api, one)}).json
    offered = api.get(f"{at(two)}/slots").data[0]
    assert (offered["start"], offered["reasons"][-1]["code"]) == (booked["start"], "joins_your_call")
    before = api.get(at(one))
    joined = api.post(f"{at(two)}/pin-calls", {"start": booked["start"]})
    assert (joined.status, joined.json["id"], joined.json["numbers"]) == (201, booked["id"], [OTHER_NUMBER])
    assert (joined.json["sequence"], joined.json["end"]) == (1, offered["end"])
    after = api.get(at(one))
    assert after.json["pin_call"] == joined.json | {"numbers": [NUMBER]}
    assert after.headers["ETag"] != before.headers["ETag"]
    assert api.delete(f"{at(one)}/pin-calls/{booked['id']}").status == 204
    assert api.get(at(one)).json["pin_calls"][0]["status"] == "cancelled"
    left = api.get(at(two)).json["pin_call"]
    assert (left["id"], left["numbers"], left["end"]) == (booked["id"], [OTHER_NUMBER], booked["end"])


def test_a_promised_day_is_over_when_its_business_ends_at_the_client(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED, waba_owner="old_bsp")
    path = f"{at(walked)}/requirements/two_step_disabled/requested"
    shown = api.post(path, {"promised_for": "2026-03-05"}).json
    item = next(item for item in shown["requirements"]["items"] if item["code"] == "two_step_disabled")
    assert item["promised_for"] == "2026-03-05T21:00:00Z"
    for wrong in ("2026-02-30", "2026-03-05T12:00", "Thursday", 20260305, "9999-12-31", "٢٠٢٦-03-05", ["2026-03-05"]):
        answer = api.post(path, {"promised_for": wrong})
        assert (answer.status, answer.entries) == (422, [("#/promised_for", "invalid")])
    details = [entry["detail"] for entry in api.post(path, {"promised_for": "Thursday"}).json["errors"]]
    assert details == ["Give a day, e.g. 2026-03-06, or a moment with its offset, e.g. 2026-03-06T15:00:00Z."]


def test_a_promise_that_has_passed_is_refused_and_nothing_changes(
    api: Caller, walk: Walker, clock_at: Callable[[datetime], None]
) -> None:
    walked = walk(Path.FILED, waba_owner="old_bsp")
    path = f"{at(walked)}/requirements/two_step_disabled/requested"
    api.post(path, {"external_reference": "INC-1", "promised_for": "2026-03-05"})
    before = walked.requirement("two_step_disabled")
    clock_at(datetime(2026, 3, 2, 22, 30, tzinfo=UTC))  # half past seven in the evening at the client
    for passed in ("2026-03-01", "2020-01-01", "2026-03-02T22:30:00Z", "2026-03-02T19:29:00-03:00"):
        answer = api.post(path, {"promised_for": passed})
        assert (answer.status, answer.code, answer.entries) == (
            422,
            "validation_failed",
            [("#/promised_for", "invalid")],
        )
    row = walked.requirement("two_step_disabled")
    assert (row.promised_for, row.requested_at, row.updated_at) == (
        before.promised_for,
        before.requested_at,
        before.updated_at,
    )
    items = api.post(path, {"promised_for": "2026-03-02"}).json["requirements"]["items"]
    # Today, said after business: until midnight at the client.
    assert "2026-03-03T03:00:00Z" in [item["promised_for"] for item in items]


def test_asking_again_keeps_the_case_number_unless_it_is_cleared(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED, waba_owner="old_bsp")
    path = f"{at(walked)}/requirements/two_step_disabled/requested"
    for body, known in (
        ({"external_reference": "INC-1"}, "INC-1"),
        ({"promised_for": "2026-03-05"}, "INC-1"),
        ({"external_reference": "INC-2"}, "INC-2"),
        ({"external_reference": None}, ""),
        ({"external_reference": "INC-3"}, "INC-3"),
        ({"external_reference": ""}, ""),
    ):
        assert api.post(path, body).status == 200
        assert walked.requirement("two_step_disabled").external_reference == known


def test_too_late_a_change_is_refused_with_the_moment_it_became_so(
    api: Caller, ready: Walk, clock_at: Callable[[datetime], None]
) -> None:
    call = ready.book(ready.now.replace(minute=0) + timedelta(hours=24))
    address = f"{at(ready)}/pin-calls/{call.uid}"
    clock_at(call.start - timedelta(minutes=119))
    later = (call.start + timedelta(days=1)).isoformat()
    for answer in (api.send("PATCH", address, {"start": later}), api.send("DELETE", address)):
        assert (answer.status, answer.code, answer.json["allowed"]) == (409, "illegal_transition", [])
        assert answer.json["cut_off_at"] == (call.start - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    clock_at(call.start - timedelta(minutes=120))
    assert api.send("DELETE", address).status == 204


def test_the_file_of_a_call_is_published_and_follows_it(api: Caller, ready: Walk) -> None:
    booked = api.post(f"{at(ready)}/pin-calls", {"start": "2026-03-04T15:00:00Z", "timezone": "Europe/Madrid"}).json
    path = f"{at(ready)}/pin-calls/{booked['id']}"
    first = api.get(f"{path}.ics").text.replace("\r\n ", "")
    assert "METHOD:PUBLISH" in first
    assert "ATTENDEE" not in first
    assert f"UID:{booked['id']}@portero" in first
    assert "DTSTART;TZID=Europe/Madrid:20260304T160000" in first
    assert "STATUS:CONFIRMED" in first
    assert api.delete(path).status == 204
    last = api.get(f"{path}.ics").text
    assert "STATUS:CANCELLED" in last
    assert f"SEQUENCE:{api.get(path).json['sequence']}" in last
    assert "SEQUENCE:1" in last


def test_the_file_of_a_hold_is_nobodys_business(api: Caller, ready: Walk) -> None:
    hold = api.post(f"{at(ready)}/slot-holds", {"start": first_slot(api, ready)}).json
    assert api.get(f"{at(ready)}/pin-calls/{hold['id']}.ics").status == 404


def test_the_calls_of_a_ticket_are_a_list_page_by_page(
    api: Caller, ready: Walk, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        booked = api.post(f"{at(ready)}/pin-calls", {"start": first_slot(api, ready)})
        api.delete(booked.headers["Location"].removeprefix("http://testserver"))
    api.post(f"{at(ready)}/slot-holds", {"start": first_slot(api, ready)})
    with django_assert_max_num_queries(8):
        page = api.get(f"{at(ready)}/pin-calls?limit=2").json
    rest = api.get(f"{at(ready)}/pin-calls?limit=2&cursor={page['next_cursor']}").json
    shown = api.get(at(ready)).json["pin_calls"]
    assert len(shown) == 3
    assert sorted(one["id"] for one in [*page["data"], *rest["data"]]) == sorted(one["id"] for one in shown)
    assert (page["data"][0] in shown, rest["next_cursor"]) == (True, None)
    assert page["data"][0]["numbers"] == [NUMBER, OTHER_NUMBER]
    assert api.get(f"{at(ready)}/pin-calls?state=booked").code == "unknown_parameter"
