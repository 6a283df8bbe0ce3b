"""Every refusal is a problem document with a stable code, and refusals come in the published order."""

from typing import Any

import pytest
from django.utils.html import escape

from config.core.api.codes import CATALOGUE
from tests.factories.forms import answers
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Caller
from tickets.models import Ticket

NEST = "[" * 5000 + "]" * 5000

UNREADABLE = {
    "nothing": "",
    "half": '{"client": ',
    "no JSON": "client=x",
    "an array": "[]",
    "a string": '"x"',
    "null": "null",
    "two documents": "{}{}",
    "NaN": '{"client": NaN}',
    "Infinity": '{"client": -Infinity}',
    "a name twice": '{"client": {"name": "a", "name": "b"}}',
    "half a surrogate pair": '{"client": {"name": "\\ud800"}}',
    "half a surrogate pair as a name": '{"\\udfff": 1}',
    "a hundred thousand digits": '{"client": ' + "9" * 100_000 + "}",
    "too deep": '{"client": ' + NEST + "}",
    "deep but short of recursion": '{"client": ' + "[" * 100 + "]" * 100 + "}",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_body_that_cannot_be_read_is_400_invalid_body(api: Caller, body: str) -> None:
    answer = api.post("tickets", body, Content_Type="application/json")
    assert (answer.status, answer.code) == (400, "invalid_body")


def test_latin_1_is_not_utf_8(api: Caller) -> None:
    answer = api.post("tickets", '{"client": {"name": "Ação"}}'.encode("latin-1"), Content_Type="application/json")
    assert (answer.status, answer.code) == (400, "invalid_body")


def window(weekday: Any) -> dict[str, Any]:
    return {"weekday": weekday, "start": "06:00", "end": "09:00"}


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"zz": 1}, "#/zz", "unknown_field"),
    ({"a/b~c": 1}, "#/a~1b~0c", "unknown_field"),
    ({"client": {"name": "x", "nick": 1}}, "#/client/nick", "unknown_field"),
    ({"client": {"name": 5}}, "#/client/name", "invalid"),
    ({"client": {"name": None}}, "#/client/name", "required"),
    ({"client": {"name": "  "}}, "#/client/name", "required"),
    ({"client": {"name": "a\x00b"}}, "#/client/name", "invalid"),
    ({"client": {"name": "x" * 201}}, "#/client/name", "invalid"),
    ({"client": None}, "#/client/name", "required"),
    ({"client": "Padaria"}, "#/client", "invalid"),
    ({"client": {"name": "x", "contact_email": "nobody"}}, "#/client/contact_email", "invalid"),
    ({"client": {"name": "x", "contact_email": ""}}, "#/client/contact_email", "required"),
    ({"client": {"name": "x", "contact_email": "a@b.co", "contact_phone": "12"}}, "#/client/contact_phone", "invalid_phone_number"),
    ({"client": {"name": "x", "timezone": "Mars/Base"}}, "#/client/timezone", "invalid_choice"),
    ({"client": {"name": "x", "language": "de"}}, "#/client/language", "invalid_choice"),
    ({"client": {"name": "x", "country": "Brazil"}}, "#/client/country", "invalid"),
    ({"client": {"name": "x", "country": "1!"}}, "#/client/country", "invalid_choice"),
    ({"phone_numbers": "x"}, "#/phone_numbers", "invalid"),
    ({"phone_numbers": []}, "#/phone_numbers", "required"),
    ({"phone_numbers": [5511987654321]}, "#/phone_numbers/0", "invalid"),
    ({"phone_numbers": [None]}, "#/phone_numbers/0", "required"),
    ({"phone_numbers": ["12"]}, "#/phone_numbers/0", "invalid_phone_number"),
    ({"phone_numbers": [{"number": "12"}]}, "#/phone_numbers/0/number", "invalid_phone_number"),
    ({"phone_numbers": [{"number": 12}]}, "#/phone_numbers/0/number", "invalid"),
    ({"phone_numbers": [{}]}, "#/phone_numbers/0/number", "required"),
    ({"phone_numbers": [{"number": "+5511987654321", "x": 1}]}, "#/phone_numbers/0/x", "unknown_field"),
    ({"phone_numbers": [{"number": "+5511987654321", "behind_ivr": "yes"}]}, "#/phone_numbers/0/behind_ivr", "invalid"),
    ({"phone_numbers": [{"number": "+5511987654321", "otp_contact": {}}]}, "#/phone_numbers/0/otp_contact/name", "required"),
    ({"phone_numbers": ["+5511987654321", "+55 11 98765-4321"]}, "#/phone_numbers/1", "duplicate_in_request"),
    ({"phone_numbers": ["+5511987654321", "+551187654321"]}, "#/phone_numbers/1", "duplicate_in_request"),
    ({"phone_numbers": ["+525512345678", "+5215512345678"]}, "#/phone_numbers/1", "duplicate_in_request"),
    ({"phone_numbers": [f"+34600{place:06d}" for place in range(101)]}, "#/phone_numbers", "too_many_items"),
    ({"hosting": "basement"}, "#/hosting", "invalid_choice"),
    ({"hosting": 1}, "#/hosting", "invalid_choice"),
    ({"hosting": ["cloud_api"]}, "#/hosting", "invalid_choice"),
    ({"hosting": ""}, "#/hosting", "invalid_choice"),
    ({"hosting": None}, "#/hosting", "required"),
    ({"current_bsp": "  "}, "#/current_bsp", "required"),
    ({"waba_id": 102290129340398}, "#/waba_id", "invalid"),
    ({"waba_id": "12"}, "#/waba_id", "invalid_identifier"),
    ({"waba_id": "506914307656634"}, "#/business_manager_id", "identifiers_not_distinct"),
    ({"waba_id": "5511987654321"}, "#/waba_id", "identifiers_not_distinct"),
    ({"uses_business_app": 1}, "#/uses_business_app", "invalid"),
    ({"submit": "false"}, "#/submit", "invalid"),
    ({"kind": "moving_house"}, "#/kind", "invalid_choice"),
    ({"destination": "nowhere"}, "#/destination", "invalid_choice"),
    ({"low_traffic_windows": [window(7)]}, "#/low_traffic_windows/0/weekday", "invalid"),
    ({"low_traffic_windows": [window(10**40)]}, "#/low_traffic_windows/0/weekday", "invalid"),
    ({"low_traffic_windows": [window(True)]}, "#/low_traffic_windows/0/weekday", "invalid"),
    ({"low_traffic_windows": [{"weekday": 0, "start": "6:00", "end": "24:00"}]}, "#/low_traffic_windows/0/start", "invalid"),
    ({"low_traffic_windows": [{"weekday": 0, "start": "06:00", "end": "07:00"}] * 101}, "#/low_traffic_windows", "too_many_items"),
    ({"low_traffic_windows": [None]}, "#/low_traffic_windows/0", "required"),
    ({"notes": "x" * 5001}, "#/notes", "invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "pointer", "code"), WRONG, ids=[f"{w[1]} {w[2]} {n}" for n, w in enumerate(WRONG)])
def test_a_form_that_does_not_hold_names_the_place(
    api: Caller, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = api.post("tickets", answers() | changes)
    assert (answer.status, answer.code) == (422, "validation_failed"), answer.text
    assert (pointer, code) in answer.entries


def test_every_wrong_place_is_named_at_once(api: Caller) -> None:
    answer = api.post("tickets", {"client": {"name": ""}, "hosting": "x", "zz": 1, "phone_numbers": [1]})
    malformed = {"#/client/name", "#/hosting", "#/zz", "#/phone_numbers/0"}
    missing = {"#/client/contact_email", "#/current_bsp", "#/business_verification", "#/connection_status"}
    assert {pointer for pointer, _ in answer.entries} == malformed | missing


def test_what_submitting_needs_is_told_in_one_answer(api: Caller) -> None:
    answer = api.post("tickets", {"client": {"name": "Padaria Sol"}})
    needed = ["client/contact_email", "phone_numbers", "current_bsp"]
    needed += ["business_verification", "hosting", "connection_status"]
    assert sorted(answer.entries) == sorted((f"#/{name}", "required") for name in needed)


def test_a_problem_document_has_the_six_members_and_resolves(api: Caller, api_nobody: Caller) -> None:
    problem = api.post("tickets", "{", Content_Type="application/json", X_Request_Id="mine-12345678").json
    assert set(problem) == {"type", "title", "status", "detail", "instance", "code"}
    assert (problem["status"], problem["instance"]) == (400, "urn:portero:request:mine-12345678")
    page = api_nobody.get(problem["type"].split("8000", 1)[1])
    assert (page.status, page.json["code"]) == (200, "invalid_body")


LANGUAGES = ["en", "es", "pt-br", "ru", "ca"]


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_code_has_a_page_for_machines_and_people_in_every_language(api_nobody: Caller, code: str) -> None:
    titles, ways = set(), set()
    for language in LANGUAGES:
        told = api_nobody.get(f"problems/{code}", Accept_Language=language).json
        assert told["type"].endswith(f"/api/v1/problems/{code}")
        titles.add(told["title"])
        ways.add(told["how_to_fix"])
        page = api_nobody.get(f"problems/{code}", Accept="text/html", Accept_Language=language)
        assert page.headers["Content-Type"].startswith("text/html")
        assert f"<code>{CATALOGUE[code].status} {code}</code>" in page.text
        assert f'<html lang="{language}">' in page.text
        assert escape(told["title"]) in page.text
        assert escape(told["how_to_fix"]) in page.text
    assert (len(titles), len(ways)) == (len(LANGUAGES), len(LANGUAGES))


PROMISED = """invalid_body invalid_parameter unknown_parameter validation_failed unknown_field required invalid_choice
    invalid_phone_number invalid_identifier identifiers_not_distinct duplicate_in_request too_many_items business_app_number
    kind_not_supported number_already_open idempotency_key_invalid idempotency_key_reused idempotency_in_progress
    precondition_failed precondition_required illegal_transition slot_taken slot_not_available hold_expired cursor_invalid
    cursor_expired not_found not_authenticated permission_denied method_not_allowed not_acceptable payload_too_large
    unsupported_media_type throttled internal_error temporarily_unavailable"""


def test_every_code_that_is_promised_is_in_the_catalogue() -> None:
    assert set(PROMISED.split()) <= set(CATALOGUE)


def test_the_page_of_a_problem_may_load_its_style_and_nothing_else(api_nobody: Caller) -> None:
    page = api_nobody.get("problems/not_found", Accept="text/html")
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert (
        api_nobody.get("problems/not_found").headers["Content-Security-Policy"].startswith("default-src 'none'; frame")
    )


def test_what_the_page_of_documents_refuses_is_a_problem_too(api_nobody: Caller) -> None:
    assert api_nobody.post("/api/docs", {}).code == "method_not_allowed"


def test_an_encoded_body_is_415_and_a_strange_host_a_problem_everywhere(api: Caller) -> None:
    assert api.post("tickets", answers(), Content_Encoding="gzip").code == "unsupported_media_type"
    assert api.get("/nope", Host="evil.example").code == "invalid_body"


def test_a_refusal_is_a_problem_document_even_where_a_page_was_asked_for(api_nobody: Caller) -> None:
    answer = api_nobody.get("problems/nope", Accept="text/html")
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nope",
        "/api/nope",
        "/api/v1/tickets/",
        "/api/v1/",
        "/api/v1",
        "/api/v2/tickets",
        "/api",
        "/nope",
        "/api/v1/tickets/MIG%00",
    ],
)
def test_unknown_addresses_are_problem_documents(api: Caller, path: str) -> None:
    answer = api.get(path)
    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.headers["X-Request-Id"]


