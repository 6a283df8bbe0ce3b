"""Filing: ticket, case, numbers, requirements and events are one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import Conflict, FieldProblem, Invalid
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import (
    BusinessVerification,
    ConnectionStatus,
    DisplayNameStatus,
    Hosting,
    LineType,
    Moves,
    OtpMethod,
    Stage,
    TwoStep,
    WabaOwner,
)
from migrations_app.models import MigrationCase, NumberMove, Playbook
from migrations_app.rules.facts import Answers
from migrations_app.rules.flows import flow_of
from migrations_app.rules.phone import match_key
from migrations_app.selectors.cases import case_of, open_holders
from migrations_app.selectors.routing import routing_facts
from migrations_app.services.actions import not_now
from migrations_app.services.deriving import derived_requirements, destination_of, playbook_copy, write_requirements
from migrations_app.services.disputes import LineClaim, raise_disputes
from migrations_app.services.numbers import hold_lines
from migrations_app.services.settle import settle
from migrations_app.services.silence import patience
from providers.models import Bsp
from tickets.enums import EventType, Priority, Source, TicketKind, TicketStatus
from tickets.models import Organization, Ticket
from tickets.services.events import record
from tickets.services.files import let_go
from tickets.services.routing import route
from tickets.services.silence import count_anew
from tickets.services.tickets import ClientSnapshot, NewTicket, lock_ticket, open_ticket, transition


class NumberAlreadyOpen(Conflict):
    """A number is held by another open ticket; `numbers` names it as filed, `existing_ticket` only where it may be seen.

    Where another organization holds it, the refusal leaves a dispute for the desk to decide, whatever door was used.
    """

    code = "number_already_open"

    def __init__(self, *, extra: Mapping[str, Any], claim: LineClaim) -> None:
        super().__init__(extra=extra)
        self.afterwards = partial(raise_disputes, claim)


@dataclass(frozen=True)
class FiledNumber:
    """One number as filed, normalised to E.164 by the edge; `warnings` are coded."""

    number: str
    country: str
    line_type: LineType = LineType.UNKNOWN
    behind_ivr: bool | None = None
    otp_method: OtpMethod | None = None
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    contact_language: str = ""
    display_name: str = ""
    display_name_status: DisplayNameStatus = DisplayNameStatus.UNKNOWN
    connection_status: ConnectionStatus | None = None
    warnings: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class Form:
    """The form's answers, valid and normalised. `playbook` is the destination (the desk's default when the form names none)."""

    client: ClientSnapshot
    numbers: Sequence[FiledNumber]
    current_bsp: Bsp | None
    current_bsp_name: str
    playbook: Playbook
    business_verification: BusinessVerification = BusinessVerification.UNKNOWN
    hosting: Hosting = Hosting.UNKNOWN
    connection_status: ConnectionStatus = ConnectionStatus.UNKNOWN
    waba_id: str = ""
    business_manager_id: str = ""
    waba_owner: WabaOwner = WabaOwner.UNKNOWN
    two_step_verification: TwoStep = TwoStep.UNKNOWN
    uses_business_app: bool | None = None
    moves: Moves = Moves.UNKNOWN
    low_traffic_windows: Sequence[Mapping[str, Any]] = ()
    notes: str = ""
    unanswered: Sequence[str] = ()
    client_reference: str = ""
    group_reference: str = ""
    priority: Priority = Priority.NORMAL
    source: Source = Source.API
    test: bool = False
    submit: bool = True
    extra_search_terms: Sequence[str] = field(default_factory=tuple)


def file_ticket(*, organization: Organization, form: Form, by: Actor, now: datetime) -> Ticket:
    """File a migration (as a draft when the form says so), route it, derive its requirements and return the ticket.

    :raises NumberAlreadyOpen: a number is held by another open ticket.
    :raises NoTriageQueue: the desk is not set up.
    """
    with unit_of_work(by=by, now=now) as uow:
        new = NewTicket(
            kind=TicketKind.NUMBER_MIGRATION,
            client=form.client,
            source=form.source,
            test=form.test,
            draft=not form.submit,
            priority=form.priority,
            client_reference=form.client_reference,
            group_reference=form.group_reference,
            tags=[f"bsp:{form.current_bsp.slug}"] if form.current_bsp else [],
            origin=form.current_bsp.slug if form.current_bsp else "",
            search_terms=[form.current_bsp_name, form.waba_id, *(number.number for number in form.numbers)],
        )
        ticket = open_ticket(organization=organization, new=new, by=by, now=now)
        uow.lock(Ticket, ticket.pk)
        case = _make_case(ticket, form, now)
        _make_numbers(ticket, case, form, now)
        if form.submit:
            record(uow, ticket, EventType.TICKET_SUBMITTED)
            _accept(uow, ticket, case)
        ticket.refresh_from_db()
        return ticket


def submit_draft(*, ticket_id: int, by: Actor, now: datetime) -> None:
    """Submit a draft.

    :raises IllegalTransition: it is no draft.
    :raises Invalid: something that is needed to submit is missing.
    :raises NumberAlreadyOpen: a number is held by another open ticket.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        if ticket.status != TicketStatus.DRAFT:
            raise not_now(ticket, case)
        if case.unanswered:
            detail = gettext("This field is required to submit.")
            raise Invalid([FieldProblem(pointer, "required", detail) for pointer in case.unanswered])
        # Whoever submits it, its time begins now.
        count_anew(uow, ticket)
        transition(uow, ticket, TicketStatus.NEW)
        take_lines(ticket, case, NumberMove.objects.filter(case=case))
        _accept(uow, ticket, case)


