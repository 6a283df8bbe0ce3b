"""The phone holders of a call: asked the day before, rung up when they stay silent, and what they answer.

A holder with an address gets a mail with a link of its own; for others a person of the desk asks. What is said stands in the
lines of the call.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import DeskTaskKind, DeskTaskState, PinCallState, TaskOutcome
from migrations_app.enums.holders import HolderState, HolderStep
from migrations_app.models import DeskTask, HolderCheck, MigrationCase, Notice, NumberMove, PinCallNumber
from migrations_app.rules.holders import Said, ring_at
from migrations_app.rules.lifecycle import MOVED
from migrations_app.selectors.cases import case_of
from migrations_app.services.desk_tasks import NewTask, close_task, drop_tasks, open_task
from migrations_app.services.scripts import holder_script
from migrations_app.services.settle import settle
from tickets.enums import EventType, Party
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.tickets import lock_ticket

MESSAGE = "holder_check"
_WAITING = (HolderState.OPEN, HolderState.ASKED)


def go_on(check_id: int, *, by: Actor, now: datetime) -> HolderStep | None:
    """Take the next step about a holder if it is due, and return it; None when it was not (any more)."""
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, check = _locked(uow, check_id)
        if check.next_at is None or check.next_at > now:
            return None
        step = HolderStep(check.step)
        if check.pin_call.state != PinCallState.BOOKED or not _waiting(check).exists():
            _wait(check, HolderStep.NOTHING, None, now)
            return None
        if step is HolderStep.ASK and check.email:
            _write(uow, case, check)
        else:
            _ring(uow, ticket, case, check)
        settle(uow, ticket, case)
        return step


def _locked(uow: UnitOfWork, check_id: int) -> tuple[Ticket, MigrationCase, HolderCheck]:
    ticket_id = HolderCheck.objects.filter(pk=check_id).values_list("pin_call__ticket_id", flat=True).first()
    if ticket_id is None:
        raise NotFound
    ticket = lock_ticket(uow, ticket_id)
    check = HolderCheck.objects.select_related("pin_call").filter(pk=check_id).first()
    if check is None:
        raise NotFound
    return ticket, case_of(ticket_id), check


def _waiting(check: HolderCheck) -> QuerySet[PinCallNumber]:
    rows = PinCallNumber.objects.filter(holder_check=check, holder_state__in=_WAITING)
    return rows.exclude(number__state__in=MOVED)


def _wait(check: HolderCheck, step: HolderStep, until: datetime | None, now: datetime) -> None:
    HolderCheck.objects.filter(pk=check.pk).update(step=step, next_at=until, updated_at=now)


def _write(uow: UnitOfWork, case: MigrationCase, check: HolderCheck) -> None:
    Notice.objects.create(
        case=case,
        pin_call=check.pin_call,
        holder=check,
        message=MESSAGE,
        recipient_party=Party.CLIENT,
        language=check.language,
        address=check.email,
        due_at=uow.now,
        created_at=uow.now,
        updated_at=uow.now,
    )
    _asked(uow, check)
    _wait(check, HolderStep.RING, ring_at(check.pin_call.start, uow.now), uow.now)


def _asked(uow: UnitOfWork, check: HolderCheck) -> None:
    _waiting(check).update(holder_state=HolderState.ASKED, holder_at=uow.now, holder_by="")
    HolderCheck.objects.filter(pk=check.pk).update(asked_at=uow.now)


def _ring(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, check: HolderCheck) -> None:
    words = holder_script(check, ticket, case, language=check.language)
    new = NewTask(
        kind=DeskTaskKind.HOLDER_CHECK,
        number=_first_number(check),
        recipient_party=Party.CLIENT,
        language=check.language,
        contact=check.phone,
        title=words.title[:300],
        text=words.text,
    )
    open_task(uow, case, new)
    _wait(check, HolderStep.NOTHING, None, uow.now)


def _first_number(check: HolderCheck) -> NumberMove | None:
    """Return the number that stands for a holder in the list of tasks: each holder has a task of its own."""
    line = PinCallNumber.objects.filter(holder_check=check).select_related("number").order_by("position").first()
    return line.number if line else None


def answer(*, check_id: int, said: Mapping[int, Said], by: Actor, now: datetime) -> None:
    """Record what a holder says of its numbers (by their ids), as often as it likes until the call begins.

    A no becomes a task for the desk; a yes takes it off the list again.

    :raises NotFound: there is no such question, or it is about none of these numbers.
    :raises IllegalTransition: the call has begun or does not take place.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, case, check = _locked(uow, check_id)
        if check.pin_call.state != PinCallState.BOOKED:
            raise IllegalTransition(extra={"allowed": []})
        lines = {line.number_id: line for line in check.lines.select_related("number")}
        if not said or not set(said) <= set(lines):
            raise NotFound
        for number_id, words in said.items():
            _note(uow, ticket, lines[number_id], words)
        HolderCheck.objects.filter(pk=check.pk).update(answered_at=now, updated_at=now)
        if not _waiting(check).exists():
            _wait(check, HolderStep.NOTHING, None, now)
            _close_asking(uow, case, check)
        _judge(uow, ticket, case, check)
        settle(uow, ticket, case)


def _note(uow: UnitOfWork, ticket: Ticket, line: PinCallNumber, said: Said) -> None:
    line.holder_state, line.holder_said = said.state, dict(said.as_json())
    line.holder_at, line.holder_by = uow.now, uow.by.label[:200]
    line.save(update_fields=["holder_state", "holder_said", "holder_at", "holder_by"])
    record(
        uow, ticket, EventType.HOLDER_ANSWERED, internal=True, number=line.number.number, state=said.state.value,
        at_hand=said.at_hand, from_abroad=said.from_abroad,
    )  # fmt: skip


def _tasks(case: MigrationCase, check: HolderCheck, kind: DeskTaskKind) -> list[DeskTask]:
    numbers = check.lines.values("number")
    return list(
        DeskTask.objects.select_related("attempt").filter(
            case=case, kind=kind, state=DeskTaskState.OPEN, number__in=numbers
        )
    )


def _close_asking(uow: UnitOfWork, case: MigrationCase, check: HolderCheck) -> None:
    """End the asking: by who asked, or because the holder has answered by itself."""
    asking = _tasks(case, check, DeskTaskKind.HOLDER_CHECK)
    if uow.by.is_staff_of_desk:
        for task in asking:
            close_task(uow, task, outcome=TaskOutcome.DONE)
    else:
        drop_tasks(uow, asking)


def _judge(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, check: HolderCheck) -> None:
    """Have a person look after a no; a task that nobody needs any more goes."""
    refused = check.lines.filter(holder_state=HolderState.REFUSED).select_related("number").order_by("position")
    if not refused:
        drop_tasks(uow, _tasks(case, check, DeskTaskKind.HOLDER_REFUSED))
        return
    words = "\n".join(
        f"{line.number.number}: {line.holder_said['note']}" for line in refused if line.holder_said.get("note")
    )
    new = NewTask(
        kind=DeskTaskKind.HOLDER_REFUSED,
        number=_first_number(check),
        recipient_party=Party.CLIENT,
        language=check.language,
        contact=check.phone or ticket.contact_phone,
        title=", ".join(line.number.number for line in refused)[:300],
        text=words,
    )
    open_task(uow, case, new)
