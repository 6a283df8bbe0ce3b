"""The closed lists of the contract: what integrators have built on is in the code and in the description, by these very words."""

from typing import Any

import pytest

from config.core.api.codes import CATALOGUE
from config.openapi import published
from migrations_app import enums
from migrations_app.enums.reasons import ReasonCode
from migrations_app.rules.requirements import CATALOGUE as REQUIREMENTS
from tickets import enums as desk

PROBLEMS = """invalid_body invalid_parameter unknown_parameter validation_failed unknown_field required invalid_choice
invalid_phone_number invalid_identifier identifiers_not_distinct duplicate_in_request too_many_items
business_app_number kind_not_supported number_already_open idempotency_key_invalid idempotency_key_reused
idempotency_in_progress precondition_failed precondition_required illegal_transition slot_taken slot_not_available
hold_expired cursor_invalid cursor_expired not_found not_authenticated permission_denied method_not_allowed
not_acceptable payload_too_large unsupported_media_type throttled internal_error temporarily_unavailable"""
EVENTS = """ticket.created ticket.submitted ticket.status_changed ticket.routed ticket.assigned ticket.commented ticket.updated
ticket.cancelled ticket.closed ticket.deleted requirement.changed chase.sent chase.answered chase.escalated
pin_call.booked pin_call.rescheduled pin_call.cancelled pin_call.no_show number.state_changed sla.warned sla.breached"""
REASONS = """invalid_phone_number not_a_whatsapp_capable_line behind_ivr otp_needs_voice brazil_ninth_digit mexico_prefix
contact_phone_is_migrating_number business_app_number on_premise_sunset two_step_enabled two_step_unknown
business_not_verified business_verification_pending connection_not_connected number_banned number_restricted
waba_id_missing business_manager_id_missing invalid_identifier identifiers_not_distinct waba_owned_by_bsp
display_name_not_approved destination_not_ready number_cap_exceeded unknown_bsp old_bsp_client_only
number_already_open duplicate_in_request"""
WORDS: dict[str, tuple[Any, str]] = {
    "problems": (CATALOGUE, PROBLEMS),
    "events": (desk.FEED_EVENTS, EVENTS),
    "reasons": (ReasonCode, REASONS),
    "status": (
        [*desk.TicketStatus, desk.ON_HOLD],
        "draft new open in_progress waiting scheduled on_hold resolved closed rejected cancelled",
    ),
    "category": (desk.StatusCategory, "open pending done"),
    "kind": (desk.TicketKind, "number_migration coexistence template_request channel_request question"),
    "party": (desk.Party, "client old_bsp onboarding meta nobody"),
    "cancel": (desk.CancelReason, "client_stayed client_unresponsive old_bsp_refused duplicate not_migratable other"),
    "scopes": (desk.Scope, "tickets:read tickets:write webhooks:manage"),
    "files": (desk.FileType, "application/pdf image/png image/jpeg text/plain text/csv"),
    "stage": (enums.Stage, "triage requirements ready scheduled in_call verifying closing done cancelled rejected"),
    "flow": (
        enums.Flow,
        "number_by_api number_by_embedded_signup waba_switch multi_partner hosting_change business_app_coexistence",
    ),
    "number": (
        enums.NumberState,
        "pending initiated code_requested code_verified registered live cooling_down failed skipped",
    ),
    "requirement state": (enums.RequirementState, "unmet requested claimed met waived failed"),
    "attempt": (enums.AttemptState, "planned sending sent failed unknown bounced"),
    "verification": (enums.BusinessVerification, "verified unverified pending rejected unknown"),
    "hosting": (enums.Hosting, "cloud_api on_premise unknown"),
    "connection": (
        enums.ConnectionStatus,
        "connected pending disconnected flagged restricted rate_limited banned deleted unverified migrated unknown",
    ),
    "two step": (enums.TwoStep, "enabled disabled unknown"),
    "owner": (enums.WabaOwner, "client old_bsp unknown"),
    "moves": (enums.Moves, "number waba hosting unknown"),
    "line": (enums.LineType, "mobile landline voip toll_free shared_cost other unknown"),
    "otp": (enums.OtpMethod, "sms voice"),
    "name": (enums.DisplayNameStatus, "approved pending declined unknown"),
}
MORE = {"problems": {"invalid"}}
"""Words that came later: a list may grow."""
OWNERS = """waba_id client schedule
business_manager_id client schedule
two_step_disabled old_bsp schedule
business_verified meta schedule
account_approved meta schedule
display_name_approved old_bsp start
destination_account_ready client schedule
wallet_funded client schedule
destination_payment onboarding start
app_subscribed onboarding start
otp_channel client schedule
otp_contact client schedule
notification_accepted client start
open_conversations_ack client start
templates_ack client start
low_traffic_window client nothing
invoices_settled client nothing
contacts_exported client nothing
campaigns_paused client nothing
send_receive_test onboarding resolve
templates_checked onboarding resolve"""
CLOSING = {"two_step_reenabled", "quality_24h", "old_contract_cancelled", "refund_claimed"}


def values(words: Any) -> set[str]:
    return {str(getattr(word, "value", word)) for word in words}


@pytest.mark.parametrize("name", WORDS)
def test_a_list_has_the_words_that_were_promised(name: str) -> None:
    words, promised = WORDS[name]
    assert set(promised.split()) <= values(words)
    assert values(words) - set(promised.split()) <= MORE.get(name, set())


def test_requirements_have_the_owner_and_block_what_was_promised() -> None:
    found = {code.value: (kind.owner.value, kind.blocks.value) for code, kind in REQUIREMENTS.items()}
    promised = {code: (owner, blocks) for code, owner, blocks in (line.split() for line in OWNERS.splitlines())}
    assert {code: row for code, row in found.items() if code not in CLOSING} == promised
    assert {found[code][1] for code in CLOSING} == {"nothing"}


def enumerations(node: Any) -> Any:
    """Give every list of words in the description."""
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            yield {word for word in node["enum"] if word is not None}
        for value in node.values():
            yield from enumerations(value)
    elif isinstance(node, list):
        for value in node:
            yield from enumerations(value)


@pytest.mark.parametrize("name", [name for name in WORDS if name != "cancel"])
def test_the_description_has_each_list_whole(name: str) -> None:
    wanted = values(WORDS[name][0])
    shown = [{word for word in words if isinstance(word, str)} for words in enumerations(published())]
    assert any(wanted - MORE.get(name, set()) <= words for words in shown)


def test_the_description_has_a_code_of_the_list_wherever_it_names_one() -> None:
    problem = published()["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert set(problem) == set(CATALOGUE)
    for methods in published()["paths"].values():
        for operation in methods.values():
            assert set(operation["x-codes"]) <= set(CATALOGUE)
