"""What the desk records of moves that we do not make at Meta: by the client, in a BSP's console, in Meta's popup."""

from collections.abc import Sequence
from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Forbidden, NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import Blocks, Execution, NumberState, PinCallState
from migrations_app.models import MigrationCase, NumberMove, PinCall
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.progress import CUT_OVER, blocking, movable_numbers
from migrations_app.selectors.cases import case_of, facts_of, is_by_api
from migrations_app.services.call_run import NotReady, end_if_all_moved
from migrations_app.services.numbers import move_number
from migrations_app.services.settle import settle
from tickets.enums import OPEN_STATUSES, TicketStatus
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket


def record_moved(
    *, ticket_id: int, number_ids: Sequence[int] | None = None, by: Actor, now: datetime
) -> list[NumberMove]:
    """Record that numbers are at the destination (all that are still to move when none are named), and return them.

    :raises Forbidden: only the desk records this.
    :raises NotFound: the ticket has no such number.
    :raises NotReady: requirements still block the move; `blocking` names them.
    :raises IllegalTransition: we move these numbers ourselves in a call, their call has not begun, or they have moved already.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = _open_case(uow, ticket_id, by)
        rows = _chosen(case, number_ids, done=CUT_OVER)
        _demand_may_move(ticket, case, rows)
        for row in rows:
            move_number(uow, ticket, row, NumberState.REGISTERED, last_error=None)
        settle(uow, ticket, case)
        return rows


def record_live(
    *, ticket_id: int, number_ids: Sequence[int] | None = None, by: Actor, now: datetime
) -> list[NumberMove]:
    """Record that moved numbers send and receive (all moved ones when none are named), and return them.

    From then on the destination bills them.

    :raises Forbidden: only the desk records this.
    :raises NotFound: the ticket has no such number.
    :raises IllegalTransition: a number has not been recorded as moved, or Meta itself tells us whether it is live.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = _open_case(uow, ticket_id, by)
        rows = _chosen(case, number_ids, done=MOVED)
        rows = [row for row in rows if row.state == NumberState.REGISTERED] if number_ids is None else rows
        if not rows or (is_by_api(case) and any(row.phone_number_id for row in rows)):
            raise IllegalTransition(extra={"allowed": []})
        for row in rows:
            move_number(uow, ticket, row, NumberState.LIVE, live_at=now, billing_from=now)
        for call in PinCall.objects.filter(ticket=ticket, state=PinCallState.STARTED):
            end_if_all_moved(uow, ticket, call)
        settle(uow, ticket, case)
        return rows


def _open_case(uow: UnitOfWork, ticket_id: int, by: Actor) -> tuple[Ticket, MigrationCase]:
    if not by.is_staff_of_desk:
        raise Forbidden
    ticket = lock_ticket(uow, ticket_id)
    if ticket.status == TicketStatus.DRAFT or ticket.status not in OPEN_STATUSES:
        raise IllegalTransition(extra={"allowed": []})
    return ticket, case_of(ticket_id)


def _chosen(case: MigrationCase, number_ids: Sequence[int] | None, *, done: frozenset[NumberState]) -> list[NumberMove]:
    rows = list(NumberMove.objects.filter(case=case).order_by("position"))
    if number_ids is None:
        return [row for row in rows if row.state not in done]
    chosen = [row for row in rows if row.pk in set(number_ids)]
    if len(chosen) != len(set(number_ids)):
        raise NotFound
    return chosen


def _demand_may_move(ticket: Ticket, case: MigrationCase, rows: Sequence[NumberMove]) -> None:
    """Refuse what cannot be: a number that is ours to move in the call, or one for which something is still missing."""
    facts = facts_of(case, ticket)
    wanted = {row.pk for row in rows}
    if not facts.plan.call:
        free = set(movable_numbers(facts))
    elif case.playbook_copy["execution"] == Execution.GRAPH_API:
        free = set()
    else:
        started = NumberMove.objects.filter(case=case, pin_calls__state=PinCallState.STARTED)
        free = set(started.values_list("pk", flat=True))
    missing = blocking(facts, Blocks.START, number_ids=wanted)
    if missing and not facts.plan.call:
        codes = sorted({requirement.code.value for requirement in missing})
        raise NotReady(extra={"missing": codes, "blocking": codes, "allowed": []})
    if not rows or not wanted <= free:
        raise IllegalTransition(extra={"allowed": [row.number for row in rows if row.pk in free]})
