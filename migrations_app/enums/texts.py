"""Words for people by code: requirements, reasons, suggested actions, errors."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from migrations_app.enums.readiness import CheckCode

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


def check_title(code: str) -> str:
    """Return what a check of the readiness gate is called; most are requirements."""
    return str(REQUIREMENT_TEXTS[code][0]) if code in REQUIREMENT_TEXTS else str(CheckCode(code).label)


REASON_TEXTS: dict[str, Any] = {
    "invalid_phone_number": _(
        "This is no phone number that can be reached from abroad. Send it in international form, e.g. +5511987654321."
    ),
    "not_a_whatsapp_capable_line": _(
        "WhatsApp's 6-digit code cannot be brought to this kind of line: short codes and pagers never, shared-cost and personal "
        "numbers hardly ever. Name another line, or tell us if it does receive SMS or calls from abroad."
    ),
    "behind_ivr": _(
        "A voice menu answers this number, and the call with the 6-digit code cannot press keys. Have it redirected to a person "
        "or a mailbox for the time of the call, then say that no menu is in front."
    ),
    "otp_needs_voice": _(
        "The 6-digit code may not reach this line by SMS. Say how it can; for landlines, VoIP and toll-free numbers that is a "
        "voice call from abroad, which somebody must answer."
    ),
    "brazil_ninth_digit": _(
        "Brazilian mobile without the ninth digit. Look in the WhatsApp profile: if it shows %(candidate)s, file that form. "
        "It must move exactly as it is registered."
    ),
    "mexico_prefix": _(
        "Mexican number with the old 1. Look in the WhatsApp profile: if it shows %(candidate)s, file that form. It must move "
        "exactly as it is registered."
    ),
    "contact_phone_is_migrating_number": _(
        "The phone we should call is one of the numbers that move. While the code arrives there we need another line: name a "
        "different phone for whoever is in the call."
    ),
    "business_app_number": _(
        "A number used in the WhatsApp Business app cannot be migrated. File it as coexistence, which keeps the app, or have its "
        "account in the app deleted first."
    ),
    "on_premise_sunset": _(
        "Meta ended the On-Premises API on 23 October 2025, so this answer is out of date or the number has not worked since. "
        "Ask the old BSP where it runs today."
    ),
    "two_step_enabled": _(
        "Two-step verification is still switched on. The account's owner must switch it off in WhatsApp Manager and open the "
        "link in Meta's e-mail."
    ),
    "two_step_unknown": _(
        "Nobody has told us whether two-step verification is switched off. Look in WhatsApp Manager or ask the old BSP."
    ),
    "business_not_verified": _(
        "Meta has not verified the business. Start or finish the verification in the portfolio's Security Center; it can take "
        "weeks."
    ),
    "business_verification_pending": _("Meta is still verifying the business. There is nothing to do but wait."),
    "connection_not_connected": _(
        "The old BSP does not show the number as connected. Ask the old BSP to connect it; only a number that works can move."
    ),
    "number_banned": _(
        "Meta has banned this number, and a banned number cannot move. Appeal to Meta in your business support page; nobody else "
        "can lift a ban."
    ),
    "number_restricted": _(
        "Meta has flagged or restricted this number. Wait until that is over, or appeal in your business support page, and tell "
        "us when the old BSP shows it as connected."
    ),
    "waba_id_missing": _(
        "The WABA ID is missing. The old BSP knows it; it is also in your business portfolio's settings."
    ),
    "business_manager_id_missing": _(
        "The Business Manager ID is missing. You find it in your business portfolio's settings, under business info."
    ),
    "invalid_identifier": _(
        "Meta's identifiers are 10 to 20 digits and nothing else. Copy it again from your business portfolio's settings."
    ),
    "identifiers_not_distinct": _(
        "WABA ID, Business Manager ID and phone numbers are all different things, and this value is there twice or is a phone "
        "number. Copy it again from your business portfolio's settings."
    ),
    "waba_owned_by_bsp": _(
        "The WABA belongs to the old BSP, so only the old BSP can switch two-step verification off or release the account. Ask "
        "for it in writing; we have a letter."
    ),
    "display_name_not_approved": _(
        "Meta has not approved the display name, or nobody told us so. Only the old BSP can have it approved."
    ),
    "destination_not_ready": _(
        "The account at the destination is not ready: it must exist, have money or a payment method, and an app. The requirements "
        "say what is missing and who brings it."
    ),
    "number_cap_exceeded": _(
        "A business portfolio of this kind may hold %(cap)s numbers. Check how many yours has; get the business verified, or "
        "have Meta raise the limit, before the rest can follow."
    ),
    "unknown_bsp": _("We do not know this BSP yet. File it all the same: onboarding looks at it first."),
    "old_bsp_client_only": _(
        "The old BSP listens to its own client only. You must ask yourself; we prepare the letter and remind you."
    ),
    "number_already_open": _("Your ticket %(ticket)s moves this number already. Follow that one, or cancel it first."),
    "duplicate_in_request": _(
        "This number is already in place %(earlier)s, perhaps in another form. Send each number once."
    ),
}
"""What is wrong, who must act and how, by code of a reason. What stands in %(…)s is kept with the reason."""


def reason_text(code: str, facts: Mapping[str, str]) -> str:
    """Return the words of a reason in the active language; `facts` are what was kept with it."""
    return str(REASON_TEXTS[code]) % {**_NO_FACTS, **facts}


_NO_FACTS = {"candidate": "", "cap": "", "ticket": "", "earlier": ""}

STILL_SEEN_ON = "two_step_still_on"
DETAIL_TEXTS: dict[str, Any] = {
    STILL_SEEN_ON: _(
        "Somebody told us that two-step verification is off, but Meta, asked last, still sees it switched on. The portfolio's "
        "administrator must open the link in Meta's e-mail."
    ),
    "two_step_reminded": _(
        "Two-step verification is still switched on. The account's owner must switch it off in WhatsApp Manager and open the "
        "link in Meta's e-mail; we remind you until it is done."
    ),
    "two_step_of_bsp": _(
        "Two-step verification is still switched on. The account belongs to the old BSP, which alone can switch it off: ask it "
        "in writing."
    ),
    "two_step_requested": _(
        "Two-step verification is still switched on. The old BSP has been asked to switch it off, and its answer is awaited."
    ),
    "two_step_with_us": _(
        "Two-step verification is still switched on. Onboarding finds out how it can be switched off."
    ),
}
"""Words of a ticket's details that are more exact than those of the code: by the name of the text that the detail carries."""


