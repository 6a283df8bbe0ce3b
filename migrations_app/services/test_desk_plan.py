"""What the machine that plays the desk has to do for a test ticket, and when: brought in line whenever a case is settled."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from config.core.uow import UnitOfWork
from migrations_app.enums import AttemptState, DeskTaskState, NumberState, RequirementCode, RequirementState, Stage
from migrations_app.enums.proofs import ProofOccasion
from migrations_app.models import ChaseAttempt, DeskTask, MigrationCase, NumberMove, Requirement
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.progress import ENDED
from migrations_app.rules.proof import PASSING, why_not
from migrations_app.rules.test_desk import CLOSES_AFTER, TAKES, Deed, Point, deed_for
from migrations_app.selectors.cases import is_by_api
from migrations_app.selectors.haste import sooner
from migrations_app.selectors.test_desk import fates_in
from migrations_app.services.aftercare import account_of
from migrations_app.services.asked import covered_by
from migrations_app.services.proof_facts import CaseTries, facts_for, read_tries
from providers.types import Fate, OldBsp
from tickets.enums import Party, TicketStatus
from tickets.models import Ticket

ROUTE, CLOSE, END_TASK = "route", "close", "end_task"


@dataclass(frozen=True)
class Duty:
    """One thing to do from a moment on: about a requirement, about a task of the desk, or about the ticket."""

    kind: str
    at: datetime
    requirement: Requirement | None = None
    task: DeskTask | None = None


def plan_test_desk(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Write down when the machine acts next for a locked ticket; live tickets are the business of people."""
    if not ticket.test:
        return
    at = min((duty.at for duty in duties_of(ticket, case, now=uow.now)), default=None)
    if case.test_desk_at != at:
        MigrationCase.objects.filter(pk=case.pk).update(test_desk_at=at)
        case.test_desk_at = at


def duties_of(ticket: Ticket, case: MigrationCase, *, now: datetime) -> list[Duty]:
    """Return everything that the machine has to do for a test ticket as it stands."""
    return [] if ticket.on_hold or ticket.status == TicketStatus.DRAFT else list(_duties(ticket, case, now))


def _duties(ticket: Ticket, case: MigrationCase, now: datetime) -> Iterator[Duty]:
    for task in DeskTask.objects.filter(case=case, state=DeskTaskState.OPEN).order_by("id"):
        yield Duty(END_TASK, _after(ticket, TAKES, task.created_at), task=task)
    if Stage(case.stage) in ENDED:
        return
    if case.stage == Stage.TRIAGE:
        yield Duty(ROUTE, _after(ticket, TAKES, case.stage_since))
        return
    if case.stage == Stage.CLOSING:
        yield Duty(CLOSE, _after(ticket, CLOSES_AFTER, case.stage_since))
    for row, point in _points(ticket, case, now):
        found = deed_for(point)
        if found is not None:
            yield _about(ticket, row, point, *found)


def _after(ticket: Ticket, span: timedelta, since: datetime) -> datetime:
    return sooner(ticket, since + span, since=since)


def _about(ticket: Ticket, row: Requirement, point: Point, deed: Deed, since: datetime) -> Duty:
    """Return a duty about a requirement: in its time, or when the old BSP has promised it."""
    promised = point.promised_for if deed is Deed.ANSWER else None
    due = sooner(ticket, promised, since=since) if promised else _after(ticket, TAKES, since)
    return Duty(deed.value, due, requirement=row)


def _points(ticket: Ticket, case: MigrationCase, now: datetime) -> Iterator[tuple[Requirement, Point]]:
    known = read_tries(ticket, case)
    asked, live_at = _asked(case), _live_at(case)
    fates = dict(zip(NumberMove.objects.filter(case=case).order_by("position"), fates_in(case), strict=True))
    read = is_by_api(case) and account_of(case) is not None
    for row in known.rows:
        number = next((each for each in fates if each.pk == row.number_id), None)
        if number is not None and number.state in MOVED:
            continue
        mine = [fates[number]] if number is not None else list(fates.values())
        requested = row.requested_at if row.state == RequirementState.REQUESTED else None
        mailed = asked.get(row.code)
        yield (
            row,
            Point(
                code=RequirementCode(row.code),
                owner=Party(row.owner),
                state=RequirementState(row.state),
                since=row.updated_at,
                asked_at=requested or (mailed if mailed is not None and mailed >= row.updated_at else None),
                promised_for=row.promised_for if requested else None,
                live_at=live_at,
                tried=number is not None and _is_tried(known, number, row, now),
                read=read and row.code == RequirementCode.QUALITY_24H,
                old_bsp=_manner(mine),
                never_verified=any(fate.never_verified for fate in mine),
            ),
        )


def _manner(fates: list[Fate]) -> OldBsp:
    return next((fate.old_bsp for fate in fates if fate.old_bsp is not OldBsp.ANSWERS), OldBsp.ANSWERS)


def _is_tried(known: CaseTries, number: NumberMove, row: Requirement, now: datetime) -> bool:
    if row.code != RequirementCode.TWO_STEP_DISABLED:
        return False
    reason = why_not(facts_for(known, number, now=now, counted=False), ProofOccasion.CLAIM)
    return reason is None or reason in PASSING


def _asked(case: MigrationCase) -> dict[str, datetime]:
    """Return when the old BSP was last written to, by the codes that it was asked for."""
    rows = ChaseAttempt.objects.select_related("chase").filter(
        chase__case=case, recipient_party=Party.OLD_BSP, state=AttemptState.SENT
    )
    found: dict[str, datetime] = {}
    for attempt in rows.order_by("sent_at"):
        if attempt.sent_at is not None:
            found |= {code.value: attempt.sent_at for code in covered_by(attempt.chase)}
    return found


def _live_at(case: MigrationCase) -> datetime | None:
    """Return when the last number went live; None while one is still to move."""
    numbers = NumberMove.objects.filter(case=case)
    if numbers.exclude(state__in=MOVED).exists():
        return None
    found: datetime | None = numbers.filter(state=NumberState.LIVE).aggregate(at=Max("live_at"))["at"]
    return found
