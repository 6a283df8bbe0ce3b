"""Requirements change here and nowhere else; every change is an event, and the case is settled after it."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import RequirementCode, RequirementState
from migrations_app.enums.texts import reason_text
from migrations_app.models import MigrationCase, Requirement
from migrations_app.rules.identifiers import identifier_problems
from migrations_app.rules.lifecycle import REQUIREMENT
from migrations_app.rules.phone import match_key
from migrations_app.rules.requirements import DESK_ONLY_CODES, VALUE_CODES
from migrations_app.selectors.cases import case_of
from migrations_app.services import evidence
from migrations_app.services.actions import not_now, possible_actions
from migrations_app.services.settle import settle
from tickets.enums import EventType, Party, TicketStatus, Visibility
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.files import Upload, attach
from tickets.services.tickets import bump_version, lock_ticket

_DONE_ALREADY = frozenset({RequirementState.CLAIMED, RequirementState.MET, RequirementState.WAIVED})
_NEEDS_REASON = frozenset({RequirementState.WAIVED, RequirementState.FAILED, RequirementState.UNMET})
NOTHING_TO_ANSWER = frozenset({TicketStatus.DRAFT, TicketStatus.CLOSED, TicketStatus.CANCELLED, TicketStatus.REJECTED})
"""Statuses of a ticket that was not filed yet or has ended."""


class TicketEnded(Conflict):
    """The ticket is a draft or has ended: nothing can be answered now."""


@dataclass(frozen=True)
class Claim:
    """Somebody says that a requirement is true, perhaps with a file of the ticket or a link that shows it.

    `value` answers those that ask for an identifier.
    """

    code: RequirementCode
    statement: str = ""
    value: str = ""
    link: str = ""
    attachment: uuid.UUID | None = None
    confirmed_by: Party = Party.CLIENT
    numbers: Collection[str] | None = None


@dataclass(frozen=True)
class Request:
    """The old BSP has been asked: with its case number and the date it promises.

    `external_reference`: None keeps the case number that is known, an empty text clears it.
    """

    code: RequirementCode
    requested_at: datetime
    external_reference: str | None = None
    promised_for: datetime | None = None
    numbers: Collection[str] | None = None


@dataclass(frozen=True)
class Decision:
    """An agent decides: met (confirmed), waived with a reason, failed, or unmet (opened again)."""

    code: RequirementCode
    state: RequirementState
    reason: str = ""
    number_id: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


def _rows(case: MigrationCase, code: RequirementCode, numbers: Collection[str] | None) -> list[Requirement]:
    """Return the rows of a code, for these numbers where it is a number's.

    :raises NotFound: the case has no such requirement.
    :raises Invalid: a number is none of the case's.
    """
    rows = list(Requirement.objects.select_related("number").filter(case=case, code=code).order_by("id"))
    if not rows:
        raise NotFound
    if not numbers:
        return rows
    wanted = {match_key(number): place for place, number in enumerate(numbers)}
    chosen = [row for row in rows if row.number is None or row.number.match_key in wanted]
    known = {row.number.match_key for row in rows if row.number}
    strangers = [place for key, place in wanted.items() if known and key not in known]
    if strangers:
        detail = gettext("This number is not part of the ticket.")
        raise Invalid([FieldProblem(f"#/phone_numbers/{place}", "invalid_choice", detail) for place in strangers])
    return chosen


def change_state(uow: UnitOfWork, ticket: Ticket, row: Requirement, to: RequirementState, **columns: Any) -> None:
    """Move one requirement of a locked ticket to another state, with its event. The writer of a requirement's state.

    :raises IllegalTransition: the life cycle has no such move.
    """
    turned = evidence.turned(row, to, columns, uow.now)
    if turned is not None:
        columns |= {"evidence": turned.current, "evidence_history": turned.history}
    old = RequirementState(row.state)
    uow.move(row, "state", table=REQUIREMENT, to=to, **columns)
    evidence.keep(uow, row, old, turned)
    _tell(uow, ticket, row, old, turned.current if turned is not None and turned.begins else None)


def _tell(
    uow: UnitOfWork, ticket: Ticket, row: Requirement, old: RequirementState, shown: Mapping[str, Any] | None = None
) -> None:
    """Record that a requirement changed: codes and ids, nothing of what was said."""
    data: dict[str, Any] = {
        "requirement": row.code,
        "number": row.number.number if row.number_id and row.number else None,
        "old": old.value,
        "new": str(row.state),
    }
    if shown is not None and shown.get("attachment"):
        data["attachment"] = shown["attachment"]["id"]
    record(uow, ticket, EventType.REQUIREMENT_CHANGED, **data)


def _answerable(uow: UnitOfWork, ticket_id: int) -> tuple[Ticket, MigrationCase]:
    ticket = lock_ticket(uow, ticket_id)
    case = case_of(ticket_id)
    if ticket.status in NOTHING_TO_ANSWER:
        raise TicketEnded(extra={"allowed": possible_actions(ticket, case)})
    return ticket, case


def claim(*, ticket_id: int, claim: Claim, by: Actor, now: datetime) -> None:
    """Record a claim; what is claimed or met already stays as it is, so repeating is harmless.

    A claim that brings a file or a link adds it to one that stands already.

    :raises NotFound: the case has no such requirement.
    :raises Forbidden: only the desk can say this.
    :raises Invalid: the value, the link, the file or a number does not hold.
    :raises IllegalTransition: an identifier that is met would be replaced.
    :raises TicketEnded: the ticket has ended.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = _answerable(uow, ticket_id)
        rows = _rows(case, claim.code, claim.numbers)
        if claim.code in DESK_ONLY_CODES and not by.is_staff_of_desk:
            raise Forbidden(gettext("Only the onboarding team can confirm this."))
        if claim.code in VALUE_CODES:
            if rows[0].state in _DONE_ALREADY and claim.value not in {"", getattr(case, claim.code)}:
                # Another identifier is a change of the form, not an answer: it is told by an edit.
                raise not_now(ticket, case)
            _take_value(ticket, case, claim)
        to = RequirementState.MET if claim.code in VALUE_CODES else RequirementState.CLAIMED
        entry = _entry(ticket, claim, by, now)
        for row in rows:
            if row.state not in _DONE_ALREADY:
                change_state(uow, ticket, row, to, evidence=entry, detail="", reason="", decided_by=by.label)
            elif row.state == RequirementState.CLAIMED and (claim.attachment or claim.link):
                evidence.add(uow, row, entry)
                _tell(uow, ticket, row, RequirementState.CLAIMED, row.evidence)
        settle(uow, ticket, case)


