"""Rate limits with the IETF draft headers: a fixed window per minute on shared storage, counted atomically."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache

WINDOW_SECONDS = 60


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
    key = f"rate:{policy}:{principal}:{window}"
    cache.add(key, 0, timeout=WINDOW_SECONDS * 2)
    try:
        used = cache.incr(key, cost)
    except ValueError:
        # Evicted between add and incr: the window starts again rather than refusing a caller for our cache's sake.
        used = cost
    return Allowance(policy, quota, quota - used, WINDOW_SECONDS - int(wall % WINDOW_SECONDS))
