"""When a rung of a chase is due: the ladder's wait in the recipient's hours, never before a promise or a snooze is over."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from django.conf import settings

from config.core.uow import UnitOfWork
from migrations_app.enums import BY_PERSON, AttemptState, ChannelName, RequirementCode, RequirementState
from migrations_app.models import Chase, ChaseAttempt, MigrationCase, Requirement
from migrations_app.rules.hours import (
    add_business_days,
    answers_at_once,
    doubts,
    due_at,
    is_open,
    opening,
    opening_of_both,
    together,
)
from migrations_app.rules.ladders import Step, parse_ladder
from migrations_app.rules.lifecycle import MOVED
from migrations_app.selectors.haste import sooner
from migrations_app.selectors.nudges import times_planned
from migrations_app.services.recipients import Contact, contacts_of
from tickets.enums import Party
from tickets.models import Ticket
from tickets.selectors.service_levels import desk_hours

_log = structlog.get_logger("portero.chase")


@dataclass(frozen=True)
class Promise:
    """What the old BSP (or the client) was asked and promised: `key` tells one promise from the next."""

    key: datetime
    promised: bool


def promise_of(case: MigrationCase, covered: Collection[RequirementCode]) -> Promise:
    """Return the last promised date of what has been asked for; without one, when it was asked for last."""
    rows = Requirement.objects.filter(case=case, code__in=covered, state=RequirementState.REQUESTED)
    asked = list(rows.exclude(number__state__in=MOVED).values_list("promised_for", "requested_at", "updated_at"))
    promised = [row[0] for row in asked if row[0] is not None]
    if promised:
        return Promise(max(promised), promised=True)
    return Promise(max(min(told or noted, noted) for _promised, told, noted in asked), promised=False)


def answers_filing(chase: Chase, step: Step) -> bool:
    """Tell whether a rung answers what the client has just filed; any other is a nudge: hours, cap and stops are for it."""
    return chase.round == 1 and chase.last_step is None and answers_at_once(step)


def is_nudge(attempt: ChaseAttempt) -> bool:
    """Tell whether a message is a reminder, not the answer to a filing."""
    return not answers_filing(attempt.chase, parse_ladder(attempt.chase.steps)[attempt.step])


def rung_due(
    ticket: Ticket, chase: Chase, step: Step, contact: Contact, *, previous: datetime, first: bool | None = None
) -> datetime:
    """Return when a rung is due whose wait begins at `previous`; `first`: nothing was sent before it, where that is foreseen.

    The step's channel is the one by which the rung is climbed. Only what a machine sends may answer a filing at any hour.
    """
    unknown = doubts(contact.timezone, contact.country)
    if unknown:
        _log.warning("a recipient's place is not known", ticket=ticket.reference, party=contact.party, doubts=unknown)
    answers = not _needs_desk(step) and (answers_filing(chase, step) if first is None else first and chase.round == 1)
    due = due_at(step, previous=previous, calendar=contact.hours, first=answers)
    for silence in (chase.promise_at, chase.snoozed_until):
        if silence is not None and silence > due:
            due = opening(contact.hours, silence)
    return sooner(ticket, within_hours(ticket, step, contact, due) if _needs_desk(step) else due, since=previous)


def _needs_desk(step: Step) -> bool:
    """Tell whether a person of the desk has something to do when this rung is due."""
    return step.escalates or step.channel in BY_PERSON


def within_hours(ticket: Ticket, step: Step, contact: Contact, moment: datetime) -> datetime:
    """Return the first moment from this one on at which a rung may be climbed: in its recipient's hours.

    One by person is climbed in the desk's own hours, and in the recipient's as far as the two meet; for the end of a ladder
    the desk's alone count. A desk without a calendar is always there.
    """
    desk = desk_hours(ticket) if _needs_desk(step) else None
    if desk is None:
        return opening(contact.hours, moment)
    return opening(desk, moment) if step.escalates else opening_of_both(contact.hours, desk, moment)


def beside_others(
    ticket: Ticket, chase: Chase, step: Step, contact: Contact, *, way: str, due: datetime, now: datetime
) -> datetime:
    """Return when a reminder leaves: with another one to the same address that is due at about the same time, else when due.

    It is never brought forward before a promise or the end of a snooze.
    """
    within = timedelta(hours=settings.CHASE_BUNDLE_HOURS)
    # What a test ticket would say shares nothing: it is only put on record.
    if ticket.test or way != ChannelName.EMAIL or answers_filing(chase, step) or not within:
        return due
    silent = any(moment is not None and moment > now for moment in (chase.promise_at, chase.snoozed_until))
    others = times_planned(
        contact.address_by(ChannelName.EMAIL),
        party=contact.party,
        organization_id=None if contact.party is Party.OLD_BSP else ticket.organization_id,
        around=due,
        within=within,
        except_chase=chase.pk,
    )
    fitting = [moment for moment in others if moment > now and is_open(contact.hours, moment)]
    return together(due, fitting, floor=due if silent else now, within=within)


def planned_attempt(chase: Chase) -> ChaseAttempt | None:
    """Return the message of a chase that waits for its time; there is at most one."""
    return ChaseAttempt.objects.filter(chase=chase, state=AttemptState.PLANNED).first()


def set_due(uow: UnitOfWork, chase: Chase, due: datetime) -> None:
    """Move the message that a chase has planned (or, without one, its escalation) to another time."""
    ChaseAttempt.objects.filter(chase=chase, state=AttemptState.PLANNED).update(due_at=due, updated_at=uow.now)
    Chase.objects.filter(pk=chase.pk).update(next_at=due, updated_at=uow.now)
    chase.next_at = due


def pace_anew(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase, *, asked_at: datetime | None = None
) -> None:
    """Bring what an active chase has planned in line with its promise and its snooze, as they are now.

    `asked_at`: when somebody was asked without promising a date; the rung's wait begins anew then.
    """
    attempt = planned_attempt(chase)
    step = _planned_step(chase, attempt)
    if step is None or chase.next_at is None:
        return
    contact = contacts_of(ticket, case)[step.recipient]
    previous = attempt.created_at if attempt else _climbed_at(chase)
    due = rung_due(ticket, chase, step, contact, previous=previous)
    if asked_at is not None:
        anew = add_business_days(asked_at, step.wait_business_days, calendar=contact.hours)
        due = max(due, sooner(ticket, within_hours(ticket, step, contact, anew), since=asked_at))
    opens = sooner(ticket, within_hours(ticket, step, contact, uow.now), since=uow.now)
    set_due(uow, chase, due if due > uow.now else opens)


def _planned_step(chase: Chase, attempt: ChaseAttempt | None) -> Step | None:
    """Return the rung that waits for its time: that of the planned message, else the next one that escalates."""
    ladder = parse_ladder(chase.steps)
    if attempt is not None:
        return replace(ladder[attempt.step], channel=attempt.channel)
    rest = ladder[0 if chase.last_step is None else chase.last_step + 1 :]
    return next((step for step in rest if step.escalates), None)


def _climbed_at(chase: Chase) -> datetime:
    """Return when the last message of a chase came to its end, else when the ladder was begun."""
    last = ChaseAttempt.objects.filter(chase=chase).order_by("-id").values_list("updated_at", flat=True).first()
    return last or chase.round_started_at or chase.created_at