def claim_with_file(*, ticket_id: int, claim_: Claim, upload: Upload, by: Actor, now: datetime) -> None:
    """Attach a file and record a claim that shows it: both, or neither. It refuses as `attach` and `claim` do."""
    with unit_of_work(by=by, now=now):
        row = attach(ticket_id=ticket_id, upload=upload, visibility=Visibility.PUBLIC, by=by, now=now)
        claim(ticket_id=ticket_id, claim=replace(claim_, attachment=row.uid), by=by, now=now)


def _entry(ticket: Ticket, claim: Claim, by: Actor, now: datetime) -> dict[str, Any]:
    """Return what is kept of what somebody said and showed.

    :raises Invalid: the link or the file does not hold.
    """
    entry: dict[str, Any] = {
        "statement": claim.statement,
        "confirmed_by": claim.confirmed_by.value,
        "claimed_by": by.label,
        "at": now.isoformat(),
    }
    if claim.link:
        evidence.demand_link(claim.link)
        entry["link"] = claim.link
    if claim.attachment:
        entry["attachment"] = evidence.shown_file(ticket, claim.attachment)
    return entry


def _take_value(ticket: Ticket, case: MigrationCase, claim: Claim) -> None:
    """Store an identifier that was asked for, after the same checks as at filing."""
    if not claim.value:
        detail = gettext("This requirement is answered with its identifier.")
        raise Invalid([FieldProblem("#/value", "required", detail)])
    values = {"waba_id": case.waba_id, "business_manager_id": case.business_manager_id}
    # The told one comes last: of two that are equal, the later is the one complained of.
    values = {name: value for name, value in values.items() if name != claim.code} | {claim.code.value: claim.value}
    numbers = list(case.numbers.values_list("number", flat=True))
    problems = identifier_problems(values, numbers)
    mine = [FieldProblem("#/value", code, reason_text(code, {})) for name, code in problems if name == claim.code.value]
    if mine:
        raise Invalid(mine)
    MigrationCase.objects.filter(pk=case.pk).update(**{claim.code.value: claim.value})
    setattr(case, claim.code.value, claim.value)
    bump_version(ticket)


