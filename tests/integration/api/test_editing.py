"""Changing a ticket: a JSON merge patch on a known version; requirements, lines and stage follow, progress stays."""

from collections.abc import Callable
from typing import Any

import pytest

from migrations_app.enums import NumberState
from migrations_app.models import NumberMove, PinCall
from providers.models import Bsp
from tests.factories.forms import NUMBER, OTHER_NUMBER, answers
from tests.factories.walks import Path, Walk, Walker
from tests.integration.api.caller import Answer, Caller
from tickets.models import Event, Ticket

MERGE = "application/merge-patch+json"
SPANISH = "+34600111222"


def change(api: Caller, reference: str, body: dict[str, Any], **headers: str) -> Answer:
    ticket = f"tickets/{reference}"
    return api.patch(ticket, body, If_Match=api.get(ticket).etag, **headers)


def requirement(document: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in document["requirements"]["items"] if item["code"] == code)
    return found


def states(document: dict[str, Any], code: str) -> dict[str, str]:
    return {row["number"]: row["state"] for row in requirement(document, code)["numbers"]}


@pytest.fixture
def filed(walk: Walker) -> Walk:
    return walk(Path.FILED, NUMBER, OTHER_NUMBER)


@pytest.mark.parametrize("media_type", [MERGE, "application/json"])
def test_a_change_is_answered_with_the_whole_ticket_and_its_tag(api: Caller, filed: Walk, media_type: str) -> None:
    before = api.get(f"tickets/{filed.ticket.reference}").json
    answer = change(api, filed.ticket.reference, {"notes": "Call after lunch"}, Content_Type=media_type)
    assert (answer.status, answer.json["form"]["notes"]) == (200, "Call after lunch")
    assert answer.json["version"] == before["version"] + 1
    assert answer.etag == api.get(f"tickets/{filed.ticket.reference}").etag


def test_what_is_not_named_stays(api: Caller, filed: Walk) -> None:
    reference = filed.ticket.reference
    before = api.get(f"tickets/{reference}").json
    after = change(api, reference, {"client": {"contact_name": "Bia"}, "client_reference": "SOL-2"}).json
    assert after["client"] == before["client"] | {"contact_name": "Bia"}
    assert after["client_reference"] == "SOL-2"
    assert (after["form"], after["current_bsp"]) == (before["form"], before["current_bsp"])


def test_null_empties_an_answer(api: Caller, filed: Walk) -> None:
    after = change(api, filed.ticket.reference, {"waba_id": None, "client": {"country": None}, "notes": None}).json
    assert after["form"]["waba_id"] is None
    assert requirement(after, "waba_id")["state"] == "unmet"
    assert "waba_id" in after["requirements"]["blocking"]


def test_the_event_names_the_fields_and_tells_no_values(api: Caller, filed: Walk) -> None:
    change(
        api, filed.ticket.reference, {"notes": "secret plan", "client": {"contact_name": "Bia"}, "hosting": "cloud_api"}
    )
    event = Event.objects.get(ticket_id=filed.ticket.pk, type="ticket.updated")
    # The holder of the phones was the client's contact, so the numbers follow.
    assert event.data["fields"] == ["client.contact_name", "notes"]
    assert "secret plan" not in str(event.data)


def test_an_empty_change_raises_no_version(api: Caller, filed: Walk) -> None:
    before = api.get(f"tickets/{filed.ticket.reference}").json["version"]
    assert change(api, filed.ticket.reference, {}).json["version"] == before
    assert change(api, filed.ticket.reference, {"hosting": "cloud_api"}).json["version"] == before
    assert not Event.objects.filter(type="ticket.updated").exists()


def test_searching_finds_the_new_words(api: Caller, filed: Walk) -> None:
    change(api, filed.ticket.reference, {"client": {"name": "Confeitaria Estrela"}, "client_reference": "XYZ-9"})
    assert len(api.get("tickets?q=confeitaria").data) == 1
    assert len(api.get("tickets?q=xyz-9").data) == 1
    assert api.get("tickets?q=sol-1").data == []


