"""Graph's errors read by code and text: one key of our own for every cause.

Meta advises building on code and details, not on titles or subcodes, and puts nine causes of a failed migration
under one code, 2388103, which only the text tells apart.

Source: Meta, error codes; Meta, registration; Meta's OpenAPI description of the business messaging API.
"""

import re
from collections.abc import Mapping
from typing import Any

from providers.meta.error_rules import RULES
from providers.meta.error_texts import ERROR_TEXTS
from providers.types import MetaProblem, RetryRule

HTTP_SERVER_ERROR = 500
INVALID_PARAMETER = 100
MIGRATION_FAMILY = range(2388000, 2389000)
NUMBER_LIMIT_SUBCODE = 1349175
"""Under code 200, which means a missing permission otherwise. Source: Meta's OpenAPI description, an example of it."""
CODE_REST_SECONDS = 8 * 3600  # our own caution: Meta publishes no waiting time for codes

_NEVER = RetryRule("never")
_RETRY: dict[str, RetryRule] = {
    "migration_failed_retry": RetryRule("soon", 900),
    "code_incorrect": RetryRule("soon"),
    "code_expired": RetryRule("soon"),
    "too_many_codes": RetryRule("after", CODE_REST_SECONDS),
    "pin_guesses_exceeded": RetryRule("after", 3600),
    "pin_too_fast": RetryRule("after", 300),
    "register_limit": RetryRule("after", 72 * 3600),
    "number_being_deleted": RetryRule("after", 300),
    "registration_failed": RetryRule("soon", 300),
    "rate_limited": RetryRule("backoff", 60),
    "server_unavailable": RetryRule("backoff", 30),
    "maintenance": RetryRule("soon", 300),
}
_WAIT_IS_IN_DETAILS = frozenset({"too_many_codes", "pin_guesses_exceeded", "pin_too_fast"})
_PLAIN = str.maketrans({"\u2010": "-", "\u2011": "-", '"': None, "\u201c": None, "\u201d": None})
_UNIT_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


def classify(payload: object, http_status: int, *, wait_seconds: int = 0) -> MetaProblem:
    """Read Graph's error answer (decoded JSON, or anything else that came) into a problem; never raises.

    `wait_seconds` is what the answer's headers ask for: it counts where the refusal is about too many calls.

    Source: Meta, error codes (phone-migration and registration families).
    """
    error = _error_of(payload)
    code = _int_of(error.get("code"))
    subcode = _int_of(error.get("error_subcode"))
    details = _details_of(error)
    message = _text_of(error.get("message"))
    key = _key_of(code=_cause(code, subcode), text=_joined(message, details), http_status=http_status)
    text = ERROR_TEXTS[key]
    return MetaProblem(
        key=key,
        code=code,
        message=message,
        details=details,
        fbtrace_id=_text_of(error.get("fbtrace_id")),
        http_status=http_status,
        retry=_retry_of(key, f"{message} {details}", wait_seconds),
        title=text.title,
        what_to_do=text.what_to_do,
    )


def _cause(code: int | None, subcode: int | None) -> int | None:
    """The code to judge by: older versions of Graph put the migration family into a subcode of 100.

    136024 with such a subcode stays 136024: it must not be repeated in a loop, whatever its text promises.
    """
    if subcode == NUMBER_LIMIT_SUBCODE:
        return subcode
    return subcode if code == INVALID_PARAMETER and subcode in MIGRATION_FAMILY else code


def _key_of(*, code: int | None, text: str, http_status: int) -> str:
    for rule in RULES:
        if rule.codes is not None and code not in rule.codes:
            continue
        if rule.status not in {0, http_status}:
            continue
        if rule.text and not re.search(rule.text, text):
            continue
        return rule.key
    return "server_unavailable" if code is None and http_status >= HTTP_SERVER_ERROR else "unknown"


def _retry_of(key: str, text: str, wait_seconds: int) -> RetryRule:
    rule = _RETRY.get(key, _NEVER)
    if rule.kind == "backoff":
        return RetryRule(rule.kind, max(rule.seconds, wait_seconds))
    if key not in _WAIT_IS_IN_DETAILS:
        return rule
    found = re.search(r"(\d{1,6})\s*(second|minute|hour|day)", text.casefold())
    if found:
        return RetryRule(rule.kind, int(found[1]) * _UNIT_SECONDS[found[2]])
    return RetryRule(rule.kind, wait_seconds) if wait_seconds else rule


def _error_of(payload: object) -> Mapping[str, Any]:
    error = payload.get("error") if isinstance(payload, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _details_of(error: Mapping[str, Any]) -> str:
    """Everything Graph says besides its message: details, and the texts that the 2388xxx family uses instead."""
    data = error.get("error_data")
    inner = data.get("details") if isinstance(data, Mapping) else data
    parts = (_text_of(part) for part in (inner, error.get("error_user_title"), error.get("error_user_msg")))
    return " · ".join(part for part in parts if part)


def _joined(*texts: str) -> str:
    """One lower-case line without quotation marks: what the rules' expressions are written for."""
    text = " ".join(" ".join(texts).split()).casefold()
    return text.translate(_PLAIN)


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def _int_of(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
