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


@dataclass(frozen=True)
class ClockFacts:
    """What clocks must know and cannot see on the ticket, pushed down by the app that knows the document.

    `our_turn`: the desk owes the next step on a requirement. `reached` and `not_applicable` hold metrics (`SlaMetric`).
    """

    our_turn: bool = False
    reached: frozenset[str] = field(default_factory=frozenset)
    not_applicable: frozenset[str] = field(default_factory=frozenset)