def test_what_the_answers_decide_moves(api: Caller, filed: Walk) -> None:
    reference = filed.ticket.reference
    after = change(api, reference, {"two_step_verification": "disabled"}).json
    assert states(after, "two_step_disabled") == {NUMBER: "claimed", OTHER_NUMBER: "claimed"}
    assert after["stage"] == "ready"
    back = change(api, reference, {"two_step_verification": "enabled", "business_verification": "pending"}).json
    assert states(back, "two_step_disabled") == {NUMBER: "unmet", OTHER_NUMBER: "unmet"}
    assert requirement(back, "business_verified")["state"] == "unmet"
    assert back["stage"] == "requirements"


def test_what_a_person_decided_or_claimed_is_not_undone_by_another_answer(api: Caller, walk: Walker) -> None:
    ready = walk(Path.READY)
    after = change(api, ready.ticket.reference, {"notes": "x", "hosting": "on_premise"}).json
    assert states(after, "two_step_disabled") == {NUMBER: "claimed"}


def test_a_new_number_gets_requirements_of_its_own(api: Caller, filed: Walk) -> None:
    after = change(api, filed.ticket.reference, {"phone_numbers": [NUMBER, OTHER_NUMBER, SPANISH]}).json
    assert [number["number"] for number in after["phone_numbers"]] == [NUMBER, OTHER_NUMBER, SPANISH]
    assert states(after, "two_step_disabled") == dict.fromkeys([NUMBER, OTHER_NUMBER, SPANISH], "unmet")
    assert NumberMove.objects.get(number=SPANISH).holding
    assert len(api.get(f"tickets?q={SPANISH[1:]}").data) == 1


def test_a_number_that_stays_keeps_what_the_item_leaves_out(api: Caller, filed: Walk) -> None:
    before = api.get(f"tickets/{filed.ticket.reference}").json["phone_numbers"]
    items = [{"number": OTHER_NUMBER, "display_name": "Sol Delivery"}, "+55 11 98765-4321"]
    after = change(api, filed.ticket.reference, {"phone_numbers": items}).json["phone_numbers"]
    assert after == [before[1] | {"display_name": "Sol Delivery"}, before[0]]


def test_a_number_that_goes_loses_its_requirements_and_lets_its_line_go(api: Caller, filed: Walk) -> None:
    after = change(api, filed.ticket.reference, {"phone_numbers": [OTHER_NUMBER]}).json
    assert states(after, "two_step_disabled") == {OTHER_NUMBER: "unmet"}
    assert api.post("tickets", answers(NUMBER)).status == 201


def test_the_last_open_number_gone_the_case_is_ready(api: Caller, filed: Walk) -> None:
    filed.claim(numbers=[NUMBER])
    after = change(api, filed.ticket.reference, {"phone_numbers": [NUMBER]}).json
    assert after["stage"] == "ready"
    # What must be confirmed before the call is still asked for; two-step verification is not.
    asked = {chase["requirement"]: chase for chase in api.get(f"tickets/{filed.ticket.reference}/chases").json["data"]}
    assert asked["two_step_disabled"]["next_at"] is None


@pytest.mark.parametrize("state", ["initiated", "code_requested", "cooling_down", "failed"])
def test_a_number_past_pending_cannot_be_taken_away(api: Caller, filed: Walk, state: str) -> None:
    NumberMove.objects.filter(number=NUMBER).update(state=state)
    answer = change(api, filed.ticket.reference, {"phone_numbers": [OTHER_NUMBER]})
    assert (answer.status, answer.code, answer.json["numbers"]) == (409, "illegal_transition", [NUMBER])
    assert change(api, filed.ticket.reference, {"phone_numbers": [OTHER_NUMBER, NUMBER]}).status == 200


def test_meta_knows_a_number_in_the_form_in_which_it_began(api: Caller, walk: Walker) -> None:
    begun = walk(Path.FILED, "+551187654321")
    NumberMove.objects.update(state=NumberState.INITIATED)
    after = change(api, begun.ticket.reference, {"phone_numbers": ["+5511987654321"]}).json
    assert [number["number"] for number in after["phone_numbers"]] == ["+551187654321"]


