"""A call's state: finding the call of a ticket, and the only place that moves it."""

import uuid
from typing import Any

from config.core.errors import NotFound
from config.core.uow import UnitOfWork
from migrations_app.enums import PinCallState
from migrations_app.models import CallCell, PinCall
from migrations_app.rules.lifecycle import PIN_CALL
from migrations_app.selectors.cases import SHOWN_CALLS
from migrations_app.selectors.shared_calls import LIVING
from tickets.models import Ticket


def shown_call(*, ticket_id: int, call_id: str) -> PinCall:
    """Return a call of a ticket that was booked at some time (holds are nobody's business).

    :raises NotFound: the ticket has no such call.
    """
    rows = PinCall.objects.select_related("agent").filter(ticket_id=ticket_id, uid=call_id, state__in=SHOWN_CALLS)
    # A ticket that left a shared call and came back has two rows of it: the later one counts.
    found = rows.order_by("-pk").first()
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
    call = PinCall.objects.filter(ticket=ticket, uid=key).order_by("-pk").first()
    if call is None:
        raise NotFound
    return call


def move_call(uow: UnitOfWork, call: PinCall, to: PinCallState, **columns: Any) -> None:
    """Move a call to another state; one that will not take place frees its quarters of an hour.

    Where other tickets share the call and go on with it, the quarters pass to one of them.
    """
    ends = to in {PinCallState.CANCELLED, PinCallState.EXPIRED, PinCallState.NO_SHOW}
    heir = _heir(call) if ends and call.state in LIVING else None
    uow.move(call, "state", table=PIN_CALL, to=to, **columns)
    if heir is not None:
        CallCell.objects.filter(pin_call=call).update(pin_call=heir)
    elif ends:
        CallCell.objects.filter(pin_call=call).delete()


def _heir(call: PinCall) -> int | None:
    """Return the row of another ticket that keeps the call going.

    The rows are locked by ascending id: of two tickets that leave at once one must see that the other has left.
    """
    rows = PinCall.objects.select_for_update(no_key=True).filter(uid=call.uid, state__in=LIVING).order_by("pk")
    return next((pk for pk in rows.values_list("pk", flat=True) if pk != call.pk), None)
