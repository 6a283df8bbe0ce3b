"""Holding the call of a test ticket: the machine does what an agent does in the console, number after number.

Codes are the sandbox's own and no secrets; the new two-step PIN of a number is made up, given to the sandbox and forgotten.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.utils.translation import gettext

from config.core.errors import Conflict, DomainError
from migrations_app.enums import NumberState, PinCallState
from migrations_app.models import CallCell, NumberMove, PinCall
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.pins import new_pin
from migrations_app.rules.test_desk import LOOKS_AGAIN, WAITS_FOR_CLIENT
from migrations_app.selectors.cases import is_by_api
from migrations_app.selectors.haste import wait_of
from migrations_app.selectors.shared_calls import numbers_in
from migrations_app.services import call_run, calls, move_recording, moves
from migrations_app.services.call_gate import start_proven_call
from migrations_app.services.move_steps import MetaSaidNo, NoAnswer
from migrations_app.services.test_desk import MACHINE, leave_out
from providers.selectors.fates import fates_of
from providers.services.sandbox import code_received
from providers.types import Fate

_log = structlog.get_logger("portero.test_desk")
_LEASE = timedelta(minutes=2)
"""A machine that holds a call for longer has died; another one goes on with what is left."""
_WRONG = "000000"
_DONE = MOVED | {NumberState.REGISTERED, NumberState.COOLING_DOWN}
Step = Callable[[], object]


def play(*, call_pk: int, now: datetime) -> bool:
    """Hold a test ticket's call if its moment has come; tell whether it was ours to hold."""
    call = PinCall.objects.select_related("ticket").filter(pk=call_pk, play_at__lte=now, ticket__test=True).first()
    if call is None or not _claim(call, now):
        return False
    if call.state == PinCallState.BOOKED and not _begin(call, now):
        return True
    # Its moment has come before its hour: that hour is free for another one.
    CallCell.objects.filter(pin_call__uid=call.uid).delete()
    for number in numbers_in(call).select_related("case__ticket"):
        _carry(number, now=now)
    call.refresh_from_db()
    if call.state == PinCallState.STARTED:
        call_run.finish_call(ticket_id=call.ticket_id, call_id=str(call.uid), by=MACHINE, now=now)
    return True


def _claim(call: PinCall, now: datetime) -> bool:
    """Take a call: of two machines one finds it taken."""
    rows = PinCall.objects.filter(pk=call.pk, state=call.state, play_at=call.play_at)
    return rows.update(play_at=now + _LEASE) == 1


def _begin(call: PinCall, now: datetime) -> bool:
    """Begin a booked call; tell whether it has begun. Nobody comes where a magic number says so, once."""
    uid = str(call.uid)
    fates = fates_of(numbers_in(call).values_list("number", flat=True))
    missed = PinCall.objects.filter(ticket_id=call.ticket_id, state=PinCallState.NO_SHOW).exists()
    if any(fate.missed for fate in fates) and not missed:
        # Its time has come again the moment it was claimed for: only then may nobody have come.
        PinCall.objects.filter(pk=call.pk).update(play_at=now)
        call_run.mark_no_show(ticket_id=call.ticket_id, call_id=uid, by=MACHINE, now=now)
        return False
    try:
        start_proven_call(ticket_id=call.ticket_id, call_id=uid, by=MACHINE, now=now)
    except Conflict:
        _wait(call, now)
        return False
    return True


def _wait(call: PinCall, now: datetime) -> None:
    """Look again later at a call for which something is missing; the client has not for ever."""
    assert call.play_at is not None  # noqa: S101  (it was found by that)
    began = call.looked_at or now
    if began + wait_of(call.ticket, WAITS_FOR_CLIENT) <= now:
        calls.cancel_call(
            ticket_id=call.ticket_id,
            call_id=str(call.uid),
            by=MACHINE,
            now=now,
            reason=gettext("Something is still missing."),
        )
        return
    PinCall.objects.filter(pk=call.pk, state=PinCallState.BOOKED).update(
        looked_at=began, play_at=now + wait_of(call.ticket, LOOKS_AGAIN)
    )


def _carry(number: NumberMove, *, now: datetime) -> None:
    """Carry one number through the call as far as its fate lets it come."""
    if number.state in _DONE:
        return
    (fate,) = fates_of([number.number])
    try:
        if is_by_api(number.case):
            _prove(number, fate, now=now)
            _insist(lambda: moves.register(number_id=number.pk, pin=new_pin(secrets.randbelow), by=MACHINE, now=now))
        else:
            ticket_id = number.case.ticket_id
            move_recording.record_moved(ticket_id=ticket_id, number_ids=[number.pk], by=MACHINE, now=now)
            move_recording.record_live(ticket_id=ticket_id, number_ids=[number.pk], by=MACHINE, now=now)
    except DomainError as refusal:
        # What Meta said stands with the number; the others go on.
        _log.info("a test call did not carry a number to its end", number=number.pk, code=refusal.code)
        if fate.left_out:
            leave_out(number.case.ticket_id, number, now=now)


def _prove(number: NumberMove, fate: Fate, *, now: datetime) -> None:
    """Have the code sent, by a call where no SMS arrives, and type it in.

    :raises DomainError: the number cannot be carried any further now.
    """
    if number.state == NumberState.CODE_VERIFIED:
        return
    code = _ask(number, voice=None, now=now)
    if code is None:
        code = _ask(number, voice=True, now=now)
    if fate.wrong_code and code:
        _try(lambda: moves.verify(number_id=number.pk, code=_WRONG, by=MACHINE, now=now))
    if code == "":
        return
    if code is None:
        raise Conflict("no code came")
    given = code
    if not _try(lambda: moves.verify(number_id=number.pk, code=given, by=MACHINE, now=now)):
        _ask(number, voice=None, now=now)
        moves.verify(number_id=number.pk, code=given, by=MACHINE, now=now)


def _ask(number: NumberMove, *, voice: bool | None, now: datetime) -> str | None:
    """Have a code sent; return it, None where none came, empty where none is needed.

    :raises DomainError: Meta sends none.
    """
    state = _insist(lambda: moves.ask_for_code(number_id=number.pk, voice=voice, by=MACHINE, now=now))
    if state == NumberState.CODE_VERIFIED:
        return ""
    return code_received(reference=number.case.ticket.reference, number=number.number, by=MACHINE, now=now)


def _insist(step: Step) -> object:
    """Take a step, and once more where Meta refused or did not answer.

    :raises DomainError: the second time too.
    """
    try:
        return step()
    except (MetaSaidNo, NoAnswer):
        return step()


def _try(step: Step) -> bool:
    try:
        step()
    except MetaSaidNo:
        return False
    return True
