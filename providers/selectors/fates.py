"""Reading the fates of magic numbers. Only test tickets may ask."""

from collections.abc import Iterable

from providers.rules import fates
from providers.types import Fate


def fates_of(numbers: Iterable[str]) -> list[Fate]:
    """Return the fate of each of these numbers (E.164) of a test ticket, in their order."""
    return [fates.fate_of(number) for number in numbers]


def all_fates() -> tuple[Fate, ...]:
    """Return every fate, in the order in which the guide tells them."""
    return fates.FATES
