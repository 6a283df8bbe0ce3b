"""The client against the running simulator: the whole way of a number, and every way in which it is refused."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from providers.meta.client import GRAPH_VERSION, MetaClient, MetaRefused, MetaUnanswered, MetaUnreachable
from providers.types import CodeMethod, CodeVerification
from tests.unit.providers.meta.conftest import COUNTRY, DIGITS, NATIONAL, TOKEN, WABA, Simulated

Start = Callable[..., str]


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(MetaRefused) as caught:
        call()
    return caught.value.problem.key


def test_a_number_moves_from_its_source_to_its_destination(client: MetaClient, meta: Simulated) -> None:
    phone = client.start_migration(waba_id=WABA, country_code=COUNTRY, national_number=NATIONAL)
    before = client.number_facts(phone)
    assert (before.status, before.code_verification_status) == ("PENDING", CodeVerification.NOT_VERIFIED)

    client.request_code(phone_number_id=phone, method=CodeMethod.SMS, language="pt-br")
    message = meta.inbox()[-1]
    assert message["method"] == "SMS"
    client.verify_code(phone_number_id=phone, code=message["code"])
    assert client.number_facts(phone).is_verified
    assert not client.number_facts(phone).is_connected

    client.register(phone_number_id=phone, pin="271828")
    after = client.number_facts(phone)
    assert after.is_connected
    assert after.platform_type == "CLOUD_API"
    source = meta.number()["phones"][0]
    assert source["status"] == "MIGRATED"
    assert client.number_facts(source["id"]).status == "MIGRATED"
    assert [facts.id for facts in client.numbers_of(WABA)] == [phone]


def test_the_source_goes_on_working_until_the_number_is_registered(meta: Simulated, verified: Start) -> None:
    verified()
    assert meta.number()["phones"][0]["status"] == "CONNECTED"


def test_registering_switches_two_step_verification_on_again(
    client: MetaClient, meta: Simulated, verified: Start, start: Start
) -> None:
    client.register(phone_number_id=verified(), pin="271828")
    assert meta.number()["two_step"] is True
    assert refusal(lambda: start("111111111111111")) == "two_step_enabled"


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"two_step": True}, "two_step_enabled"),
        ({"two_step": True, "pin": "111222"}, "two_step_enabled"),
        ({"display_name_status": "PENDING_REVIEW"}, "display_name_not_approved"),
        ({"display_name_status": "DECLINED"}, "display_name_not_approved"),
        ({"free": True}, "number_is_free"),
        ({"source_set_up": False}, "source_not_set_up"),
        ({"source_waba_id": WABA}, "already_at_destination"),
    ],
)
def test_the_state_of_the_number_stops_a_migration(
    options: dict[str, Any], key: str, meta: Simulated, start: Start
) -> None:
    meta.set_number(**options)
    assert refusal(start) == key


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"payment": False}, "destination_payment_missing"),
        ({"subscribed_apps": []}, "webhooks_missing"),
        ({"approved": False}, "destination_not_approved"),
        ({"messaging_for_approved": False}, "messaging_for_pending"),
    ],
)
def test_the_state_of_the_destination_stops_a_migration(
    options: dict[str, Any], key: str, meta: Simulated, start: Start
) -> None:
    meta.set_waba(**options)
    assert refusal(start) == key
    assert client_sees_no_number(meta)


def client_sees_no_number(meta: Simulated) -> bool:
    return all(phone["waba_id"] != WABA for phone in meta.number()["phones"])


def test_accounts_of_different_businesses_cannot_exchange_a_number(meta: Simulated, start: Start) -> None:
    meta.set_number(business_id="506914307656634")
    meta.set_waba(business_id="2729063490586005")
    assert refusal(start) == "different_business"
    meta.set_waba(business_id="506914307656634")
    assert start().isdecimal()


def test_the_destination_takes_no_more_numbers_than_its_cap(meta: Simulated, start: Start) -> None:
    meta.set_waba(number_cap=1)
    start()
    assert refusal(lambda: start(WABA, "600999888")) == "number_cap_exceeded"


def test_starting_the_same_migration_again_proves_again_and_gives_the_same_number(
    meta: Simulated, start: Start
) -> None:
    first = start()
    assert start() == first
    meta.set_number(two_step=True)
    assert refusal(start) == "two_step_enabled"


def test_a_verified_number_gets_no_further_code(client: MetaClient, verified: Start) -> None:
    phone = verified()
    with pytest.raises(MetaRefused) as caught:
        client.request_code(phone_number_id=phone, method=CodeMethod.SMS, language="en")
    assert (caught.value.problem.key, caught.value.problem.code) == ("already_verified", 136024)
    assert caught.value.problem.http_status == 400


def test_a_number_that_another_account_took_is_no_longer_being_migrated(
    client: MetaClient, verified: Start, start: Start
) -> None:
    overtaken = start("111111111111111")
    client.register(phone_number_id=verified(), pin="271828")
    with pytest.raises(MetaRefused) as asked:
        client.request_code(phone_number_id=overtaken, method=CodeMethod.SMS, language="en")
    with pytest.raises(MetaRefused) as typed:
        client.verify_code(phone_number_id=overtaken, code="123456")
    assert (asked.value.problem.key, asked.value.problem.code) == ("not_being_migrated", 2388091)
    assert (typed.value.problem.key, typed.value.problem.code) == ("not_being_migrated", 2388093)
    assert refusal(lambda: client.register(phone_number_id=overtaken, pin="271828")) == "not_verified"


def test_an_unverified_number_is_not_registered(client: MetaClient, start: Start) -> None:
    phone = start()
    with pytest.raises(MetaRefused) as caught:
        client.register(phone_number_id=phone, pin="271828")
    assert (caught.value.problem.key, caught.value.problem.code) == ("not_verified", 133006)
    assert not client.number_facts(phone).is_connected


def test_two_step_switched_on_in_between_is_a_wrong_pin(client: MetaClient, meta: Simulated, verified: Start) -> None:
    phone = verified()
    meta.set_number(pin="111222")
    with pytest.raises(MetaRefused) as caught:
        client.register(phone_number_id=phone, pin="271828")
    assert (caught.value.problem.key, caught.value.problem.code) == ("pin_incorrect", 133005)
    assert caught.value.problem.retry.kind == "never"
    client.register(phone_number_id=phone, pin="111222")
    assert client.number_facts(phone).is_connected


def test_an_unknown_number_is_an_invalid_parameter(client: MetaClient) -> None:
    with pytest.raises(MetaRefused) as caught:
        client.number_facts("106540352242999")
    assert (caught.value.problem.key, caught.value.problem.code) == ("invalid_parameter", 100)
    assert caught.value.problem.fbtrace_id


def test_a_deregistered_number_is_disconnected_and_cannot_be_deregistered_twice(
    client: MetaClient, verified: Start
) -> None:
    phone = verified()
    client.register(phone_number_id=phone, pin="271828")
    client.deregister(phone)
    assert client.number_facts(phone).status == "DISCONNECTED"
    assert refusal(lambda: client.deregister(phone)) == "not_registered"


def test_a_registered_number_takes_another_pin_without_the_old_one(
    client: MetaClient, meta: Simulated, verified: Start
) -> None:
    """Source: Meta, phone numbers page: POST on the number with `pin` changes it."""
    phone = verified()
    assert refusal(lambda: client.set_pin(phone_number_id=phone, pin="314159")) == "not_registered"
    client.register(phone_number_id=phone, pin="271828")
    client.set_pin(phone_number_id=phone, pin="314159")
    line = meta.server.world.line(meta.server.world.phones[phone].digits)
    assert (line.pin_fits("271828"), line.pin_fits("314159")) == (False, True)
    with pytest.raises(ValueError, match="six digits") as wrong:
        client.set_pin(phone_number_id=phone, pin="31415")
    assert "31415" not in str(wrong.value)


def test_every_page_of_an_account_is_read(client: MetaClient, meta: Simulated) -> None:
    for number in range(230):
        meta.server.world.add_phone(meta.server.world.line(f"34600{number:06}").digits, WABA, status="PENDING")
    ids = [facts.id for facts in client.numbers_of(WABA)]
    assert len(ids) == len(set(ids)) == 230


def test_the_account_says_what_the_desk_asks_before_a_move(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(approved=False, subscribed_apps=["41", "42"], country="BR")
    facts = client.waba_facts(WABA)
    assert (facts.id, facts.country, facts.account_review_status) == (WABA, "BR", "PENDING")
    assert client.subscribed_apps(WABA) == ["41", "42"]
    assert client.waba_facts("222222222222222").account_review_status == "APPROVED"
    assert client.numbers_of("222222222222222") == []


def test_every_scripted_error_of_the_catalogue_comes_through(client: MetaClient, meta: Simulated) -> None:
    meta.fault(call="register", error_key="register_limit", times=2, digits=DIGITS)
    phone = client.start_migration(waba_id=WABA, country_code=COUNTRY, national_number=NATIONAL)
    assert refusal(lambda: client.register(phone_number_id=phone, pin="271828")) == "register_limit"
    assert refusal(lambda: client.register(phone_number_id=phone, pin="271828")) == "register_limit"
    assert refusal(lambda: client.register(phone_number_id=phone, pin="271828")) == "not_verified"


@pytest.mark.parametrize("bad", ["", "12a", "../me", "1/2", "१२३", "1" * 21])
def test_ids_that_are_not_digits_are_never_sent(bad: str, client: MetaClient) -> None:
    with pytest.raises(ValueError, match="must be digits"):
        client.number_facts(bad)


@pytest.mark.parametrize("bad", ["", "12345", "1234567", "12345a", "१२३४५६", "123456\n"])
def test_codes_and_pins_that_are_not_six_digits_are_never_sent(bad: str, client: MetaClient) -> None:
    with pytest.raises(ValueError, match="must be six digits") as typed:
        client.verify_code(phone_number_id="106540352242001", code=bad)
    with pytest.raises(ValueError, match="must be six digits") as chosen:
        client.register(phone_number_id="106540352242001", pin=bad)
    assert not bad or bad not in f"{typed.value} {chosen.value}"


def test_the_token_travels_in_a_header_and_the_secrets_in_the_body() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"success": True})

    with MetaClient(base_url="https://graph.test/", token=TOKEN, transport=httpx2.MockTransport(answer)) as client:
        client.verify_code(phone_number_id="106540352242001", code="314159")
        client.register(phone_number_id="106540352242001", pin="271828")
    assert [str(request.url) for request in seen] == [
        f"https://graph.test/{GRAPH_VERSION}/106540352242001/verify_code",
        f"https://graph.test/{GRAPH_VERSION}/106540352242001/register",
    ]
    assert {request.headers["Authorization"] for request in seen} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx2.Response(502, text="<html>bad gateway</html>"), "http_502"),
        (httpx2.Response(302, headers={"Location": "https://elsewhere.test/"}), "http_302"),
        (httpx2.Response(200, text="<html>hello</html>"), "unreadable_answer"),
        (httpx2.Response(200, json={"success": False}), "unreadable_answer"),
        (httpx2.Response(200, json=[]), "unreadable_answer"),
    ],
)
def test_an_answer_that_is_not_graphs_leaves_the_outcome_unknown(response: httpx2.Response, reason: str) -> None:
    transport = httpx2.MockTransport(lambda _request: response)
    with (
        MetaClient(base_url="https://graph.test", token=TOKEN, transport=transport) as client,
        pytest.raises(MetaUnanswered) as caught,
    ):
        client.register(phone_number_id="106540352242001", pin="271828")
    assert caught.value.reason == reason
    assert not isinstance(caught.value, MetaUnreachable)


@pytest.mark.parametrize("status", [400, 403, 429])
def test_a_refusal_without_graphs_body_is_still_a_refusal(status: int) -> None:
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(status, text="no"))
    with (
        MetaClient(base_url="https://graph.test", token=TOKEN, transport=transport) as client,
        pytest.raises(MetaRefused) as caught,
    ):
        client.number_facts("106540352242001")
    assert caught.value.problem.http_status == status


def test_an_endless_list_is_given_up() -> None:
    page = {"data": [{"id": "1"}], "paging": {"next": "x", "cursors": {"after": "same"}}}
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(200, json=page))
    with MetaClient(base_url="https://graph.test", token=TOKEN, transport=transport) as client:
        assert len(client.numbers_of(WABA)) == 2
