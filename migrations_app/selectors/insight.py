"""Reading what past chases tell."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q

from migrations_app.enums import AttemptState, ChaseState, RequirementState
from migrations_app.models import BspPace, Chase, Requirement
from migrations_app.rules.insight import LEAST_CASES, Sample

_LEFT = (AttemptState.SENT, AttemptState.UNKNOWN, AttemptState.BOUNCED)
_COUNTED = (ChaseState.SATISFIED, ChaseState.ACTIVE, ChaseState.ANSWERED, ChaseState.EXHAUSTED)


def samples_since(since: datetime) -> Iterator[tuple[int | None, str, Sample]]:
    """Yield (BSP id, demand, sample) of every chase of a live ticket that began since then.

    The time runs to the answer that held: what was proven in the call later had been true since it was claimed. Waived
    demands tell nothing; neither do chases that were stopped.
    """
    waived = Requirement.objects.filter(
        case=OuterRef("case"), code=OuterRef("requirement_code"), state=RequirementState.WAIVED
    )
    rows = (
        # A common list asks for now this, now that: its time tells nothing about either.
        Chase.objects.filter(covers=[], created_at__gte=since, state__in=_COUNTED, case__ticket__test__in=[False])
        .exclude(Exists(waived))
        .annotate(messages=Count("attempts", filter=Q(attempts__state__in=_LEFT)))
        .values_list(
            "case__current_bsp_id", "requirement_code", "state", "created_at", "answered_at", "satisfied_at",
            "messages", "round", "ended_at",
        )
    )  # fmt: skip
    for bsp, code, state, began, answered, satisfied, messages, count, ended in rows.iterator(chunk_size=2000):
        end = (answered or satisfied) if state == ChaseState.SATISFIED else None
        took = end - began if end is not None else None
        yield bsp, code, Sample(took, messages, ended is not None or count > 1)


def paces_for(bsp_id: int | None, codes: Collection[str]) -> dict[str, BspPace]:
    """Return the figures by demand: the BSP's own where it has enough cases, else those of all BSPs together."""
    known = BspPace.objects.filter(Q(bsp_id=bsp_id) | Q(bsp=None), requirement_code__in=codes, cases__gte=LEAST_CASES)
    rows = sorted(known, key=lambda row: row.bsp_id is not None)
    return {row.requirement_code: row for row in rows}