def demand_ahead(promised_for: datetime | None, now: datetime) -> None:
    """Refuse a promise that could not be waited for any more.

    :raises Invalid: the promised date has passed.
    """
    if promised_for is not None and promised_for <= now:
        raise Invalid([FieldProblem("#/promised_for", "invalid", gettext("The promised date has passed already."))])


def mark_requested(*, ticket_id: int, request: Request, by: Actor, now: datetime) -> None:
    """Record that the old BSP has been asked; nothing is nudged before the promised date.

    :raises NotFound: the case has no such requirement.
    :raises Invalid: a number is none of the case's, or the promised date has passed.
    :raises IllegalTransition: it is claimed or met already.
    :raises TicketEnded: the ticket has ended.
    """
    demand_ahead(request.promised_for, now)
    columns: dict[str, Any] = {"requested_at": request.requested_at, "promised_for": request.promised_for}
    if request.external_reference is not None:
        columns["external_reference"] = request.external_reference
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = _answerable(uow, ticket_id)
        for row in _rows(case, request.code, request.numbers):
            if row.state == RequirementState.REQUESTED:
                Requirement.objects.filter(pk=row.pk).update(**columns, updated_at=now)
                _tell(uow, ticket, row, RequirementState.REQUESTED)
            else:
                change_state(uow, ticket, row, RequirementState.REQUESTED, **columns)
        settle(uow, ticket, case)


class ReasonNeeded(Conflict):
    """Waiving, failing and opening again need a reason in words."""

    code = "validation_failed"


def decide(*, ticket_id: int, decision: Decision, by: Actor, now: datetime) -> None:
    """Record an agent's decision on a requirement (on one number of it, or on all).

    :raises NotFound: the case has no such requirement.
    :raises ReasonNeeded: waived, failed or opened again without a reason.
    :raises IllegalTransition: the life cycle has no such move.
    :raises TicketEnded: the ticket has ended.
    """
    if decision.state in _NEEDS_REASON and not decision.reason.strip():
        raise ReasonNeeded
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = _answerable(uow, ticket_id)
        rows = [row for row in _rows(case, decision.code, None) if decision.number_id in {None, row.number_id}]
        columns: dict[str, Any] = {"reason": decision.reason, "decided_by": by.label}
        for row in rows:
            if row.state == decision.state:
                continue
            if decision.state is RequirementState.MET:
                columns["evidence"] = _accepted(row, decision, by, now)
            change_state(uow, ticket, row, decision.state, **columns)
        settle(uow, ticket, case)


def _accepted(row: Requirement, decision: Decision, by: Actor, now: datetime) -> dict[str, Any]:
    """Return the evidence of something that an agent confirms: what was claimed, accepted; else the agent's own word."""
    if row.state == RequirementState.CLAIMED and row.evidence:
        return {**row.evidence, "accepted_by": by.label, "accepted_at": now.isoformat(), **decision.evidence}
    return {"confirmed_by": by.label, "at": now.isoformat(), **decision.evidence}
