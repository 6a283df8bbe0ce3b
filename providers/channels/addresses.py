"""Where a call may go: the address that is looked up once is the one that is called, and it is no private one.

`allow` is the setting HTTP_CHANNEL_ALLOW: `public`, `loopback` (this machine too) or `private` (private networks too).
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from providers.channels.base import ChannelRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Target:
    """A checked address: `ip` is called, `host` is what the certificate and the Host header must say."""

    scheme: str
    host: str
    port: int
    ip: str


def problem_of(url: str, *, allow: str) -> str:
    """Return what is wrong with an address that somebody enters, as a code; empty where nothing is. Asks no name server."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "malformed"
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        return "malformed"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "with_secrets"
    if parts.scheme == "http" and allow == "public":
        return "not_https"
    literal = _literal(parts.hostname)
    return "private_address" if literal is not None and not _may(literal, allow) else ""


def target_of(url: str, *, allow: str) -> Target:
    """Look the address up, and return where to call.

    :raises ChannelRefused: it is malformed, unknown to the name servers, or leads to an address that is not allowed.
    """
    problem = problem_of(url, allow=allow)
    if problem:
        raise ChannelRefused(problem, permanent=True)
    parts = urlsplit(url)
    host = str(parts.hostname)
    port = parts.port or _PORTS[parts.scheme]
    found = _looked_up(host, port)
    # All of them: a name with one good and one bad address is no accident.
    if not found or not all(_may(address, allow) for address in found):
        raise ChannelRefused("private_address", permanent=True)
    if parts.scheme == "http" and allow != "private" and not all(address.is_loopback for address in found):
        raise ChannelRefused("not_https", permanent=True)
    return Target(parts.scheme, host, port, str(found[0]))


def _looked_up(host: str, port: int) -> list[Address]:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        failure = ChannelRefused("name_unknown", permanent=False)
    else:
        return [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]
    raise failure


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _may(address: Address, allow: str) -> bool:
    """Tell whether an address may be called; one that carries another inside is judged by that."""
    real = _inside(address)
    if real.is_multicast or real.is_unspecified or real.is_reserved:
        return False
    if real.is_loopback:
        return allow != "public"
    return real.is_global or (allow == "private" and real.is_private and not real.is_link_local)


def _inside(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address
