"""Graph's errors read into our keys: the published catalogue on one side, the simulator's wording on the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.meta.error_rules import RULES
from providers.meta.error_texts import ERROR_TEXTS
from providers.meta.errors import classify
from providers.meta.simulator.answers import ERRORS, error_answer

PUBLISHED = [
    (2388012, "Phone number already in your list", "already_at_destination"),
    (2388091, "not eligible to receive a code", "not_being_migrated"),
    (2388093, "not eligible to verify a code", "not_being_migrated"),
    (2388103, "Webhooks not set up for the destination account", "webhooks_missing"),
    (2388103, "Number must be added to your WhatsApp account", "number_is_free"),
    (2388103, "Registered name must be present and approved", "display_name_not_approved"),
    (2388103, "The WhatsApp account this number is registered with is not set up correctly", "source_not_set_up"),
    (2388103, "Your WhatsApp account does not have a payment account", "destination_payment_missing"),
    (2388103, "There was an error while migrating your number", "migration_failed_retry"),
    (2388103, "Number belongs to a different Business Manager account", "different_business"),
    (2388103, "Your WhatsApp account must be approved", "destination_not_approved"),
    (2388103, "\u201cMessaging For\u201d request must be approved", "messaging_for_pending"),
    (2388103, "Two-step authentication must be disabled for this number", "two_step_enabled"),
    (100, "Please turn off two\u2011step verification", "two_step_enabled"),
    (2388103, "Two step verification is enabled on the number", "two_step_enabled"),
    (2388103, "words that nobody has seen before", "unknown"),
    (2494100, "account is in maintenance mode", "maintenance"),
    (2388023, "already registered", "already_registered"),
    (133000, "", "deregister_failed"),
    (133004, "", "server_unavailable"),
    (133005, "Two-step verification PIN is enabled and does not match", "pin_incorrect"),
    (133006, "", "not_verified"),
    (133008, "", "pin_guesses_exceeded"),
    (133009, "", "pin_too_fast"),
    (133010, "", "not_registered"),
    (133015, "", "number_being_deleted"),
    (133016, "", "register_limit"),
    (136024, "Already verified", "already_verified"),
    (136024, "temporarily unavailable, wait 1 hour", "code_request_failed"),
    (136024, "You tried too many times", "too_many_codes"),
    (136025, "Code is not correct", "code_incorrect"),
    (136025, "Code has expired", "code_expired"),
    (131031, "Account has been locked", "waba_restricted"),
    (131031, "the two-step PIN is incorrect", "pin_incorrect"),
    (131042, "", "destination_payment_missing"),
    (131045, "", "registration_failed"),
    (131057, "", "maintenance"),
    (100, "Invalid parameter", "invalid_parameter"),
    (100, "a payment method is missing", "destination_payment_missing"),
    (4, "Application request limit reached", "rate_limited"),
    (80007, "", "rate_limited"),
    (80008, "", "rate_limited"),
    (190, "Error validating access token: session has expired", "token_invalid"),
    (10, "Application does not have permission", "token_invalid"),
    (200, "number limit exceeded", "number_cap_exceeded"),
    (200, "Permissions error", "token_invalid"),
    (2, "Service temporarily unavailable", "server_unavailable"),
    (987654, "", "unknown"),
    (2388019, "", "template_limit"),
    (2388039, "", "template_locked"),
    (2388040, "", "template_refused"),
    (2388047, "", "template_refused"),
    (2388072, "", "template_refused"),
    (2388073, "", "template_refused"),
    (2388293, "", "template_refused"),
    (2388299, "", "template_refused"),
    (2593107, "", "sync_repeated"),
    (2593108, "", "sync_too_late"),
    (2593109, "", "history_declined"),
    (2388103, "Certificate can be downloaded only after ownership is confirmed", "not_verified"),
]


@pytest.mark.parametrize("place", ["message", "details", "user"])
@pytest.mark.parametrize(("code", "text", "key"), PUBLISHED)
def test_a_published_error_is_recognised_wherever_its_text_stands(code: int, text: str, key: str, place: str) -> None:
    error: dict[str, object] = {"code": code, "message": "Invalid parameter", "fbtrace_id": "Axyz"}
    if place == "message":
        error["message"] = text
    elif place == "details":
        error["error_data"] = {"messaging_product": "whatsapp", "details": text}
    else:
        error["error_user_msg"] = text
    problem = classify({"error": error}, 400)
    assert problem.key == key
    assert (problem.code, problem.fbtrace_id, problem.http_status) == (code, "Axyz", 400)
    assert text in problem.message + problem.details


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_the_simulators_own_errors_are_recognised(name: str) -> None:
    status, body = error_answer(name)
    problem = classify(body, status)
    assert problem.key == name.partition("/")[0]
    assert problem.title == ERROR_TEXTS[problem.key].title
    assert problem.what_to_do


def test_every_key_has_words_and_every_key_but_unknown_an_error_and_a_rule() -> None:
    assert {name.partition("/")[0] for name in ERRORS} == set(ERROR_TEXTS) - {"unknown"}
    assert {rule.key for rule in RULES} == set(ERROR_TEXTS) - {"unknown"}


@pytest.mark.parametrize(
    ("code", "details", "kind", "seconds"),
    [
        (133016, "", "after", 72 * 3600),
        (133015, "", "after", 300),
        (133008, "Wait 25 minutes", "after", 1500),
        (133009, "wait 90 seconds", "after", 90),
        (429, "Too many verification attempts, wait 8 hours", "after", 8 * 3600),
        (429, "Too many verification attempts", "after", 8 * 3600),
        (80007, "", "backoff", 60),
        (133005, "", "never", 0),
        (136024, "temporarily unavailable, wait 1 hour", "never", 0),
    ],
)
def test_every_error_says_when_to_try_again(code: int, details: str, kind: str, seconds: int) -> None:
    problem = classify({"error": {"code": code, "error_data": {"details": details}}}, 429 if code == 429 else 400)
    assert (problem.retry.kind, problem.retry.seconds) == (kind, seconds)


@pytest.mark.parametrize(
    ("code", "waits", "seconds"),
    [(4, 0, 60), (80007, 20, 60), (80008, 1500, 1500), (429, 900, 900), (133016, 900, 72 * 3600)],
)
def test_what_the_headers_ask_for_counts_where_calls_were_too_many(code: int, waits: int, seconds: int) -> None:
    """Source: Meta, Graph API rate limits; the 72 hours of a number's registrations are no matter of headers."""
    body = {"error": {"code": code, "message": "Too many verification attempts" if code == 429 else ""}}
    assert classify(body, 429 if code == 429 else 400, wait_seconds=waits).retry.seconds == seconds


