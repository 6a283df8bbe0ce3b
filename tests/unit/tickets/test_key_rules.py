"""Networks that a key may be used from, and what it is good for at a moment."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets.enums import KeyState
from tickets.rules.keys import KeyTimes, NotANetwork, allowed_from, key_state, networks

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def test_networks_are_kept_in_their_canonical_form_each_once() -> None:
    given = [" 192.0.2.77 ", "10.1.2.3/8", "2001:DB8::1/32", "10.0.0.0/8"]
    assert networks(given) == ["192.0.2.77/32", "10.0.0.0/8", "2001:db8::/32"]


@pytest.mark.parametrize("text", ["", "10.0.0.0/33", "example.com", "10.0.0", "::1/129", "10.0.0.1-10.0.0.9"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(NotANetwork):
        networks([text])


@pytest.mark.parametrize(
    ("address", "allowed", "may"),
    [
        ("192.0.2.7", [], True),
        ("", [], True),
        ("", ["0.0.0.0/0"], False),
        ("unix:", ["0.0.0.0/0"], False),
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24", "2001:db8::/32"], False),
        ("2001:db8:1::5", ["192.0.2.0/24", "2001:db8::/32"], True),
        ("2001:db9::1", ["2001:db8::/32"], False),
        ("2001:db8::1", ["0.0.0.0/0"], False),
    ],
)
def test_a_key_works_from_its_networks_only(address: str, allowed: list[str], may: bool) -> None:
    assert allowed_from(address, allowed) is may


LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("times", "state"),
    [
        (KeyTimes(None, None, replaced=False), KeyState.ACTIVE),
        (KeyTimes(LATER, None, replaced=False), KeyState.ACTIVE),
        (KeyTimes(LATER, None, replaced=True), KeyState.ENDING),
        (KeyTimes(NOW, None, replaced=True), KeyState.EXPIRED),
        (KeyTimes(None, EARLIER, replaced=False), KeyState.REVOKED),
        (KeyTimes(EARLIER, EARLIER, replaced=True), KeyState.REVOKED),
    ],
)
def test_a_keys_state_follows_from_its_times(times: KeyTimes, state: KeyState) -> None:
    assert key_state(times, now=NOW) is state
