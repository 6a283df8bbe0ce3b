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
    columns["search_text"] = search_text(
        [
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
