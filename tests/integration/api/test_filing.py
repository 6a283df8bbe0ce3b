"""Filing: what is taken, what is refused with its own code, drafts, and who holds a number."""

from typing import Any

import pytest

from tests.factories.forms import NUMBER, OTHER_NUMBER, answers
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Caller
from tickets.models import Event, Ticket


def test_a_complete_form_is_201_with_location_and_etag(api: Caller) -> None:
    answer = api.post("tickets", answers())
    assert answer.status == 201
    assert answer.headers["Location"] == f"http://testserver/api/v1/tickets/{answer.json['reference']}"
    again = api.get(answer.headers["Location"].removeprefix("http://testserver"))
    assert (again.json, again.etag) == (answer.json, answer.etag)


def test_the_answer_shows_the_form_as_filed(api: Caller) -> None:
    filed = answers(current_bsp="  MessageBird ", destination="gupshup")
    shown = api.post("tickets", filed).json
    assert shown["current_bsp"] == {"slug": "bird", "name": "Bird"}
    assert shown["destination"]["slug"] == "gupshup"
    assert shown["client"] == filed["client"]
    assert shown["form"]["waba_id"] == filed["waba_id"]
    number = shown["phone_numbers"][0]
    assert {name: number[name] for name in filed["phone_numbers"][0]} == filed["phone_numbers"][0]


def test_numbers_may_be_plain_strings(api: Caller) -> None:
    shown = api.post("tickets", answers() | {"phone_numbers": ["+55 11 98765-4321"]}).json
    assert [number["number"] for number in shown["phone_numbers"]] == [NUMBER]


def test_null_is_the_same_as_absent(api: Caller) -> None:
    optional = ["kind", "submit", "destination", "waba_id", "business_manager_id", "waba_owner", "moves", "notes"]
    optional += ["two_step_verification", "uses_business_app", "low_traffic_windows", "client_reference"]
    shown = api.post("tickets", answers() | dict.fromkeys(optional))
    assert (shown.status, shown.json["kind"], shown.json["status"]["value"]) == (201, "number_migration", "waiting")


def test_a_bsp_that_nobody_knows_is_kept_by_name_and_sent_to_triage(api: Caller) -> None:
    shown = api.post("tickets", answers(current_bsp="Tia Maria Messaging")).json
    assert shown["current_bsp"] == {"slug": None, "name": "Tia Maria Messaging"}
    assert (shown["stage"], shown["queue"]["slug"]) == ("triage", "triage")


@pytest.mark.parametrize("kind", ["coexistence", "template_request", "channel_request", "question"])
def test_kinds_that_are_not_built_yet_are_refused_by_name(api: Caller, kind: str) -> None:
    answer = api.post("tickets", {"kind": kind, "client": {"name": "x"}})
    assert (answer.status, answer.code, answer.entries) == (
        422, "kind_not_supported", [("#/kind", "kind_not_supported")],
    )  # fmt: skip


def test_a_business_app_number_is_refused_with_the_kind_to_file_instead(api: Caller) -> None:
    answer = api.post("tickets", answers(uses_business_app=True))
    assert (answer.status, answer.code, answer.json["suggested_kind"]) == (422, "business_app_number", "coexistence")


def test_a_draft_needs_a_name_only(api: Caller) -> None:
    shown = api.post("tickets", {"client": {"name": "Padaria Sol"}, "submit": False})
    assert (shown.status, shown.json["status"]["value"], shown.json["stage"]) == (201, "draft", None)
    assert shown.json["available_actions"] == ["submit", "cancel"]
    assert api.post("tickets", {"submit": False}).entries == [("#/client/name", "required")]


def test_an_incomplete_draft_cannot_be_submitted(api: Caller) -> None:
    reference = api.post("tickets", {"client": {"name": "Padaria Sol"}, "submit": False}).json["reference"]
    answer = api.post(f"tickets/{reference}/actions/submit")
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert ("#/phone_numbers", "required") in answer.entries


def test_a_complete_draft_can_be_submitted_once(api: Caller) -> None:
    reference = api.post("tickets", answers(submit=False)).json["reference"]
    answer = api.post(f"tickets/{reference}/actions/submit")
    assert (answer.status, answer.json["status"]["value"]) == (200, "waiting")
    assert answer.etag == api.get(f"tickets/{reference}").etag
    again = api.post(f"tickets/{reference}/actions/submit")
    assert (again.status, again.code) == (409, "illegal_transition")
    assert again.json["allowed"] == ["cancel"]


def test_a_draft_can_be_deleted_and_a_ticket_cannot(api: Caller) -> None:
    reference = api.post("tickets", answers(submit=False)).json["reference"]
    gone = api.delete(f"tickets/{reference}")
    assert (gone.status, gone.text) == (204, "")
    assert api.get(f"tickets/{reference}").status == 404
    filed = api.post("tickets", answers()).json["reference"]
    assert api.delete(f"tickets/{filed}").code == "illegal_transition"


def test_your_own_open_ticket_is_named(api: Caller) -> None:
    first = api.post("tickets", answers()).json["reference"]
    answer = api.post("tickets", answers(NUMBER, OTHER_NUMBER))
    assert (answer.status, answer.code) == (409, "number_already_open")
    assert (answer.json["numbers"], answer.json["existing_ticket"]) == ([NUMBER], first)


