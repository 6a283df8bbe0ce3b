"""What is done about a silent client: the ladder once more, a warning, and at last its lines are let go."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Max

from config.core.actor import SYSTEM, Actor
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import AttemptState, RequirementState
from migrations_app.models import Chase, MigrationCase, Notice, Requirement
from migrations_app.rules.bundles import plain_address
from migrations_app.rules.hours import office_hours, opening
from migrations_app.rules.silence import Due, SilenceFacts, SilenceStep, next_due
from migrations_app.selectors.cases import case_of, facts_of
from migrations_app.selectors.haste import sooner
from migrations_app.selectors.nudges import left_alone
from migrations_app.services import endings, intake
from migrations_app.services.chases import begin_round
from migrations_app.services.notices import WARNING, plan_notice
from migrations_app.services.settle import settle
from migrations_app.services.silence import look_at, patience, silence_facts
from tickets.enums import CancelReason, EventType, TicketStatus
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.silence import announce_letting_go, count_anew
from tickets.services.tickets import lock_ticket

_ON_ITS_WAY = frozenset({AttemptState.PLANNED, AttemptState.SENDING})


def look_after(*, ticket_id: int, now: datetime) -> SilenceStep | None:
    """Take the next step about a ticket's silent client if it is due, and return it; None when it was not (any more)."""
    with unit_of_work(by=SYSTEM, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        if case.silence_due_at is None or case.silence_due_at > now:
            return None
        known = _facts(ticket, case)
        due = next_due(known, patience(ticket))
        if due is None or due.at > now:
            look_at(case, due.at if due else None)
            return None
        if due.step is SilenceStep.LET_GO:
            _let_go(uow, ticket, case)
        else:
            _take_step(uow, ticket, case, due, known)
        return due.step


def keep_open(*, ticket_id: int, by: Actor, now: datetime) -> None:
    """Take back the date on which a ticket is let go: the silence counts from now on.

    :raises IllegalTransition: it has no such date (any more).
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        if ticket.let_go_at is None:
            raise IllegalTransition(extra={"allowed": []})
        count_anew(uow, ticket)
        _plan_on(uow, ticket, case_of(ticket_id))


def _facts(ticket: Ticket, case: MigrationCase) -> SilenceFacts:
    promised = Requirement.objects.filter(case=case, state=RequirementState.REQUESTED).aggregate(at=Max("promised_for"))
    chases = Chase.objects.filter(case=case)
    known = silence_facts(ticket, case, facts_of(case, ticket), chases, promised_for=promised["at"])
    return replace(known, left_alone=bool(left_alone(ticket.organization_id, {plain_address(ticket.contact_email)})))


def _plan_on(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Plan the step after this one. A draft is not settled: nothing was derived from it."""
    if ticket.status != TicketStatus.DRAFT:
        settle(uow, ticket, case)
        return
    due = next_due(_facts(ticket, case), patience(ticket))
    look_at(case, due.at if due else None)


def _take_step(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, due: Due, known: SilenceFacts) -> None:
    if due.chase_id is not None:
        chase = Chase.objects.get(pk=due.chase_id)
        begin_round(uow, ticket, case, chase, due.round, previous=_office_hours(uow, ticket))
    elif due.step is SilenceStep.WARN:
        _warn(uow, ticket, case)
    else:
        _tell_desk(uow, ticket, "partly_moved" if known.partly_moved else "left_alone")
    _plan_on(uow, ticket, case)


def _office_hours(uow: UnitOfWork, ticket: Ticket) -> datetime:
    return sooner(ticket, opening(office_hours(ticket.timezone, ticket.country), uow.now), since=uow.now)


def _warn(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Say when the ticket is let go: by mail, and by an event. A draft holds no line, so it gets no mail."""
    told_at = _office_hours(uow, ticket)
    announce_letting_go(uow, ticket, at=told_at + timedelta(days=patience(ticket).let_go_days))
    if ticket.status != TicketStatus.DRAFT:
        plan_notice(uow, ticket, case, WARNING, due=told_at)


def _tell_desk(uow: UnitOfWork, ticket: Ticket, reason: str) -> None:
    """Leave it to a person: the silence counts anew, so that the desk is told again if nothing happens."""
    count_anew(uow, ticket)
    record(uow, ticket, EventType.CLIENT_SILENT, internal=True, reason=reason)


def _let_go(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """End the ticket, unless the warning has not had its time with the client."""
    if ticket.status == TicketStatus.DRAFT:
        intake.delete_draft(ticket_id=ticket.pk, by=uow.by, now=uow.now)
        return
    days = timedelta(days=patience(ticket).let_go_days)
    warning = Notice.objects.filter(case=case, message=WARNING).order_by("-id").first()
    state = warning.state if warning else AttemptState.FAILED
    if warning is not None and state == AttemptState.SENT and warning.sent_at is not None:
        if warning.sent_at + days <= uow.now:
            endings.cancel(ticket_id=ticket.pk, reason=CancelReason.CLIENT_UNRESPONSIVE, by=uow.by, now=uow.now)
            return
        announce_letting_go(uow, ticket, at=warning.sent_at + days)
    elif state in _ON_ITS_WAY:
        announce_letting_go(uow, ticket, at=uow.now + days)
    else:
        _tell_desk(uow, ticket, "warning_not_delivered")
    _plan_on(uow, ticket, case)
