"""Quarters of an hour as the bits of a whole number: a month of an agent is one number, and looking for room is shifting it."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.rules.slots import CELL, ceil_to_grid, floor_to_grid


@dataclass(frozen=True)
class Grid:
    """`size` quarters of an hour from `first` on, which lies on the grid. Bit 0 is the first of them."""

    first: datetime
    size: int

    @classmethod
    def around(cls, start: datetime, end: datetime) -> "Grid":
        """Return the grid of all quarters that a stretch touches."""
        first = floor_to_grid(start)
        return cls(first, max(0, (ceil_to_grid(end) - first) // CELL))

    def whole(self, start: datetime, end: datetime) -> int:
        """Return the quarters that lie in a stretch from beginning to end."""
        return self._bits(-((self.first - start) // CELL), (end - self.first) // CELL)

    def touched(self, start: datetime, end: datetime) -> int:
        """Return the quarters of which any part lies in a stretch."""
        return self._bits((start - self.first) // CELL, -((self.first - end) // CELL))

    def starts(self, start: datetime, end: datetime) -> int:
        """Return the quarters that begin within [start, end)."""
        return self._bits(-((self.first - start) // CELL), -((self.first - end) // CELL))

    def moment(self, place: int) -> datetime:
        """Return when the quarter of this bit begins."""
        return self.first + CELL * place

    def _bits(self, low: int, high: int) -> int:
        low, high = max(0, low), min(self.size, high)
        return (1 << high) - (1 << low) if low < high else 0


def places(mask: int) -> list[int]:
    """Return the places of the bits that are set, in order."""
    return [place for place, bit in enumerate(f"{mask:b}"[::-1]) if bit == "1"]


def in_a_row(mask: int, count: int) -> int:
    """Return the quarters from which on `count` of them, one after the other, are in the mask."""
    found = mask
    for step in range(1, count):
        found &= mask >> step
    return found


def reached(mask: int, *, before: int, after: int) -> int:
    """Return the quarters from which a stretch of `after` quarters, and of `before` more ahead of it, meets the mask."""
    found = 0
    for step in range(-before, after):
        found |= mask >> step if step >= 0 else mask << -step
    return found
