"""Which phone holders of a call are asked, and when: rows that are written with the booking."""

from datetime import datetime

from config.core.uow import UnitOfWork
from migrations_app.enums import DeskTaskKind, DeskTaskState
from migrations_app.enums.holders import HolderState, HolderStep
from migrations_app.models import DeskTask, HolderCheck, MigrationCase, PinCall, PinCallNumber
from migrations_app.rules.holders import Holder, ask_at, by_holder, holder_of
from migrations_app.services.desk_tasks import drop_tasks
from tickets.models import Ticket


def plan_checks(ticket: Ticket, call: PinCall, *, now: datetime) -> None:
    """Plan the question to each holder of a booked call's numbers; what was said for another time counts no more."""
    drop_checks(call)
    HolderCheck.objects.filter(pin_call=call).delete()
    contact = Holder(ticket.contact_name, ticket.contact_email, ticket.contact_phone, ticket.language)
    lines = list(PinCallNumber.objects.filter(pin_call=call).select_related("number").order_by("position"))
    found = by_holder((line.pk, holder_of(_named(line), contact)) for line in lines)
    for key, (holder, line_ids) in found.items():
        check = HolderCheck.objects.create(
            pin_call=call,
            key=key[:320],
            name=holder.name,
            email=holder.email,
            phone=holder.phone,
            language=holder.language or ticket.language,
            next_at=ask_at(call.start, now),
            created_at=now,
            updated_at=now,
        )
        PinCallNumber.objects.filter(pk__in=line_ids).update(
            holder_check=check, holder_state=HolderState.OPEN, holder_said={}, holder_at=None, holder_by=""
        )


def _named(line: PinCallNumber) -> Holder:
    row = line.number
    return Holder(row.otp_contact_name, row.otp_contact_email, row.otp_contact_phone, row.otp_contact_language)


def drop_checks(call: PinCall) -> None:
    """Ask nobody any more: the call has begun, has another time, or does not take place."""
    HolderCheck.objects.filter(pin_call=call).update(next_at=None, step=HolderStep.NOTHING)


def forget_tasks(uow: UnitOfWork, case: MigrationCase, call: PinCall) -> None:
    """Take off the list what was to be asked for a call that has another time now or does not take place."""
    kinds = [DeskTaskKind.HOLDER_CHECK, DeskTaskKind.HOLDER_REFUSED]
    rows = DeskTask.objects.select_related("attempt").filter(
        case=case, kind__in=kinds, state=DeskTaskState.OPEN, number__call_lines__pin_call=call
    )
    drop_tasks(uow, rows.distinct())
