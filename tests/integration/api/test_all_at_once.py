"""One refusal names every wrong place, of shape and of sense; one that comes of the ticket's state says what can be done."""

from typing import Any

import pytest

from tests.factories.forms import answers
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Caller

pytestmark = pytest.mark.django_db
MISSING = {
    "#/client/contact_email",
    "#/phone_numbers",
    "#/current_bsp",
    "#/business_verification",
    "#/hosting",
    "#/connection_status",
}
MIXED: dict[str, Any] = {
    "client": {"name": "Padaria Sol", "timezone": "Moon"},
    "phone_numbers": ["12", {"number": "+5511987654321", "line_type": 3}, 5, {"line_type": "voip"}, "11987654321"],
    "hosting": "moon",
    "waba_id": "12",
    "notes": 4,
    "wishes": 1,
}


@pytest.mark.parametrize("body", [{}, {"client": None}, {"client": {}}])
def test_an_empty_form_is_told_everything_that_is_needed(api: Caller, body: dict[str, Any]) -> None:
    answer = api.post("tickets", body)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert set(answer.entries) == {(place, "required") for place in {"#/client/name", *MISSING}}


def test_places_of_wrong_shape_do_not_hide_those_that_make_no_sense(api: Caller) -> None:
    answer = api.post("tickets", MIXED)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert sorted(answer.entries) == [
        ("#/business_verification", "required"),
        ("#/client/contact_email", "required"),
        ("#/client/timezone", "invalid_choice"),
        ("#/connection_status", "required"),
        ("#/current_bsp", "required"),
        ("#/hosting", "invalid_choice"),
        ("#/notes", "invalid"),
        ("#/phone_numbers/0", "invalid_phone_number"),
        ("#/phone_numbers/1/line_type", "invalid_choice"),
        ("#/phone_numbers/2", "invalid"),
        ("#/phone_numbers/3/number", "required"),
        ("#/phone_numbers/4", "invalid_phone_number"),
        ("#/waba_id", "invalid_identifier"),
        ("#/wishes", "unknown_field"),
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"client": 7}, [("#/client", "invalid")]),
        ({"client": {"contact_email": "ana@example.com"}}, [("#/client/name", "required")]),
        ({"phone_numbers": "12"}, [("#/phone_numbers", "invalid")]),
        ({"low_traffic_windows": [{"weekday": 9}], "waba_id": "1"}, None),
        ({"kind": "coexistence", "notes": 1}, [("#/kind", "kind_not_supported"), ("#/notes", "invalid")]),
        ({"submit": "yes", "hosting": None}, [("#/submit", "invalid")]),
        ({"phone_numbers": ["+5511987654321"] * 101, "hosting": None}, None),
        ({"a/b~c": 1, "hosting": None}, [("#/a~1b~0c", "unknown_field"), ("#/hosting", "required")]),
    ],
)
def test_nothing_is_told_twice_and_nothing_that_may_be_right(
    api: Caller, changes: dict[str, Any], told: list[tuple[str, str]] | None
) -> None:
    answer = api.post("tickets", {**answers(), **changes})
    assert answer.status == 422
    places = [place for place, _code in answer.entries]
    assert len(places) == len(set(places))
    if told is not None:
        assert sorted(answer.entries) == sorted(told)


def test_the_kind_to_file_instead_is_told_whatever_else_is_wrong(api: Caller) -> None:
    answer = api.post("tickets", {**answers(), "uses_business_app": True, "notes": 4})
    assert (answer.code, answer.json["suggested_kind"]) == ("validation_failed", "coexistence")
    assert sorted(answer.entries) == [("#/notes", "invalid"), ("#/uses_business_app", "business_app_number")]


def test_too_many_numbers_do_not_hide_what_is_missing(api: Caller) -> None:
    numbers = [f"+55119876{place:05}" for place in range(101)]
    answer = api.post("tickets", {**answers(), "phone_numbers": numbers, "hosting": None})
    assert sorted(answer.entries) == [("#/hosting", "required"), ("#/phone_numbers", "too_many_items")]


def test_a_change_and_an_item_of_a_batch_are_told_as_much(api: Caller) -> None:
    item = api.post("tickets/batch", {"tickets": [MIXED, 5]}).data
    assert len(item[0]["problem"]["errors"]) == len(api.post("tickets", MIXED).entries)
    assert item[1]["problem"]["errors"] == [
        {"pointer": "#", "code": "invalid", "detail": "This must be a JSON object."}
    ]
    draft = api.post("tickets", {"client": {"name": "Padaria Sol"}, "submit": False})
    answer = api.send(
        "PATCH",
        f"tickets/{draft.json['reference']}",
        {"hosting": "moon", "waba_id": "12", "submit": True, "phone_numbers": ["12"], "client": {"name": 5}},
        If_Match=draft.etag,
    )
    assert sorted(answer.entries) == [
        ("#/client/name", "invalid"),
        ("#/hosting", "invalid_choice"),
        ("#/phone_numbers/0", "invalid_phone_number"),
        ("#/submit", "unknown_field"),
        ("#/waba_id", "invalid_identifier"),
    ]
    assert api.get(f"tickets/{draft.json['reference']}").etag == draft.etag


@pytest.mark.parametrize(
    "part", ["requirements/waba_id/claim", "requirements/two_step_disabled/requested", "pin-calls"]
)
def test_numbers_that_are_none_are_told_with_the_rest(api: Caller, walk: Walker, part: str) -> None:
    name = "numbers" if part == "pin-calls" else "phone_numbers"
    answer = api.post(
        f"tickets/{walk(Path.FILED).ticket.reference}/{part}", {name: ["5511987654321", "12", 7], "wish": 1}
    )
    assert {(f"#/{name}/1", "invalid_phone_number"), (f"#/{name}/2", "invalid"), ("#/wish", "unknown_field")} <= set(
        answer.entries
    )


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (Path.DRAFT, ["submit", "cancel"]),
        (Path.FILED, ["cancel"]),
        (Path.CANCELLED, ["reopen"]),
        (Path.REJECTED, []),
    ],
)
def test_a_refused_action_names_those_that_are_possible(
    api: Caller, walk: Walker, path: Path, allowed: list[str]
) -> None:
    ticket = f"tickets/{walk(path).ticket.reference}"
    assert api.get(ticket).json["available_actions"] == allowed
    refused = [api.post(f"{ticket}/actions/{name}") for name in ("submit", "cancel", "reopen") if name not in allowed]
    refused += [api.send("DELETE", ticket)] if path is not Path.DRAFT else []
    refused += [api.post(f"{ticket}/requirements/waba_id/claim", {})] if path in {Path.DRAFT, Path.CANCELLED} else []
    refused += [api.get(f"{ticket}/slots")] if path is not Path.DRAFT else []
    for answer in refused:
        assert (answer.status, answer.code, answer.json["allowed"]) == (409, "illegal_transition", allowed)


def test_a_state_that_cannot_follow_is_told_in_a_sentence_of_the_callers_language(api: Caller, walk: Walker) -> None:
    asked = f"tickets/{walk(Path.FILED).ticket.reference}/requirements/business_verified/requested"
    told = {
        language: api.post(asked, {}, Accept_Language=language).json for language in ("en", "es", "pt-br", "ru", "ca")
    }
    assert told["en"]["detail"] == "It is “met” now, and cannot become “requested” from there."
    assert len({each["detail"] for each in told.values()}) == 5
    assert all("met" in each["detail"] and "requested" in each["detail"] for each in told.values())
