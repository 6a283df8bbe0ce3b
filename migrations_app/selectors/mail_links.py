"""Links to the client's page that left in messages, told apart by the message."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from migrations_app.models import ChaseAttempt, Notice
from tickets.enums import Party
from tickets.models import ShareLink, Ticket

MOST = 50


@dataclass(frozen=True)
class MailLink:
    """A link, the name of the text that it left with and to whom; both empty where the message is not known any more."""

    row: ShareLink
    message: str = ""
    recipient: str = ""


def mail_links_of(ticket: Ticket, links: Iterable[ShareLink]) -> list[MailLink]:
    """Return which of a ticket's links left in messages, newest first, at most fifty, with their messages."""
    rows = sorted((row for row in links if row.in_mail), key=lambda row: -row.pk)[:MOST]
    left = {at: (message, recipient) for at, message, recipient in _left(ticket, rows)} if rows else {}
    return [MailLink(row, *left.get(row.created_at, ("", ""))) for row in rows]


def _left(ticket: Ticket, rows: list[ShareLink]) -> Iterator[tuple[datetime | None, str, str]]:
    """Give when messages to the client were claimed, which is when their links were made, with their names and readers."""
    for model, path in ((ChaseAttempt, "chase__case__ticket"), (Notice, "case__ticket")):
        found = model._default_manager.filter(  # noqa: SLF001
            **{path: ticket}, recipient_party=Party.CLIENT, claimed_at__in=[row.created_at for row in rows]
        )
        for at, message, recipient in found.values_list("claimed_at", "message", "exchange__recipient"):
            yield at, message, recipient or ""