def delete_draft(*, ticket_id: int, by: Actor, now: datetime) -> None:
    """Delete a draft; the event of its deletion stays.

    :raises IllegalTransition: it is no draft.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        if ticket.status != TicketStatus.DRAFT:
            raise not_now(ticket, case_of(ticket_id))
        record(uow, ticket, EventType.TICKET_DELETED)
        let_go(ticket)
        ticket.delete()


def _make_case(ticket: Ticket, form: Form, now: datetime) -> MigrationCase:
    playbook, patient = form.playbook, patience(ticket)
    copy = playbook_copy(playbook)
    return MigrationCase.objects.create(
        ticket=ticket,
        stage=Stage.TRIAGE,
        stage_since=now,
        flow=flow_of(_answers(form), destination_of(copy)),
        playbook=playbook,
        playbook_copy=copy,
        current_bsp=form.current_bsp,
        current_bsp_name=form.current_bsp_name,
        business_verification=form.business_verification,
        hosting=form.hosting,
        connection_status=form.connection_status,
        waba_id=form.waba_id,
        business_manager_id=form.business_manager_id,
        waba_owner=form.waba_owner,
        two_step_verification=form.two_step_verification,
        uses_business_app=form.uses_business_app,
        moves=form.moves,
        low_traffic_windows=[dict(window) for window in form.low_traffic_windows],
        notes=form.notes,
        unanswered=list(form.unanswered),
        silence_due_at=now + timedelta(days=patient.abandoned_days if form.submit else patient.draft_days),
        created_at=now,
        updated_at=now,
    )


def _make_numbers(ticket: Ticket, case: MigrationCase, form: Form, now: datetime) -> None:
    """Write the case's numbers; those of a submitted ticket hold their lines from the first moment (test tickets hold none).

    They are written in the order of their keys, so that two filings with the same numbers never wait for each other in a
    ring; the unique key decides between them.

    :raises NumberAlreadyOpen: another open ticket holds a line.
    """
    holding = form.submit and not form.test
    rows = [
        NumberMove(
            case=case,
            position=position,
            match_key=match_key(filed.number),
            holding=holding,
            created_at=now,
            updated_at=now,
            **number_columns(filed, case),
        )
        for position, filed in enumerate(form.numbers, start=1)
    ]
    try:
        with transaction.atomic():
            NumberMove.objects.bulk_create(sorted(rows, key=lambda row: row.match_key))
    except IntegrityError:
        raise _already_open(ticket, [row.number for row in rows], case.pk) from None


def number_columns(filed: FiledNumber, case: MigrationCase) -> dict[str, Any]:
    """Return the columns that a filed number fills."""
    return {
        "number": filed.number,
        "country": filed.country,
        "line_type": filed.line_type,
        "behind_ivr": filed.behind_ivr,
        "otp_method": filed.otp_method or "",
        "otp_contact_name": filed.contact_name,
        "otp_contact_phone": filed.contact_phone,
        "otp_contact_email": filed.contact_email,
        "otp_contact_language": filed.contact_language,
        "display_name": filed.display_name,
        "display_name_status": filed.display_name_status,
        "connection_status": filed.connection_status or case.connection_status,
        "warnings": [dict(warning) for warning in filed.warnings],
    }


def _answers(form: Form) -> Answers:
    return Answers(
        business_verification=form.business_verification,
        hosting=form.hosting,
        connection_status=form.connection_status,
        uses_business_app=bool(form.uses_business_app),
        moves=form.moves,
    )


def _accept(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Everything that submitting means, once the lines are held: derive the requirements, route, settle."""
    write_requirements(case, derived_requirements(case), uow.now)
    route(uow, ticket, routing_facts(ticket, case))
    settle(uow, ticket, case)


def take_lines(ticket: Ticket, case: MigrationCase, numbers: Iterable[NumberMove]) -> None:
    """Take these lines for a ticket that has been filed already.

    :raises NumberAlreadyOpen: another open ticket holds one.
    """
    rows = list(numbers)
    try:
        hold_lines(ticket, rows)
    except IntegrityError:
        raise _already_open(ticket, [row.number for row in rows], case.pk) from None


def _already_open(ticket: Ticket, numbers: Sequence[str], case_id: int) -> NumberAlreadyOpen:
    """Return the refusal for lines that others hold; the other ticket is named only within the same organization."""
    held = list(open_holders(numbers, except_case=case_id))
    keys = {row.match_key for row in held}
    extra: dict[str, Any] = {"numbers": [number for number in numbers if match_key(number) in keys]}
    own = [row.case.ticket.reference for row in held if row.case.ticket.organization_id == ticket.organization_id]
    if own:
        extra["existing_ticket"] = own[0]
    return NumberAlreadyOpen(extra=extra, claim=LineClaim(ticket.organization_id, keys, ticket.pk))
