"""Calls that tickets share, as the desk sees them: whose numbers are in it, and which calls a ticket can join."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from config.core import clock
from config.core.errors import DomainError
from migrations_app.admin.group_call import members_for, references
from migrations_app.admin.holder_card import holders_of
from migrations_app.enums import PinCallState
from migrations_app.models import MigrationCase, NumberMove, PinCall
from migrations_app.rules.progress import CUT_OVER
from migrations_app.selectors.shared_calls import (
    LIVING,
    JoinQuestion,
    calls_to_join,
    company_of,
    numbers_together,
    shared_in,
)
from migrations_app.services.lengths import call_length
from migrations_app.services.slot_taking import numbers_for_call
from tickets.models import Ticket
from tickets.selectors.desk import visible_tickets


def numbers_of(call: PinCall, user: Any) -> QuerySet[NumberMove]:
    """Return the numbers of a call that this person may work with: those of the tickets it may see."""
    mine = visible_tickets(user).values("pk")
    return numbers_together(call).filter(case__ticket__in=mine).select_related("case__ticket")


def row_in_front(call: PinCall, user: Any) -> PinCall:
    """Return the row that the call page is about: the given one, until its own numbers are done.

    Then it is one that still runs; when none does, one that has numbers left, so that they get another call.
    """
    if call.state != PinCallState.FINISHED:
        return call
    rows = list(company_of(call).filter(ticket__in=visible_tickets(user)))
    for row in rows:
        if row.state == PinCallState.STARTED:
            return row
    return next((row for row in (call, *rows) if _has_left(row)), call)


def _has_left(call: PinCall) -> bool:
    return call.numbers.exclude(state__in=CUT_OVER).exists()


def left_elsewhere(call: PinCall, user: Any) -> list[PinCall]:
    """Return the rows of other tickets of a finished call that have numbers left too."""
    rows = company_of(call).filter(ticket__in=visible_tickets(user), state=PinCallState.FINISHED)
    return [row for row in rows if _has_left(row)]


def context_of(call: PinCall, user: Any) -> dict[str, Any]:
    """Return with which other tickets a call is shared, of how many more it cannot be told, and what its phone holders say."""
    rows = list(company_of(call))
    others = [row.ticket for row in rows]
    seen = set(visible_tickets(user).filter(pk__in=[ticket.pk for ticket in others]).values_list("pk", flat=True))
    mine = sorted([call, *(row for row in rows if row.ticket_id in seen)], key=lambda row: row.ticket_id)
    return {
        "holders": holders_of(mine),
        "shared_with": [ticket for ticket in others if ticket.pk in seen],
        "shared_unseen": len(others) - len(seen),
    }


def shared_with(ticket: Ticket, calls: Iterable[PinCall], user: Any) -> dict[int, list[Ticket]]:
    """Return the other tickets of each shared call that this person may see, by the call's id."""
    found = shared_in(calls)
    ids = {each.pk for tickets in found.values() for each in tickets}
    seen = set(visible_tickets(user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    return {
        call.pk: [each for each in found.get(call.uid, []) if each.pk in seen and each.pk != ticket.pk]
        for call in calls
        if call.state in LIVING
    }


def offers_of(ticket: Ticket, case: MigrationCase, user: Any) -> dict[str, Any]:
    """Return whether a call can be booked, and which calls of the client the ticket can join."""
    try:
        numbers = numbers_for_call(ticket, case)
    except DomainError:
        return {"may_book": False}
    question = JoinQuestion(ticket, case, len(numbers), call_length())
    seen = visible_tickets(user)
    there = [
        {"call": call, "reference": call.ticket.reference}
        for call in calls_to_join(question, now=clock.now())
        if seen.filter(pk=call.ticket_id).exists()
    ]
    return {"may_book": True, "joinable_calls": there, "together": references(members_for(ticket, user))}


def call_to_join(ticket: Ticket, text: str) -> PinCall | None:
    """Return the booked call of the same organization that a form names."""
    try:
        uid = UUID(text)
    except ValueError:
        return None
    rows = PinCall.objects.filter(uid=uid, state=PinCallState.BOOKED, ticket__organization_id=ticket.organization_id)
    return rows.order_by("ticket_id").first()
