"""What the call page shows before the start: every check by its name, what is wrong, who can mend it, and where."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from migrations_app.enums.readiness import CheckCode, Standing, Why
from migrations_app.enums.texts import check_title
from migrations_app.models import NumberMove, PinCall, PinCallNumber
from migrations_app.rules.checks import Check
from migrations_app.rules.readiness import codes_of
from migrations_app.services.readiness_facts import CallReadiness, CaseReadiness, read_readiness
from tickets.enums import Party
from tickets.models import Ticket

SIGNS = {Standing.OK: "✓", Standing.DOUBTFUL: "?", Standing.MISSING: "✗"}
_AT_NUMBER = frozenset({CheckCode.LINE, CheckCode.PERSON_PRESENT, CheckCode.RESTED})
_AT_ACCOUNT = frozenset({CheckCode.DESTINATION_HELD, CheckCode.DESTINATION_APPROVED})
_OF_ITSELF = frozenset({CheckCode.CODES_LEFT, CheckCode.REGISTRATIONS_LEFT})


@dataclass(frozen=True)
class ShownCheck:
    """A check in words."""

    title: str
    sign: str
    standing: str
    label: str
    why: str
    who: str
    until: datetime | None
    counted: str
    link: str
    final: bool


@dataclass(frozen=True)
class ShownPart:
    """What was looked at for a case or a number: what needs eyes, and the titles of what is in place."""

    heading: str
    trouble: tuple[ShownCheck, ...]
    fine: tuple[str, ...]
    number: NumberMove | None = None
    here_by: str = ""
    here_at: datetime | None = None
    ready: bool = True


def ready_card(rows: Sequence[PinCall], *, seen: Collection[int], now: datetime) -> dict[str, Any]:
    """Return the section "Before you start" of a booked call; `rows` are those of all tickets that share it.

    Of tickets that are not `seen` (ids) by this person only counts and titles are told; their numbers that are not ready stay
    out of the start like the others, unnamed.
    """
    readiness = read_readiness(rows, now=now)
    unready = readiness.unready()
    lines = list(
        PinCallNumber.objects.filter(pin_call__in=rows)
        .select_related("number", "pin_call__ticket")
        .order_by("pin_call__ticket_id", "position")
    )
    later = [line.number for line in lines if line.number_id in unready]
    shown = {line.number_id for line in lines if line.pin_call.ticket_id in seen}
    stops = readiness.missing(readiness.numbers)
    cases = [_case(part, alone=len(readiness.cases) == 1) for part in readiness.cases if part.ticket.pk in seen]
    numbers = [_number(readiness, line) for line in lines if line.number_id in shown]
    return {
        "cases": cases,
        "numbers": numbers,
        "absent": [part.number for part in numbers if part.here_at is None],
        # What is missing is told by itself; with nothing missing, all trouble is doubt.
        "doubtful": sum(len(part.trouble) for part in (*cases, *numbers)),
        "ready_count": len(readiness.numbers - unready),
        "count": len(readiness.numbers),
        "may_start": bool(readiness.numbers - unready) or not readiness.numbers,
        "later": [number for number in later if number.pk in shown],
        "later_unseen": [number.pk for number in later if number.pk not in shown],
        "missing": [check_title(code) for code in codes_of(stops)],
        **_override(readiness, later, shown),
    }


def _override(readiness: CallReadiness, later: Sequence[NumberMove], shown: Collection[int]) -> dict[str, Any]:
    """Return what a lead could override: nothing where nobody can talk Meta out of it."""
    fixed = {number.pk for number in later if any(check.final for check in readiness.missing({number.pk}))}
    passed = readiness.missing(readiness.numbers - fixed)
    return {
        "overridable": [check_title(code) for code in codes_of(passed)],
        "stays_out": [number for number in later if number.pk in fixed and number.pk in shown],
        "stays_out_unseen": sorted(fixed - set(shown)),
    }


def _case(part: CaseReadiness, *, alone: bool) -> ShownPart:
    heading = str(_("The case")) if alone else f"{part.ticket.reference} · {part.ticket.client_name}"
    return _part(heading, part.readiness.case, part.ticket)


def _number(readiness: CallReadiness, line: PinCallNumber) -> ShownPart:
    own = next((part for part in readiness.cases if line.number_id in part.readiness.numbers), None)
    checks = own.readiness.numbers[line.number_id] if own else ()
    ticket = own.ticket if own else line.pin_call.ticket
    return _part(
        line.number.number,
        checks,
        ticket,
        number=line.number,
        here_by=line.here_by,
        here_at=line.here_at,
        # What its case lacks is said once, above.
        ready=not readiness.missing_of(line.number_id),
    )


def _part(heading: str, checks: Iterable[Check], ticket: Ticket, **more: Any) -> ShownPart:
    found = list(checks)
    trouble = sorted((c for c in found if c.standing is not Standing.OK), key=lambda c: c.standing is Standing.DOUBTFUL)
    return ShownPart(
        heading,
        tuple(_shown(check, ticket) for check in trouble),
        tuple(_fine(check) for check in found if check.standing is Standing.OK),
        **more,
    )


def _shown(check: Check, ticket: Ticket) -> ShownCheck:
    return ShownCheck(
        title=check_title(check.code),
        sign=SIGNS[check.standing],
        standing=check.standing.value,
        label=str(check.standing.label),
        why=str(Why(check.why).label),
        who=str(Party(check.who).label),
        until=check.until,
        counted=_count(check),
        link=_link(check, ticket),
        final=check.final,
    )


def _fine(check: Check) -> str:
    counted = _count(check)
    return f"{check_title(check.code)} ({counted})" if counted else check_title(check.code)


def _count(check: Check) -> str:
    if check.used is None:
        return ""
    return str(_("%(used)s of %(most)s used") % {"used": check.used, "most": check.most})


def _link(check: Check, ticket: Ticket) -> str:
    """Return where it is mended; empty for what only time mends."""
    if check.code in _OF_ITSELF:
        return ""
    if check.code in _AT_ACCOUNT:
        return reverse("admin:providers_metaaccount_changelist")
    page = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    return f"{page}#{'numbers' if check.code in _AT_NUMBER else 'requirements'}"
