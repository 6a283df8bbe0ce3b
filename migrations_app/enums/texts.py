"""Words for people by code: requirements, reasons, suggested actions, errors."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

REQUIREMENT_TEXTS: dict[str, tuple[Any, Any]] = {
    "waba_id": (
        _("WhatsApp Business Account (WABA) ID"),
        _(
            "The digits that identify the account your numbers are in today. Find them in the business "
            "portfolio settings under WhatsApp accounts, or ask your current provider, who holds them."
        ),
    ),
    "business_manager_id": (
        _("Business portfolio (Business Manager) ID"),
        _(
            "The digits that identify your company's business portfolio at Meta. Find them in the business "
            "portfolio settings, under business portfolio info."
        ),
    ),
    "two_step_disabled": (
        _("Two-step verification switched off"),
        _(
            "Two-step verification of the number must be off before it can move. If your company owns the "
            "account, switch it off in WhatsApp Manager and have the portfolio administrator open the link "
            "in Meta's e-mail; otherwise ask your current provider. We never need your two-step PIN."
        ),
    ),
    "business_verified": (
        _("Business verified by Meta"),
        _(
            "Meta must have verified your company. Start or finish business verification in the Security "
            "Center of your business portfolio; Meta's review can take from days to several weeks."
        ),
    ),
    "account_approved": (
        _("WhatsApp Business Account approved by Meta"),
        _(
            "Meta's review of the account must show it as approved. If it was rejected or restricted, appeal"
            " in your business support page and tell us what Meta answers."
        ),
    ),
    "display_name_approved": (
        _("Display name approved"),
        _(
            "The number's display name must be approved and have no change under review. Only the current "
            "provider's side can correct it, so ask there."
        ),
    ),
    "destination_account_ready": (
        _("Account at the destination ready"),
        _(
            "The account the numbers move to must exist and be approved by Meta. Create it with the new "
            "provider, best with a shared company login, and tell us its ID."
        ),
    ),
    "wallet_funded": (
        _("Credit loaded at the destination"),
        _(
            "The prepaid wallet at the new provider must hold enough credit before the move, so that "
            "messages go out at once. How much depends on your traffic."
        ),
    ),
    "destination_payment": (
        _("Payment method at the destination"),
        _("The destination account needs a valid payment method or credit line; without it Meta refuses the move."),
    ),
    "app_subscribed": (
        _("App subscribed at the destination"),
        _(
            "At least one app must be subscribed to the destination account's webhooks, so that incoming "
            "messages arrive from the first minute."
        ),
    ),
    "otp_channel": (
        _("The number can receive the 6-digit code"),
        _(
            "Tell us how the code can reach the number: text message for mobile lines, a call for all "
            "others. International messages and calls must be allowed; call forwarding and voice menus must "
            "be off for the call."
        ),
    ),
    "otp_contact": (
        _("Who receives the code"),
        _(
            "Name the person who holds the SIM card or answers the line of this number, with another phone "
            "number where we can reach them during the call."
        ),
    ),
    "notification_accepted": (
        _("Meta's request accepted"),
        _(
            "An administrator of your business portfolio must accept the request that arrives in Meta "
            "Business Suite. Without it the move cannot start."
        ),
    ),
    "open_conversations_ack": (
        _("Open conversations: understood"),
        _(
            "Conversations still waiting for an answer at the old provider cannot be continued after the "
            "move, and chat history does not come along. Please confirm that you know, and finish them "
            "before the call."
        ),
    ),
    "templates_ack": (
        _("Message templates: understood"),
        _(
            "Only approved templates of high quality are copied, and they lose their quality rating for 24 "
            "hours. Low-quality, rejected and pending ones stay behind, and the copies may fill the "
            "destination's limit. Please confirm that you know."
        ),
    ),
    "low_traffic_window": (
        _("Quiet hours known"),
        _(
            "Tell us on which days and at which hours few customers write to you, so that we can propose a "
            "time for the call that disturbs least."
        ),
    ),
    "invoices_settled": (
        _("Invoices of the old provider settled"),
        _("Some providers act on a leaving request only when nothing is owed. Please check, and pay what is open."),
    ),
    "contacts_exported": (
        _("Contacts and opt-outs exported"),
        _(
            "Contact lists, subscribers and opt-outs stay at the old platform. Export them before the move, "
            "while you still have access."
        ),
    ),
    "campaigns_paused": (
        _("Campaigns paused"),
        _(
            "Pause campaigns and automatic messages around the call: the outage is usually minutes, but "
            "hours have been seen."
        ),
    ),
    "send_receive_test": (
        _("Sending and receiving tested"),
        _(
            "A message sent from the moved number and one written to it must both arrive. A number can look "
            "connected and still be unable to send."
        ),
    ),
    "templates_checked": (
        _("Templates checked at the destination"),
        _(
            "The templates found at the destination are compared with those that were expected; missing and "
            "rejected ones are listed, to be submitted again."
        ),
    ),
    "two_step_reenabled": (
        _("Two-step verification on again"),
        _(
            "The number is protected again by a new two-step PIN, chosen in the call. Keep the PIN safe and "
            "give it to nobody, not even to us."
        ),
    ),
    "quality_24h": (
        _("Quality seen after 24 hours"),
        _(
            "Copied templates show no quality rating for a day. After 24 hours we look once more at the "
            "quality of the number and its templates."
        ),
    ),
    "old_contract_cancelled": (
        _("Old contract cancelled"),
        _(
            "The contract with the old provider does not end by itself. Cancel it when you have seen that "
            "your templates arrived, and mind the notice period."
        ),
    ),
    "refund_claimed": (
        _("Refund claimed"),
        _(
            "A prepaid balance stays at the old provider. Ask for it in writing; some refund it only on "
            "request, after the contract is cancelled."
        ),
    ),
}

REASON_TEXTS: dict[str, Any] = {
    "two_step_enabled": _("Two-step verification is still switched on."),
    "two_step_unknown": _("Nobody has told us whether two-step verification is switched off."),
    "waba_id_missing": _("The WABA ID is missing. The old BSP knows it."),
    "business_manager_id_missing": _("The Business Manager ID is missing."),
    "business_not_verified": _("Meta has not verified the business."),
    "business_verification_pending": _("Meta is still verifying the business."),
    "connection_not_connected": _("The old BSP does not show the number as connected."),
    "display_name_not_approved": _("Meta has not approved the display name. Only the old BSP can have it approved."),
    "destination_not_ready": _("The account at the destination is not ready."),
    "otp_needs_voice": _("The 6-digit code cannot reach this line by SMS; say how it can."),
    "brazil_ninth_digit": _(
        "Brazilian mobile without the ninth digit. If WhatsApp shows %(candidate)s, file that form."
    ),
    "mexico_prefix": _("Mexican number with the old 1. If WhatsApp shows %(candidate)s, file that form."),
}
"""Why something is blocked or needs a look, by code."""

ACTION_TEXTS: dict[str, Any] = {
    "triage": _("Onboarding decides who takes the ticket."),
    "answer_requirements": _("Answer what is open below."),
    "book_call": _("Pick a time for the verification-code call."),
    "wait_for_cool_down": _("Wait until the number may be tried again."),
    "join_call": _("Be there for the call, with the phones at hand."),
    "give_codes": _("Read out each 6-digit code as it arrives, never your two-step PIN."),
    "test_send_receive": _("Onboarding tests sending and receiving."),
    "finish_closing": _("Finish what is left at the old BSP."),
}
"""What should happen next, by code."""

_OWN_ERRORS: dict[str, tuple[Any, Any]] = {
    "unanswered": (_("Meta did not answer"), _("Look at the number again before repeating the step.")),
    "limit_reached": (_("The limit of attempts is reached"), _("The number rests; it comes back by itself.")),
    "skipped": (_("Left out of the migration"), _("File a new ticket if the number is to move after all.")),
}


def meta_text(error: Mapping[str, Any]) -> tuple[str, str]:
    """Return title and advice of a stored error in the active language.

    Texts of Meta's errors are stored in English with the error and translated here.
    """
    if error["key"] in _OWN_ERRORS:
        title, advice = _OWN_ERRORS[error["key"]]
        return str(title), str(advice)
    return gettext(str(error.get("title", error["key"]))), gettext(str(error.get("what_to_do", "")) or " ").strip()
