"""Reading chases."""

from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from migrations_app.enums import AttemptState, RequirementCode
from migrations_app.models import Chase, ChaseAttempt, MigrationCase, Requirement
from migrations_app.rules.lifecycle import MOVED
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
    return hold_of(requirement_facts(row) for row in rows)
