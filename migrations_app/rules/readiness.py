"""The readiness gate: what must be true before a call begins, each thing by its name. Plain values in, checks out.

A check is in place, doubtful, or missing. What is missing keeps a number, or the whole call, from beginning; a lead may override
it, except what nobody can talk Meta out of (`final`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from migrations_app.enums import RequirementCode
from migrations_app.enums.readiness import CheckCode, Standing, Why
from migrations_app.rules.checks import STARTS, AccountRead, CaseFacts, Check, LineFacts, required
from migrations_app.rules.lifecycle import CLEAR_FOR_SCHEDULING
from migrations_app.rules.line_checks import of_line
from migrations_app.rules.progress import CUT_OVER
from migrations_app.rules.requirements import CATALOGUE
from tickets.enums import Party


@dataclass(frozen=True)
class Readiness:
    """Everything that was looked at for one case: its own checks, and those of each number (by id)."""

    case: tuple[Check, ...] = ()
    numbers: Mapping[int, tuple[Check, ...]] = field(default_factory=dict)

    def missing(self, number_ids: Iterable[int] | None = None) -> tuple[Check, ...]:
        """Return what is missing for the case and these numbers (all when None)."""
        wanted = self.numbers if number_ids is None else set(number_ids) & set(self.numbers)
        found = [*self.case, *(check for number in wanted for check in self.numbers[number])]
        return tuple(check for check in found if check.standing is Standing.MISSING)

    def missing_of(self, number_id: int) -> tuple[Check, ...]:
        """Return what is missing for one number alone."""
        return tuple(check for check in self.numbers.get(number_id, ()) if check.standing is Standing.MISSING)

    def unready(self) -> frozenset[int]:
        """Return the numbers for which something is missing."""
        return frozenset(number for number in self.numbers if self.missing_of(number))


def codes_of(checks: Iterable[Check]) -> list[str]:
    """Return the codes of checks, each once, in alphabetical order."""
    return sorted({check.code for check in checks})


def look(case: CaseFacts, lines: Iterable[LineFacts], *, now: datetime) -> Readiness:
    """Return everything that must be true before these numbers of a case are moved. Numbers that have moved need nothing."""
    waiting = [line for line in lines if line.state not in CUT_OVER]
    return Readiness(tuple(_of_case(case)), {line.id: tuple(of_line(case, line, now)) for line in waiting})


def _of_case(case: CaseFacts) -> Iterator[Check]:
    rows = {row.code: row for row in case.requirements if row.number_id is None}
    if case.by_api and not case.account:
        yield Check(CheckCode.DESTINATION_HELD.value, Standing.MISSING, Why.NO_ACCOUNT, Party.ONBOARDING, final=True)
    for code in CATALOGUE:
        if code not in rows:
            continue
        if rows[code].blocks in STARTS:
            yield _with_read(required(rows[code], case), case)
        elif code == RequirementCode.CAMPAIGNS_PAUSED:
            told = rows[code].state in CLEAR_FOR_SCHEDULING
            yield Check(
                code.value,
                Standing.OK if told else Standing.DOUBTFUL,
                Why.NONE if told else Why.CAMPAIGNS_RUN,
                Party.CLIENT,
            )
    if case.by_api and case.account:
        yield _approved(case.read)


def _with_read(check: Check, case: CaseFacts) -> Check:
    """Let facts go before words: Meta on subscribed apps, a begun copy on templates."""
    if check.code == RequirementCode.TEMPLATES_ACK and case.copy_begun:
        return Check(check.code, who=check.who)
    read = case.read
    if check.code != RequirementCode.APP_SUBSCRIBED or read is None or not read.answered or read.apps:
        return check
    return Check(check.code, Standing.MISSING, Why.NO_APP, Party.ONBOARDING)


def is_approved(read: AccountRead | None) -> bool:
    """Tell whether Meta shows the destination's account as approved, with nothing doubtful about it."""
    return _approved(read).standing is Standing.OK


def _approved(read: AccountRead | None) -> Check:
    code = CheckCode.DESTINATION_APPROVED.value
    if read is None or not read.answered:
        return Check(code, Standing.DOUBTFUL, Why.NOT_READ if read is None else Why.NO_ANSWER)
    if read.review.upper() != "APPROVED":
        # Meta refuses the move with 2388103, "your WhatsApp account must be approved". An empty answer is no refusal.
        standing = Standing.MISSING if read.review else Standing.DOUBTFUL
        return Check(code, standing, Why.REVIEW_PENDING if read.review else Why.NO_ANSWER, Party.META)
    if read.verification and read.verification.upper() != "VERIFIED":
        return Check(code, Standing.DOUBTFUL, Why.NOT_VERIFIED, Party.CLIENT)
    return Check(code)
