"""Where a call to somebody else's system may go: what is looked up once is what is called, and it is no private address.

`allow` is one word: `public`, `loopback` (this machine too) or `private` (private networks too).
"""

import ipaddress
import socket
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"https": 443, "http": 80}
_LOOK_UP_SECONDS = 5.0


class NotAllowed(Exception):
    """Nothing was sent. `permanent`: trying again cannot help. `reason` is a code."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason, self.permanent = reason, permanent


@dataclass(frozen=True)
class Target:
    """A checked address: one of `ips` is called, `host` is what the certificate and the Host header must say."""

    scheme: str
    host: str
    port: int
    ips: tuple[str, ...]


def problem_of(url: str, *, allow: str) -> str:
    """Return what is wrong with an address that somebody enters, as a code; empty where nothing is. Asks no name server."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "malformed"
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or not url.isprintable() or " " in url:
        return "malformed"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "with_secrets"
    if parts.scheme == "http" and allow == "public":
        return "not_https"
    literal = _literal(parts.hostname)
    if literal is None:
        return "private_address" if allow == "public" and _is_of_this_machine(parts.hostname) else ""
    return "" if _may(literal, allow) else "private_address"


def target_of(url: str, *, allow: str, seconds: float = _LOOK_UP_SECONDS) -> Target:
    """Look the address up, within so many seconds, and return where to call.

    :raises NotAllowed: it is malformed, unknown to the name servers, or leads to an address that is not allowed.
    """
    problem = problem_of(url, allow=allow)
    if problem:
        raise NotAllowed(problem, permanent=True)
    parts = urlsplit(url)
    host = str(parts.hostname)
    port = parts.port or _PORTS[parts.scheme]
    found = _looked_up(host, port, seconds)
    # All of them: a name with one good and one bad address is no accident.
    if not found or not all(_may(address, allow) for address in found):
        raise NotAllowed("private_address", permanent=True)
    if parts.scheme == "http" and allow != "private" and not all(address.is_loopback for address in found):
        raise NotAllowed("not_https", permanent=True)
    return Target(parts.scheme, host, port, tuple(dict.fromkeys(map(str, found))))


def is_loopback(host: str) -> bool:
    """Tell whether a host as it is written can be nothing but this machine."""
    literal = _literal(host)
    return _is_of_this_machine(host) if literal is None else literal.is_loopback


def _looked_up(host: str, port: int, seconds: float) -> list[Address]:
    """Ask the name servers. They set no bound of their own, so it is done aside and left alone when it takes too long."""
    answers: SimpleQueue[list[Address] | None] = SimpleQueue()
    Thread(target=_look_up, args=(host, port, answers), daemon=True).start()
    try:
        found = answers.get(timeout=max(seconds, 0.01))
    except Empty:
        found = None
    if found is None:
        raise NotAllowed("name_unknown", permanent=False)
    return found


def _look_up(host: str, port: int, answers: "SimpleQueue[list[Address] | None]") -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answers.put([ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows])
    except (OSError, UnicodeError, ValueError):
        answers.put(None)


def _is_of_this_machine(host: str) -> bool:
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def _literal(host: str) -> Address | None:
    """Read an address that stands in the place of a name, in any spelling that a resolver takes (2130706433, 0x7f.1)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host)) if host[:1].isdigit() and " " not in host else None
    except OSError:
        return None


def _may(address: Address, allow: str) -> bool:
    """Tell whether an address may be called; one that carries another inside is judged by that."""
    real = _inside(address)
    if real.is_loopback:
        return allow != "public"
    if real.is_multicast or real.is_unspecified or real.is_reserved or getattr(real, "is_site_local", False):
        return False
    return real.is_global or (allow == "private" and real.is_private and not real.is_link_local)


def _inside(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address
