"""Messages to a partner's own system: signed, to allowed addresses only, and true about what became of them."""

import base64
import hmac
import json
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from config.core.outbound.addresses import NotAllowed, problem_of, target_of
from providers.channels.base import ChannelRefused, OutcomeUnknown
from providers.channels.http import HttpChannel, signed
from providers.types import Endpoint, OutboundMessage
from tests.factories.servers import DROP, HANG, PartnerServer

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NEW, OLD = b"n" * 32, b"o" * 32


def message(url: str, **more: Any) -> OutboundMessage:
    return OutboundMessage(
        recipient=url,
        title="Solicitação",
        body="Olá.",
        language="pt-br",
        ticket_reference="MIG-7K3QXA2P",
        message_id="msg_abc",
        at=AT,
        message="two_step_guide",
        requirement="two_step_disabled",
        recipient_party="client",
        numbers=("+5511987654321",),
        attachments=(("letter.txt", "Olá.".encode(), "text/plain"),),
        endpoint=Endpoint(url, (NEW, OLD)),
        **more,
    )


def failure(url: str) -> ChannelRefused | OutcomeUnknown:
    with pytest.raises((ChannelRefused, OutcomeUnknown)) as raised:
        HttpChannel().send(message(url))
    failed = raised.value
    assert isinstance(failed, ChannelRefused | OutcomeUnknown)
    return failed


def test_a_call_says_all_and_is_signed_with_every_key(partner: PartnerServer) -> None:
    HttpChannel().send(message(partner.url))
    headers, body = partner.received[0]
    assert json.loads(body) == {
        "id": "msg_abc",
        "type": "chase.message",
        "reference": "MIG-7K3QXA2P",
        "message": "two_step_guide",
        "requirement": "two_step_disabled",
        "recipient_party": "client",
        "language": "pt-br",
        "title": "Solicitação",
        "body": "Olá.",
        "numbers": ["+5511987654321"],
        "attachments": [{"name": "letter.txt", "media_type": "text/plain", "content": "T2zDoS4="}],
    }
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_abc", str(int(AT.timestamp())))
    content = f"msg_abc.{int(AT.timestamp())}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in (NEW, OLD)]
    assert headers["webhook-signature"] == f"v1,{signatures[0]} v1,{signatures[1]}"
    assert headers["content-type"] == "application/json"


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    """Source: the reference libraries' test vector."""
    headers = signed(
        b'{"test": 2432232314}',
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, tz=UTC),
        keys=(base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("answer", "reason", "permanent", "retry_after"),
    [
        ((429, {"Retry-After": "120"}), "http_429", False, 120),
        ((503, {"Retry-After": "Mon, 02 Mar 2026 15:10:00 GMT"}), "http_503", False, 600),
        ((503, {"Retry-After": "Mon, 02 Mar 2026 14:00:00 GMT"}), "http_503", False, 0),
        ((500, {"Retry-After": "soon"}), "http_500", False, 0),
        (408, "http_408", False, 0),
        (425, "http_425", False, 0),
        ((400, {"Retry-After": "5"}), "http_400", True, 0),
        (404, "http_404", True, 0),
        (410, "gone", True, 0),
        ((302, {"Location": "/elsewhere"}), "http_302", True, 0),
    ],
)
def test_what_a_refusal_means(
    partner: PartnerServer, answer: Any, reason: str, permanent: bool, retry_after: int
) -> None:
    partner.be(answer)
    failed = failure(partner.url)
    assert isinstance(failed, ChannelRefused)
    assert (failed.reason, failed.permanent, failed.retry_after) == (reason, permanent, retry_after)
    assert len(partner.received) == 1, "redirects are not followed"


@pytest.mark.parametrize("answer", [DROP, HANG])
def test_a_line_that_broke_after_the_call_tells_nothing(partner: PartnerServer, answer: int) -> None:
    partner.be(answer)
    assert isinstance(failure(partner.url), OutcomeUnknown)
    assert len(partner.received) == 1


def test_a_system_that_is_down_may_come_back(partner: PartnerServer) -> None:
    failed = failure("http://127.0.0.1:1/")
    assert isinstance(failed, ChannelRefused)
    assert (failed.reason, failed.permanent) == ("server_unreachable", False)