def test_a_browser_gets_a_page_for_an_unknown_address(api_nobody: Caller) -> None:
    answer = api_nobody.get("/nope", Accept="text/html,*/*")
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("key", "headers"),
    [
        ("", {}),
        ("mig_live_00000000_unknown", {}),
        ("schlüssel", {}),
        (None, {"Authorization": "Basic dXNlcjpwYXNz"}),
        (None, {"Authorization": "Bearer"}),
        (None, {}),
    ],
)
def test_without_a_valid_key_it_is_401(desk: object, key: str | None, headers: dict[str, str]) -> None:
    answer = Caller(key).get("tickets", **headers)
    assert (answer.status, answer.code) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="portero"'


def test_a_wrong_key_is_refused_even_where_none_is_needed(desk: object) -> None:
    assert Caller("mig_live_wrong").get("statuses").status == 401


def test_refusals_come_in_the_published_order(
    api: Caller, api_nobody: Caller, api_reader: Caller, walk: Walker
) -> None:
    closed = walk(Path.CANCELLED).ticket.reference
    here, gone = f"tickets/{closed}", "tickets/MIG-AAAAAAAA"
    bad, xml = {"zz": 1}, {"Content_Type": "text/xml"}
    steps = [
        (api_nobody.patch(f"{gone}?zz=1", bad), 401),
        (api_reader.patch(f"{gone}?zz=1", bad), 403),
        (api.patch(f"{gone}?zz=1", bad), 404),
        (api.send("PUT", f"{here}?zz=1", bad), 405),
        (api.patch(f"{here}?zz=1", bad, Accept="text/html"), 406),
        (api.patch(f"{here}?zz=1", bad, **xml), 415),
        (api.patch(f"{here}?zz=1", bad), 400),
        (api.patch(here, bad), 428),
        (api.patch(here, bad, If_Match='"999-1-en-0.1.0"'), 412),
        (api.patch(here, bad, If_Match="*"), 422),
        (api.patch(here, {"notes": "x"}, If_Match="*"), 409),
    ]
    assert [answer.status for answer, _ in steps] == [status for _, status in steps]


