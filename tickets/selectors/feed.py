"""Reading the change feed: what happened to an organization's tickets, in the order of commits.

A place in the feed is the number that an event took under the lock of its organization's row as the last act of its
transaction. Whoever sees a number sees all smaller ones, so a reader that goes on after the last number it was given
misses nothing, however many write at the same time.
"""

from collections.abc import Collection
from dataclasses import dataclass

from tickets.models import Event, Organization

WINDOW = 10_000
"""So many numbers are looked through for rare types in one request; what lies further comes with the next page."""


@dataclass(frozen=True)
class Reach:
    """How far a feed reaches: events after `floor` up to `head` are told."""

    floor: int
    head: int


@dataclass(frozen=True)
class FeedPage:
    """Some events, the place after which the next page begins, and whether there is one already."""

    events: list[Event]
    place: int
    more: bool


@dataclass(frozen=True)
class FeedWish:
    """Whose feed is read, and what of it."""

    organization_id: int
    test: bool
    types: Collection[str] = ()
    reference: str | None = None


def reach_of(organization_id: int) -> Reach:
    """Return how far an organization's feed reaches now.

    It must be read before the events: those up to `head` are committed then, all of them.
    """
    floor, head = Organization.objects.values_list("event_floor", "event_seq").get(pk=organization_id)
    return Reach(floor, head)


def feed_page(wish: FeedWish, *, after: int, head: int, limit: int) -> FeedPage:
    """Return at most `limit` events after a place.

    Filtered by type a page may hold fewer, even none, although more follow: one request looks through a bounded part.
    """
    until = min(head, after + WINDOW) if wish.types else head
    events = Event.objects.filter(
        organization_id=wish.organization_id, test=wish.test, internal=False, sequence__gt=after, sequence__lte=until
    )
    if wish.types:
        events = events.filter(type__in=list(wish.types))
    if wish.reference is not None:
        events = events.filter(ticket_reference=wish.reference)
    found = list(events.order_by("sequence")[: limit + 1])
    if len(found) > limit:
        return FeedPage(found[:limit], found[limit - 1].sequence, more=True)
    return FeedPage(found, until, more=until < head)
