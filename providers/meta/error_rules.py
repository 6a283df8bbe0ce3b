"""The table that reads Graph's errors: which code, which words, which of our keys.

Source: Meta, error codes; Meta, registration; Meta's OpenAPI description of the business messaging API.
"""

from typing import NamedTuple

MIGRATION_CODE = 2388103
HTTP_UNAUTHORIZED = 401
HTTP_TOO_MANY = 429


class Rule(NamedTuple):
    """One line of the table; every condition that is set must hold."""

    key: str
    codes: frozenset[int] | None  # None: whatever the code
    text: str = ""  # regular expression looked for in the joined texts, "" when the code alone decides
    status: int = 0  # HTTP status, 0 when it does not matter


def _codes(*codes: int) -> frozenset[int]:
    return frozenset(codes)


# 100 "invalid parameter" sometimes hides the real cause in its details, so it is read like the migration family.
_MIGRATION = _codes(MIGRATION_CODE, 100)
_CODE_FAMILY = _codes(136024, 136025)
_PERMISSION = _codes(3, 10, 102, 190, *range(200, 300))

_OFF = r"\b(disabled?|turn(ed)? off|switch(ed)? off)\b"
_TWO_STEP = r"two[- ]?(step|factor)"
_TWO_STEP_ON = rf"{_TWO_STEP}.*({_OFF}|\b(is|still) (on|enabled)\b)|{_OFF}.*{_TWO_STEP}"

# The first rule that fits wins: codes with one meaning, then texts, then what is left of the ambiguous codes.
RULES: tuple[Rule, ...] = (
    Rule("deregister_failed", _codes(133000)),
    Rule("server_unavailable", _codes(133004)),
    Rule("pin_incorrect", _codes(133005)),
    Rule("not_verified", _codes(133006)),
    Rule("pin_guesses_exceeded", _codes(133008)),
    Rule("pin_too_fast", _codes(133009)),
    Rule("not_registered", _codes(133010)),
    Rule("number_being_deleted", _codes(133015)),
    Rule("register_limit", _codes(133016)),
    Rule("registration_failed", _codes(131045)),
    Rule("already_at_destination", _codes(2388012)),
    Rule("already_registered", _codes(2388023)),
    Rule("not_being_migrated", _codes(2388091, 2388093)),
    Rule("maintenance", _codes(2494100, 131057)),
    Rule("destination_payment_missing", _codes(131042)),
    Rule("pin_incorrect", _codes(131031), r"\bpin\b.*(incorrect|wrong|mismatch|not match)"),
    Rule("waba_restricted", _codes(131031, 368)),
    Rule("rate_limited", _codes(4, 17, 32, 613, 80007, 80008)),
    Rule("template_limit", _codes(2388019)),
    Rule("template_locked", _codes(2388039)),
    Rule("template_refused", _codes(2388040, 2388047, 2388072, 2388073, 2388293, 2388299)),
    Rule("sync_repeated", _codes(2593107)),
    Rule("sync_too_late", _codes(2593108)),
    Rule("history_declined", _codes(2593109)),
    Rule("number_cap_exceeded", _codes(1349175)),
    Rule(
        "number_cap_exceeded",
        _codes(200),
        r"numbers? limit|maximum number|limit exceeded",
    ),
    Rule("token_invalid", _PERMISSION),
    Rule(
        "two_step_enabled",
        None,
        _TWO_STEP_ON,
    ),
    Rule("webhooks_missing", _MIGRATION, r"webhooks?\b"),
    Rule("messaging_for_pending", _MIGRATION, r"messaging for"),
    Rule("display_name_not_approved", _MIGRATION, r"(registered|display|verified) name"),
    Rule("source_not_set_up", _MIGRATION, r"not set up correctly"),
    Rule("destination_payment_missing", _MIGRATION, r"payment (account|method)|credit line"),
    Rule("different_business", _MIGRATION, r"different business"),
    Rule("number_is_free", _MIGRATION, r"must be added to your whatsapp"),
    Rule("destination_not_approved", _MIGRATION, r"your whatsapp (business )?account (must be|is not) approved"),
    Rule("migration_failed_retry", _codes(MIGRATION_CODE), r"error (occurred )?while migrating"),
    Rule("not_verified", None, r"certificate.*ownership"),
    Rule("too_many_codes", _CODE_FAMILY, r"too many"),
    Rule("already_verified", _codes(136024), r"already (been )?verified"),
    Rule("code_request_failed", _codes(136024)),
    Rule("code_expired", _codes(136025), r"expired"),
    Rule("code_incorrect", _codes(136025)),
    Rule("too_many_codes", None, r"(too many|limit).*(verification|verify|code)|code.*too many", HTTP_TOO_MANY),
    Rule("rate_limited", None, "", HTTP_TOO_MANY),
    Rule("invalid_parameter", _codes(33, 100)),
    Rule("server_unavailable", _codes(1, 2)),
    Rule("token_invalid", None, "", HTTP_UNAUTHORIZED),
)
