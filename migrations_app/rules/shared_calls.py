"""Calls that tickets share: who is one client, which calls so many numbers make, and how long one becomes."""

from collections.abc import Sequence
from dataclasses import dataclass

from migrations_app.rules.slots import CallLength


@dataclass(frozen=True)
class Caller:
    """A ticket as far as it decides with whom it may share a call."""

    organization_id: int
    test: bool
    client_name: str
    contact_email: str
    group_reference: str
    execution: str
    """How its playbook is executed: the call page is of one kind."""


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def same_client(one: Caller, other: Caller) -> bool:
    """Tell whether two tickets serve one client: same organization, same company, same person to write to.

    Case and blanks say nothing. Both name and address must agree: an agency writes for many companies, and two bakeries of one
    partner may have the same name. What is only tried never meets what is meant.
    """
    return (
        one.organization_id == other.organization_id
        and one.test == other.test
        and bool(_plain(one.client_name))
        and _plain(one.client_name) == _plain(other.client_name)
        and _plain(one.contact_email) == _plain(other.contact_email)
    )


def may_share(one: Caller, other: Caller) -> bool:
    """Tell whether a person may put two tickets into one call: one client, and numbers that are moved in one way."""
    return same_client(one, other) and one.execution == other.execution


def belong_together(one: Caller, other: Caller) -> bool:
    """Tell whether they share a call without being asked: whoever filed them has put them into one group."""
    grouped = bool(one.group_reference) and one.group_reference == other.group_reference
    return grouped and may_share(one, other)


def has_room(length: CallLength, numbers: int, more: int) -> bool:
    """Tell whether a call for so many numbers takes in so many more."""
    return more > 0 and numbers + more <= length.most_numbers


def packs(length: CallLength, numbers: int) -> tuple[int, ...]:
    """Return how many numbers each of the calls takes, one after the other: 25 make 10, 10 and 5."""
    full, rest = divmod(max(0, numbers), length.most_numbers)
    return (length.most_numbers,) * full + ((rest,) if rest else ())


def fitting(length: CallLength, wanted: Sequence[int]) -> int:
    """Return how many of the tickets, by their numbers, fit into one call, in the order given and none of them in part."""
    total = 0
    for place, numbers in enumerate(wanted):
        if not has_room(length, total, numbers):
            return place
        total += numbers
    return len(wanted)
