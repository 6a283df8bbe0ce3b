"""A booked call looked at the day before and an hour before: what is missing becomes a task of the desk."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.utils import translation

from config.core.actor import Actor
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import DeskTaskKind, DeskTaskState, PinCallState
from migrations_app.enums.readiness import Why
from migrations_app.enums.texts import check_title
from migrations_app.models import DeskTask, MigrationCase, PinCall
from migrations_app.rules.checks import Check
from migrations_app.rules.readiness import codes_of
from migrations_app.selectors.cases import case_of
from migrations_app.services.desk_tasks import NewTask, drop_tasks, open_task
from migrations_app.services.destination_reads import read_destinations
from migrations_app.services.readiness_facts import read_readiness
from migrations_app.services.settle import settle
from tickets.enums import EventType
from tickets.services.events import record
from tickets.services.tickets import lock_ticket


def look_ahead(*, call_pk: int, by: Actor, now: datetime) -> list[str]:
    """Look whether a booked call of one ticket could begin, and return the codes of what is missing.

    The destination is read at Meta before; no transaction is open then. What is missing is a task and a line of the timeline; a
    task that was opened earlier is dropped when nothing is missing any more.
    """
    call = PinCall.objects.filter(pk=call_pk, state=PinCallState.BOOKED).first()
    if call is None:
        return []
    read_destinations([call], by=by, now=now)
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = lock_ticket(uow, call.ticket_id), case_of(call.ticket_id)
        if not PinCall.objects.filter(pk=call_pk, state=PinCallState.BOOKED).update(looked_at=now):
            return []
        readiness = read_readiness([call], now=now)
        missing = readiness.missing(readiness.numbers)
        codes = codes_of(missing)
        forget_unready(uow, case)
        if codes:
            record(
                uow, ticket, EventType.CALL_STEP, internal=True, pin_call=str(call.uid), step="not_ready", missing=codes
            )
            text = _words(missing)
            open_task(uow, case, NewTask(DeskTaskKind.CALL_NOT_READY, title=text.partition("\n")[0], text=text))
        settle(uow, ticket, case)
        return codes


def forget_unready(uow: UnitOfWork, case: MigrationCase) -> None:
    """Take off the list what was missing for a call: it is there now, or the call is over, moved or cancelled."""
    rows = DeskTask.objects.select_related("attempt").filter(
        case=case, kind=DeskTaskKind.CALL_NOT_READY, state=DeskTaskState.OPEN
    )
    drop_tasks(uow, rows)


def _words(missing: Iterable[Check]) -> str:
    """Return what is missing, one line each, in the desk's own language."""
    with translation.override(settings.LANGUAGE_CODE):
        lines = [f"{check_title(check.code)}: {Why(check.why).label}" for check in missing]
    return "\n".join(dict.fromkeys(lines))[:2000]
