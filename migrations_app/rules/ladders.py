"""The ladder: which message goes to whom, by which channel, in what order."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tickets.enums import Party


@dataclass(frozen=True)
class Step:
    """One rung: wait so many business days after the rung before, then send `message` to `recipient`.

    A rung without a message escalates to a person.
    """

    index: int
    wait_business_days: float
    recipient: Party
    channel: str
    message: str

    @property
    def escalates(self) -> bool:
        """Tell whether this rung hands the chase to a person instead of sending."""
        return not self.message


def parse_ladder(steps: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Return the rungs of a stored ladder.

    :raises ValueError: a rung lacks something or names an unknown party.
    """
    ladder: list[Step] = []
    for index, raw in enumerate(steps):
        message = str(raw.get("message", ""))
        if not message and not raw.get("escalate"):
            reason = f"rung {index + 1} has neither a message nor escalate: true"
            raise ValueError(reason)
        recipient = Party(raw.get("to", Party.CLIENT))
        ladder.append(
            Step(index, float(raw.get("wait_business_days", 0)), recipient, str(raw.get("channel", "email")), message)
        )
    return ladder


def next_step(ladder: Sequence[Step], *, after: int | None, reachable: Collection[Party]) -> Step | None:
    """Return the rung that follows rung `after` (the first one when None), leaving out recipients we cannot reach."""
    first = 0 if after is None else after + 1
    for step in ladder[first:]:
        if step.escalates or step.recipient in reachable:
            return step
    return None
