"""The eligibility check: what it answers, whom it tells what, and that it leaves no trace."""

import time
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from migrations_app.enums.reasons import ReasonCode
from migrations_app.rules.phone import match_key
from tests.factories.forms import NUMBER, OTHER_NUMBER, answers
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Answer, Caller
from tests.integration.api.test_queries import WRITES
from tickets.models import IdempotencyRecord

CHECKS = "eligibility-checks"
OLD_FORM = "+551187654321"


def codes(row: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in row["reasons"]]


def one(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.text
    [row] = answer.data
    return row


def test_a_complete_form_in_which_all_is_in_order(api: Caller) -> None:
    answer = api.post(CHECKS, answers(two_step_verification="disabled"))
    assert answer.json == {
        "data": [
            {
                "input": NUMBER,
                "number": NUMBER,
                "country": "BR",
                "can_submit": True,
                "eligible": True,
                "flow": "number_by_api",
                "reasons": [],
                "blocking": [],
                "existing_ticket": None,
            }
        ],
        "missing": [],
    }


def test_a_reason_says_what_it_stops_who_must_act_and_where(api: Caller) -> None:
    row = one(api.post(CHECKS, answers()))
    assert (row["can_submit"], row["eligible"], row["blocking"]) == (True, None, ["two_step_disabled"])
    [reason] = row["reasons"]
    message = reason.pop("message")
    assert message.startswith("Two-step verification is still switched on.")
    assert reason == {
        "code": "two_step_enabled",
        "severity": "block",
        "blocks": "schedule",
        "action_by": "client",
        "field": "#/two_step_verification",
        "candidate": None,
    }


def test_numbers_alone_are_enough_and_what_filing_needs_besides_is_named(api: Caller) -> None:
    answer = api.post(CHECKS, {"phone_numbers": [NUMBER]})
    row = one(answer)
    assert (row["can_submit"], row["eligible"]) == (True, None)
    assert set(codes(row)) == {
        "two_step_unknown",
        "waba_id_missing",
        "business_manager_id_missing",
        "display_name_not_approved",
    }
    assert answer.json["missing"] == [
        "#/client/name",
        "#/client/contact_email",
        "#/current_bsp",
        "#/business_verification",
        "#/hosting",
        "#/connection_status",
    ]


def test_each_number_has_its_own_row_in_the_order_sent(api: Caller) -> None:
    sent = ["  +55 11 98765-4321", "nonsense", {"number": "+55 11 3000 1001", "otp_method": "sms"}, "28282", OLD_FORM]
    rows = api.post(CHECKS, answers() | {"phone_numbers": sent}).data
    assert [row["input"] for row in rows] == [sent[0], sent[1], "+55 11 3000 1001", sent[3], sent[4]]
    assert [row["number"] for row in rows] == [NUMBER, None, "+551130001001", None, OLD_FORM]
    assert [row["can_submit"] for row in rows] == [True, False, True, False, False]
    assert [row["eligible"] for row in rows] == [None, False, None, False, False]
    assert "invalid_phone_number" in codes(rows[1])
    assert "otp_needs_voice" in codes(rows[2])
    assert "not_a_whatsapp_capable_line" in codes(rows[3])
    assert {"brazil_ninth_digit", "duplicate_in_request"} <= set(codes(rows[4]))
    [place] = [reason["field"] for reason in rows[2]["reasons"] if reason["code"] == "otp_needs_voice"]
    assert place == "#/phone_numbers/2/otp_method"


@pytest.mark.parametrize(
    ("number", "code", "candidate"),
    [(OLD_FORM, "brazil_ninth_digit", NUMBER), ("+5215512345678", "mexico_prefix", "+525512345678")],
)
def test_old_forms_are_told_with_the_candidate(api: Caller, number: str, code: str, candidate: str) -> None:
    row = one(api.post(CHECKS, {"phone_numbers": [number]}))
    [reason] = [reason for reason in row["reasons"] if reason["code"] == code]
    assert (row["number"], row["can_submit"], reason["candidate"]) == (number, True, candidate)
    assert candidate in reason["message"]
    assert "invalid_phone_number" not in codes(row)


def test_the_directory_is_asked_about_the_old_bsp(api: Caller) -> None:
    assert "old_bsp_client_only" in codes(one(api.post(CHECKS, answers(current_bsp="360 Dialog"))))
    row = one(api.post(CHECKS, answers(current_bsp="Tia Maria Messaging", two_step_verification="disabled")))
    assert (codes(row), row["can_submit"]) == (["unknown_bsp"], True)
    assert "unknown_bsp" not in codes(one(api.post(CHECKS, {"phone_numbers": [NUMBER]})))


@pytest.mark.parametrize(
    ("moves", "app", "flow"),
    [("number", False, "number_by_api"), ("waba", False, "waba_switch"), ("hosting", False, "hosting_change"),
     ("number", True, "business_app_coexistence")],
)  # fmt: skip
def test_the_flow_is_told(api: Caller, moves: str, app: bool, flow: str) -> None:
    assert one(api.post(CHECKS, answers(moves=moves, uses_business_app=app)))["flow"] == flow


# ------------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("body", "entry"),
    [
        ({}, ("#/phone_numbers", "required")),
        ({"phone_numbers": []}, ("#/phone_numbers", "required")),
        ({"phone_numbers": ["+5511987654321"] * 101}, ("#/phone_numbers", "too_many_items")),
        ({"phone_numbers": [7]}, ("#/phone_numbers/0", "invalid")),
        ({"phone_numbers": [NUMBER], "old_bsp": "infobip"}, ("#/old_bsp", "unknown_field")),
        ({"phone_numbers": [{"number": NUMBER, "sim": 1}]}, ("#/phone_numbers/0/sim", "unknown_field")),
        ({"phone_numbers": [NUMBER], "client": {"nickname": "x"}}, ("#/client/nickname", "unknown_field")),
        ({"phone_numbers": [NUMBER], "hosting": "basement"}, ("#/hosting", "invalid_choice")),
        ({"phone_numbers": [NUMBER], "destination": "nowhere"}, ("#/destination", "invalid_choice")),
        ({"phone_numbers": [NUMBER], "kind": "question"}, ("#/kind", "kind_not_supported")),
    ],
)
def test_a_question_that_does_not_hold_is_422(api: Caller, body: dict[str, Any], entry: tuple[str, str]) -> None:
    answer = api.post(CHECKS, body)
    assert (answer.status, answer.entries) == (422, [entry])


