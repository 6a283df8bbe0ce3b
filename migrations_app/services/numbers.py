"""The number's state. `move_number` is its only writer; a number that has ended lets go of its line."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from config.core.uow import UnitOfWork
from migrations_app.enums import NumberState
from migrations_app.models import NumberMove
from migrations_app.rules.lifecycle import MOVED, NUMBER
from migrations_app.services.disputes import lines_let_go
from tickets.enums import EventType
from tickets.models import Ticket
from tickets.services.events import record


def move_number(uow: UnitOfWork, ticket: Ticket, number: NumberMove, to: NumberState, **columns: Any) -> None:
    """Move a number of a locked ticket to another state, with its event.

    :raises IllegalTransition: the life cycle has no such move.
    """
    if to in MOVED:
        columns["holding"] = False
    if to is not NumberState.COOLING_DOWN:
        columns.setdefault("cool_down_until", None)
    old = uow.move(number, "state", table=NUMBER, to=to, **columns)
    record(
        uow,
        ticket,
        EventType.NUMBER_STATE_CHANGED,
        number=number.number,
        old=old.value,
        new=to.value,
        phone_number_id=number.phone_number_id or None,
        error=(number.last_error or {}).get("key") if to in {NumberState.FAILED, NumberState.COOLING_DOWN} else None,
    )
    if to in MOVED:
        lines_let_go(uow, ticket, [number.match_key])


def hold_lines(ticket: Ticket, numbers: Iterable[NumberMove]) -> None:
    """Take these lines for a ticket; the unique key decides between two that come at once. Test tickets hold none.

    In the order of their keys, so that two filings with the same numbers never wait for each other in a ring. An UPDATE of
    many rows would take them in whatever order it finds them; the rows of an INSERT are worked on in the order in which they
    are given, so the lines are taken by one that meets its own rows.

    :raises IntegrityError: a line is held by another open ticket; nothing is held then.
    """
    rows = sorted(numbers, key=lambda row: row.match_key)
    if ticket.test or not rows:
        return
    for row in rows:
        row.holding = True
    with transaction.atomic():
        NumberMove.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["case", "match_key"], update_fields=["holding"]
        )


def release_lines(uow: UnitOfWork, ticket: Ticket) -> None:
    """Let go of every line of a locked ticket that ends; what was disputed about them is settled by that."""
    NumberMove.objects.filter(case__ticket=ticket, holding=True).update(holding=False)
    lines_let_go(uow, ticket)
