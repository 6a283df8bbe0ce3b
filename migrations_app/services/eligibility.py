"""Asking the rules without filing, and asking them again about a ticket that was filed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from config.core.errors import Invalid
from migrations_app.enums import Flow, LineType
from migrations_app.models import MigrationCase, NumberMove
from migrations_app.rules.eligibility import Verdict, judge
from migrations_app.rules.phone import NotAPhoneNumber, Phone, match_key, parse_phone
from migrations_app.rules.reasons import FormFacts, LineFacts
from migrations_app.selectors.cases import own_open_tickets
from migrations_app.services.deriving import answers_of, destination_of
from migrations_app.services.form_facts import bsp_facts, read_facts
from migrations_app.services.form_reading import demand_size, no_such_destination, stored
from tickets.models import Ticket


@dataclass(frozen=True)
class CheckedNumber:
    """One number of a check: in E.164 with its country (both "" if it is none), the verdict, and the caller's own ticket."""

    number: str
    country: str
    verdict: Verdict
    own_ticket: str


@dataclass(frozen=True)
class Check:
    """What filing these answers would meet. `missing` are the pointers of answers that filing needs besides."""

    flow: Flow
    numbers: Sequence[CheckedNumber]
    missing: Sequence[str]


def check(data: Mapping[str, Any], *, organization_id: int, test: bool) -> Check:
    """Return what filing these answers for this organization would meet. Reads only.

    Only the organization's own tickets are looked for: what others move takes part in nothing here, not even in the time it
    takes. Test tickets hold no lines, so a test key meets none.

    :raises Invalid: the destination is not offered, or there are too many numbers.
    """
    demand_size(data)
    reading = read_facts(data)
    if reading.playbook is None:
        raise Invalid([no_such_destination()])
    found = [number.number for number in reading.numbers if number]
    held = {} if test else own_open_tickets(organization_id, found)
    lines = tuple(_with_ticket(line, held) for line in reading.facts.lines)
    missing = [] if (data.get("client") or {}).get("name") else ["#/client/name"]
    facts = replace(reading.facts, lines=lines, unanswered=reading.facts.unanswered | frozenset(missing))
    numbers = [
        CheckedNumber(
            number=line.phone.number if line.phone else "",
            country=line.phone.country if line.phone else "",
            verdict=verdict,
            own_ticket=line.own_ticket,
        )
        for line, verdict in zip(lines, judge(facts), strict=True)
    ]
    return Check(facts.flow, numbers, [*missing, *reading.missing])


def _with_ticket(line: LineFacts, held: Mapping[str, str]) -> LineFacts:
    return replace(line, own_ticket=held.get(match_key(line.phone.number), "")) if line.phone else line


def refresh_warnings(ticket: Ticket, case: MigrationCase) -> bool:
    """Judge a locked ticket's numbers again after its answers, its BSP or its flow changed, and tell whether that changed any.

    Bumping the version and recording the event are the caller's.
    """
    rows = list(NumberMove.objects.filter(case=case).order_by("position"))
    changed = []
    for row, verdict in zip(rows, judge(facts_of_case(ticket, case, rows)), strict=True):
        fresh = stored(verdict.warnings)
        if fresh != row.warnings:
            row.warnings = fresh
            changed.append(row)
    if changed:
        NumberMove.objects.bulk_update(changed, ["warnings"])
    return bool(changed)


def _phone_of(row: NumberMove) -> Phone:
    """Return a filed number as the metadata sees it today; one that it no longer knows stays what it was filed as."""
    try:
        return parse_phone(row.number)
    except NotAPhoneNumber:
        return Phone(row.number, row.country, LineType(row.line_type))


def facts_of_case(ticket: Ticket, case: MigrationCase, rows: Sequence[NumberMove]) -> FormFacts:
    """Return a filed case as the rules judge it; `rows` are its numbers in order."""
    answers = answers_of(case)
    return FormFacts(
        answers=answers,
        destination=destination_of(case.playbook_copy),
        flow=Flow(case.flow),
        lines=tuple(
            LineFacts(
                place=f"#/phone_numbers/{place}",
                phone=_phone_of(row),
                answers=number,
                holder_phone=row.otp_contact_phone,
                own_contact=bool(row.otp_contact_name),
            )
            for place, (row, number) in enumerate(zip(rows, answers.numbers, strict=True))
        ),
        bsp=bsp_facts(case.current_bsp, case.current_bsp_name),
        contact_phone=ticket.contact_phone,
        unanswered=frozenset(case.unanswered),
    )
