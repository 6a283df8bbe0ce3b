"""The set of a case's numbers after filing: who stays keeps its progress, who goes lets its line go, who comes takes its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from config.core.uow import UnitOfWork
from migrations_app.enums import NumberState, PinCallState
from migrations_app.enums.proofs import ProofState
from migrations_app.models import MigrationCase, NumberMove, PinCall, ProofTry
from migrations_app.rules.phone import match_key
from migrations_app.services.actions import not_now
from migrations_app.services.calls import cancel_call
from migrations_app.services.disputes import lines_let_go
from migrations_app.services.intake import FiledNumber, number_columns, take_lines
from tickets.enums import TicketStatus
from tickets.models import Ticket


def change_numbers(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, filed: Sequence[FiledNumber]) -> list[str]:
    """Make the case's numbers those filed, matched by line, and return `["phone_numbers"]` if that changed anything.

    :raises IllegalTransition: a number would go that is past `pending`, known at the destination, tried there right now, or in
        a running call.
    :raises NumberAlreadyOpen: a new number is held by another open ticket.
    """
    rows = {row.match_key: row for row in NumberMove.objects.filter(case=case)}
    wanted = {match_key(number.number): number for number in filed}
    leaving = [row for key, row in rows.items() if key not in wanted]
    _let_go(uow, ticket, case, leaving)
    staying: list[NumberMove] = []
    fresh: set[str] = set()
    coming: list[NumberMove] = []
    for position, (key, number) in enumerate(wanted.items(), start=1):
        columns = {"position": position, **number_columns(number, case)}
        row = rows.get(key)
        if row is None:
            coming.append(NumberMove(case=case, match_key=key, created_at=uow.now, updated_at=uow.now, **columns))
        else:
            fresh |= _fresh(row, columns, uow.now)
            staying.append(row)
    if fresh:
        NumberMove.objects.bulk_update(staying, sorted(fresh | {"updated_at"}))
    if coming:
        NumberMove.objects.bulk_create(coming)
        if ticket.status != TicketStatus.DRAFT:  # drafts hold no lines
            keys = [row.match_key for row in coming]
            take_lines(ticket, case, NumberMove.objects.filter(case=case, match_key__in=keys))
    return ["phone_numbers"] if leaving or fresh or coming else []


def _fresh(row: NumberMove, columns: dict[str, Any], now: datetime) -> set[str]:
    """Put the answers onto a number that stays, and return the names of those that changed."""
    # Warnings are judged when every answer is in its place. Meta knows a number in the form in which its move began.
    kept = {"warnings"} if row.state == NumberState.PENDING else {"warnings", "number"}
    columns = {name: value for name, value in columns.items() if name not in kept}
    fresh = {name for name, value in columns.items() if getattr(row, name) != value}
    for name in fresh:
        setattr(row, name, columns[name])
    if fresh:
        row.updated_at = now
    return fresh


def _let_go(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, leaving: Sequence[NumberMove]) -> None:
    """Delete numbers with their requirements; a booked call that was only for them is cancelled."""
    if not leaving:
        return
    calls = PinCall.objects.filter(numbers__in=leaving).distinct()
    busy = calls.filter(state=PinCallState.STARTED).exists()
    tried = set(
        ProofTry.objects.filter(number__in=leaving, state=ProofState.TRYING).values_list("number_id", flat=True)
    )
    stuck = [
        row.number
        for row in leaving
        if busy or row.state != NumberState.PENDING or row.phone_number_id or row.pk in tried
    ]
    if stuck:
        raise not_now(ticket, case, numbers=stuck)
    booked = list(calls.filter(state=PinCallState.BOOKED))
    NumberMove.objects.filter(pk__in=[row.pk for row in leaving]).delete()
    lines_let_go(uow, ticket, [row.match_key for row in leaving])
    for call in booked:
        if not call.lines.exists():
            cancel_call(ticket_id=ticket.pk, call_id=str(call.uid), by=uow.by, now=uow.now)
