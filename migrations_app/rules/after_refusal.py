"""What comes after Meta's refusal: the same step again, another way, a wait, or the next number first."""

from enum import StrEnum


class After(StrEnum):
    """What the person on the phone does next."""

    AGAIN = "again"
    RETYPE = "retype"
    NEW_CODE = "new_code"
    OTHER_METHOD = "other_method"
    WAIT = "wait"
    LATER = "later"


_AFTER: dict[str, After] = {
    "unanswered": After.AGAIN,
    "not_being_migrated": After.AGAIN,
    "already_registered": After.AGAIN,
    "already_verified": After.AGAIN,
    "already_at_destination": After.AGAIN,
    "deregister_failed": After.AGAIN,
    "not_registered": After.AGAIN,
    "code_incorrect": After.RETYPE,
    "code_expired": After.NEW_CODE,
    "not_verified": After.NEW_CODE,
    "code_request_failed": After.OTHER_METHOD,
    "pin_too_fast": After.WAIT,
    "rate_limited": After.WAIT,
    "server_unavailable": After.WAIT,
    "maintenance": After.WAIT,
    "migration_failed_retry": After.WAIT,
    "number_being_deleted": After.WAIT,
    "registration_failed": After.WAIT,
}
"""Whatever is not here needs somebody else first: the client, the old BSP, Meta's review, or time."""


def after(key: str) -> After:
    """Return what to do after this refusal, by our key of it."""
    return _AFTER.get(key, After.LATER)
