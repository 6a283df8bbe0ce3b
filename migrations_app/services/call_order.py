"""The order of a running call: a number is put off to the end, and taken up again. Nothing of it is final."""

from datetime import datetime

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import IllegalTransition, unit_of_work
from migrations_app.enums import PinCallState
from migrations_app.models import PinCall, PinCallNumber
from migrations_app.rules.lifecycle import MOVED
from migrations_app.services.move_steps import locked
from tickets.enums import EventType
from tickets.services.events import record


def put_off(*, call_pk: int, number_id: int, by: Actor, now: datetime) -> None:
    """Go on with the other numbers first; this one comes back at the end of the call, or by choosing it.

    It may be of another ticket that shares the call.

    :raises NotFound: the call has no such number.
    :raises IllegalTransition: the call does not run, or the number is done.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, _case, number = locked(uow, number_id)
        shared = PinCall.objects.filter(pk=call_pk).values("uid")
        lines = PinCallNumber.objects.select_related("pin_call").filter(pin_call__uid__in=shared, number=number)
        line = lines.first()
        if line is None:
            raise NotFound
        if line.pin_call.state != PinCallState.STARTED or number.state in MOVED:
            raise IllegalTransition(extra={"state": number.state})
        PinCallNumber.objects.filter(pk=line.pk).update(set_aside_at=now)
        call = str(line.pin_call.uid)
        record(uow, ticket, EventType.CALL_STEP, internal=True, pin_call=call, number=number.number, step="put_off")
