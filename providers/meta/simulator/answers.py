"""Graph's error answers, in Graph's shape.

Source: Meta, error codes; for two-step verification Meta's older error page.
"""

import secrets
from typing import Any, NamedTuple


class Shape(NamedTuple):
    """One error as Graph words it; the 2388xxx family speaks through user texts, the others through details."""

    status: int
    code: int
    message: str
    details: str = ""
    user_title: str = ""


class Refusal(Exception):
    """A simulated call is refused with the error of this key."""

    def __init__(self, key: str, **fill: object) -> None:
        super().__init__(key)
        self.key = key
        self.fill = fill


_MIGRATION = "Could not migrate the number"


def _migration(text: str) -> Shape:
    return Shape(400, 2388103, "Invalid parameter", text, _MIGRATION)


ERRORS: dict[str, Shape] = {
    "two_step_enabled": _migration("Two-step authentication must be disabled for this number."),
    "destination_payment_missing": _migration("Your WhatsApp account does not have a payment account."),
    "display_name_not_approved": _migration("The registered name must be present and approved."),
    "webhooks_missing": _migration("Webhooks are not set up for your WhatsApp account."),
    "different_business": _migration("This number belongs to a different Business Manager account."),
    "destination_not_approved": _migration("Your WhatsApp account must be approved."),
    "messaging_for_pending": _migration('The "Messaging For" request must be approved.'),
    "source_not_set_up": _migration("The WhatsApp account this number is registered with is not set up correctly."),
    "number_is_free": _migration("This number must be added to your WhatsApp account."),
    "migration_failed_retry": _migration("There was an error while migrating. Try again later."),
    "already_at_destination": Shape(
        400, 2388012, "Invalid parameter", "This number is already in your list.", "Number already added"
    ),
    "not_being_migrated": Shape(
        400,
        2388091,
        "Invalid parameter",
        "The number is not eligible to receive a code: it is not being migrated.",
        "Could not send the code",
    ),
    "not_being_migrated/verify": Shape(
        400,
        2388093,
        "Invalid parameter",
        "The number is not eligible to verify a code: it is not being migrated.",
        "Could not verify the code",
    ),
    "already_registered": Shape(
        400, 2388023, "Invalid parameter", "This number is already registered.", "Already registered"
    ),
    "already_verified": Shape(400, 136024, "(#136024) Request code error", "The number is already verified."),
    "code_request_failed": Shape(
        400, 136024, "(#136024) Request code error", "Codes are temporarily unavailable. Wait 1 hour."
    ),
    "too_many_codes": Shape(
        429, 429, "Too many verification attempts", "Too many codes were requested. Wait {seconds} seconds."
    ),
    "code_incorrect": Shape(400, 136025, "(#136025) Verify code error", "The code is not correct."),
    "code_expired": Shape(400, 136025, "(#136025) Verify code error", "The code has expired."),
    "not_verified": Shape(
        400, 133006, "(#133006) Phone number re-verification needed", "Verify the number before registering it."
    ),
    "pin_incorrect": Shape(400, 133005, "(#133005) Two step verification PIN mismatch", "The PIN is not correct."),
    "pin_guesses_exceeded": Shape(
        400, 133008, "(#133008) Too many two step verification PIN guesses", "Wait {seconds} seconds."
    ),
    "pin_too_fast": Shape(
        400, 133009, "(#133009) Two step verification PIN guessed too fast", "Wait {seconds} seconds."
    ),
    "register_limit": Shape(
        400,
        133016,
        "(#133016) Account register deregister rate limit exceeded",
        "Too many attempts for this number. It is blocked for {seconds} seconds.",
    ),
    "number_being_deleted": Shape(
        400, 133015, "(#133015) Phone number deletion not complete", "Wait 5 minutes before trying again."
    ),
    "number_cap_exceeded": Shape(400, 200, "(#200) Permissions error", "Phone number limit exceeded for this account."),
    "not_registered": Shape(400, 133010, "(#133010) Phone number not registered", "Register the number first."),
    "deregister_failed": Shape(
        400, 133000, "(#133000) Incomplete deregistration", "A previous deregistration failed. Deregister again."
    ),
    "registration_failed": Shape(500, 131045, "(#131045) Incorrect certificate", "Registration failed."),
    "rate_limited": Shape(400, 80007, "(#80007) Rate limit issues", "The account reached its rate limit."),
    "server_unavailable": Shape(503, 133004, "(#133004) Server temporarily unavailable", "Try again later."),
    "maintenance": Shape(
        400, 2494100, "Invalid parameter", "The account is in maintenance mode. Try again in minutes.", "Maintenance"
    ),
    "token_invalid": Shape(401, 190, "Invalid OAuth access token - Cannot parse access token"),
    "invalid_parameter": Shape(400, 100, "(#100) Invalid parameter", "{details}"),
    "template_limit": Shape(400, 2388019, "Invalid parameter", "The template limit is exceeded.", "Template limit"),
    "template_locked": Shape(400, 2388039, "Invalid parameter", "The status cannot be changed.", "Template status"),
    "template_refused": Shape(400, 2388299, "Invalid parameter", "Variables at the start or end.", "Template"),
    "sync_repeated": Shape(400, 2593107, "Invalid parameter", "The sync was asked for already.", "Sync"),
    "sync_too_late": Shape(400, 2593108, "Invalid parameter", "The sync must be asked for in 24 hours.", "Sync"),
    "history_declined": Shape(400, 2593109, "Invalid parameter", "Sharing the history was declined.", "Sync"),
    "waba_restricted": Shape(403, 131031, "(#131031) Account has been locked", "The account is restricted."),
}

_PLACEHOLDERS: dict[str, object] = {"seconds": 3600, "details": "A parameter is missing or not valid."}


def error_answer(key: str, **fill: object) -> tuple[int, dict[str, Any]]:
    """Status and body of one error. Raises KeyError for a key that Graph has no error for."""
    shape = ERRORS[key]
    text = shape.details.format(**(_PLACEHOLDERS | fill))
    error: dict[str, Any] = {"message": shape.message, "type": "OAuthException", "code": shape.code}
    if shape.user_title:
        error |= {"error_user_title": shape.user_title, "error_user_msg": text}
    elif text:
        error["error_data"] = {"messaging_product": "whatsapp", "details": text}
    error["fbtrace_id"] = "A" + secrets.token_urlsafe(16)
    return shape.status, {"error": error}
