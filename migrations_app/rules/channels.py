"""Which ways there are to a recipient, in which order they are tried, and what follows when one has failed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from migrations_app.enums import BY_PERSON, ChannelName

BEST = "best"
"""What a rung says that leaves the way to us: the first one that there is."""
ORDER = (
    ChannelName.EMAIL,
    ChannelName.HTTP,
    ChannelName.PORTAL,
    ChannelName.PHONE,
    ChannelName.WHATSAPP,
)
"""Ways from the cheapest to the dearest: those behind which a person acts come last."""
PAUSES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""Pauses before the second, third and fourth try of one way. Greylisting servers open after some minutes."""
LONGEST_PAUSE = timedelta(hours=12)
"""However long the other side asks us to wait."""


class Result(StrEnum):
    """What became of one try."""

    SENT = "sent"
    PASSING = "passing"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Follow(StrEnum):
    """What follows a try."""

    NOTHING = "nothing"
    AGAIN = "again"
    NEXT_WAY = "next_way"
    GIVE_UP = "give_up"


@dataclass(frozen=True)
class Tried:
    """One try: which it was by its way (from 1), and what is known of the way."""

    result: Result
    try_no: int = 1
    repeatable: bool = False
    was_repeated: bool = False


def ways(
    wanted: str, *, there_are: Collection[str], machines_only: bool = False, dead: Collection[str] = ()
) -> list[ChannelName]:
    """Return the ways to somebody in the order in which they are tried: the one wanted, then the others, dead ones last.

    `there_are` are the ways that are known for the recipient; `machines_only` leaves out those behind which a person acts;
    `dead` are those whose present address was refused for good.
    """
    found = [way for way in ORDER if way in there_are and not (machines_only and way in BY_PERSON)]
    return sorted(found, key=lambda way: (way in dead, way != wanted))


def address_is_dead(failure: str) -> bool:
    """Tell whether the code of a failure says that nobody is reached at this address any more."""
    return failure.startswith(("5.1.", "recipient_refused_5", "gone")) or failure in {
        "recipient_refused",
        "not_possible",
    }


def next_way(order: Collection[ChannelName], *, tried: Collection[str]) -> ChannelName | None:
    """Return the first way that has not failed yet; None where every one has."""
    return next((way for way in order if way not in tried), None)


def follow(tried: Tried, *, another_way: bool) -> Follow:
    """Return what follows a try.

    A message that may have arrived is repeated only where the receiver knows it by its id, and then once: another way would
    bring it twice.
    """
    if tried.result is Result.SENT:
        return Follow.NOTHING
    if tried.result is Result.UNKNOWN:
        return Follow.AGAIN if tried.repeatable and not tried.was_repeated else Follow.NOTHING
    if tried.result is Result.PASSING and tried.try_no <= len(PAUSES):
        return Follow.AGAIN
    return Follow.NEXT_WAY if another_way else Follow.GIVE_UP


def pause(try_no: int, *, spread: float, asked: timedelta = timedelta(0)) -> timedelta:
    """Return how long to wait after the try of that number (from 1) has failed.

    `spread` in [0, 1) moves the pause between half and one and a half of its length, so that what failed together does not
    come back together. `asked` is what the other side asks for: never less than that, up to `LONGEST_PAUSE`.
    """
    base = PAUSES[min(max(try_no, 1), len(PAUSES)) - 1]
    return max(base * (0.5 + spread), min(asked, LONGEST_PAUSE))
