"""What the readiness gate needs to know of a call, read from the tables; Meta is asked elsewhere."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.enums import NumberState, RequirementCode
from migrations_app.enums.aftercare import CheckKind
from migrations_app.enums.holders import HolderState
from migrations_app.enums.readiness import Standing
from migrations_app.models import MigrationCase, MoveCheck, NumberMove, PinCall, PinCallNumber, Requirement
from migrations_app.rules.checks import (
    AccountRead,
    CaseFacts,
    Check,
    LineFacts,
)
from migrations_app.rules.proof import BY_META
from migrations_app.rules.readiness import Readiness, look
from migrations_app.selectors.attempts import budgets_of
from migrations_app.selectors.cases import is_by_api, number_answers, requirement_facts
from migrations_app.services.proof_facts import CaseTries, proven_at, read_tries
from tickets.models import Ticket

_SAID = {HolderState.CONFIRMED: True, HolderState.REFUSED: False}


@dataclass(frozen=True)
class CaseReadiness:
    """One case of a call, and how ready it is."""

    ticket: Ticket
    case: MigrationCase
    readiness: Readiness


@dataclass(frozen=True)
class CallReadiness:
    """How ready a call is: one part for each case whose numbers it moves."""

    cases: tuple[CaseReadiness, ...]

    @property
    def numbers(self) -> frozenset[int]:
        """Return the numbers that are still to move."""
        return frozenset(number for part in self.cases for number in part.readiness.numbers)

    def unready(self) -> frozenset[int]:
        """Return the numbers that cannot be moved as things stand, for reasons of their own or of their case."""
        found: set[int] = set()
        for part in self.cases:
            blocked = any(check.standing is Standing.MISSING for check in part.readiness.case)
            found |= set(part.readiness.numbers) if blocked else part.readiness.unready()
        return frozenset(found)

    def missing_of(self, number_id: int) -> tuple[Check, ...]:
        """Return what is missing for one number alone."""
        return tuple(check for part in self.cases for check in part.readiness.missing_of(number_id))

    def missing(self, number_ids: Collection[int]) -> tuple[Check, ...]:
        """Return what is missing for these numbers, their cases included."""
        found: list[Check] = []
        for part in self.cases:
            mine = set(part.readiness.numbers) & set(number_ids)
            if mine:
                found += part.readiness.missing(mine)
        return tuple(found)


def read_readiness(rows: Sequence[PinCall], *, now: datetime) -> CallReadiness:
    """Return how ready a call is, as the tables tell it; `rows` are those of all tickets that share it."""
    lines = PinCallNumber.objects.filter(pin_call__in=rows, left_at=None).order_by("pin_call__ticket_id", "position")
    by_case: dict[int, list[PinCallNumber]] = {}
    for line in lines.select_related("number__case__ticket__queue", "number__case__playbook"):
        by_case.setdefault(line.number.case_id, []).append(line)
    return CallReadiness(tuple(_of_case(rows, now=now) for rows in by_case.values()))


def _of_case(lines: Sequence[PinCallNumber], *, now: datetime) -> CaseReadiness:
    case = lines[0].number.case
    known = read_tries(case.ticket, case)
    facts = CaseFacts(
        by_api=is_by_api(case),
        account=known.account is not None and bool(known.account.waba_id),
        reviews_claims=bool(case.ticket.queue and case.ticket.queue.reviews_claims),
        copy_begun=MoveCheck.objects.filter(case=case, kind=CheckKind.COPY).exists(),
        requirements=tuple(requirement_facts(row) for row in known.rows),
        read=account_read(case),
    )
    return CaseReadiness(case.ticket, case, look(facts, _line_facts(known, lines, now), now=now))


def _line_facts(known: CaseTries, lines: Sequence[PinCallNumber], now: datetime) -> Iterable[LineFacts]:
    budgets = budgets_of(known.ticket, [line.number.number for line in lines], now=now)
    for line in lines:
        number = line.number
        yield LineFacts(
            id=number.pk,
            answers=number_answers(number),
            state=NumberState(number.state),
            requirements=tuple(requirement_facts(row) for row in known.rows if row.number_id == number.pk),
            proven_at=proven_at(known, number),
            refused=_refused(known.rows, number),
            here=line.here_at is not None,
            said=_SAID.get(HolderState(line.holder_state)),
            cool_down_until=number.cool_down_until,
            codes=budgets[number.number].codes,
            registrations=budgets[number.number].registrations,
        )


def _refused(rows: Sequence[Requirement], number: NumberMove) -> bool:
    wanted = (RequirementCode.TWO_STEP_DISABLED, number.pk)
    return any((row.code, row.number_id) == wanted and row.decided_by == BY_META for row in rows)


def account_read(case: MigrationCase) -> AccountRead | None:
    """Return what was last read of the case's destination at Meta; None when it never was."""
    kept: dict[str, Any] | None = case.destination_read
    if not kept:
        return None
    return AccountRead(
        at=datetime.fromisoformat(str(kept["at"])),
        answered=bool(kept["answered"]),
        review=str(kept.get("review", "")),
        verification=str(kept.get("verification", "")),
        apps=int(kept.get("apps", 0)),
    )
