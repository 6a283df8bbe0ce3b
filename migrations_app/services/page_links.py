"""Links to the client's page in messages: a mark stands for them in log and preview; what really leaves has fresh ones."""

from collections.abc import Iterable
from dataclasses import replace

from config.core.uow import UnitOfWork
from migrations_app.enums import BY_PERSON
from migrations_app.models import Notice
from migrations_app.models.chases import OutboundAttempt
from providers.types import OutboundMessage
from tickets.enums import Party
from tickets.models import Ticket
from tickets.services.share_links import link_for_message


def mark_of(ticket: Ticket) -> str:
    """Return what stands for the link in log and preview: whoever reads those must not answer for the client."""
    return f"[…/t/… {ticket.reference}]"


def page_mark(row: OutboundAttempt, ticket: Ticket) -> str:
    """Return the mark for a message to the client; empty for anybody else, and for what a person says or pastes.

    The old BSP, phone holders and agents get no link by which somebody answers for the client.
    """
    for_another = isinstance(row, Notice) and (row.holder_id is not None or row.agent_id is not None)
    to_client = row.recipient_party == Party.CLIENT and row.channel not in BY_PERSON and not for_another
    return mark_of(ticket) if to_client else ""


def with_page_links(uow: UnitOfWork, tickets: Iterable[Ticket], message: OutboundMessage) -> OutboundMessage:
    """Return what really leaves: for each locked ticket that the message or a text with it names by its mark, a fresh link."""
    for ticket in dict.fromkeys(tickets):
        mark = mark_of(ticket)
        raw = mark.encode()
        if mark not in message.body and not any(raw in content for _name, content, _kind in message.attachments):
            continue
        link = link_for_message(uow, ticket)
        files = tuple((name, content.replace(raw, link.encode()), kind) for name, content, kind in message.attachments)
        message = replace(message, body=message.body.replace(mark, link), attachments=files)
    return message
