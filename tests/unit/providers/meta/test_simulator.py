"""The simulator held to Meta's published facts: limits, lifetimes, delivery, the shape of errors."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from providers.meta.client import MetaClient, MetaRefused
from providers.meta.simulator.limits import registrations
from providers.types import CodeMethod
from tests.unit.providers.meta.conftest import DIGITS, TOKEN, WABA, Clock, Simulated

Start = Callable[..., str]
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


def ask(client: MetaClient, phone: str, method: CodeMethod = CodeMethod.SMS) -> None:
    client.request_code(phone_number_id=phone, method=method, language="es")


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(MetaRefused) as caught:
        call()
    return caught.value.problem.key


def another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_works_once(client: MetaClient, meta: Simulated, start: Start) -> None:
    phone = start()
    ask(client, phone)
    code = meta.inbox()[-1]["code"]
    client.verify_code(phone_number_id=phone, code=code)
    assert refused(lambda: client.verify_code(phone_number_id=phone, code=code)) == "code_incorrect"


def test_a_wrong_code_is_refused_and_the_right_one_still_works(
    client: MetaClient, meta: Simulated, start: Start
) -> None:
    phone = start()
    ask(client, phone)
    code = meta.inbox()[-1]["code"]
    assert refused(lambda: client.verify_code(phone_number_id=phone, code=another(code))) == "code_incorrect"
    client.verify_code(phone_number_id=phone, code=code)
    assert client.number_facts(phone).is_verified


def test_only_the_newest_code_works(client: MetaClient, meta: Simulated, start: Start) -> None:
    phone = start()
    ask(client, phone)
    ask(client, phone)
    older, newer = (message["code"] for message in meta.inbox())
    if older != newer:
        assert refused(lambda: client.verify_code(phone_number_id=phone, code=older)) == "code_incorrect"
    client.verify_code(phone_number_id=phone, code=newer)


@pytest.mark.parametrize(("seconds", "works"), [(600, True), (601, False)])
def test_a_code_lives_ten_minutes(
    seconds: int, works: bool, client: MetaClient, meta: Simulated, start: Start, clock: Clock
) -> None:
    phone = start()
    ask(client, phone)
    clock.forward(seconds=seconds)

    def verify() -> None:
        client.verify_code(phone_number_id=phone, code=meta.inbox()[-1]["code"])

    if works:
        verify()
    else:
        assert refused(verify) == "code_expired"


@pytest.mark.parametrize(("days", "status"), [(14, "VERIFIED"), (15, "EXPIRED")])
def test_a_proof_of_ownership_lives_fourteen_days(
    days: int, status: str, client: MetaClient, verified: Start, clock: Clock
) -> None:
    phone = verified()
    clock.forward(days=days)
    assert client.number_facts(phone).code_verification_status_raw == status
    if status == "VERIFIED":
        client.register(phone_number_id=phone, pin="271828")
    else:
        assert refused(lambda: client.register(phone_number_id=phone, pin="271828")) == "not_verified"


@pytest.mark.parametrize(
    ("options", "method", "arrives"),
    [
        ({}, CodeMethod.SMS, True),
        ({}, CodeMethod.VOICE, True),
        ({"line_type": "landline"}, CodeMethod.SMS, False),
        ({"line_type": "landline"}, CodeMethod.VOICE, True),
        ({"line_type": "landline", "ivr": True}, CodeMethod.VOICE, False),
        ({"line_type": "pager"}, CodeMethod.VOICE, False),
        ({"otp_never_arrives": True}, CodeMethod.SMS, False),
    ],
)
def test_a_code_arrives_only_where_the_line_can_take_it(
    options: dict[str, Any], method: CodeMethod, arrives: bool, client: MetaClient, meta: Simulated, start: Start
) -> None:
    meta.set_number(**options)
    ask(client, start(), method)
    assert bool(meta.inbox()) is arrives


def test_after_three_codes_a_number_rests_for_eight_hours_and_others_do_not(
    client: MetaClient, start: Start, clock: Clock
) -> None:
    phone, other = start(), start(WABA, "600999888")
    for _ in range(3):
        ask(client, phone)
    with pytest.raises(MetaRefused) as caught:
        ask(client, phone)
    assert (caught.value.problem.key, caught.value.problem.http_status) == ("too_many_codes", 429)
    assert caught.value.problem.retry.seconds == 8 * 3600
    ask(client, other)
    clock.forward(hours=8)
    ask(client, phone)


def test_ten_registrations_in_72_hours_then_blocked_for_72(client: MetaClient, start: Start, clock: Clock) -> None:
    phone = start()

    def register() -> None:
        client.register(phone_number_id=phone, pin="271828")

    for _ in range(10):
        assert refused(register) == "not_verified"
        clock.forward(hours=1)
    with pytest.raises(MetaRefused) as caught:
        register()
    assert (caught.value.problem.key, caught.value.problem.code) == ("register_limit", 133016)
    clock.forward(hours=71, minutes=59)
    assert refused(register) == "register_limit"
    clock.forward(minutes=1)
    assert refused(register) == "not_verified"


# Gaps around 72 h / 10, where a window of the wrong length shows; now and then one that ends a block.
MINUTES = st.lists(st.integers(0, 10 * 60) | st.integers(70 * 60, 74 * 60), min_size=12, max_size=40)


@given(MINUTES)
@example([6 * 60] * 40)
@example([7 * 60 + 12] * 40)
def test_no_72_hours_ever_hold_more_than_ten_registrations(gaps: list[int]) -> None:
    window, now = registrations(), datetime(2026, 11, 20, tzinfo=UTC)
    allowed: list[datetime] = []
    blocked_until = now
    for gap in gaps:
        now += timedelta(minutes=gap)
        if window.take(now):
            assert now >= blocked_until
            allowed.append(now)
        elif now >= blocked_until:
            assert sum(now - moment < timedelta(hours=72) for moment in allowed) == 10
            blocked_until = now + timedelta(hours=72)
    for moment in allowed:
        assert sum(timedelta(0) <= other - moment < timedelta(hours=72) for other in allowed) <= 10


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}])
def test_a_call_without_bearer_token_is_refused_with_190(headers: dict[str, str], meta: Simulated) -> None:
    answer = meta.http.get(f"/v25.0/{WABA}/phone_numbers", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


def test_errors_have_graphs_shape(meta: Simulated) -> None:
    meta.set_number(two_step=True)
    body = {"cc": "34", "phone_number": DIGITS[2:], "migrate_phone_number": True}
    migration = meta.http.post(f"/v25.0/{WABA}/phone_numbers", json=body, headers=AUTHORIZED).json()["error"]
    assert set(migration) == {"message", "type", "code", "error_user_title", "error_user_msg", "fbtrace_id"}
    phone = meta.number()["phones"][0]["id"]
    meta.fault(call="register", error_key="register_limit")
    other = meta.http.post(f"/v25.0/{phone}/register", json={}, headers=AUTHORIZED).json()["error"]
    assert set(other) == {"message", "type", "code", "error_data", "fbtrace_id"}
    assert other["error_data"]["messaging_product"] == "whatsapp"


@pytest.mark.parametrize(
    "kind",
    [
        {"json": {"cc": "34", "phone_number": "600111222", "migrate_phone_number": True}},
        {"data": {"cc": "34", "phone_number": "600111222", "migrate_phone_number": "true"}},
        {"params": {"cc": "34", "phone_number": "600111222", "migrate_phone_number": "true"}},
    ],
)
def test_parameters_come_as_json_form_or_query(kind: dict[str, dict[str, str]], meta: Simulated) -> None:
    request = meta.http.build_request("POST", f"/v25.0/{WABA}/phone_numbers", headers=AUTHORIZED, **kind)  # type: ignore[arg-type]
    assert meta.http.send(request).json()["id"].isdecimal()


@pytest.mark.parametrize(
    ("edge", "body"),
    [
        ("request_code", {"code_method": "FAX", "language": "en_US"}),
        ("request_code", {"code_method": "SMS", "language": "en"}),
        ("verify_code", {"code": "12345"}),
        ("register", {"messaging_product": "whatsapp", "pin": "12345"}),
        ("register", {"pin": "271828"}),
        ("dance", {}),
    ],
)
def test_malformed_calls_are_invalid_parameters(edge: str, body: dict[str, str], meta: Simulated, start: Start) -> None:
    answer = meta.http.post(f"/v25.0/{start()}/{edge}", json=body, headers=AUTHORIZED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


@pytest.mark.parametrize(
    "body",
    [
        {"cc": "+34", "phone_number": "600111222", "migrate_phone_number": True},
        {"cc": "34", "phone_number": "600 111", "migrate_phone_number": True},
        {"cc": "34", "phone_number": "600111222"},
    ],
)
def test_a_migration_needs_digits_and_its_flag(body: dict[str, object], meta: Simulated) -> None:
    answer = meta.http.post(f"/v25.0/{WABA}/phone_numbers", json=body, headers=AUTHORIZED)
    assert answer.json()["error"]["code"] == 100


def test_fields_are_selected_and_unknown_ones_refused(meta: Simulated, start: Start) -> None:
    phone = start()

    def read(fields: str) -> httpx2.Response:
        return meta.http.get(f"/v25.0/{phone}", params={"fields": fields}, headers=AUTHORIZED)

    assert set(read("status,name_status").json()) == {"status", "name_status", "id"}
    assert read("two_step").json()["error"]["code"] == 100


def test_lists_go_by_cursors(meta: Simulated, start: Start) -> None:
    ids = [start(WABA, f"60011122{number}") for number in range(3)]
    path = f"/v25.0/{WABA}/phone_numbers"
    first = meta.http.get(path, params={"limit": "2"}, headers=AUTHORIZED).json()
    after = first["paging"]["cursors"]["after"]
    second = meta.http.get(path, params={"limit": "2", "after": after}, headers=AUTHORIZED).json()
    assert [node["id"] for node in first["data"] + second["data"]] == ids
    assert "next" in first["paging"]
    assert "next" not in second["paging"]
    assert meta.http.get(path, params={"after": "!"}, headers=AUTHORIZED).json()["error"]["code"] == 100


def test_an_app_subscribes_to_an_account(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(subscribed_apps=[])
    assert client.subscribed_apps(WABA) == []
    assert meta.http.post(f"/v25.0/{WABA}/subscribed_apps", headers=AUTHORIZED).json() == {"success": True}
    assert len(client.subscribed_apps(WABA)) == 1


def test_registrations_at_the_same_moment_are_counted_one_by_one(meta: Simulated, start: Start) -> None:
    phone, codes, lock = start(), list[int](), threading.Lock()

    def attempt() -> None:
        body = {"messaging_product": "whatsapp", "pin": "271828"}
        answer = httpx2.post(
            f"{meta.server.base_url}/v25.0/{phone}/register", json=body, headers=AUTHORIZED, trust_env=False
        )
        with lock:
            codes.append(answer.json()["error"]["code"])

    threads = [threading.Thread(target=attempt) for _ in range(14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [133006] * 10 + [133016] * 4
