"""Counting in Redis: every number once, by as many processes and threads as there are; only where the suite has Redis."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache, caches

from config.core.redis_cache import EXACT_UP_TO, TAKEN_AT_ONCE, CountingRedisCache


@pytest.fixture
def counters() -> Iterator[CountingRedisCache]:
    found = caches["default"]
    if not isinstance(found, CountingRedisCache):
        pytest.skip("needs Redis: set CACHE_URL")
    yield found
    cache.clear()


def raised(times: int) -> Callable[[int], list[int]]:
    """Count in a thread of its own, over a cache of its own as each thread has."""
    return lambda _place: [cache.count("reads", 1, timeout=60) for _ in range(times)]  # type: ignore[attr-defined]


def test_counters_begin_with_one_and_end_with_their_time(counters: CountingRedisCache) -> None:
    assert [counters.count("a", 1, timeout=60), counters.count("a", 5, timeout=60)] == [1, 6]
    assert counters.count("b", 1, timeout=60) == 1
    assert 0 < counters._cache.get_client().ttl(counters.make_key("a")) <= 60


def test_who_asks_little_is_counted_exactly_and_nobody_is_let_through_twice(counters: CountingRedisCache) -> None:
    with ThreadPoolExecutor(4) as pool:
        values = Counter(value for found in pool.map(raised(200), range(4)) for value in found)
    assert max(values.values()) == 1
    assert set(range(1, EXACT_UP_TO + 1)) <= set(values)
    assert max(values) <= 800 + 4 * TAKEN_AT_ONCE


def test_a_connection_that_ended_is_made_anew(counters: CountingRedisCache) -> None:
    counters.count("a", 1, timeout=60)
    counters._cache._own.connection._sock.close()  # type: ignore[attr-defined]
    assert counters.count("a", 1, timeout=60) == 2