def detail_text(detail: Mapping[str, str]) -> str:
    """Return the words of one of a ticket's status details in the active language."""
    exact = detail.get("text", "")
    words = DETAIL_TEXTS.get(exact) or REASON_TEXTS.get(detail["code"])
    return str(words or REQUIREMENT_TEXTS[detail["requirement"]][0])


ACTION_TEXTS: dict[str, Any] = {
    "triage": _("Onboarding decides who takes the ticket."),
    "answer_requirements": _("Answer what is open below."),
    "book_call": _("Pick a time for the verification-code call."),
    "check_two_step": _(
        "Meta still sees two-step verification switched on. Have the portfolio's administrator open the link in Meta's e-mail, "
        "then pick a time for the verification-code call; we check again by ourselves."
    ),
    "mend_destination": _(
        "Meta refuses the move for something that is missing at the destination. Onboarding mends it; then you pick a time."
    ),
    "switch_waba": _(
        "Move your WhatsApp Business Account to the new partner in Meta Business Suite, then tell us. Not in the last three or "
        "the first four days of a month; from the moment you leave the old partner, sending is blocked until the first of the "
        "next month."
    ),
    "accept_solution": _("Accept the new solution partner in Meta Business Suite, then tell us."),
    "change_hosting": _("Onboarding changes the hosting; the numbers are out for about 15 seconds."),
    "connect_app": _("Connect the number from the WhatsApp Business app on your phone, then tell us."),
    "wait_for_cool_down": _("Wait until the number may be tried again."),
    "join_call": _("Be there for the call, with the phones at hand."),
    "give_codes": _("Read out each 6-digit code as it arrives, never your two-step PIN."),
    "test_send_receive": _("Onboarding tests sending and receiving."),
    "finish_closing": _("Finish what is left at the old BSP."),
}
"""What should happen next, by code."""

MOVE_STEPS: dict[str, tuple[Any, ...]] = {
    "switch_waba": (
        _(
            "Check the day: not in the last three or the first four days of a month, when credit lines cannot be shared."
        ),
        _(
            "Know what stops: from the moment you leave the old partner you cannot send until the first of the next month. "
            "Receiving goes on."
        ),
        _(
            "In Meta Business Suite, open the settings of your WhatsApp account, then Partners. Your company must own the account "
            "and be its administrator."
        ),
        _(
            "Remove the old partner, and add the new one with the ID that we gave you. The currencies of both must be the same."
        ),
        _("Tell us. We register the numbers again and test them with you."),
    ),
    "accept_solution": (
        _("Ask your present partner to propose the move to the new solution; only that side can begin it."),
        _(
            "In Meta Business Suite, open the requests of your business portfolio and accept the one for your WhatsApp account."
        ),
        _("Tell us. No 6-digit code is needed, and two-step verification stays as it is."),
    ),
    "connect_app": (
        _("On the phone that has the number, bring the WhatsApp Business app up to date."),
        _(
            "In the new provider's sign-up choose your existing account and enter the number. A message from Meta arrives in the "
            "app: tap Connect, agree to share what you want to share, and enter the code that the sign-up shows or asks for."
        ),
        _("Tell us. Keep the app: open it at least every two weeks, or the connection ends."),
    ),
}
"""What a client does to make a move itself, step by step, by the action that it is asked for.

Sources: Meta's pages on switching WABAs between partners, on multi-partner solutions and on onboarding Business app users.
"""


def stage_words(text: str) -> str:
    """Return a title or text of a playbook's stage in the active language; a lead's own words stay as they are."""
    return gettext(text) if text else ""


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
