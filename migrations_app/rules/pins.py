"""New two-step PINs: six digits that nobody guesses first.

Meta takes any six digits (registration: `pin`, "a 6-digit PIN") and judges none. The PIN is all that keeps somebody who once
gets hold of a code from registering the number elsewhere, and it stays for years; so what a guesser tries first is refused here.
"""

from collections.abc import Callable
from datetime import date
from itertools import pairwise

from migrations_app.enums.pins import EasyPin

_LEAP_YEAR = 2000
_NEIGHBOURS = frozenset({0, 1, 9})


def why_easy(pin: str) -> EasyPin | None:
    """Return why a PIN of six digits is refused; None where nothing speaks against it."""
    if _repeats(pin):
        return EasyPin.REPEATS
    halves = _steps(pin[:3]), _steps(pin[3:])
    in_pairs = pin[::2] == pin[1::2] and len(_steps(pin[::2])) == 1
    if len(_steps(pin)) == 1 or in_pairs or all(len(half) == 1 and half <= _NEIGHBOURS for half in halves):
        return EasyPin.RUN
    return EasyPin.DATE if _is_date(pin) else None


def new_pin(below: Callable[[int], int]) -> str:
    """Return a PIN that is not easy; `below` draws a number from 0 to its argument, left out (`secrets.randbelow`)."""
    while True:
        pin = f"{below(1_000_000):06d}"
        if why_easy(pin) is None:
            return pin


def _repeats(pin: str) -> bool:
    """One or two digits alone, a part of it over and over (121212, 123123), or the same forth and back (123321)."""
    return len(set(pin)) <= 2 or pin[:2] * 3 == pin or pin[:3] * 2 == pin or pin == pin[::-1]  # noqa: PLR2004


def _steps(digits: str) -> frozenset[int]:
    """Return how far each digit is from the one before; past 9 comes 0. One distance alone is a run: 123456, 987654, 246802."""
    return frozenset((int(after) - int(before)) % 10 for before, after in pairwise(digits))


def _is_date(pin: str) -> bool:
    """A birthday as people write it: day, month and year of two digits, in the three orders that are in use."""
    first, second, third = int(pin[:2]), int(pin[2:4]), int(pin[4:])
    return _on_calendar(second, first) or _on_calendar(first, second) or _on_calendar(second, third)


def _on_calendar(month: int, day: int) -> bool:
    try:
        date(_LEAP_YEAR, month, day)
    except ValueError:
        return False
    return True
