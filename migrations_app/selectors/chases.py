"""Reading chases."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from migrations_app.enums import AttemptState, PinCallState, RequirementCode
from migrations_app.enums.readiness import LeftBecause
from migrations_app.models import Chase, ChaseAttempt, MigrationCase, PinCallNumber, Requirement
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.progress import RequirementFacts
from migrations_app.rules.wording import LONG_BLOCKERS, Hold, hold_of
from migrations_app.selectors.cases import requirement_facts


def chases_of(ticket_id: int, *, since: datetime | None = None) -> QuerySet[Chase]:
    """Return the chases of a ticket with their attempts in order; with `since` only attempts that are not over by then."""
    attempts = ChaseAttempt.objects.order_by("id")
    if since is not None:
        attempts = attempts.filter(
            Q(created_at__gte=since) | Q(sent_at__gte=since) | Q(state__in=[AttemptState.PLANNED, AttemptState.SENDING])
        )
    return (
        Chase.objects.filter(case__ticket_id=ticket_id)
        .order_by("id")
        .prefetch_related(Prefetch("attempts", queryset=attempts))
    )


def hold_of_case(case: MigrationCase) -> Hold:
    """Return which of a case's numbers may be switched off now and which only when a long blocker has gone."""
    codes = [*LONG_BLOCKERS, RequirementCode.TWO_STEP_DISABLED]
    rows = Requirement.objects.filter(case=case, code__in=codes).exclude(number__state__in=MOVED)
    return hold_now(case, [requirement_facts(row) for row in rows])


def hold_now(case: MigrationCase, rows: Iterable[RequirementFacts]) -> Hold:
    """Return what waits as these requirements stand, and as long as no call is running with the numbers."""
    facts = list(rows)
    hold = hold_of(facts)
    return hold_of(facts, in_call=_called_now(case)) if hold.held else hold


def waits_in_call(chase: Chase) -> bool:
    """Tell whether a call waits for what a chase asks: two-step verification, while a call with the case's numbers is running."""
    return chase.requirement_code == RequirementCode.TWO_STEP_DISABLED and bool(_called_now(chase.case))


def _called_now(case: MigrationCase) -> set[int]:
    """Return the numbers of a call that is running, those too that have left it only because of two-step verification."""
    lines = PinCallNumber.objects.filter(number__case=case, pin_call__state=PinCallState.STARTED)
    return set(lines.exclude(left_because=LeftBecause.NOT_READY).values_list("number_id", flat=True))