def test_a_stranger_learns_that_the_number_is_held_and_no_more(api: Caller, api_stranger: Caller) -> None:
    reference = api.post("tickets", answers()).json["reference"]
    answer = api_stranger.post("tickets", answers())
    assert (answer.status, answer.json["numbers"]) == (409, [NUMBER])
    assert "existing_ticket" not in answer.json
    assert reference not in answer.text
    dispute = Event.objects.get(ticket_reference=reference, type="ticket.ownership_disputed")
    assert dispute.internal
    shown = api.get(f"tickets/{reference}/events").text
    assert "disputed" not in shown
    assert "Farmacia" not in shown


def test_submitting_a_draft_of_a_held_number_raises_the_same_dispute(api: Caller, api_stranger: Caller) -> None:
    held = api.post("tickets", answers()).json["reference"]
    draft = api_stranger.post("tickets", answers(submit=False)).json["reference"]
    answer = api_stranger.post(f"tickets/{draft}/actions/submit")
    assert (answer.status, answer.code) == (409, "number_already_open")
    assert Event.objects.filter(ticket_reference=held, type="ticket.ownership_disputed").count() == 1


def test_422_goes_before_409(api: Caller) -> None:
    api.post("tickets", answers())
    assert api.post("tickets", answers(hosting="basement")).status == 422


@pytest.mark.parametrize(
    ("filed", "variant"), [("+5511987654321", "+551187654321"), ("+525512345678", "+5215512345678")]
)
def test_variants_of_a_number_are_the_same_number(api: Caller, filed: str, variant: str) -> None:
    assert api.post("tickets", answers(filed)).status == 201
    second = api.post("tickets", answers(variant))
    assert (second.status, second.json["numbers"]) == (409, [variant])


def test_old_forms_are_taken_as_given_with_the_candidate_in_a_warning(api: Caller) -> None:
    number = api.post("tickets", answers("+551187654321")).json["phone_numbers"][0]
    assert number["number"] == "+551187654321"
    warning = number["warnings"][0]
    assert (warning["code"], warning["candidate"]) == ("brazil_ninth_digit", "+5511987654321")


def test_drafts_and_test_tickets_hold_no_number(api: Caller, api_test: Caller) -> None:
    assert api.post("tickets", answers(submit=False)).status == 201
    assert api_test.post("tickets", answers()).status == 201
    assert api.post("tickets", answers()).status == 201


@pytest.mark.parametrize("path", [Path.CANCELLED, Path.REJECTED])
def test_a_ticket_that_ended_lets_go(api: Caller, walk: Walker, path: Path) -> None:
    walk(path)
    assert api.post("tickets", answers()).status == 201


@pytest.mark.parametrize("body", [None, {}, {"reason": None}, {"reason": "duplicate"}])
def test_cancelling_takes_a_reason_or_none(api: Caller, walk: Walker, body: Any) -> None:
    ticket = walk(Path.FILED).ticket
    answer = api.post(f"tickets/{ticket.reference}/actions/cancel", body)
    assert (answer.status, answer.json["status"]["value"]) == (200, "cancelled")
    reason = "duplicate" if body and body["reason"] else "other"
    assert Ticket.objects.get(pk=ticket.pk).cancel_reason == reason


def test_an_ended_ticket_tells_what_can_be_done(api: Caller, walk: Walker) -> None:
    reference = walk(Path.CANCELLED).ticket.reference
    answer = api.post(f"tickets/{reference}/actions/cancel")
    assert (answer.status, answer.json["allowed"]) == (409, ["reopen"])
    assert api.post(f"tickets/{reference}/actions/reopen").json["status"]["value"] == "waiting"


@pytest.mark.parametrize("body", ["[]", "null", "0", '""'])
def test_an_action_takes_no_other_body_than_an_object(api: Caller, walk: Walker, body: str) -> None:
    reference = walk(Path.DRAFT).ticket.reference
    assert api.post(f"tickets/{reference}/actions/submit", body).code == "invalid_body"
    assert api.post(f"tickets/{reference}/actions/submit", {"x": 1}).entries == [("#/x", "unknown_field")]


def test_a_language_may_be_spelt_as_elsewhere_and_is_answered_in_our_own_spelling(api: Caller) -> None:
    body = answers()
    body["client"]["language"] = "pt_BR"
    body["phone_numbers"][0]["otp_contact"]["language"] = "es-MX"
    shown = api.post("tickets", body).json
    assert shown["client"]["language"] == "pt-br"
    assert shown["phone_numbers"][0]["otp_contact"]["language"] == "es"
    body["client"]["language"] = "de-DE"
    refused = api.post("tickets", body)
    assert refused.entries == [("#/client/language", "invalid_choice")]
    assert refused.json["errors"][0]["detail"] == "Use one of: en, es, pt-br, ru, ca."


def test_what_is_not_in_a_list_is_refused_with_the_list(api: Caller) -> None:
    refused = api.post("tickets", {**answers(), "hosting": "basement"})
    assert refused.entries == [("#/hosting", "invalid_choice")]
    assert refused.json["errors"][0]["detail"] == "Use one of: cloud_api, on_premise, unknown."