def test_a_call_that_was_only_for_a_number_that_goes_is_cancelled(api: Caller, walk: Walker) -> None:
    walked = walk(Path.READY, NUMBER, OTHER_NUMBER)
    start = api.get(f"tickets/{walked.ticket.reference}/slots?numbers={NUMBER[1:]}").data[0]["start"]
    booked = api.post(f"tickets/{walked.ticket.reference}/pin-calls", {"start": start, "numbers": [NUMBER]})
    assert booked.status == 201
    answer = change(api, walked.ticket.reference, {"phone_numbers": [OTHER_NUMBER]})
    assert answer.status == 200, answer.text
    after = answer.json
    assert (after["pin_call"], after["stage"]) == (None, "ready")
    assert PinCall.objects.get().state == "cancelled"


def test_a_number_in_a_running_call_cannot_be_taken_away(api: Caller, walk: Walker) -> None:
    walked = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)
    answer = change(api, walked.ticket.reference, {"phone_numbers": [NUMBER]})
    assert (answer.status, answer.json["numbers"]) == (409, [OTHER_NUMBER])


def test_a_number_of_another_open_ticket_cannot_be_added(api: Caller, api_stranger: Caller, filed: Walk) -> None:
    theirs = api_stranger.post("tickets", answers(SPANISH)).json["reference"]
    answer = change(api, filed.ticket.reference, {"phone_numbers": [NUMBER, OTHER_NUMBER, SPANISH]})
    assert (answer.status, answer.code, answer.json["numbers"]) == (409, "number_already_open", [SPANISH])
    assert "existing_ticket" not in answer.json
    assert Event.objects.filter(ticket_reference=theirs, type="ticket.ownership_disputed").count() == 1
    assert NumberMove.objects.filter(case__ticket=filed.ticket).count() == 2


HOLDS_NOT: list[tuple[dict[str, Any], str, str]] = [
    ({"phone_numbers": []}, "#/phone_numbers", "required"),
    ({"phone_numbers": None}, "#/phone_numbers", "required"),
    ({"phone_numbers": ["12"]}, "#/phone_numbers/0", "invalid_phone_number"),
    ({"phone_numbers": [SPANISH, "+34 600 111 222"]}, "#/phone_numbers/1", "duplicate_in_request"),
    ({"client": {"contact_email": None}}, "#/client/contact_email", "required"),
    ({"client": {"name": None}}, "#/client/name", "required"),
    ({"client": None}, "#/client", "required"),
    ({"current_bsp": None}, "#/current_bsp", "required"),
    ({"waba_id": "506914307656634"}, "#/business_manager_id", "identifiers_not_distinct"),
    ({"destination": "nowhere"}, "#/destination", "invalid_choice"),
    ({"kind": "question"}, "#/kind", "unknown_field"),
    ({"submit": True}, "#/submit", "unknown_field"),
    ({"status": "closed"}, "#/status", "unknown_field"),
    ({"low_traffic_windows": [{"weekday": 1}]}, "#/low_traffic_windows/0/start", "required"),
]


def test_a_change_is_judged_like_filing(api: Caller, filed: Walk, subtests: pytest.Subtests) -> None:
    before = api.get(f"tickets/{filed.ticket.reference}").text
    for body, pointer, code in HOLDS_NOT:
        with subtests.test(body=str(body)[:80]):
            answer = change(api, filed.ticket.reference, body)
            assert (answer.status, answer.code) == (422, "validation_failed"), answer.text
            assert (pointer, code) in answer.entries
            assert api.get(f"tickets/{filed.ticket.reference}").text == before


def test_a_number_cannot_turn_into_one_of_the_business_app(api: Caller, filed: Walk) -> None:
    assert change(api, filed.ticket.reference, {"uses_business_app": True}).code == "business_app_number"


def test_the_destination_changes_with_what_it_asks_for(api: Caller, filed: Walk) -> None:
    before = api.get(f"tickets/{filed.ticket.reference}").json
    other = next(row for row in api.get("destinations").data if row["slug"] == "sinch")
    after = change(api, filed.ticket.reference, {"destination": other["slug"]}).json
    assert after["destination"]["slug"] == other["slug"]
    open_now = {item["code"] for item in after["requirements"]["items"] if item["state"] != "waived"}
    assert open_now == set(other["requirements"])
    back = change(api, filed.ticket.reference, {"destination": before["destination"]["slug"]}).json
    kept = {item["code"]: item["state"] for item in back["requirements"]["items"] if item["state"] != "waived"}
    assert kept == {item["code"]: item["state"] for item in before["requirements"]["items"]}


