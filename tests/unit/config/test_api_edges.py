"""What stands between a socket and a view: whose address it is, what is compressed, what is announced to go."""

import gzip
from datetime import date

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from config.core.api.addresses import caller_of, networks_of
from config.core.api.compression import LEAST_BYTES, compressed, gzip_is_wanted
from config.core.api.deprecation import Deprecation
from config.core.api.etags import matches

PROXIES = networks_of(["10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "198.51.100.1:4711", "198.51.100.1"),
        ("fd00::2", "[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:10.0.0.2", "::ffff:198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "unknown", "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1, unknown", "10.0.0.2"),
        ("10.0.0.2", "10.0.0.9", "10.0.0.9"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_caller_is_the_nearest_hop_that_is_no_proxy_of_ours(peer: str, forwarded: str, caller: str) -> None:
    assert caller_of(peer, forwarded, PROXIES) == caller


@given(st.text(max_size=80))
def test_nobody_but_a_trusted_proxy_can_change_who_calls(forwarded: str) -> None:
    assert caller_of("203.0.113.9", forwarded, PROXIES) == "203.0.113.9"


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("br, gzip", True),
        ("*", True),
        ("gzip;q=0, *", False),
        ("gzip; q=0", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=x", False),
        ("x-gzip", True),
    ],
)
def test_gzip_is_sent_to_who_takes_it(header: str, wanted: bool) -> None:
    assert gzip_is_wanted(header) is wanted


def _answer(body: bytes = b"[" + b'"sun",' * LEAST_BYTES + b'""]', **headers: str) -> HttpResponse:
    sent = {"ETag": '"1-2-en-0.1.0"', **{name.replace("_", "-"): value for name, value in headers.items()}}
    return HttpResponse(body, content_type="application/json", headers=sent)


def _compressed(answer: HttpResponse) -> HttpResponse:
    return compressed(RequestFactory().get("/api/v1/tickets", headers={"Accept-Encoding": "gzip"}), answer)


def test_what_is_compressed_has_a_strong_tag_of_its_own_and_the_same_text() -> None:
    plain, packed = _answer().content, _compressed(_answer())
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] == '"1-2-en-0.1.0-gzip"'
    assert gzip.decompress(packed.content) == plain
    assert packed.content == _compressed(_answer()).content


def test_secrets_short_answers_and_files_leave_as_they_are() -> None:
    secret = _answer()
    secret.one_time_fields = ("secret",)  # type: ignore[attr-defined]
    picture = _answer()
    picture.headers["Content-Type"] = "image/png"
    for answer in (secret, picture, _answer(Cache_Control="no-store"), _answer(b"[]")):
        assert "Content-Encoding" not in _compressed(answer).headers


@pytest.mark.parametrize("ending", ["", "-gzip", ";gzip", "-br"])
def test_a_tag_is_recognised_in_every_encoding(ending: str) -> None:
    assert matches(f'W/"1-2-en-0.1.0{ending}", "other"', '"1-2-en-0.1.0"')
    assert not matches(f'"1-3-en-0.1.0{ending}"', '"1-2-en-0.1.0"')


def test_a_deprecation_is_told_as_the_rfcs_write_it() -> None:
    gone = Deprecation(date(2027, 1, 1), date(2027, 7, 1), successor="/api/v2/tickets", guide="https://docs.example/v2")
    assert gone.headers() == {"Deprecation": "@1798761600", "Sunset": "Thu, 01 Jul 2027 00:00:00 GMT"}
    answer = HttpResponse(headers={"Link": '<next>; rel="next"'})
    gone.announce(answer)
    links = answer.headers["Link"].split(", ")
    assert links[0] == '<next>; rel="next"'
    assert [link.split("; ")[1] for link in links[1:]] == [
        'rel="deprecation"', 'rel="sunset"', 'rel="successor-version"'
    ]  # fmt: skip
    assert Deprecation(date(2027, 1, 1)).links() == []