def test_a_hundred_numbers_are_taken_at_the_same_number_of_queries(api: Caller, walk: Walker) -> None:
    walk(Path.FILED)
    counts = []
    for count in (1, 100):
        numbers = [f"+5511987{place:06d}" for place in range(count)]
        with CaptureQueriesContext(connection) as captured:
            assert len(api.post(CHECKS, answers() | {"phone_numbers": numbers}).data) == count
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 5


def test_there_is_nothing_to_get(api: Caller) -> None:
    answer = api.get(CHECKS)
    assert (answer.status, answer.code) == (405, "method_not_allowed")


# -------------------------------------------------------------------------------------------------------- without trace


def rows() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_it_writes_nothing(api: Caller, walk: Walker) -> None:
    walk(Path.FILED)
    body = answers(OLD_FORM, "nonsense", current_bsp="Tia Maria Messaging")
    before = rows()
    with CaptureQueriesContext(connection) as captured:
        assert api.post(CHECKS, body, Idempotency_Key="check-1").status == 200
    assert [query["sql"] for query in captured if query["sql"].startswith(WRITES)] == []
    assert rows() == before


def test_an_idempotency_key_is_taken_and_nothing_is_kept_under_it(api: Caller, walk: Walker) -> None:
    first = api.post(CHECKS, answers(), Idempotency_Key="check-1")
    walk(Path.FILED)
    again = api.post(CHECKS, answers(), Idempotency_Key="check-1")
    assert one(first)["existing_ticket"] is None
    assert one(again)["existing_ticket"] is not None
    assert "Idempotency-Replayed" not in again.headers
    assert api.post(CHECKS, answers(OTHER_NUMBER), Idempotency_Key="check-1").status == 200
    assert api.post(CHECKS, answers(), Idempotency_Key="").code == "idempotency_key_invalid"
    assert IdempotencyRecord.objects.filter(path__contains=CHECKS).count() == 0


