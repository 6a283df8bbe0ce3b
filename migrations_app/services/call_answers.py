"""What a client does by the link in a mail: choose a time, move the call, cancel it, say that no time suits."""

from datetime import datetime

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.enums.proposals import ProposalState
from migrations_app.models import MigrationCase
from migrations_app.rules.redaction import redact
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.proposals import open_proposal
from migrations_app.services.proposal_ends import end
from migrations_app.services.ringing import is_to_be_rung, ring_for_other_time
from migrations_app.services.settle import settle
from tickets.enums import EventType, Visibility
from tickets.services.comments import post_comment
from tickets.services.events import record
from tickets.services.tickets import lock_ticket

LONGEST_WISH = 500


def decline(*, case: MigrationCase, wish: str, by: Actor, now: datetime) -> None:
    """Record that none of the times suits; what the client wishes becomes a comment, and a person rings.

    `wish` is cut at 500 characters.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, case.ticket_id)
        # What looks like a code or a PIN is kept nowhere, whoever writes it.
        words = redact(" ".join(wish.split())[:LONGEST_WISH])
        proposal = open_proposal(case)
        if proposal is None and is_to_be_rung(case):
            return  # said already: the button was pressed twice
        if proposal is not None:
            end(uow, proposal, ProposalState.DECLINED)
        record(uow, ticket, EventType.CALL_TIMES_DECLINED, internal=True, said=bool(words))
        if words:
            post_comment(ticket_id=ticket.pk, body=words, visibility=Visibility.PUBLIC, by=by, now=now)
        current = case_of(ticket.pk)
        ring_for_other_time(uow, ticket, current, words)
        settle(uow, ticket, current)
