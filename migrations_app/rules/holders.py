"""Who holds the phone of a number, when it is asked, and what its answer means."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.enums.holders import HolderState
from migrations_app.rules.bundles import plain_address

ASK_BEFORE = timedelta(hours=24)
"""How long before the call its phone holders are asked."""
RING_BEFORE = timedelta(hours=2)
"""How long before the call those who have not answered are rung up."""


@dataclass(frozen=True)
class Holder:
    """A person who can take the code of a number."""

    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""

    @property
    def key(self) -> str:
        """By what this person is told from others: address, else phone, else name."""
        return plain_address(self.email) or self.phone or " ".join(self.name.split()).casefold()


def holder_of(named: Holder, contact: Holder) -> Holder:
    """Return who holds a number: the person named for it, the client's contact where nobody is.

    Who is the contact, by address or by phone, is reached in every way in which the contact is.
    """
    if not (named.email or named.phone or named.name):
        return contact
    same_address = bool(named.email) and plain_address(named.email) == plain_address(contact.email)
    same_phone = bool(named.phone) and named.phone == contact.phone and not named.email
    if not (same_address or same_phone):
        # A name alone is nobody who can be reached: the contact is asked for that person.
        if named.email or named.phone:
            return named
        return Holder(contact.name, contact.email, contact.phone, named.language or contact.language)
    return Holder(
        named.name or contact.name,
        named.email or contact.email,
        named.phone or contact.phone,
        named.language or contact.language,
    )


def by_holder(numbers: Iterable[tuple[int, Holder]]) -> dict[str, tuple[Holder, list[int]]]:
    """Return each distinct holder with its numbers, in the order in which they come."""
    found: dict[str, tuple[Holder, list[int]]] = {}
    for number, holder in numbers:
        found.setdefault(holder.key, (holder, []))[1].append(number)
    return found


def ask_at(start: datetime, now: datetime) -> datetime:
    """Return when a holder is asked: a day before the call, at once where it is nearer."""
    return max(now, start - ASK_BEFORE)


def ring_at(start: datetime, now: datetime) -> datetime:
    """Return when a holder who has not answered is rung up."""
    return max(now, start - RING_BEFORE)


@dataclass(frozen=True)
class Said:
    """What a holder says of one number: the phone will be at hand, and messages and calls from abroad may come in."""

    at_hand: bool
    from_abroad: bool
    note: str = ""

    @property
    def state(self) -> HolderState:
        """Confirmed by two times yes; one no is a no."""
        return HolderState.CONFIRMED if self.at_hand and self.from_abroad else HolderState.REFUSED

    def as_json(self) -> Mapping[str, object]:
        """Return what is kept of it."""
        return {"at_hand": self.at_hand, "from_abroad": self.from_abroad, "note": self.note}
