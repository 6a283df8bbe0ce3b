"""How many messages a client gets per hour of its week: taken in as a table or as a list of times, kept as a table only."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import FieldProblem, Invalid, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.models import MigrationCase
from migrations_app.rules.hours import zone_of
from migrations_app.rules.message_times import LEAST_DAYS, MOST_LINES, BadLine, LineProblem, read_times
from migrations_app.selectors.cases import case_of
from migrations_app.services.actions import not_now
from tickets.enums import OPEN_STATUSES, EventType
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.tickets import lock_ticket

Table = Sequence[Sequence[float]]


def set_profile(*, ticket_id: int, hours: Table, by: Actor, now: datetime) -> None:
    """Keep a table of 7 days (0 = Monday) of 24 counts each, by the client's wall clock; it replaces the earlier one.

    :raises Invalid: there is no message in it at all.
    :raises IllegalTransition: the ticket has ended.
    """
    if not any(any(day) for day in hours):
        detail = gettext("There is no message in it: leave the profile out when nothing is known.")
        raise Invalid([FieldProblem("#/hours", "invalid", detail)])
    with unit_of_work(by=by, now=now) as uow:
        _keep(uow, ticket_id, [list(day) for day in hours])


def set_profile_from_times(*, ticket_id: int, text: str, by: Actor, now: datetime) -> None:
    """Keep the table that a list of message times makes; the times are not kept.

    :raises Invalid: lines cannot be read (`#/lines/<n>`, counted from 1), or there is less than a week of them.
    :raises IllegalTransition: the ticket has ended.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        read = read_times(text, zone=zone_of(ticket.timezone))
        if read.problems:
            raise Invalid([_problem(problem) for problem in read.problems])
        _keep(uow, ticket_id, [list(day) for day in read.hours])


def drop_profile(*, ticket_id: int, by: Actor, now: datetime) -> None:
    """Forget the table.

    :raises NotFound: there is none.
    :raises IllegalTransition: the ticket has ended.
    """
    with unit_of_work(by=by, now=now) as uow:
        lock_ticket(uow, ticket_id)
        if not case_of(ticket_id).message_profile:
            raise NotFound
        _keep(uow, ticket_id, [])


def _keep(uow: UnitOfWork, ticket_id: int, hours: list[list[float]]) -> None:
    ticket: Ticket = lock_ticket(uow, ticket_id)
    if ticket.status not in OPEN_STATUSES:
        raise not_now(ticket, case_of(ticket_id))
    MigrationCase.objects.filter(ticket_id=ticket_id).update(message_profile=hours, updated_at=uow.now)
    record(uow, ticket, EventType.TICKET_UPDATED, fields=["message_profile"])


def _problem(problem: LineProblem) -> FieldProblem:
    pointer = f"#/lines/{problem.line}" if problem.line else "#/lines"
    words = {
        BadLine.NO_TIME: gettext("This is no time in RFC 3339 form, e.g. 2026-03-02T15:04:05-03:00."),
        BadLine.NO_OFFSET: gettext("The offset is missing, e.g. 2026-03-02T15:04:05Z or …-03:00."),
        BadLine.TOO_MANY: gettext("At most %(count)s lines.") % {"count": MOST_LINES},
        BadLine.TOO_SHORT: gettext("Send the times of at least %(count)s days in a row.") % {"count": LEAST_DAYS},
    }
    code = "too_many_items" if problem.why is BadLine.TOO_MANY else "invalid"
    return FieldProblem(pointer, code, words[problem.why])
