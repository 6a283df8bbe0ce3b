"""A call's state: finding the call of a ticket, and the only place that moves it."""

import uuid
from typing import Any

from config.core.errors import NotFound
from config.core.uow import UnitOfWork
from migrations_app.enums import PinCallState
from migrations_app.models import CallCell, PinCall
from migrations_app.rules.lifecycle import PIN_CALL
from migrations_app.selectors.cases import SHOWN_CALLS
from tickets.models import Ticket


def shown_call(*, ticket_id: int, call_id: str) -> PinCall:
    """Return a call of a ticket that was booked at some time (holds are nobody's business).

    :raises NotFound: the ticket has no such call.
    """
    found = (
        PinCall.objects.select_related("agent").filter(ticket_id=ticket_id, uid=call_id, state__in=SHOWN_CALLS).first()
    )
    if found is None:
        raise NotFound
    return found


def call_of(ticket: Ticket, uid: str) -> PinCall:
    """Return a call or hold of a ticket by its UID.

    :raises NotFound: the ticket has none of this UID.
    """
    try:
        key = uuid.UUID(uid)
    except ValueError:
        raise NotFound from None
    call = PinCall.objects.filter(ticket=ticket, uid=key).first()
    if call is None:
        raise NotFound
    return call


def move_call(uow: UnitOfWork, call: PinCall, to: PinCallState, **columns: Any) -> None:
    """Move a call to another state; one that will not take place frees its quarters of an hour."""
    uow.move(call, "state", table=PIN_CALL, to=to, **columns)
    if to in {PinCallState.CANCELLED, PinCallState.EXPIRED, PinCallState.NO_SHOW}:
        CallCell.objects.filter(pin_call=call).delete()