def test_a_destination_stays_once_meta_knows_a_number_there(api: Caller, filed: Walk) -> None:
    NumberMove.objects.filter(number=NUMBER).update(state=NumberState.INITIATED)
    assert change(api, filed.ticket.reference, {"destination": "gupshup"}).json["numbers"] == [NUMBER]


def test_the_numbers_follow_the_status_and_contact_they_inherited(api: Caller) -> None:
    reference = api.post("tickets", answers() | {"phone_numbers": [NUMBER]}).json["reference"]
    after = change(api, reference, {"connection_status": "flagged", "client": {"contact_phone": "+551130002000"}}).json
    number = after["phone_numbers"][0]
    assert (number["connection_status"], number["otp_contact"]["phone"]) == ("flagged", "+551130002000")


def test_a_change_of_something_else_answers_nothing_of_a_draft(api: Caller) -> None:
    filed = api.post("tickets", {"client": {"name": "Padaria Sol"}, "submit": False})
    assert change(api, filed.json["reference"], {"notes": "Call in the morning."}).status == 200
    lacking = api.post(f"tickets/{filed.json['reference']}/actions/submit")
    needed = (
        "client/contact_email",
        "phone_numbers",
        "current_bsp",
        "business_verification",
        "hosting",
        "connection_status",
    )
    assert sorted(lacking.entries) == sorted((f"#/{name}", "required") for name in needed)


def test_a_draft_learns_what_it_still_lacks(api: Caller) -> None:
    reference = api.post("tickets", {"client": {"name": "Padaria Sol"}, "submit": False}).json["reference"]
    form = {name: value for name, value in answers().items() if name not in {"kind", "submit", "current_bsp"}}
    assert change(api, reference, form).json["status"]["value"] == "draft"
    lacking = api.post(f"tickets/{reference}/actions/submit")
    assert lacking.entries == [("#/current_bsp", "required")]
    assert change(api, reference, {"current_bsp": "infobip"}).status == 200
    assert not NumberMove.objects.filter(holding=True).exists()
    assert api.post(f"tickets/{reference}/actions/submit").json["status"]["value"] == "waiting"


@pytest.mark.parametrize(("path", "allowed"), [(Path.CANCELLED, ["reopen"]), (Path.REJECTED, [])])
def test_an_ended_ticket_cannot_be_changed(api: Caller, walk: Walker, path: Path, allowed: list[str]) -> None:
    answer = change(api, walk(path).ticket.reference, {"notes": "x"})
    assert (answer.status, answer.code, answer.json["allowed"]) == (409, "illegal_transition", allowed)


@pytest.mark.parametrize("path", [Path.RESOLVED, Path.CLOSED])
def test_a_ticket_that_is_done_cannot_be_changed(api: Caller, meta: object, walk: Walker, path: Path) -> None:
    assert change(api, walk(path).ticket.reference, {"notes": "x"}).code == "illegal_transition"


def test_answers_of_the_desk_are_not_undone(api: Caller, walk: Walker) -> None:
    """The desk found out which BSP it is; a client who changes its notes must not throw that away."""
    walked = walk(Path.TRIAGE)
    case = walked.case
    case.current_bsp = Bsp.objects.get(slug="twilio")
    case.save()
    after = change(api, walked.ticket.reference, {"notes": "x"}).json
    assert after["current_bsp"]["slug"] == "twilio"


AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


@pytest.mark.slow
def test_of_two_changes_at_once_one_must_look_again(at_once: AtOnce, api: Caller, walk: Walker) -> None:
    ticket = f"tickets/{walk(Path.FILED).ticket.reference}"
    tag = api.get(ticket).etag
    secret = api.secret

    def changing(notes: str) -> Callable[[], Answer]:
        return lambda: Caller(secret).patch(ticket, {"notes": notes}, If_Match=tag)

    found: list[Answer] = at_once([changing("one"), changing("two"), changing("three")])
    assert sorted(answer.status for answer in found) == [200, 412, 412]
    won = next(answer for answer in found if answer.status == 200)
    assert api.get(ticket).json["form"]["notes"] == won.json["form"]["notes"]
    assert Ticket.objects.get().version == won.json["version"]
