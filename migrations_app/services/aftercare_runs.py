"""Making the checks that follow a move: claim (commit), call, record (commit). The writer of a check's state beside its planning.

A process that dies between claim and record leaves the check under way; the sweep plans it again when its lease is over: all of
them read, or copy what is not there yet, so that repeating does no harm.
"""

from datetime import datetime
from typing import Any

from config.core.actor import Actor
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import NumberState, Stage
from migrations_app.enums.aftercare import CheckKind, CheckState
from migrations_app.models import MigrationCase, MoveCheck, NumberMove
from migrations_app.rules.aftercare import MOST_TRIES, next_pause
from migrations_app.rules.lifecycle import MOVE_CHECK
from migrations_app.rules.progress import CUT_OVER, ENDED
from migrations_app.rules.templates import PAGE
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.haste import wait_of
from migrations_app.services.aftercare import account_of
from migrations_app.services.aftercare_calls import Claimed, Failed, Heard, ask
from migrations_app.services.aftercare_findings import note_apps, note_two_step
from migrations_app.services.aftercare_records import Answered, keep_look, write
from migrations_app.services.move_steps import Step, locked
from migrations_app.services.settle import settle
from providers.services import accounts
from providers.services.whatsapp import CallContext, Refused, Unanswered
from providers.types import NumberFacts
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket

SMALLEST_PAGE = 50


def make_due(check_id: int, *, by: Actor, now: datetime) -> bool:
    """Make one due check; tell whether it was ours to make."""
    claimed = _claim(check_id, by=by, now=now)
    if claimed is None:
        return False
    _record(claimed, ask(claimed), by=by, now=now)
    return True


def look_before_live(step: Step, facts: NumberFacts) -> None:
    """Read which apps receive the account's webhooks, in the call itself, and file what registering and `facts` have shown.

    What Meta said of the number is its first look: the sheet that leaves with the last number's going live names it. No answer
    about the apps is left to the check that follows.
    """
    apps: list[str] | None = None
    if step.account is not None and step.account.waba_id:
        try:
            apps = accounts.subscribed_apps(account=step.account, waba_id=step.account.waba_id, context=step.context)
        except (Refused, Unanswered):
            apps = None
    with unit_of_work(by=step.context.by, now=step.context.now) as uow:
        ticket, case, number = locked(uow, step.number.pk)
        if apps is not None:
            note_apps(uow, ticket, case, apps)
            keep_look(uow, case, number, facts, apps)
        note_two_step(uow, ticket, case)
        settle(uow, ticket, case)


def give_up_lost(check_id: int, *, by: Actor, now: datetime) -> None:
    """Plan a check again whose process died."""
    _record_failure_of(check_id, Failed({"key": "process_lost"}), by=by, now=now)


def _locked(uow: UnitOfWork, check_id: int) -> tuple[MoveCheck, Ticket, MigrationCase] | None:
    ticket_id = MoveCheck.objects.filter(pk=check_id).values_list("case__ticket_id", flat=True).first()
    if ticket_id is None:
        return None
    ticket = lock_ticket(uow, ticket_id)
    row = MoveCheck.objects.select_related("number").filter(pk=check_id).first()
    return (row, ticket, case_of(ticket_id)) if row else None


def _claim(check_id: int, *, by: Actor, now: datetime) -> Claimed | None:
    with unit_of_work(by=by, now=now) as uow:
        found = _locked(uow, check_id)
        if found is None:
            return None
        row, ticket, case = found
        account = account_of(case)
        if row.state != CheckState.PLANNED or row.due_at > now:
            return None
        if Stage(case.stage) in ENDED or account is None:
            row.delete()
            return None
        uow.move(row, "state", table=MOVE_CHECK, to=CheckState.RUNNING, claimed_at=now)
        subject = row.number.number if row.number else f"waba:{account.waba_id}"
        progress = row.progress or {}
        return Claimed(
            row.pk, CheckKind(row.kind), account, CallContext(subject, ticket.reference, ticket.test, by, now),
            phone_number_id=row.number.phone_number_id if row.number else "", source_waba_id=case.waba_id,
            moved=NumberMove.objects.filter(case=case, state__in=CUT_OVER - {NumberState.SKIPPED}).exists(),
            page=int(progress.get("page", 0)), size=int(progress.get("size", PAGE)), claimed_at=now,
        )  # fmt: skip


def _record(claimed: Claimed, heard: Heard | Failed, *, by: Actor, now: datetime) -> None:
    if isinstance(heard, Failed):
        _record_failure_of(claimed.check_id, heard, by=by, now=now, claimed_at=claimed.claimed_at)
        return
    with unit_of_work(by=by, now=now) as uow:
        found = _locked(uow, claimed.check_id)
        if found is None or found[0].state != CheckState.RUNNING or found[0].claimed_at != claimed.claimed_at:
            return
        row, ticket, case = found
        write(uow, Answered(row, ticket, case, claimed, heard))
        settle(uow, ticket, case)


def _record_failure_of(
    check_id: int, failed: Failed, *, by: Actor, now: datetime, claimed_at: datetime | None = None
) -> None:
    with unit_of_work(by=by, now=now) as uow:
        found = _locked(uow, check_id)
        if found is None or found[0].state != CheckState.RUNNING:
            return
        row, ticket, case = found
        if claimed_at is not None and row.claimed_at != claimed_at:
            return
        tries = row.tries + 1
        over = failed.final or tries >= MOST_TRIES[CheckKind(row.kind)]
        columns: dict[str, Any] = {"tries": tries, "error": failed.error, "progress": _after_failure(row, failed)}
        if over:
            uow.move(row, "state", table=MOVE_CHECK, to=CheckState.FAILED, **columns)
        else:
            due = now + wait_of(ticket, next_pause(tries, asked_for=failed.wait))
            uow.move(row, "state", table=MOVE_CHECK, to=CheckState.PLANNED, due_at=due, **columns)
        settle(uow, ticket, case)


def _after_failure(row: MoveCheck, failed: Failed) -> dict[str, Any] | None:
    """Copying that was not answered takes smaller pages, from the first again: what is there already is passed over.

    Source: Meta, template migration (a call of more than 30 seconds: reduce `count`).
    """
    if row.kind != CheckKind.COPY or not failed.error.get("left"):
        return row.progress
    size = max(SMALLEST_PAGE, int((row.progress or {}).get("size", PAGE)) // 2)
    return {"page": 0, "size": size}