def test_a_switched_off_endpoint_is_not_called(partner: PartnerServer) -> None:
    with pytest.raises(ChannelRefused) as raised:
        HttpChannel().send(OutboundMessage("x", "x", "x", "en", "MIG-7K3QXA2P", at=AT))
    assert raised.value.permanent


# Addresses


@pytest.mark.parametrize(
    ("url", "allow", "problem"),
    [
        ("https://partner.example/x", "public", ""),
        ("https://8.8.8.8/x", "public", ""),
        ("http://partner.example/x", "public", "not_https"),
        ("http://127.0.0.1:8000/x", "loopback", ""),
        ("https://user:secret@partner.example/", "public", "with_secrets"),
        ("https://partner.example/#secret", "public", "with_secrets"),
        ("ftp://partner.example/", "public", "malformed"),
        ("https:///x", "public", "malformed"),
        ("https://partner.example:99999/", "public", "malformed"),
        ("https://127.0.0.1/", "public", "private_address"),
        ("https://[::1]/", "public", "private_address"),
        ("https://10.0.0.8/", "loopback", "private_address"),
        ("https://10.0.0.8/", "private", ""),
        ("https://169.254.169.254/", "private", "private_address"),
        ("https://[::ffff:10.0.0.8]/", "public", "private_address"),
        ("https://[64:ff9b::a00:8]/", "public", "private_address"),
        ("https://[2002:a00:8::]/", "public", "private_address"),
        ("https://[fd00::1]/", "public", "private_address"),
        ("https://100.64.0.1/", "public", "private_address"),
        ("https://224.0.0.1/", "private", "private_address"),
        ("https://0.0.0.0/", "private", "private_address"),
    ],
)
def test_which_addresses_may_be_entered(url: str, allow: str, problem: str) -> None:
    assert problem_of(url, allow=allow) == problem


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: str | list[str]) -> list[str]:
    """Let the name servers give these answers, one each time; return the names they are asked for."""
    asked: list[str] = []
    real, left = socket.getaddrinfo, list(answers)

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host.replace(".", "").isdecimal():
            return real(host, port, *args, **kwargs)
        asked.append(host)
        answer = left.pop(0)
        found = [answer] if isinstance(answer, str) else answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_the_address_that_was_checked_is_the_one_that_is_called(
    partner: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that changes its address between check and call (DNS rebinding) gains nothing: it is looked up once."""
    asked = resolving(monkeypatch, "127.0.0.1", "10.0.0.8")
    HttpChannel().send(message(f"http://partner.example:{partner.port}/x"))
    assert asked == ["partner.example"]
    assert partner.received[0][0]["host"] == f"partner.example:{partner.port}"


@pytest.mark.parametrize(
    ("found", "allow", "reason"),
    [
        ("10.0.0.8", "public", "private_address"),
        (["8.8.8.8", "127.0.0.1"], "public", "private_address"),
        ("169.254.169.254", "loopback", "private_address"),
        ([], "public", "private_address"),
    ],
)
def test_a_name_that_leads_to_a_private_address_is_not_called(
    monkeypatch: pytest.MonkeyPatch, found: Any, allow: str, reason: str
) -> None:
    resolving(monkeypatch, found)
    with pytest.raises(NotAllowed) as raised:
        target_of("https://partner.example/", allow=allow)
    assert (raised.value.reason, raised.value.permanent) == (reason, True)


def test_plain_http_goes_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "8.8.8.8")
    with pytest.raises(NotAllowed) as raised:
        target_of("http://partner.example/", allow="loopback")
    assert raised.value.reason == "not_https"


def test_a_name_that_nobody_knows_may_be_known_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: Any, **_kwargs: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotAllowed) as raised:
        target_of("https://partner.example/", allow="public")
    assert (raised.value.reason, raised.value.permanent) == ("name_unknown", False)


def test_no_proxy_of_the_environment_is_used(
    partner: PartnerServer, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    HttpChannel().send(message(partner.url))
    assert len(partner.received) == 1
