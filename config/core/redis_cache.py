"""Django's Redis cache, made fit to be asked on every request."""

import time
from dataclasses import dataclass
from threading import Lock, local
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError as Unreachable

EXACT_UP_TO = 100
"""So far each number is asked for by itself: who asks little is told exactly what is left, whatever process answers."""
TAKEN_AT_ONCE = 20
"""Beyond, a process takes so many numbers and hands them out itself; what it does not need is lost to the caller."""
MOST_COUNTERS = 10_000


@dataclass
class _Stock:
    """Numbers of one counter that this process has taken and not handed out yet, and until when (monotonic) they count."""

    following: int
    last: int
    until: float


class CountingClient(RedisCacheClient):
    """Counts over a connection that its thread keeps: finding one anew takes five times as long as counting."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own = local()

    def count(self, key: str, amount: int, timeout: int) -> int:
        """Add to a counter, from 0 where there is none, and return its value: one question, and one more for a new counter."""
        try:
            value = self._ask("INCRBY", key, amount)
        except Unreachable:
            # The kept connection may have ended long ago; a new one tells whether Redis is gone. At worst this counts twice.
            value = self._ask("INCRBY", key, amount)
        if value <= amount:
            self._ask("EXPIRE", key, timeout)
        return value

    def _ask(self, *words: object) -> int:
        connection: Any = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self.get_client(write=True).connection_pool.make_connection()
        try:
            connection.send_command(*words)
            return int(connection.read_response())
        except BaseException:
            # An answer that is still on its way must not be taken for that to the next question.
            connection.disconnect()
            raise


class CountingRedisCache(RedisCache):
    """A Redis cache with counters that cost next to nothing where they are raised often."""

    _stocks: dict[str, _Stock] = {}
    _lock = Lock()

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = CountingClient

    def count(self, key: str, amount: int, *, timeout: int) -> int:
        """Add to a counter that is forgotten `timeout` seconds after its first use, and return a value that nobody else gets.

        The values of all processes together never come more than once and begin with 1. Beyond `EXACT_UP_TO` a process may
        be ahead of another by `TAKEN_AT_ONCE`.
        """
        name = self.make_and_validate_key(key)
        client: CountingClient = self._cache  # type: ignore[assignment]  # what __init__ asked for
        if amount != 1:
            return client.count(name, amount, timeout)
        with self._lock:
            stock = self._stocks.get(name)
            if stock is not None and stock.following <= stock.last:
                stock.following += 1
                return stock.following - 1
        wanted = 1 if stock is None else TAKEN_AT_ONCE
        last = client.count(name, wanted, timeout)
        if last >= EXACT_UP_TO:
            self._keep(name, _Stock(last - wanted + 2, last, time.monotonic() + timeout))
        return last - wanted + 1

    def _keep(self, name: str, stock: _Stock) -> None:
        with self._lock:
            if len(self._stocks) >= MOST_COUNTERS:
                now = time.monotonic()
                for old in [key for key, each in self._stocks.items() if each.until < now]:
                    del self._stocks[old]
            self._stocks[name] = stock

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._stocks.clear()
        super().clear()