def test_who_may_read_may_ask(api_reader: Caller, api_nobody: Caller) -> None:
    assert api_reader.post(CHECKS, {"phone_numbers": [NUMBER]}).status == 200
    assert api_reader.post("tickets", answers()).status == 403
    assert api_nobody.post(CHECKS, {"phone_numbers": [NUMBER]}).status == 401


def test_each_number_counts_as_one_read(api: Caller, settings: Settings) -> None:
    if time.time() % 60 > 57:  # the window must not turn in between
        time.sleep(3)
    settings.RATE_LIMITS = {"read": 5, "write": 0, "anonymous": 9}
    numbers = [f"+551198765432{place}" for place in range(3)]
    answer = api.post(CHECKS, {"phone_numbers": numbers})
    assert answer.headers["RateLimit"].split(";")[:2] == ['"read"', "r=2"]
    assert api.post(CHECKS, {"phone_numbers": numbers}).status == 429


# ------------------------------------------------------------------------------------------------------- whose tickets


@pytest.mark.parametrize("asked", [NUMBER, OLD_FORM])
def test_your_own_open_ticket_is_named(api: Caller, walk: Walker, asked: str) -> None:
    reference = walk(Path.FILED).ticket.reference
    row = one(api.post(CHECKS, answers(asked)))
    assert (row["can_submit"], row["eligible"], row["existing_ticket"]) == (False, False, reference)
    assert "number_already_open" in codes(row)
    assert api.post("tickets", answers(asked)).json["existing_ticket"] == reference


@pytest.mark.parametrize("path", [Path.CANCELLED, Path.REJECTED, Path.DRAFT])
def test_a_ticket_that_holds_no_line_is_not_told(api: Caller, walk: Walker, path: Path) -> None:
    walk(path)
    row = one(api.post(CHECKS, answers()))
    assert (row["existing_ticket"], "number_already_open" in codes(row)) == (None, False)


def test_a_stranger_learns_nothing_not_even_by_the_work_it_takes(api_stranger: Caller, walk: Walker) -> None:
    body = answers(NUMBER, OTHER_NUMBER)
    with CaptureQueriesContext(connection) as free:
        before = api_stranger.post(CHECKS, body)
    walk(Path.FILED)
    with CaptureQueriesContext(connection) as held:
        after = api_stranger.post(CHECKS, body)
    assert (after.json, len(held)) == (before.json, len(free))


def test_a_test_key_meets_no_tickets_and_no_one_meets_its(api: Caller, api_test: Caller) -> None:
    reference = api.post("tickets", answers()).json["reference"]
    assert one(api_test.post(CHECKS, answers()))["existing_ticket"] is None
    assert api_test.post("tickets", answers(OTHER_NUMBER)).status == 201
    row = one(api.post(CHECKS, answers(OTHER_NUMBER)))
    assert (row["existing_ticket"], row["can_submit"]) == (None, True)
    assert one(api.post(CHECKS, answers()))["existing_ticket"] == reference


@pytest.mark.parametrize("language", ["es", "pt-br", "ru", "ca"])
def test_words_follow_the_language_and_codes_do_not(api: Caller, language: str) -> None:
    body = answers(OLD_FORM, current_bsp="Tia Maria Messaging")
    english, other = one(api.post(CHECKS, body)), api.post(CHECKS, body, Accept_Language=language)
    assert codes(one(other)) == codes(english)
    assert other.headers["Content-Language"] == language
    for mine, theirs in zip(english["reasons"], one(other)["reasons"], strict=True):
        assert mine["message"] != theirs["message"], mine["code"]


def test_codes_are_those_of_the_description(api: Caller) -> None:
    assert len(ReasonCode) == 28
    assert match_key(OLD_FORM) == NUMBER
