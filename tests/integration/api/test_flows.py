"""Moves without a call as a partner meets them, and the destinations with what they ask for."""

import pytest

from migrations_app.models import Playbook
from migrations_app.services.flow_choice import choose_flow
from migrations_app.services.move_recording import record_moved
from migrations_app.services.playbooks import playbook_data
from tests.factories.forms import OTHER_NUMBER, answers
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Caller


def test_a_waba_switch_asks_for_no_call_and_says_whose_step_it_is(api: Caller) -> None:
    filed = api.post("tickets", answers(moves="waba")).json
    assert (filed["flow"], filed["requirements"]["blocking"]) == ("waba_switch", ["open_conversations_ack"])
    path = f"tickets/{filed['reference']}"
    ready = api.post(f"{path}/requirements/open_conversations_ack/claim", {"statement": "Understood."}).json
    assert (ready["stage"], ready["waiting_on"]["party"]) == ("ready", "client")
    assert ready["suggested_action"]["code"] == "switch_waba"
    assert "last three or the first four days" in ready["suggested_action"]["message"]
    [chase] = api.get(f"{path}/chases").data
    assert (chase["requirement"], chase["state"]) == ("open_conversations_ack", "answered")
    assert chase["requirements"] == ["open_conversations_ack"]
    for refusal in (api.get(f"{path}/slots"), api.post(f"{path}/slot-holds", {"start": "2026-03-04T15:00:00Z"})):
        assert (refusal.status, refusal.code) == (409, "illegal_transition")
        assert (refusal.json["allowed"], refusal.json["blocking"]) == ([], [])
        assert refusal.json["detail"] == "This move needs no verification-code call."


@pytest.mark.parametrize("language", ["es", "pt-br", "ru", "ca"])
def test_the_step_is_told_in_the_callers_language(api: Caller, language: str) -> None:
    reference = api.post("tickets", answers(moves="hosting")).json["reference"]
    english = api.get(f"tickets/{reference}").json["suggested_action"]
    other = api.get(f"tickets/{reference}", Accept_Language=language).json["suggested_action"]
    assert other["code"] == english["code"] == "change_hosting"
    assert other["message"] != english["message"]


def test_a_recorded_move_and_a_decided_flow_are_events_that_a_partner_can_follow(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    choose_flow(ticket_id=walked.ticket.pk, flow="hosting_change", reason="Same account.", by=walked.desk, now=walk.now)  # type: ignore[arg-type]
    record_moved(ticket_id=walked.ticket.pk, by=walked.desk, now=walk.now)
    shown = api.get(f"tickets/{walked.ticket.reference}").json
    assert (shown["flow"], shown["stage"], shown["phone_numbers"][0]["state"]) == (
        "hosting_change",
        "verifying",
        "registered",
    )
    events = api.get(f"tickets/{walked.ticket.reference}/events").data
    flow = next(event for event in events if event["data"].get("flow"))
    assert flow["data"] == {"fields": ["flow"], "old_flow": "number_by_api", "flow": "hosting_change"}
    assert "Same account." not in str(events)


def test_the_business_app_is_refused_by_every_door(api: Caller) -> None:
    body = answers(uses_business_app=True)
    single = api.post("tickets", body)
    assert (single.status, single.json["suggested_kind"]) == (422, "coexistence")
    batch = api.post("tickets/batch", {"tickets": [body, answers(OTHER_NUMBER)]}).data
    assert (batch[0]["problem"]["code"], batch[0]["problem"]["suggested_kind"]) == (
        "business_app_number",
        "coexistence",
    )
    assert batch[1]["status"] == 201
    path = f"tickets/{batch[1]['ticket']['reference']}"
    changed = api.patch(path, {"uses_business_app": True}, If_Match="*")
    assert (changed.status, changed.code, changed.json["suggested_kind"]) == (422, "business_app_number", "coexistence")


def test_destinations_tell_flows_stages_credit_and_source(api: Caller) -> None:
    found = {row["slug"]: row for row in api.get("destinations").data}
    assert set(found) == {entry["slug"] for entry in playbook_data()["playbooks"]}
    tonic = found["chat-tonic-gupshup"]
    assert (tonic["execution"], tonic["wallet_minimum"]) == ("provider_console", {"amount": 100, "currency": "USD"})
    assert [stage["slug"] for stage in tonic["stages"]] == ["two-step-off", "account", "session", "finish"]
    session = tonic["stages"][2]
    assert (session["duration"], session["numbers_move"]) == ({"least": 30, "most": 30, "unit": "minutes"}, True)
    flows = {flow["flow"]: flow for flow in found["cloud-api"]["flows"]}
    assert [name for name, flow in flows.items() if flow["call"]] == ["number_by_api"]
    assert "two_step_disabled" not in flows["waba_switch"]["requirements"]
    assert found["embedded-signup"]["flows"][0]["flow"] == "number_by_embedded_signup"
    assert found["sinch"]["source_url"].startswith("https://")
    assert found["sinch"]["verified_on"] == "2026-09-11"
    assert found["sinch"]["version"] == 1


def test_stages_are_told_in_the_callers_language_and_a_leads_words_as_they_are(api: Caller) -> None:
    Playbook.objects.get(slug="sinch").stages.filter(position=1).update(title="Our own words")
    spanish = {row["slug"]: row for row in api.get("destinations", Accept_Language="es").data}
    assert spanish["sinch"]["stages"][0]["title"] == "Our own words"
    assert spanish["chat-tonic-gupshup"]["stages"][2]["title"] == "Sesión conjunta"


def test_the_client_is_told_how_much_credit_the_wallet_needs(api: Caller) -> None:
    filed = api.post("tickets", answers(destination="chat-tonic-gupshup")).json
    items = {item["code"]: item for item in filed["requirements"]["items"]}
    assert items["wallet_funded"]["help"].endswith("Least credit in the wallet: USD 100.")
    assert items["low_traffic_window"]["blocks"] == "schedule"
