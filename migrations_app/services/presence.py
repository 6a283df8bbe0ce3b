"""The person with the phone is there: an agent sees to it before the call begins, and says so."""

from collections.abc import Collection
from datetime import datetime
from itertools import groupby

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import IllegalTransition, unit_of_work
from migrations_app.enums import PinCallState
from migrations_app.models import PinCallNumber
from migrations_app.services.call_state import call_of
from tickets.enums import EventType
from tickets.models import Ticket
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


def note_everybody_here(*, call_id: str, number_ids: Collection[int], by: Actor, now: datetime) -> None:
    """Record the same of several numbers at once, of all tickets that share the call; what is on record already stays.

    :raises IllegalTransition: the call is over, or has none of them.
    """
    with unit_of_work(by=by, now=now) as uow:
        rows = PinCallNumber.objects.select_related("number", "pin_call__ticket").filter(
            pin_call__uid=call_id,
            pin_call__state__in=[PinCallState.BOOKED, PinCallState.STARTED],
            number_id__in=number_ids,
        )
        uow.lock(Ticket, *set(rows.values_list("pin_call__ticket_id", flat=True)))
        lines = list(rows.order_by("pin_call__ticket_id", "position"))
        if not lines:
            raise IllegalTransition(extra={"allowed": []})
        news = [line for line in lines if line.here_at is None]
        PinCallNumber.objects.filter(pk__in=[line.pk for line in news]).update(here_at=now, here_by=by.label)
        for call, own in groupby(news, key=lambda line: line.pin_call):
            data = {"pin_call": str(call.uid), "numbers": [line.number.number for line in own]}
            record(uow, call.ticket, EventType.CALL_STEP, internal=True, step="person_here", **data)
