"""Words for every key of the error catalogue, in English; translated elsewhere, by key."""

from typing import NamedTuple


class ErrorText(NamedTuple):
    """What happened, in a few words, and what a person should do next."""

    title: str
    what_to_do: str


ERROR_TEXTS: dict[str, ErrorText] = {
    "two_step_enabled": ErrorText(
        "Two-step verification is still on",
        "Have it switched off at the old provider, and make sure that the link in the confirmation e-mail was opened.",
    ),
    "destination_payment_missing": ErrorText(
        "The destination account has no payment method",
        "Attach a credit line or a payment method to the destination account, then try again.",
    ),
    "display_name_not_approved": ErrorText(
        "The display name is not approved",
        "Only the old provider's account can settle it: get the display name approved there, with no change pending.",
    ),
    "webhooks_missing": ErrorText(
        "No app receives the destination account's webhooks",
        "Subscribe an app to the destination account, then try again.",
    ),
    "different_business": ErrorText(
        "The two accounts belong to different businesses",
        "Compare the Business Manager IDs: source and destination must represent the same business.",
    ),
    "destination_not_approved": ErrorText(
        "The destination account is not approved",
        "Finish business verification and account review of the destination account.",
    ),
    "messaging_for_pending": ErrorText(
        'The "Messaging For" request is still open',
        "The client accepts the request in Meta Business Suite; then try again.",
    ),
    "source_not_set_up": ErrorText(
        "The source account is not set up correctly",
        "The old provider or Meta's support must put the source account in order.",
    ),
    "number_is_free": ErrorText(
        "The number is registered nowhere",
        "There is nothing to move: add the number to the destination account as a new one.",
    ),
    "migration_failed_retry": ErrorText(
        "Meta could not start the migration",
        "Try again later; if it goes on, open a case with Meta and quote the trace id.",
    ),
    "already_at_destination": ErrorText(
        "The number is already at the destination",
        "There is nothing to move: read the number's facts and go on from there.",
    ),
    "not_being_migrated": ErrorText(
        "The number is not being migrated",
        "Start the migration first; an earlier start may have been overtaken by another account.",
    ),
    "already_registered": ErrorText(
        "The number is already registered",
        "Read the number's facts: if it is connected at the destination, the move is done.",
    ),
    "already_verified": ErrorText(
        "Ownership is already proven",
        "No code is needed: go on with registering the number.",
    ),
    "code_request_failed": ErrorText(
        "Meta could not send a code",
        "Read the number's facts first; do not ask again in a loop. Check the line, or use the other method.",
    ),
    "too_many_codes": ErrorText(
        "Too many codes were asked for",
        "Let the number rest until the waiting time is over, and go on with the other numbers.",
    ),
    "code_incorrect": ErrorText(
        "The code is not right",
        "Ask for the six digits again, from the newest message; each code works once.",
    ),
    "code_expired": ErrorText(
        "The code is too old",
        "Ask for a new code and type it within ten minutes.",
    ),
    "not_verified": ErrorText(
        "Ownership of the number is not proven",
        "Ask for a code and have it verified before registering the number.",
    ),
    "pin_incorrect": ErrorText(
        "The two-step PIN does not match",
        "Two-step verification is on, or on again: go back to having it switched off. Do not guess.",
    ),
    "pin_guesses_exceeded": ErrorText(
        "Too many wrong two-step PINs",
        "Wait as long as Meta's message says before anything else is tried.",
    ),
    "pin_too_fast": ErrorText(
        "Two-step PINs were entered too quickly",
        "Wait as long as Meta's message says, then try once.",
    ),
    "register_limit": ErrorText(
        "Too many registrations of this number",
        "Meta blocks the number for 72 hours after ten attempts in 72 hours: leave it alone until then.",
    ),
    "number_being_deleted": ErrorText(
        "The number was deleted a moment ago",
        "Wait five minutes until the deletion is complete, then try again.",
    ),
    "number_cap_exceeded": ErrorText(
        "The destination may not hold more numbers",
        "Verify the business or ask Meta for a higher limit, then try again.",
    ),
    "not_registered": ErrorText(
        "The number is not registered",
        "Register the number first.",
    ),
    "deregister_failed": ErrorText(
        "An earlier deregistration did not finish",
        "Deregister the number again, then register it.",
    ),
    "registration_failed": ErrorText(
        "Meta could not register the number",
        "Read the number's facts; if it is not connected, try once more, then open a case with Meta.",
    ),
    "rate_limited": ErrorText(
        "Too many calls to Meta",
        "Wait; the calls go on by themselves, more slowly.",
    ),
    "server_unavailable": ErrorText(
        "Meta's server is not available",
        "Look at Meta's status page, read the number's facts, and try again later.",
    ),
    "maintenance": ErrorText(
        "The account is in maintenance",
        "Try again in some minutes.",
    ),
    "token_invalid": ErrorText(
        "The access token is not accepted",
        "Renew the destination's access token and check its WhatsApp management permission.",
    ),
    "invalid_parameter": ErrorText(
        "Meta did not accept the request",
        "Check the identifiers, and read Meta's details: the real reason may stand only there.",
    ),
    "waba_restricted": ErrorText(
        "The WhatsApp account is restricted",
        "Look at the account's quality and policy notices in Meta Business Suite; an appeal may be needed.",
    ),
    "template_limit": ErrorText(
        "The destination account may not hold more templates",
        "Delete templates there that nobody uses, or have the business verified; then copy the rest.",
    ),
    "template_locked": ErrorText(
        "The template cannot be changed now",
        "Look at its status in WhatsApp Manager; wait for the end of its review.",
    ),
    "template_refused": ErrorText(
        "The template breaks one of Meta's rules",
        "Read Meta's details, correct the template and submit it again.",
    ),
    "sync_repeated": ErrorText(
        "The app's history was asked for already",
        "Each kind of history can be asked for once: take the number off and begin its onboarding again.",
    ),
    "sync_too_late": ErrorText(
        "The app's history can no longer be asked for",
        "It must be asked for within 24 hours: take the number off and begin its onboarding again.",
    ),
    "history_declined": ErrorText(
        "The client has not shared its chat history",
        "Go on without it; to have it, take the number off and let the client agree in a new onboarding.",
    ),
    "unknown": ErrorText(
        "Meta refused for a reason that is not in the catalogue",
        "Read Meta's message; open a case with Meta and quote the trace id.",
    ),
}