@pytest.mark.parametrize(
    ("code", "subcode", "key"),
    [
        (100, 2388012, "already_at_destination"),
        (136024, 2388091, "code_request_failed"),
        (100, 33, "invalid_parameter"),
        (200, 1349175, "number_cap_exceeded"),
    ],
)
def test_subcodes_of_older_versions_are_understood(code: int, subcode: int, key: str) -> None:
    assert classify({"error": {"code": code, "error_subcode": subcode}}, 400).key == key


@pytest.mark.parametrize(
    ("payload", "status", "key"),
    [
        (None, 400, "unknown"),
        ([], 503, "server_unavailable"),
        ({"error": "text"}, 429, "rate_limited"),
        ({}, 401, "token_invalid"),
        ({"error": {"code": "133016"}}, 400, "register_limit"),
        ({"error": {"code": True, "message": 7, "error_data": "text"}}, 400, "unknown"),
    ],
)
def test_answers_that_are_not_shaped_as_documented_are_read_too(payload: object, status: int, key: str) -> None:
    assert classify(payload, status).key == key


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ae1- \u2011", max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("details"), inner, max_size=1),
    max_leaves=5,
)
NAMES = st.sampled_from(["code", "error_subcode", "message", "error_data", "error_user_msg", "fbtrace_id"])


@given(error=st.dictionaries(NAMES, JSON, max_size=6), status=st.integers(200, 599))
def test_reading_an_error_never_fails(error: dict[str, object], status: int) -> None:
    assert classify({"error": error}, status).key in ERROR_TEXTS
