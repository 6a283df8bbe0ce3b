"""Rate limits with the IETF draft headers: a fixed window per minute on shared storage, counted atomically."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.cache import cache

WINDOW_SECONDS = 60
_log = structlog.get_logger("portero.throttle")


@dataclass(frozen=True)
class Allowance:
    """What is left of a policy in the present window. `seconds` is the time until it is full again."""

    policy: str
    quota: int
    remaining: int
    seconds: int

    @property
    def exceeded(self) -> bool:
        """Tell whether this request is one too many."""
        return self.remaining < 0

    def headers(self) -> dict[str, str]:
        """Return the two RateLimit headers. Source: IETF httpapi draft, ratelimit headers, 2025-09."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.quota};w={WINDOW_SECONDS}',
            "RateLimit": f'"{self.policy}";r={max(0, self.remaining)};t={self.seconds}',
        }


def take(policy: str, principal: str, *, cost: int = 1) -> Allowance:
    """Count a request of `cost` against the policy and return what is left (negative: refuse).

    Wall time is used on purpose: a virtual clock must not change how fast a real client may ask.
    """
    quota = settings.RATE_LIMITS[policy]
    wall = time.time()
    window = int(wall // WINDOW_SECONDS)
    used = _count(f"rate:{policy}:{principal}:{window}", cost)
    return Allowance(policy, quota, quota - used, WINDOW_SECONDS - int(wall % WINDOW_SECONDS))


def _count(key: str, cost: int) -> int:
    """Add to a counter and return its value. A counter that cannot be reached counts nothing: the service goes on."""
    try:
        count: Callable[..., int] | None = getattr(cache, "count", None)
        if count is not None:
            return count(key, cost, timeout=WINDOW_SECONDS * 2)
        cache.add(key, 0, timeout=WINDOW_SECONDS * 2)
        return int(cache.incr(key, cost))
    except ValueError:
        # Evicted between add and incr: the window starts again rather than refusing a caller for our cache's sake.
        return cost
    except Exception as error:  # noqa: BLE001  (each cache has its own errors; none may take the API down)
        _log.warning("rate limits are not counted", error_type=type(error).__name__)
        return cost
