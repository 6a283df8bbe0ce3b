"""The one catalogue of error codes: HTTP status, title and how to put it right."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class ProblemType:
    """One kind of refusal. `status` is 422's usual 422 for codes that only stand inside `errors`."""

    code: str
    status: int
    title: Any
    fix: Any


def _catalogue() -> dict[str, ProblemType]:
    rows: list[tuple[str, int, Any, Any]] = [
        ("invalid_body", 400, _("The body cannot be read"), _("Send one well-formed JSON object in UTF-8.")),
        (
            "invalid_parameter",
            400,
            _("A query parameter has a bad value"),
            _("See the parameter's type in the API description."),
        ),
        (
            "unknown_parameter",
            400,
            _("A query parameter is unknown"),
            _("Remove it or correct its spelling; nothing is ignored silently."),
        ),
        (
            "cursor_invalid",
            400,
            _("The cursor is not one of ours"),
            _("Use next_cursor of the same list with the same filters, or start anew."),
        ),
        (
            "idempotency_key_invalid",
            400,
            _("The Idempotency-Key is malformed"),
            _("Send 1 to 255 printable ASCII characters."),
        ),
        (
            "not_authenticated",
            401,
            _("No valid API key"),
            _("Send “Authorization: Bearer <key>” with a key that is neither expired nor revoked."),
        ),
        ("permission_denied", 403, _("The key may not do this"), _("Use a key with the needed scope.")),
        (
            "not_found",
            404,
            _("There is nothing here"),
            _("Check the reference. Tickets of other organizations do not exist for you."),
        ),
        ("method_not_allowed", 405, _("The method is not allowed here"), _("See the Allow header.")),
        ("not_acceptable", 406, _("The wanted format is not available"), _("Accept application/json.")),
        (
            "number_already_open",
            409,
            _("A number is already being moved"),
            _("Wait for the other ticket to end, or cancel it."),
        ),
        (
            "idempotency_in_progress",
            409,
            _("The first request with this key is still running"),
            _("Repeat after the time in Retry-After."),
        ),
        (
            "illegal_transition",
            409,
            _("The present state does not allow this"),
            _("See `allowed` for what can be done now."),
        ),
        ("slot_taken", 409, _("Somebody else was faster"), _("Fetch the slots again and choose another.")),
        (
            "slot_not_available",
            409,
            _("This moment is not offered"),
            _("Choose one of the moments that the slot list offers."),
        ),
        ("hold_expired", 409, _("The hold has expired"), _("Fetch the slots again and hold or book another.")),
        ("cursor_expired", 410, _("The cursor is older than what is kept"), _("Start again without a cursor.")),
        (
            "precondition_failed",
            412,
            _("Your copy is out of date"),
            _("Fetch the ticket again and repeat the change with its new ETag."),
        ),
        ("payload_too_large", 413, _("The body is too large"), _("Send less at a time.")),
        ("unsupported_media_type", 415, _("The body's media type is not understood"), _("Send application/json.")),
        ("validation_failed", 422, _("The body does not hold"), _("Correct the places named in `errors`.")),
        (
            "unknown_field",
            422,
            _("A field is unknown"),
            _("Remove it or correct its spelling; nothing is ignored silently."),
        ),
        ("required", 422, _("A field is missing"), _("Add the field.")),
        ("invalid_choice", 422, _("A value is not in the list"), _("Use one of the listed values.")),
        ("invalid", 422, _("A value is malformed"), _("See the field's type in the API description.")),
        (
            "invalid_phone_number",
            422,
            _("A phone number cannot exist"),
            _("Send the number in international form, e.g. +5511987654321."),
        ),
        ("invalid_identifier", 422, _("An identifier is malformed"), _("Meta's identifiers are 10 to 20 digits.")),
        (
            "identifiers_not_distinct",
            422,
            _("Identifiers are mixed up"),
            _("WABA ID, Business Manager ID and numbers are all different things."),
        ),
        ("duplicate_in_request", 422, _("A number is there twice"), _("Send each number once.")),
        ("too_many_items", 422, _("There are too many items"), _("Split the request.")),
        (
            "business_app_number",
            422,
            _("The number is used in the WhatsApp Business app"),
            _("File it as the suggested kind."),
        ),
        ("kind_not_supported", 422, _("This kind of ticket is not available yet"), _("File a number_migration.")),
        ("idempotency_key_reused", 422, _("The key was used with another body"), _("Use a new key for a new request.")),
        (
            "precondition_required",
            428,
            _("If-Match is needed"),
            _("Send the ETag of the copy you changed as If-Match."),
        ),
        ("throttled", 429, _("Too many requests"), _("Wait for the time in Retry-After.")),
        ("internal_error", 500, _("Something broke on our side"), _("Tell us the request id; nothing was changed.")),
        (
            "temporarily_unavailable",
            503,
            _("We cannot answer just now"),
            _("Repeat after the time in Retry-After; nothing was changed."),
        ),
    ]
    return {code: ProblemType(code, status, title, fix) for code, status, title, fix in rows}


CATALOGUE = _catalogue()
