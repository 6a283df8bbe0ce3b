"""Reading the moment in which a rung's message leaves: which text suits it, which numbers it names, what was promised."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation

from migrations_app.enums import AttemptState, RequirementCode, RequirementState
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import ChaseAttempt, MigrationCase, Requirement
from migrations_app.rules.lifecycle import CLEAR_FOR_SCHEDULING, MOVED
from migrations_app.rules.wording import (
    LONG_BLOCKERS,
    OPEN,
    PREPARE,
    PROMISE,
    PROMISE_BSP,
    Hold,
    Moment,
    message_for,
    number_lines,
)
from migrations_app.selectors.cases import requirement_facts
from migrations_app.selectors.chases import hold_now
from migrations_app.services.asked import covered_by
from migrations_app.services.rendering import known_language, local_day
from tickets.enums import Party
from tickets.models import Ticket

_ASKED = (AttemptState.SENT, AttemptState.UNKNOWN)


@dataclass(frozen=True)
class Promise:
    """What the old BSP was asked for and has promised, by its case number; times are in words, empty where not known."""

    title: str
    reference: str
    asked: str
    promised: str
    numbers: list[str]


@dataclass(frozen=True)
class Wording:
    """The text that suits the moment and what it is about."""

    name: str
    hold: Hold
    numbers: list[str]
    """The numbers it asks about; empty: all of the case."""
    free: list[str]
    """Numbers whose two-step verification is to be switched off now, whatever this chase is about."""
    later: list[str]
    """Numbers whose two-step verification stays on for now."""
    waits_for: list[str]
    """What has to be finished before two-step verification may be switched off."""
    promises: list[Promise]
    first_asked: str
    """The day on which the old BSP was first written to about this, in words; empty where it was not."""
    case_numbers: list[str]
    """The old BSP's case numbers that are known."""


def wording_of(attempt: ChaseAttempt, ticket: Ticket, case: MigrationCase, *, now: datetime) -> Wording | None:
    """Return the text that suits a rung now; None when it is better passed by."""
    demand = RequirementCode(attempt.chase.requirement_code)
    rows = list(
        Requirement.objects.select_related("number")
        .filter(case=case)
        .exclude(number__state__in=MOVED)
        .order_by("number__position", "id")
    )
    covered = [row for row in rows if row.code in covered_by(attempt.chase)]
    requested = [row for row in covered if row.state == RequirementState.REQUESTED]
    hold = hold_now(case, (requirement_facts(row) for row in rows))
    asked_at = _first_asked(attempt)
    only_promised = bool(requested) and not any(row.state in OPEN for row in covered)
    moment = Moment(demand, Party(attempt.recipient_party), hold, only_promised, asked_at is not None)
    name = message_for(_planned(attempt), moment)
    if name is None:
        return None
    due = [row for row in requested if row.promised_for is None or row.promised_for <= now]
    shown = (due or requested) if only_promised else due
    free = _numbers(row for row in rows if row.code == RequirementCode.TWO_STEP_DISABLED and row.number_id in hold.free)
    about_two_step = demand == RequirementCode.TWO_STEP_DISABLED
    return Wording(
        name=name,
        hold=hold,
        numbers=_numbers(shown if name in {PROMISE, PROMISE_BSP} else _asked_now(covered, hold, name)) if about_two_step else [],
        free=free,
        later=_numbers(row for row in covered if row.number_id in hold.held) if about_two_step and name != PREPARE else [],
        waits_for=_blockers(rows, attempt.language) if name == PREPARE else [],
        promises=_promises(shown, ticket, attempt.language),
        first_asked=local_day(asked_at, ticket.timezone, attempt.language) if asked_at else "",
        case_numbers=list(dict.fromkeys(row.external_reference for row in covered if row.external_reference)),
    )  # fmt: skip


def _planned(attempt: ChaseAttempt) -> str:
    """Return the text that the ladder names; the row of a repeated try carries the one that was sent."""
    steps = attempt.chase.steps
    return str(steps[attempt.step].get("message") or attempt.message) if attempt.step < len(steps) else attempt.message


def _asked_now(rows: list[Requirement], hold: Hold, name: str) -> list[Requirement]:
    wanted = hold.held if name == PREPARE else hold.free
    return [row for row in rows if row.number_id in wanted]


def _numbers(rows: Iterable[Requirement]) -> list[str]:
    return list(dict.fromkeys(row.number.number for row in rows if row.number is not None))


def _first_asked(attempt: ChaseAttempt) -> datetime | None:
    """Return when the old BSP was first written to in this chase, by us."""
    asked = ChaseAttempt.objects.filter(chase=attempt.chase, recipient_party=Party.OLD_BSP, state__in=_ASKED)
    return asked.order_by("claimed_at").values_list("claimed_at", flat=True).first()


def _blockers(rows: Iterable[Requirement], language: str) -> list[str]:
    open_now = [row for row in rows if row.code in LONG_BLOCKERS and row.state not in CLEAR_FOR_SCHEDULING]
    with translation.override(known_language(language)):
        return list(dict.fromkeys(str(REQUIREMENT_TEXTS[row.code][0]) for row in open_now))


def _promises(rows: Iterable[Requirement], ticket: Ticket, language: str) -> list[Promise]:
    """Return what was promised, each case number and date once with all its numbers."""
    grouped: dict[tuple[str, str, datetime | None, datetime | None], list[Requirement]] = {}
    for row in rows:
        grouped.setdefault((row.code, row.external_reference, row.requested_at, row.promised_for), []).append(row)
    found = []
    with translation.override(known_language(language)):
        for (code, reference, asked, promised), group in grouped.items():
            days = [local_day(each, ticket.timezone, language) if each else "" for each in (asked, promised)]
            title = str(REQUIREMENT_TEXTS[code][0])
            found.append(Promise(title, reference, days[0], days[1], number_lines(_numbers(group))))
    return found
