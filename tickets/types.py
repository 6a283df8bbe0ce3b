"""Plain values that cross the border of the help desk."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RoutingFacts:
    """What a rule may look at: plain values pushed down by the app that knows the ticket's document.

    `tags` hold facts of the document as `name:value` words, e.g. `bsp:infobip` or `flow:number_by_api`.
    """

    kind: str
    priority: str
    country: str | None
    language: str | None
    timezone: str | None
    organization: str
    partner: bool
    size: int
    tags: frozenset[str] = field(default_factory=frozenset)
