"""Changing the form after filing: one unit of work under the ticket's lock, judged as strictly as filing itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.core.actor import Actor
from config.core.errors import PreconditionFailed
from config.core.uow import unit_of_work
from migrations_app.enums import NumberState
from migrations_app.models import MigrationCase, NumberMove
from migrations_app.rules.flows import flow_of
from migrations_app.rules.phone import NotAPhoneNumber, match_key, parse_phone
from migrations_app.selectors.cases import case_of
from migrations_app.services.actions import not_now
from migrations_app.services.deriving import answers_of, destination_of, playbook_copy
from migrations_app.services.eligibility import refresh_warnings
from migrations_app.services.form_reading import read_form
from migrations_app.services.holder_plan import holders_changed
from migrations_app.services.intake import Form
from migrations_app.services.number_set import change_numbers
from migrations_app.services.recognising import replan
from migrations_app.services.rederiving import derived_of, rederive
from migrations_app.services.settle import settle
from tickets.enums import OPEN_STATUSES, EventType, Source, TicketStatus
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.snapshots import Filing, rewrite_filing
from tickets.services.tickets import bump_version, lock_ticket

ANSWERS = (
    "business_verification",
    "hosting",
    "connection_status",
    "waba_id",
    "business_manager_id",
    "waba_owner",
    "two_step_verification",
    "uses_business_app",
    "moves",
    "low_traffic_windows",
    "notes",
)
"""Answers that are columns of the case under the same name."""


@dataclass(frozen=True)
class Edit:
    """A JSON merge patch (RFC 7396) of the form, made on `version` of the ticket; None: on whatever there is."""

    changes: Mapping[str, Any]
    version: int | None


def edit_ticket(*, ticket_id: int, edit: Edit, by: Actor, now: datetime) -> None:
    """Change the form's answers and let requirements, lines and stage follow.

    :raises PreconditionFailed: somebody else changed the ticket since `edit.version`.
    :raises Invalid: the form would not hold; every wrong place is named at once.
    :raises IllegalTransition: the ticket has ended, or a number would go that is past `pending`.
    :raises NumberAlreadyOpen: a new number is held by another open ticket.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        if edit.version not in {None, ticket.version}:
            raise PreconditionFailed
        numbers = _numbers_of(case)
        form = _form_with(ticket, case, numbers, edit.changes)
        if ticket.status not in OPEN_STATUSES:
            raise not_now(ticket, case)
        before = derived_of(case)
        changed = [*_change_case(case, form, edit.changes, numbers, now=now)]
        if "phone_numbers" in edit.changes or "client" in edit.changes or "connection_status" in edit.changes:
            changed += change_numbers(uow, ticket, case, form.numbers)
            # A call that was only for numbers that go has been cancelled, which settled the case.
            ticket.refresh_from_db()
            case.refresh_from_db()
        changed += rewrite_filing(ticket, _filing(ticket, case, form))
        # What is worth knowing of a number follows from any answer, the BSP included.
        if refresh_warnings(ticket, case):
            changed.append("phone_numbers")
        if not changed:
            return
        bump_version(ticket)
        record(uow, ticket, EventType.TICKET_UPDATED, fields=sorted(set(changed)))
        if ticket.status != TicketStatus.DRAFT:
            rederive(uow, ticket, case, before)
            holders_changed(uow, ticket, case)
            if "current_bsp" in changed:
                replan(uow, ticket, case)
            settle(uow, ticket, case)


def judge_changes(*, ticket: Ticket, changes: Mapping[str, Any]) -> None:
    """Refuse changes that `edit_ticket` would refuse for what they say. Nothing is written.

    :raises Invalid: the form would not hold; every wrong place is named at once.
    """
    case = case_of(ticket.pk)
    _form_with(ticket, case, _numbers_of(case), changes)


def _numbers_of(case: MigrationCase) -> list[NumberMove]:
    return list(NumberMove.objects.filter(case=case).order_by("position"))


def _form_with(ticket: Ticket, case: MigrationCase, numbers: Sequence[NumberMove], changes: Mapping[str, Any]) -> Form:
    return read_form(_merged(ticket, case, numbers, changes), source=Source(ticket.source), test=ticket.test)


