"""Transition tables: which status may follow which. Plain Python; the documentation's diagrams are drawn from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

Status = TypeVar("Status", bound=Enum)


@dataclass(frozen=True)
class TransitionTable(Generic[Status]):
    """All statuses of one life cycle with their allowed successors.

    `start` is where rows begin; a status with no successor is an end.
    """

    name: str
    start: frozenset[Status]
    moves: Mapping[Status, frozenset[Status]]

    def allows(self, old: Status, new: Status) -> bool:
        """Tell whether a row may go from `old` to `new`. An unknown status allows nothing."""
        return new in self.moves.get(old, frozenset())

    def successors(self, old: Status) -> frozenset[Status]:
        """Return what may follow `old`."""
        return self.moves.get(old, frozenset())

    def sources(self, new: Status) -> frozenset[Status]:
        """Return from where `new` can be reached in one move."""
        return frozenset(old for old, following in self.moves.items() if new in following)

    def unreachable(self) -> frozenset[Status]:
        """Return the statuses no row can ever get to: a complete table has none."""
        seen: set[Status] = set(self.start)
        ahead = list(self.start)
        while ahead:
            for following in self.moves.get(ahead.pop(), frozenset()):
                if following not in seen:
                    seen.add(following)
                    ahead.append(following)
        return frozenset(self.moves) - frozenset(seen)


def table(
    name: str, *, start: Status | tuple[Status, ...], moves: Mapping[Status, tuple[Status, ...]]
) -> TransitionTable[Status]:
    """Return a table from plain tuples."""
    first = start if isinstance(start, tuple) else (start,)
    return TransitionTable(name, frozenset(first), {old: frozenset(following) for old, following in moves.items()})
