"""The person with the phone is there: an agent sees to it before the call begins, and says so."""

from datetime import datetime

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import IllegalTransition, unit_of_work
from migrations_app.enums import PinCallState
from migrations_app.models import PinCallNumber
from migrations_app.services.call_state import call_of
from tickets.enums import EventType
from tickets.services.events import record
from tickets.services.tickets import lock_ticket


def note_person_here(*, ticket_id: int, call_id: str, number_id: int, by: Actor, now: datetime) -> None:
    """Record that the person of a number is there with the phone; who said so first stays on record.

    :raises NotFound: the call has no such number.
    :raises IllegalTransition: the call is over.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        call = call_of(ticket, call_id)
        line = PinCallNumber.objects.select_related("number").filter(pin_call=call, number_id=number_id).first()
        if line is None:
            raise NotFound
        if call.state not in {PinCallState.BOOKED, PinCallState.STARTED}:
            raise IllegalTransition(extra={"allowed": []})
        if line.here_at is None:
            PinCallNumber.objects.filter(pk=line.pk).update(here_at=now, here_by=by.label)
            data = {"pin_call": str(call.uid), "numbers": [line.number.number]}
            record(uow, ticket, EventType.CALL_STEP, internal=True, step="person_here", **data)