def _merged(
    ticket: Ticket, case: MigrationCase, numbers: Sequence[NumberMove], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the answers as they would be filed now with the changes in them."""
    answers = _answers_now(ticket, case, numbers)
    for name, value in changes.items():
        if name == "client":
            answers["client"] = {**answers["client"], **value}
        elif name == "phone_numbers":
            answers[name] = _matched(answers[name], value or [], region=answers["client"]["country"])
        else:
            answers[name] = value
    return answers


def _answers_now(ticket: Ticket, case: MigrationCase, numbers: Sequence[NumberMove]) -> dict[str, Any]:
    still_offered = case.playbook is not None and case.playbook.active
    return {
        "client": {
            "name": ticket.client_name,
            "contact_name": ticket.contact_name,
            "contact_email": ticket.contact_email,
            "contact_phone": ticket.contact_phone,
            "language": ticket.language,
            "timezone": ticket.timezone,
            "country": ticket.country,
        },
        "client_reference": ticket.client_reference,
        "group_reference": ticket.group_reference,
        "current_bsp": case.current_bsp.slug if case.current_bsp else case.current_bsp_name,
        "destination": case.playbook.slug if case.playbook is not None and still_offered else None,
        # What a draft did not answer is stored as its default, and is still not answered.
        **{name: None if f"#/{name}" in case.unanswered else getattr(case, name) for name in ANSWERS},
        "phone_numbers": [_number_answers(number, ticket, case) for number in numbers],
        "submit": ticket.status != TicketStatus.DRAFT,
    }


def _number_answers(number: NumberMove, ticket: Ticket, case: MigrationCase) -> dict[str, Any]:
    """Return one number as it would be filed; what came from the client's or case's answers is left to them again."""
    holder = (number.otp_contact_name, number.otp_contact_phone, number.otp_contact_email, number.otp_contact_language)
    inherited = holder == (ticket.contact_name, ticket.contact_phone, ticket.contact_email, ticket.language)
    contact = {"name": holder[0], "phone": holder[1], "email": holder[2], "language": holder[3]}
    own_status = number.connection_status if number.connection_status != case.connection_status else None
    return {
        "number": number.number,
        "line_type": number.line_type,
        "behind_ivr": number.behind_ivr,
        "otp_method": number.otp_method or None,
        "otp_contact": None if inherited or not number.otp_contact_name else contact,
        "display_name": number.display_name,
        "display_name_status": number.display_name_status,
        "connection_status": own_status,
    }


def _matched(kept: Sequence[Mapping[str, Any]], items: Sequence[Any], *, region: str) -> list[Any]:
    """Return the new set; an item for a number that is there already keeps what it leaves out."""
    known = {match_key(row["number"]): row for row in kept}
    found: list[Any] = []
    for item in items:
        given = {"number": item} if isinstance(item, str) else item
        try:
            row = known.get(match_key(parse_phone(given["number"], region=region or None).number))
        except NotAPhoneNumber:
            row = None
        found.append(item if row is None else {**row, **given})
    return found


def _change_case(
    case: MigrationCase, form: Form, changes: Mapping[str, Any], numbers: Sequence[NumberMove], *, now: datetime
) -> list[str]:
    """Write the answers onto the case and return the names of those that changed.

    :raises IllegalTransition: the destination would change although Meta knows a number there already.
    """
    wanted: dict[str, Any] = {name: getattr(form, name) for name in ANSWERS if name in changes}
    changed = [name for name, value in wanted.items() if getattr(case, name) != value]
    if "current_bsp" in changes and (form.current_bsp_name, form.current_bsp) != (
        case.current_bsp_name,
        case.current_bsp,
    ):
        wanted |= {"current_bsp": form.current_bsp, "current_bsp_name": form.current_bsp_name}
        changed.append("current_bsp")
    if "destination" in changes and form.playbook != case.playbook:
        begun = [number.number for number in numbers if number.state != NumberState.PENDING]
        if begun:
            raise not_now(case.ticket, case, numbers=begun)
        wanted |= {"playbook": form.playbook, "playbook_copy": playbook_copy(form.playbook)}
        changed.append("destination")
    wanted["unanswered"] = list(form.unanswered)
    for name, value in wanted.items():
        setattr(case, name, value)
    if not case.flow_decided_by:  # what an agent has decided stays
        case.flow = flow_of(answers_of(case), destination_of(case.playbook_copy))
    case.updated_at = now
    case.save(update_fields=[*wanted, "flow", "updated_at"])
    return changed


def _filing(ticket: Ticket, case: MigrationCase, form: Form) -> Filing:
    tags = [tag for tag in ticket.tags if not tag.startswith("bsp:")]
    if case.current_bsp:
        tags.append(f"bsp:{case.current_bsp.slug}")
    return Filing(
        client=form.client,
        client_reference=form.client_reference,
        group_reference=form.group_reference,
        tags=tags,
        origin=case.current_bsp.slug if case.current_bsp else "",
        search_terms=[case.current_bsp_name, case.waba_id, *(number.number for number in form.numbers)],
    )
