"""One POST to a system that somebody else named: to the address that was judged, once, and never longer than it may take.

Redirects are not followed, no proxy of the environment is used, and every wait (connecting, the handshake, each byte that
drips in) is taken out of one budget of seconds. How much of the answer is read has its bound too.
"""

import ssl
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore2
import httpx2

from config.core.outbound.addresses import NotAllowed, Target

_CONNECT_SECONDS = 5.0
_NEVER_LEFT = (
    httpcore2.ConnectError,
    httpcore2.ConnectTimeout,
    httpcore2.PoolTimeout,
    httpcore2.UnsupportedProtocol,
    httpcore2.LocalProtocolError,
)
"""Failures before the first byte of the request could leave."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status, Retry-After as it stands there, and the beginning of the body."""

    status: int
    retry_after: str = ""
    excerpt: bytes = b""


@dataclass(frozen=True)
class Bounds:
    """`seconds` for everything together; `most_bytes` of an answer's body are read, `enough` of them are kept."""

    seconds: float
    most_bytes: int = 0
    enough: int = 0


class NoAnswer(Exception):
    """There is no status. `left`: the request may have arrived all the same. `reason` is a code."""

    def __init__(self, reason: str, *, left: bool) -> None:
        super().__init__(reason)
        self.reason, self.left = reason, left


def post(url: str, target: Target, *, body: bytes, headers: dict[str, str], bounds: Bounds) -> Answer:
    """Post a body to the address that was judged, under the name that was given.

    :raises NotAllowed: the URL cannot be sent.
    :raises NoAnswer: nobody listens there, or the line broke or was silent for too long.
    """
    until = time.monotonic() + bounds.seconds
    asked = _spelled(url)
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    failure: NoAnswer
    try:
        with _pool(target, until) as pool, pool.stream("POST", asked, headers=sent, content=body) as response:
            told = {name.lower(): value for name, value in response.headers}
            retry_after = told.get(b"retry-after", b"").decode("latin-1")
            return Answer(response.status, retry_after, _read(response, bounds))
    except _NEVER_LEFT as error:
        tls = isinstance(error.__cause__, ssl.SSLError)
        failure = NoAnswer("tls_failed" if tls else "server_unreachable", left=False)
    except httpcore2.TimeoutException:
        failure = NoAnswer("timeout", left=True)
    except (httpcore2.NetworkError, httpcore2.ProtocolError):
        failure = NoAnswer("connection_lost", left=True)
    # Raised outside the handlers: the original knows the address and what was sent.
    raise failure


def _spelled(url: str) -> httpcore2.URL:
    try:
        asked = httpx2.URL(url)
    except httpx2.InvalidURL:
        refusal = NotAllowed("malformed", permanent=True)
    else:
        return httpcore2.URL(scheme=asked.raw_scheme, host=asked.raw_host, port=asked.port, target=asked.raw_path)
    raise refusal


def _read(response: httpcore2.Response, bounds: Bounds) -> bytes:
    """Read the beginning of the body. One that breaks off or drips says nothing against the status that came before it."""
    kept, seen = b"", 0
    if not bounds.most_bytes:
        return kept
    try:
        for chunk in response.iter_stream():
            kept, seen = (kept + chunk)[: bounds.enough], seen + len(chunk)
            if seen >= bounds.most_bytes:
                break
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        pass
    return kept


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities trusted, read once: reading them takes longer than most calls."""
    return httpx2.create_ssl_context(trust_env=False)


def _pool(target: Target, until: float) -> "closing[httpcore2.ConnectionPool]":
    """A pool for one call."""
    ground = _Pinned(target, until)
    return closing(httpcore2.ConnectionPool(ssl_context=_certificates(), max_connections=1, network_backend=ground))


def _left(until: float) -> float:
    """Return how many seconds are left.

    :raises ReadTimeout: none.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout
    return left


class _Pinned(httpcore2.NetworkBackend):
    """Dials the addresses that were judged, whatever the name may lead to by now."""

    def __init__(self, target: Target, until: float) -> None:
        self._target, self._until = target, until
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers."""
        return _Bounded(self._dial(self._target.ips), self._until)

    def _dial(self, ips: Sequence[str]) -> httpcore2.NetworkStream:
        *others, last = ips
        for ip in others:
            try:
                return self._plain.connect_tcp(ip, self._target.port, timeout=self._patience())
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._plain.connect_tcp(last, self._target.port, timeout=self._patience())

    def _patience(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore2.ConnectTimeout
        return min(left, _CONNECT_SECONDS)


class _Bounded(httpcore2.NetworkStream):
    """A stream on which every wait ends with the same moment, so that no drip of bytes can stretch it."""

    def __init__(self, stream: httpcore2.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._until))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._until))
        return _Bounded(secured, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
