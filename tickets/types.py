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


@dataclass(frozen=True)
class Told:
    """What one try of a webhook came to: a status, or why there is none. `retry_after`: seconds that were asked for."""

    status: int | None = None
    error: str = ""
    retry_after: int = 0
    excerpt: str = ""
    duration_ms: int = 0

    @property
    def taken(self) -> bool:
        """Tell whether the receiver took it."""
        return self.status is not None and self.status in range(200, 300)

    @property
    def gone(self) -> bool:
        """Tell whether the receiver wants nothing any more."""
        return self.status == 410  # noqa: PLR2004  (RFC 9110)

    @property
    def code(self) -> str:
        """Return why it was not taken; empty where it was."""
        if self.taken:
            return ""
        if self.status is None:
            return self.error
        return "redirected" if self.status in range(300, 400) else f"http_{self.status}"
