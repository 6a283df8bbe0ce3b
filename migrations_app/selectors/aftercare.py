"""Reading what is looked at after the move: what is due, what was lost, templates by what became of them."""

from datetime import datetime

from django.db.models import Count

from migrations_app.enums.aftercare import CheckKind, CheckState, TemplateOutcome
from migrations_app.models import MigrationCase, MoveCheck, TemplateEntry
from migrations_app.rules.templates import OPEN_OUTCOMES


def due_checks(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of planned checks whose time has come, longest due first."""
    rows = MoveCheck.objects.filter(state=CheckState.PLANNED, due_at__lte=now).order_by("due_at", "id")
    return list(rows.values_list("id", flat=True)[:limit])


def lost_checks(*, claimed_before: datetime, limit: int) -> list[int]:
    """Return the ids of checks that were begun so long ago that their process must have died."""
    rows = MoveCheck.objects.filter(state=CheckState.RUNNING, claimed_at__lte=claimed_before).order_by("claimed_at")
    return list(rows.values_list("id", flat=True)[:limit])


def checks_of(case: MigrationCase) -> list[MoveCheck]:
    """Return all checks of a case: those of numbers in their order, then those of the case."""
    rows = MoveCheck.objects.filter(case=case).select_related("number")
    order = list(CheckKind)
    return sorted(rows, key=lambda row: (order.index(CheckKind(row.kind)), row.number.position if row.number else 0))


def outcome_counts(case: MigrationCase) -> dict[str, int]:
    """Return how many templates have which outcome, in the order of the outcomes; those not compared yet are left out."""
    rows = TemplateEntry.objects.filter(case=case).exclude(outcome="").values_list("outcome").annotate(n=Count("id"))
    found = dict(rows.order_by())
    return {outcome.value: found[outcome.value] for outcome in TemplateOutcome if outcome.value in found}


def open_templates(case: MigrationCase, *, limit: int) -> list[TemplateEntry]:
    """Return templates that leave somebody something to do, by name."""
    rows = TemplateEntry.objects.filter(case=case, outcome__in=[outcome.value for outcome in OPEN_OUTCOMES])
    return list(rows.order_by("outcome", "name", "language")[:limit])


def listed_templates(case: MigrationCase) -> int:
    """Return how many templates the list from before the move has."""
    return TemplateEntry.objects.filter(case=case).count()
