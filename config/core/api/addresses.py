"""Who is calling: behind a proxy that is trusted, whom the proxy says it serves."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(texts: Iterable[str]) -> list[Network]:
    """Return addresses and networks as such.

    :raises ValueError: one of them is neither.
    """
    return [ipaddress.ip_network(text, strict=False) for text in texts]


def address_in(text: str) -> Address | None:
    """Return the address in a hop of X-Forwarded-For, which may come with a port; None when it is none."""
    word = text.strip().strip('"')
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        word = word.partition(":")[0]
    try:
        found = ipaddress.ip_address(word)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def caller_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the address of the caller.

    It is the peer, unless that is a trusted proxy: then the nearest hop of X-Forwarded-For that is none. What stands before
    it anybody can have written.
    """
    found = address_in(peer)
    if found is None:
        return peer
    for hop in reversed(forwarded.split(",")):
        if not any(found in network for network in trusted):
            break
        before = address_in(hop)
        if before is None:
            break
        found = before
    return str(found)


class CallerAddressMiddleware:
    """Put the caller's address where everybody looks for it: `REMOTE_ADDR`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._trusted = networks_of(settings.TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer = str(request.META.get("REMOTE_ADDR") or "")
        request.META["REMOTE_ADDR"] = caller_of(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""), self._trusted)
        return self.get_response(request)
