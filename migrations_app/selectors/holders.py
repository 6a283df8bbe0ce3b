"""Reading what the phone holders of a call have said."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.enums.holders import HolderState
from migrations_app.models import HolderCheck, PinCall, PinCallNumber


@dataclass(frozen=True)
class HolderAnswer:
    """What the holder of one number has said; `by` is who said or wrote it down, empty while there is no answer."""

    number_id: int
    number: str
    state: HolderState
    name: str
    phone: str
    at: datetime | None
    by: str
    at_hand: bool | None
    from_abroad: bool | None
    note: str
    check_id: int | None


def holder_answers(call: PinCall) -> dict[int, HolderAnswer]:
    """Return the answer for each number of one ticket's call, by the number's id, in the order in which they are moved."""
    rows = PinCallNumber.objects.filter(pin_call=call).select_related("number", "holder_check")
    return {row.number_id: _answer(row) for row in rows.order_by("position")}


def _answer(row: PinCallNumber) -> HolderAnswer:
    check, said = row.holder_check, row.holder_said or {}
    return HolderAnswer(
        number_id=row.number_id,
        number=row.number.number,
        state=HolderState(row.holder_state),
        name=check.name if check else row.number.otp_contact_name,
        phone=check.phone if check else row.number.otp_contact_phone,
        at=row.holder_at,
        by=row.holder_by,
        at_hand=said.get("at_hand"),
        from_abroad=said.get("from_abroad"),
        note=said.get("note", ""),
        check_id=check.pk if check else None,
    )


def holder_due(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of holders about whom something is to be done, longest due first."""
    rows = HolderCheck.objects.filter(next_at__lte=now).order_by("next_at", "id")
    return list(rows.values_list("id", flat=True)[:limit])


def numbers_of_check(check: HolderCheck) -> list[str]:
    """Return the numbers a holder is asked about, in the order in which they are moved."""
    rows = PinCallNumber.objects.filter(holder_check=check).order_by("position")
    return list(rows.values_list("number__number", flat=True))
