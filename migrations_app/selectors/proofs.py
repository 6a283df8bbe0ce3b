"""Reading tries of claims at Meta: what is due, what was lost, what a number has behind it."""

from collections.abc import Iterable
from datetime import datetime

from migrations_app.enums import DeskTaskKind, DeskTaskState, RequirementCode, RequirementState
from migrations_app.enums.proofs import ProofState
from migrations_app.models import DeskTask, MigrationCase, NumberMove, ProofTry


def due_tries(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of planned tries whose time has come, longest due first."""
    rows = ProofTry.objects.filter(state=ProofState.PLANNED, due_at__lte=now).order_by("due_at", "id")
    return list(rows.values_list("id", flat=True)[:limit])


def lost_tries(*, claimed_before: datetime, limit: int) -> list[int]:
    """Return the ids of tries that were begun so long ago that their process must have died."""
    rows = ProofTry.objects.filter(state=ProofState.TRYING, claimed_at__lte=claimed_before).order_by("claimed_at")
    return list(rows.values_list("id", flat=True)[:limit])


def tries_of(case: MigrationCase) -> dict[int, list[ProofTry]]:
    """Return every try of a case by number id, in order."""
    found: dict[int, list[ProofTry]] = {}
    for row in ProofTry.objects.filter(number__case=case).order_by("id"):
        found.setdefault(row.number_id, []).append(row)
    return found


def still_on_numbers(case: MigrationCase) -> list[str]:
    """Return the numbers of which somebody claims that two-step verification is off while Meta, asked last, saw it on."""
    claimed = NumberMove.objects.filter(
        case=case,
        requirements__code=RequirementCode.TWO_STEP_DISABLED,
        requirements__state=RequirementState.CLAIMED,
    ).order_by("position")
    last = {row.number_id: row for row in _ended(case)}
    return [row.number for row in claimed if row.pk in last and last[row.pk].state == ProofState.STILL_ON]


def _ended(case: MigrationCase) -> Iterable[ProofTry]:
    return ProofTry.objects.filter(number__case=case, ended_at__isnull=False).order_by("id")


def removals_of(case: MigrationCase) -> list[DeskTask]:
    """Return the case's open tasks to remove numbers from the destination."""
    return [task for task in meta_tasks_of(case) if task.kind == DeskTaskKind.REMOVE_NUMBER]


def meta_tasks_of(case: MigrationCase) -> list[DeskTask]:
    """Return the case's open tasks about numbers at Meta: those to remove, and refusals to look at."""
    kinds = [DeskTaskKind.REMOVE_NUMBER, DeskTaskKind.META_PROBLEM]
    rows = DeskTask.objects.filter(case=case, kind__in=kinds, state=DeskTaskState.OPEN)
    return list(rows.select_related("number").order_by("id"))
