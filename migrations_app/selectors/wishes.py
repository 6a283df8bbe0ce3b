"""Which tickets somebody wants to see: the filters of a list as plain values, for the list itself and for what is done later."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from migrations_app.selectors.cases import tickets_leaving, tickets_matching, tickets_with_number
from tickets.enums import ON_HOLD, OPEN_STATUSES
from tickets.models import Ticket
from tickets.selectors.desk import tickets_in_queues

_MOMENTS = {"created_after": "created_at__gt", "created_before": "created_at__lt", "updated_since": "updated_at__gte"}


@dataclass(frozen=True)
class TicketWish:
    """Filters of a list of tickets; what is not given lets everything through."""

    status: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    waiting_on: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    current_bsp: tuple[str, ...] = ()
    phone_number: str | None = None
    """E.164."""
    client_reference: str | None = None
    group_reference: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_since: datetime | None = None
    q: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the filters that are given, to be stored."""
        found = {name: value for name, value in asdict(self).items() if value}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "TicketWish":
        """Return the wish that `as_json` has stored."""
        known = {each.name for each in fields(cls)}
        values = {name: _value(name, value) for name, value in stored.items() if name in known}
        return cls(**values)


def _value(name: str, value: Any) -> Any:
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value


def tickets_wished(rows: QuerySet[Ticket], wish: TicketWish) -> QuerySet[Ticket]:
    """Return the tickets that every given filter lets through."""
    rows = _by_words(rows, wish)
    for name in ("client_reference", "group_reference"):
        if getattr(wish, name) is not None:
            rows = rows.filter(**{name: getattr(wish, name)})
    for name, lookup in _MOMENTS.items():
        if getattr(wish, name) is not None:
            rows = rows.filter(**{lookup: getattr(wish, name)})
    if wish.q is not None:
        rows = tickets_matching(rows, wish.q)
    return tickets_with_number(rows, wish.phone_number) if wish.phone_number else rows


def _by_words(rows: QuerySet[Ticket], wish: TicketWish) -> QuerySet[Ticket]:
    if wish.status:
        plain = Q(status__in=wish.status) & ~Q(on_hold=True, status__in=OPEN_STATUSES)
        rows = rows.filter(plain | Q(on_hold=True, status__in=OPEN_STATUSES) if ON_HOLD in wish.status else plain)
    for name in ("stage", "waiting_on", "kind"):
        wanted = getattr(wish, name)
        if wanted:
            rows = rows.filter(**{f"{name}__in": wanted})
    if wish.queue:
        rows = tickets_in_queues(rows, wish.queue)
    return tickets_leaving(rows, wish.current_bsp) if wish.current_bsp else rows
