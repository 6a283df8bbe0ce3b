"""Changing who is served and how the ticket is found again, as filed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tickets.models import Ticket
from tickets.rules.search import search_text
from tickets.services.tickets import ClientSnapshot


@dataclass(frozen=True)
class Filing:
    """What a ticket keeps of its form; `search_terms` are further words people look for (numbers, identifiers)."""

    client: ClientSnapshot
    client_reference: str = ""
    group_reference: str = ""
    tags: Sequence[str] = ()
    origin: str = ""
    search_terms: Sequence[str] = ()


_COLUMNS = {
    "name": "client_name",
    "contact_name": "contact_name",
    "contact_email": "contact_email",
    "contact_phone": "contact_phone",
    "language": "language",
    "timezone": "timezone",
    "country": "country",
}


def rewrite_filing(ticket: Ticket, filing: Filing) -> list[str]:
    """Write the filing onto a ticket locked by the caller's unit of work, and return the names of the answers that changed."""
    wanted = {_COLUMNS[name]: (f"client.{name}", value) for name, value in asdict(filing.client).items()}
    wanted["client_reference"] = ("client_reference", filing.client_reference)
    wanted["group_reference"] = ("group_reference", filing.group_reference)
    changed = [answer for column, (answer, value) in wanted.items() if getattr(ticket, column) != value]
    columns = {column: value for column, (_answer, value) in wanted.items()}
    columns["tags"] = list(filing.tags)
    columns["origin"] = filing.origin
    columns["search_text"] = search_text(
        [
            ticket.reference,
            filing.client.name,
            filing.client.contact_email,
            filing.client_reference,
            filing.group_reference,
            *filing.search_terms,
        ]
    )
    Ticket.objects.filter(pk=ticket.pk).update(**columns)
    for column, value in columns.items():
        setattr(ticket, column, value)
    return changed


def set_origin(ticket: Ticket, *, origin: str, prefix: str) -> None:
    """Write whom the work of a locked ticket comes from, and the tag `prefix` + `origin` instead of those with the prefix."""
    ticket.origin = origin
    ticket.tags = [*(tag for tag in ticket.tags if not tag.startswith(prefix)), f"{prefix}{origin}"]
    Ticket.objects.filter(pk=ticket.pk).update(origin=origin, tags=ticket.tags)


def snapshot_of(ticket: Ticket) -> ClientSnapshot:
    """Return who is served by a ticket, as it stands."""
    return ClientSnapshot(**{name: getattr(ticket, column) for name, column in _COLUMNS.items()})
