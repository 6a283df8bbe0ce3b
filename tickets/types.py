"""Plain values that cross the border of the help desk."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RoutingFacts:
    """What a rule may look at: plain values pushed down by the app that knows the ticket's document.

    `bsp` and `flow` are words of that app, of which the desk knows no more than whether they are equal. `organization` is
    the organization's id as text, which outlives a change of its name. `tags` hold further facts as `name:value` words,
    e.g. `destination:gupshup`. `triage_reason` says why no rule may take the ticket; empty where rules are asked.
    """

    kind: str
    priority: str
    country: str | None
    language: str | None
    timezone: str | None
    organization: str
    partner: bool
    size: int
    bsp: str | None = None
    flow: str | None = None
    tags: frozenset[str] = field(default_factory=frozenset)
    triage_reason: str = ""


@dataclass(frozen=True)
class ClockFacts:
    """What clocks must know and cannot see on the ticket, pushed down by the app that knows the document.

    `our_turn`: the desk owes the next step on a requirement. `reached` and `not_applicable` hold metrics (`SlaMetric`).
    """

    our_turn: bool = False
    reached: frozenset[str] = field(default_factory=frozenset)
    not_applicable: frozenset[str] = field(default_factory=frozenset)
