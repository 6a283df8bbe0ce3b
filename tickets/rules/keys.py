"""What a key is good for at a moment, and the networks it may be used from: plain values, no database."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tickets.enums import KeyState

MOST_NETWORKS = 50


class NotANetwork(ValueError):
    """A text is neither an address nor a network in CIDR form."""


def networks(texts: Iterable[str]) -> list[str]:
    """Return addresses and networks (IPv4, IPv6) in their canonical form, each once, in the order given.

    :raises NotANetwork: one of them is neither.
    """
    found = []
    for text in texts:
        try:
            found.append(str(ipaddress.ip_network(text.strip(), strict=False)))
        except ValueError:
            raise NotANetwork(text) from None
    return list(dict.fromkeys(found))


def allowed_from(address: str, allowed: Iterable[str]) -> bool:
    """Tell whether a key bound to these networks may be used from an address; bound to none it may be from anywhere."""
    bounds = list(allowed)
    if not bounds:
        return True
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(caller in ipaddress.ip_network(network, strict=False) for network in bounds)


@dataclass(frozen=True)
class KeyTimes:
    """What decides whether a key works."""

    expires_at: datetime | None
    revoked_at: datetime | None
    replaced: bool
    """A newer key has taken its place; it works on until it expires."""


def key_state(key: KeyTimes, *, now: datetime) -> KeyState:
    """Return what a key is good for now."""
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if key.expires_at is not None and key.expires_at <= now:
        return KeyState.EXPIRED
    return KeyState.ENDING if key.replaced else KeyState.ACTIVE