def test_405_says_what_is_allowed(api: Caller) -> None:
    answer = api.delete("tickets")
    assert (answer.code, answer.headers["Allow"]) == ("method_not_allowed", "GET, POST, HEAD, OPTIONS")


def test_a_calendar_file_is_read_only(api: Caller, walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    path = f"tickets/{walked.ticket.reference}/pin-calls/{walked.current_call().uid}.ics"
    assert api.patch(path, {"start": "2026-03-04T15:00:00Z"}).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert api.get(path, Accept="application/json").code == "not_acceptable"
    assert api.get(path, Accept="text/calendar").text.startswith("BEGIN:VCALENDAR")


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_other_media_types_are_415(api: Caller, media_type: str) -> None:
    answer = api.post("tickets", '{"client": {"name": "x"}}', Content_Type=media_type)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_a_charset_beside_the_media_type_is_fine(api: Caller) -> None:
    body = '{"client": {"name": "x"}, "submit": false}'
    assert api.post("tickets", body, Content_Type="application/json; charset=utf-8").status == 201


def test_a_body_of_six_megabytes_is_413(api: Caller) -> None:
    answer = api.post("tickets", '{"notes": "' + "x" * 6_000_000 + '"}', Content_Type="application/json")
    assert (answer.status, answer.code) == (413, "payload_too_large")


QUERIES = [
    ("tickets?zz=1", "unknown_parameter", "zz"),
    ("tickets?format=json", "unknown_parameter", "format"),
    ("tickets?limit=0", "invalid_parameter", "limit"),
    ("tickets?limit=201", "invalid_parameter", "limit"),
    ("tickets?limit=", "invalid_parameter", "limit"),
    ("tickets?limit=1e2", "invalid_parameter", "limit"),
    ("tickets?limit=1&limit=2", "invalid_parameter", "limit"),
    ("tickets?cursor=a&cursor=b", "invalid_parameter", "cursor"),
    ("tickets?client_reference=a&client_reference=b", "invalid_parameter", "client_reference"),
    ("tickets?sort=created_at&sort=updated_at", "invalid_parameter", "sort"),
    ("tickets?q=%ff", "invalid_parameter", "q"),
    ("events?after=now&after=x", "invalid_parameter", "after"),
    ("tickets?limit=²", "invalid_parameter", "limit"),
    ("tickets?status=nope", "invalid_parameter", "status"),
    ("tickets?status=", "invalid_parameter", "status"),
    ("tickets?sort=name", "invalid_parameter", "sort"),
    ("tickets?created_after=yesterday", "invalid_parameter", "created_after"),
    ("tickets?created_after=2026-03-02", "invalid_parameter", "created_after"),
    ("tickets?created_after=2026-03-02T10:00:00", "invalid_parameter", "created_after"),
    ("tickets?updated_since=0001-01-01T00:00:00%2B14:00", "invalid_parameter", "updated_since"),
    ("tickets?created_before=9999-12-31T23:59:59Z", "invalid_parameter", "created_before"),
    ("tickets?phone_number=12", "invalid_parameter", "phone_number"),
    ("tickets?q=", "invalid_parameter", "q"),
    ("tickets?q=a%00b", "invalid_parameter", "q"),
    ("tickets?queue=", "invalid_parameter", "queue"),
    ("me?limit=1", "unknown_parameter", "limit"),
]


@pytest.mark.parametrize(("path", "code", "parameter"), QUERIES)
def test_a_bad_query_is_400_and_names_the_parameter(api: Caller, path: str, code: str, parameter: str) -> None:
    answer = api.get(path)
    assert (answer.status, answer.code, answer.json["parameter"]) == (400, code, parameter)


def test_a_host_that_is_not_ours_is_refused_before_anything_is_done(api: Caller) -> None:
    answer = api.post("tickets", answers(), Host="evil.example")
    assert (answer.status, answer.code) == (400, "invalid_body")
    assert api.get("tickets").data == []


def test_a_broken_view_answers_500_without_a_word_of_what_broke(api: Caller, walk: Walker) -> None:
    walk(Path.FILED)
    Ticket.objects.update(next_action="nobody_knows_this")
    answer = api.get("tickets", X_Request_Id="mine-12345678")
    assert (answer.status, answer.code) == (500, "internal_error")
    assert "mine-12345678" in answer.json["detail"]
    assert "nobody_knows_this" not in answer.text


def test_every_answer_has_the_headers_of_the_contract(api: Caller, api_nobody: Caller, walk: Walker) -> None:
    reference = walk(Path.FILED).ticket.reference
    tag = api.get(f"tickets/{reference}").etag
    for answer in (
        api.get(f"tickets/{reference}"),
        api.get(f"tickets/{reference}", If_None_Match=tag),
        api.get("tickets"),
        api.get("nope"),
        api.post("tickets", "{", Content_Type="application/json"),
        api_nobody.get("tickets"),
        api.send("OPTIONS", "tickets"),
        api.send("HEAD", "tickets?limit=1"),
    ):
        assert answer.headers["X-Request-Id"]
        assert answer.headers["RateLimit-Policy"].startswith(('"read";q=6000', '"write";q=600', '"anonymous";q=600'))
        assert answer.headers["RateLimit"].partition(";r=")[2]
        assert answer.headers["Content-Language"] == "en"
        assert answer.headers["Vary"] == "Authorization, Accept-Language, Accept-Encoding"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["tickets?limit=1", "tickets?zz=1", "openapi.json", "problems/throttled", "/healthz", "/api/docs", "/admin/login/"],
)
def test_a_head_has_the_headers_of_the_get_and_no_body(api: Caller, path: str) -> None:
    passing = {"X-Request-Id", "RateLimit", "Expires", "Set-Cookie"}
    sent = {"Authorization": f"Bearer {api.secret}", "Accept-Encoding": "gzip"}
    address = path if path.startswith("/") else f"/api/v1/{path}"
    whole, bare = (api.client.generic(method, address, headers=sent) for method in ("GET", "HEAD"))
    assert (bare.status_code, bare.content) == (whole.status_code, b"")
    assert whole.content
    kept = {name: value for name, value in whole.headers.items() if name not in passing}
    assert {name: value for name, value in bare.headers.items() if name not in passing} == kept


def test_options_names_the_methods_and_nothing_else(api: Caller) -> None:
    answer = api.send("OPTIONS", "tickets")
    assert (answer.status, answer.text, answer.headers["Allow"]) == (204, "", "GET, POST, HEAD, OPTIONS")


@pytest.mark.parametrize("offered", ["mine-12345678", "a:b.c_d-e1", "7", "Root=1-67891233-abcdef/a+b@c", "x" * 128])
def test_a_sane_request_id_is_kept(api: Caller, offered: str) -> None:
    assert api.get("me", X_Request_Id=offered).headers["X-Request-Id"] == offered


@pytest.mark.parametrize("offered", ["", "x" * 129, "white space", "ünsound", "<script>alert(1)</script>"])
def test_a_strange_request_id_is_replaced(api: Caller, offered: str) -> None:
    assert api.get("me", X_Request_Id=offered).headers["X-Request-Id"] != offered
