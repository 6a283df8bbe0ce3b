"""Which phone holders of a call are asked, and when: rows that are written with the booking."""

from datetime import datetime
from typing import Any

from config.core.uow import UnitOfWork
from migrations_app.enums import DeskTaskKind, DeskTaskState, PinCallState
from migrations_app.enums.holders import HolderState, HolderStep
from migrations_app.models import DeskTask, HolderCheck, MigrationCase, PinCall, PinCallNumber
from migrations_app.rules.holders import Holder, ask_at, by_holder, holder_of
from migrations_app.services.desk_tasks import drop_tasks
from tickets.models import Ticket

_LONGEST = 320
_NOTHING_SAID: dict[str, Any] = {
    "holder_state": HolderState.OPEN,
    "holder_said": {},
    "holder_at": None,
    "holder_by": "",
}


def plan_checks(ticket: Ticket, call: PinCall, *, now: datetime) -> None:
    """Plan the question to each holder of a booked call's numbers; what was said for another time counts no more."""
    HolderCheck.objects.filter(pin_call=call).delete()
    PinCallNumber.objects.filter(pin_call=call).update(**_NOTHING_SAID)
    follow_holders(ticket, call, now=now)


def follow_holders(ticket: Ticket, call: PinCall, *, now: datetime) -> None:
    """Bring the questions in line with who holds the phones now: a new holder is asked, one who holds none any more is not."""
    contact = Holder(ticket.contact_name, ticket.contact_email, ticket.contact_phone, ticket.language)
    lines = list(PinCallNumber.objects.filter(pin_call=call).select_related("number").order_by("position"))
    found = by_holder((line.pk, holder_of(_named(line), contact)) for line in lines)
    known = {check.key: check for check in HolderCheck.objects.filter(pin_call=call)}
    for key, (holder, line_ids) in found.items():
        check = known.pop(key[:_LONGEST], None) or HolderCheck(pin_call=call, key=key[:_LONGEST], created_at=now)
        check.name, check.email, check.phone = holder.name, holder.email, holder.phone
        check.language, check.updated_at = holder.language or ticket.language, now
        new = [line.pk for line in lines if line.pk in line_ids and (not check.pk or line.holder_check_id != check.pk)]
        if new:
            asks = (HolderStep.ASK, ask_at(call.start, now))
            # The phones of a test ticket are in nobody's hand.
            check.step, check.next_at = (HolderStep.NOTHING, None) if ticket.test else asks
        check.save()
        PinCallNumber.objects.filter(pk__in=new).update(holder_check=check, **_NOTHING_SAID)
    HolderCheck.objects.filter(pk__in=[check.pk for check in known.values()]).delete()


def _named(line: PinCallNumber) -> Holder:
    row = line.number
    return Holder(row.otp_contact_name, row.otp_contact_email, row.otp_contact_phone, row.otp_contact_language)


def drop_checks(call: PinCall) -> None:
    """Ask nobody any more: the call has begun, has another time, or does not take place."""
    HolderCheck.objects.filter(pin_call=call).update(next_at=None, step=HolderStep.NOTHING)


def forget_tasks(uow: UnitOfWork, case: MigrationCase, call: PinCall) -> None:
    """Take off the list what was to be asked or mended for a call that has begun, has another time or does not take place."""
    drop_tasks(
        uow,
        DeskTask.objects.select_related("attempt").filter(
            case=case, kind=DeskTaskKind.CALL_NOT_READY, state=DeskTaskState.OPEN
        ),
    )
    kinds = [DeskTaskKind.HOLDER_CHECK, DeskTaskKind.HOLDER_REFUSED]
    rows = DeskTask.objects.select_related("attempt").filter(
        case=case, kind__in=kinds, state=DeskTaskState.OPEN, number__call_lines__pin_call=call
    )
    drop_tasks(uow, rows.distinct())


def holders_changed(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Ask who holds the phones of a locked ticket's booked calls now; tasks about who does not are taken off the list."""
    for call in PinCall.objects.filter(ticket=ticket, state=PinCallState.BOOKED):
        before = set(HolderCheck.objects.filter(pin_call=call).values_list("key", "email", "phone"))
        follow_holders(ticket, call, now=uow.now)
        if set(HolderCheck.objects.filter(pin_call=call).values_list("key", "email", "phone")) != before:
            forget_tasks(uow, case, call)
