"""After the move: what is read at Meta and when, and what the answers do to the case. The reading itself is in `aftercare_runs`."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from config.core.uow import UnitOfWork
from migrations_app.enums import NumberState, RequirementCode, Stage
from migrations_app.enums.aftercare import CheckKind, CheckState
from migrations_app.models import MigrationCase, MoveCheck, NumberMove, Requirement
from migrations_app.rules.aftercare import CLOSING_DUE, READ_AGAIN, due_of
from migrations_app.rules.lifecycle import MOVE_CHECK, MOVED, SATISFIED
from migrations_app.rules.progress import ENDED
from migrations_app.selectors.cases import is_by_api
from migrations_app.selectors.haste import sooner, wait_of
from providers.models import MetaAccount

_BEFORE_THE_MOVE = frozenset({Stage.SCHEDULED, Stage.IN_CALL})
_AT_DESTINATION = frozenset({NumberState.REGISTERED, NumberState.LIVE})
_STALE_LIST = timedelta(hours=24)


def sync_aftercare(uow: UnitOfWork, case: MigrationCase, states: Collection[NumberState]) -> None:
    """Plan what follows from where a locked ticket's case and its numbers stand. Where nothing follows, no query is made."""
    stage = Stage(case.stage)
    if stage in ENDED:
        MoveCheck.objects.filter(case=case, state=CheckState.PLANNED).delete()
        return
    live = not _AT_DESTINATION.isdisjoint(states)
    if not live and stage not in _BEFORE_THE_MOVE:
        return
    if live and MOVED.issuperset(states):
        _date_closing(uow, case)
    if not is_by_api(case) or account_of(case) is None:
        return
    if stage in _BEFORE_THE_MOVE and asks_for_templates(case):
        _plan_list_before(uow, case, stage)
    if live:
        _plan_after_live(uow, case)


def account_of(case: MigrationCase) -> MetaAccount | None:
    """Return the account that the case's numbers move to, where we hold it and know its WABA."""
    account = MetaAccount.objects.filter(pk=case.playbook_copy.get("meta_account_id")).first()
    return account if account is not None and account.waba_id else None


def asks_for_templates(case: MigrationCase) -> bool:
    """Tell whether the case's templates are to be checked at all."""
    return Requirement.objects.filter(case=case, code=RequirementCode.TEMPLATES_CHECKED).exists()


def plan_check(
    uow: UnitOfWork, case: MigrationCase, kind: CheckKind, *, due: datetime, number: NumberMove | None = None
) -> MoveCheck:
    """Plan a check of a locked ticket's case once; one that exists stays as it is."""
    return MoveCheck.objects.get_or_create(
        case=case, number=number, kind=kind, defaults={"due_at": due, "created_at": uow.now, "updated_at": uow.now}
    )[0]


def plan_again(uow: UnitOfWork, row: MoveCheck, *, due: datetime, **columns: Any) -> None:
    """Have a check of a locked ticket's case made (again) at a time; one under way is left to its end."""
    if row.state == CheckState.PLANNED:
        MoveCheck.objects.filter(pk=row.pk).update(due_at=due, updated_at=uow.now, **columns)
    elif row.state != CheckState.RUNNING:
        uow.move(row, "state", table=MOVE_CHECK, to=CheckState.PLANNED, due_at=due, tries=0, **columns)


def _plan_list_before(uow: UnitOfWork, case: MigrationCase, stage: Stage) -> None:
    """Read the templates when the call is booked, and once more as it begins if that was long ago."""
    row = plan_check(uow, case, CheckKind.TEMPLATES_BEFORE, due=uow.now)
    old = row.read_at is not None and row.read_at < uow.now - wait_of(case.ticket, _STALE_LIST)
    if stage is Stage.IN_CALL and old and row.state == CheckState.DONE:
        plan_again(uow, row, due=uow.now)


def _plan_after_live(uow: UnitOfWork, case: MigrationCase) -> None:
    known: set[tuple[str, int | None]] = set(MoveCheck.objects.filter(case=case).values_list("kind", "number_id"))
    live = [row for row in live_numbers(case) if row.phone_number_id]
    for number in live:
        if number.live_at is not None:
            _plan_looks(uow, case, number, number.live_at, known)
    for number in NumberMove.objects.filter(case=case, state=NumberState.REGISTERED).exclude(phone_number_id=""):
        if (CheckKind.LIVE.value, number.pk) not in known:
            plan_check(uow, case, CheckKind.LIVE, due=uow.now + wait_of(case.ticket, READ_AGAIN), number=number)
    if live and (CheckKind.TEMPLATES.value, None) not in known and asks_for_templates(case):
        plan_check(uow, case, CheckKind.TEMPLATES, due=_due_of(case, CheckKind.TEMPLATES, live_at=uow.now))


def _plan_looks(
    uow: UnitOfWork, case: MigrationCase, number: NumberMove, live_at: datetime, known: set[tuple[str, int | None]]
) -> None:
    for kind in (CheckKind.LIVE, CheckKind.QUALITY):
        if (kind.value, number.pk) not in known:
            plan_check(uow, case, kind, due=_due_of(case, kind, live_at=live_at), number=number)
    # What was planned while the number was only registered: it is live, so the look that counts is the later one.
    early = MoveCheck.objects.filter(number=number, kind=CheckKind.LIVE, state=CheckState.PLANNED, read_at=None)
    early.filter(updated_at__lte=live_at, tries=0).update(due_at=_due_of(case, CheckKind.LIVE, live_at=live_at))


def _due_of(case: MigrationCase, kind: CheckKind, *, live_at: datetime) -> datetime:
    return sooner(case.ticket, due_of(kind, live_at=live_at), since=live_at)


def live_numbers(case: MigrationCase) -> list[NumberMove]:
    """Return the case's live numbers in order."""
    return list(NumberMove.objects.filter(case=case, state=NumberState.LIVE).order_by("position"))


def _date_closing(uow: UnitOfWork, case: MigrationCase) -> None:
    """Give closing reminders their dates, once, when no number is left to move."""
    rows = Requirement.objects.filter(case=case, code__in=list(CLOSING_DUE), due_at=None).exclude(state__in=SATISFIED)
    for row in rows:
        Requirement.objects.filter(pk=row.pk).update(
            due_at=uow.now + wait_of(case.ticket, CLOSING_DUE[RequirementCode(row.code)])
        )
