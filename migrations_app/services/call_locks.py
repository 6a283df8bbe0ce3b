"""The locks of a call that tickets share: all its tickets, by ascending id, before any of its rows is read."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import OperationalError, transaction

from config.core.errors import NotFound
from config.core.uow import LostRace, UnitOfWork
from migrations_app.enums import PinCallState
from migrations_app.models import PinCall
from migrations_app.selectors.shared_calls import LIVING, others_of
from migrations_app.services.call_state import call_of
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket


def lock_call(uow: UnitOfWork, ticket_id: int, call_id: str) -> tuple[Ticket, PinCall, list[PinCall]]:
    """Lock the ticket and all that share its call; return the ticket, its row of the call, and the others' living rows.

    :raises NotFound: the ticket has no such call.
    :raises LostRace: somebody is at work on a ticket that has joined in this very moment.
    """
    uid = str(call_of(Ticket(pk=ticket_id), call_id).uid)
    _lock(uow, ticket_id, PinCall.objects.filter(uid=uid, state__in=LIVING).values_list("ticket_id", flat=True))
    ticket = lock_ticket(uow, ticket_id)
    call = call_of(ticket, uid)
    late = set(others_of(call).values_list("ticket_id", flat=True))
    lock_late(uow, {each for each in late if not uow.holds(Ticket, each)})
    # Read once more: what was booked or cancelled while we waited.
    call = call_of(ticket, uid)
    call.ticket = ticket
    return ticket, call, list(others_of(call)) if call.state in LIVING else []


def lock_for_booking(uow: UnitOfWork, ticket_id: int, start: datetime, *, joins: uuid.UUID | None = None) -> Ticket:
    """Lock a ticket, and with it those whose call at this moment it may join: the one named, or its group's.

    :raises NotFound: there is no such ticket.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound
    there = PinCall.objects.filter(
        state=PinCallState.BOOKED, start=start, ticket__organization_id=ticket.organization_id
    )
    if joins is not None:
        there = there.filter(uid=joins)
    elif ticket.group_reference:
        there = there.filter(ticket__group_reference=ticket.group_reference)
    else:
        there = there.none()
    _lock(uow, ticket_id, there.values_list("ticket_id", flat=True))
    return lock_ticket(uow, ticket_id)


def _lock(uow: UnitOfWork, ticket_id: int, others: Collection[int]) -> None:
    missing = {each for each in others if not uow.holds(Ticket, each)}
    if uow.holds(Ticket, ticket_id):
        # Whoever called has a lock already: waiting for a lower id now could be waiting for each other.
        lock_late(uow, missing)
    else:
        uow.lock(Ticket, ticket_id, *missing)


def lock_late(uow: UnitOfWork, ids: Collection[int]) -> None:
    """Take further locks out of their order, so without waiting for anybody.

    :raises LostRace: somebody else is at work on one of them.
    """
    if not ids:
        return
    try:
        with transaction.atomic():
            found = Ticket.objects.select_for_update(nowait=True, no_key=True).filter(pk__in=ids)
            list(found.order_by("pk").values_list("pk", flat=True))
    except OperationalError:
        raise LostRace from None
    uow.lock(Ticket, *ids)
