"""Reading chases."""

from django.db.models import Prefetch, QuerySet

from migrations_app.models import Chase, ChaseAttempt


def chases_of(ticket_id: int) -> QuerySet[Chase]:
    """Return the chases of a ticket with their attempts (and each attempt's exchange) in order."""
    attempts = ChaseAttempt.objects.select_related("exchange").order_by("id")
    return (
        Chase.objects.filter(case__ticket_id=ticket_id)
        .order_by("id")
        .prefetch_related(Prefetch("attempts", queryset=attempts))
    )
