"""Answers that never come, come late, or come to nobody: what is known afterwards, and that no secret leaks."""

import logging
import re
import socket
import traceback
from collections.abc import Callable

import pytest

from providers.meta.client import MetaClient, MetaFailure, MetaRefused, MetaUnanswered, MetaUnreachable
from providers.types import CodeMethod
from tests.unit.providers.meta.conftest import TOKEN, WABA, Simulated

Verified = Callable[..., str]
PIN = "271828"


def everything_an_exception_tells(error: BaseException) -> str:
    told = ["".join(traceback.format_exception(error)), repr(error), str(vars(error))]
    others = [other for other in (error.__cause__, error.__context__) if other is not None]
    told += [repr(other) + str(vars(other)) for other in others]
    return "\n".join(told)


def test_a_lost_answer_to_register_is_found_out_by_reading_the_facts(
    client: MetaClient, meta: Simulated, verified: Verified
) -> None:
    phone = verified()
    meta.fault(call="register", drop="after")
    with pytest.raises(MetaUnanswered) as caught:
        client.register(phone_number_id=phone, pin=PIN)
    assert caught.value.reason == "connection_lost"
    assert not isinstance(caught.value, MetaUnreachable)
    assert client.number_facts(phone).is_connected


def test_a_register_lost_on_its_way_changed_nothing(client: MetaClient, meta: Simulated, verified: Verified) -> None:
    phone = verified()
    meta.fault(call="register", drop="before")
    with pytest.raises(MetaUnanswered):
        client.register(phone_number_id=phone, pin=PIN)
    assert not client.number_facts(phone).is_connected


def test_an_answer_that_comes_too_late_is_a_timeout_of_a_call_that_was_done(
    meta: Simulated, verified: Verified
) -> None:
    phone = verified()
    meta.fault(call="register", delay_seconds=30)
    with MetaClient(base_url=meta.server.base_url, token=TOKEN, timeout_seconds=0.3) as hasty:
        with pytest.raises(MetaUnanswered) as caught:
            hasty.register(phone_number_id=phone, pin=PIN)
        assert caught.value.reason == "timeout"
        assert hasty.number_facts(phone).is_connected


def test_a_call_that_finds_nobody_never_left() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        base_url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with MetaClient(base_url=base_url, token=TOKEN) as client, pytest.raises(MetaUnreachable) as caught:
            client.register(phone_number_id="106540352242001", pin=PIN)
    assert PIN not in everything_an_exception_tells(caught.value)
    assert TOKEN not in everything_an_exception_tells(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": "after"},
        {"drop": "before"},
        {"error_key": "pin_incorrect"},
        {"status": 500, "body": "broken"},
        {
            "status": 400,
            "body": {"error": {"code": 100, "message": f"pin {PIN}", "error_data": {"details": f"{PIN} by {TOKEN}"}}},
        },
        {"status": 401, "body": {"error": {"code": 190, "message": "Malformed access token EAAsome0other0token"}}},
    ],
)
def test_no_failure_of_register_tells_the_pin_or_the_token(
    fault: dict[str, object], client: MetaClient, meta: Simulated, verified: Verified
) -> None:
    phone = verified()
    meta.fault(call="register", **fault)
    with pytest.raises(MetaFailure) as caught:
        client.register(phone_number_id=phone, pin=PIN)
    error = caught.value
    told = everything_an_exception_tells(error)
    if isinstance(error, MetaRefused):
        told += repr(error.problem)
    assert PIN not in told
    assert TOKEN not in told
    assert "EAAsome0other0token" not in told
    assert error.__context__ is None


def test_nothing_secret_is_logged_on_either_side(
    client: MetaClient, meta: Simulated, verified: Verified, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.register(phone_number_id=verified(), pin=PIN)
    meta.fault(call="register", drop="after")
    phone = client.start_migration(waba_id=WABA, country_code="34", national_number="600333444")
    with pytest.raises(MetaUnanswered):
        client.register(phone_number_id=phone, pin=PIN)
    client.request_code(phone_number_id=phone, method=CodeMethod.SMS, language="en")
    client.verify_code(phone_number_id=phone, code=meta.inbox("34600333444")[-1]["code"])
    logged = "\n".join(f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records)
    assert "register" in logged
    for secret in (PIN, TOKEN, meta.inbox()[-1]["code"], meta.inbox("34600333444")[-1]["code"]):
        assert not re.search(rf"(?<!\d){secret}(?!\d)", logged)


def test_a_client_shows_no_token(client: MetaClient) -> None:
    assert TOKEN not in repr(client) + repr(vars(client))
