"""Figures of past chases, written anew every hour, and the date by which a case should be ready."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.enums import RequirementCode
from migrations_app.models import BspPace, Chase, MigrationCase
from migrations_app.rules.insight import Pace, Sample, Wait, pace_of, ready_by
from migrations_app.rules.progress import RequirementFacts
from migrations_app.selectors.insight import paces_for, samples_since
from migrations_app.services.asked import COVERS
from tickets.enums import Party

WINDOW = timedelta(days=365)
"""How far back figures look: BSPs change their ways."""
_TENTH = Decimal("0.1")
Key = tuple[int | None, str]


def refresh_paces(*, by: Actor, now: datetime) -> int:
    """Write the figures of every BSP and demand anew and return how many there are."""
    samples: dict[Key, list[Sample]] = defaultdict(list)
    for bsp_id, code, sample in samples_since(now - WINDOW):
        samples[None, code].append(sample)
        if bsp_id is not None:
            samples[bsp_id, code].append(sample)
    paces = {key: pace_of(found) for key, found in samples.items()}
    with unit_of_work(by=by, now=now):
        # Row by row: two workers that do this at once must not trip over each other.
        kept = [_write(key, pace, now).pk for key, pace in paces.items() if pace is not None]
        BspPace.objects.exclude(pk__in=kept).delete()
    return len(kept)


def _write(key: Key, pace: Pace, now: datetime) -> BspPace:
    def tenths(share: float) -> Decimal:
        return Decimal(share).quantize(_TENTH)

    columns = {
        "cases": pace.cases,
        "open_cases": pace.open,
        "median": pace.median,
        "late": pace.late,
        "messages": tenths(float(pace.messages)),
        "escalated_percent": tenths(float(pace.escalated) * 100),
        "updated_at": now,
    }
    which: dict[str, Any] = {"bsp_id": key[0], "requirement_code": key[1]}
    row, _made = BspPace.objects.update_or_create(
        **which, defaults=columns, create_defaults={**columns, "created_at": now}
    )
    return row


def predict(case: MigrationCase, blocking: Iterable[RequirementFacts]) -> None:
    """Write down when a locked ticket's case should be ready, from its open demands; what is ours to do is not guessed at."""
    asked = {_demand(row.code) for row in blocking if row.owner != Party.ONBOARDING}
    known = ready_by(_waits(case, asked)) if asked else None
    columns = {
        "ready_likely_at": known.likely if known else None,
        "ready_late_at": known.late if known else None,
        "ready_cases": known.cases if known else None,
    }
    if any(getattr(case, name) != value for name, value in columns.items()):
        MigrationCase.objects.filter(pk=case.pk).update(**columns)
        for name, value in columns.items():
            setattr(case, name, value)


def _demand(code: RequirementCode) -> str:
    """Return the demand by which a requirement is asked for; its own code where nobody is asked."""
    return next((demand.value for demand, covered in COVERS.items() if code in covered), code.value)


def _waits(case: MigrationCase, demands: set[str]) -> list[Wait]:
    since = dict(
        Chase.objects.filter(case=case, requirement_code__in=demands).values_list("requirement_code", "created_at")
    )
    paces = paces_for(case.current_bsp_id, demands)
    return [
        Wait(since[demand], paces[demand].cases, paces[demand].median, paces[demand].late)
        if demand in paces and demand in since
        else Wait(case.created_at, 0, None, None)
        for demand in demands
    ]
