"""What is due: small reads over partial indexes, asked by the sweeps."""

from datetime import datetime

from migrations_app.enums import BY_PERSON, AttemptState, ChaseState, PinCallState
from migrations_app.models import Chase, ChaseAttempt, MigrationCase, Notice, PinCall


def due_messages(model: type[ChaseAttempt] | type[Notice], *, now: datetime, limit: int) -> list[int]:
    """Return the ids of planned messages whose time has come, longest due first."""
    rows = model._default_manager.filter(state=AttemptState.PLANNED, due_at__lte=now).order_by("due_at", "id")  # noqa: SLF001
    return list(rows.values_list("id", flat=True)[:limit])


def is_due(model: type[ChaseAttempt] | type[Notice], attempt_id: int, *, now: datetime) -> bool:
    """Tell whether a message still waits and its time has come, as far as can be seen without a lock."""
    return model._default_manager.filter(pk=attempt_id, state=AttemptState.PLANNED, due_at__lte=now).exists()  # noqa: SLF001


def lost_messages(model: type[ChaseAttempt] | type[Notice], *, claimed_before: datetime, limit: int) -> list[int]:
    """Return the ids of messages that were claimed so long ago that their worker must have died."""
    rows = model._default_manager.filter(state=AttemptState.SENDING, claimed_at__lte=claimed_before)  # noqa: SLF001
    # What a person of the desk has in hand is not in flight: it takes the time it takes.
    rows = rows.exclude(channel__in=BY_PERSON)
    return list(rows.order_by("claimed_at").values_list("id", flat=True)[:limit])


def ended_ladders(*, now: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (chase id, ticket id) of active chases whose time has come and which have no message left to send."""
    waiting = ChaseAttempt.objects.filter(state__in=[AttemptState.PLANNED, AttemptState.SENDING]).values("chase_id")
    rows = Chase.objects.filter(state=ChaseState.ACTIVE, next_at__lte=now).exclude(pk__in=waiting).order_by("next_at")
    return list(rows.values_list("id", "case__ticket_id")[:limit])


def silent_tickets(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of tickets whose client's silence is to be looked at, longest due first."""
    rows = MigrationCase.objects.filter(silence_due_at__lte=now).order_by("silence_due_at")
    return list(rows.values_list("ticket_id", flat=True)[:limit])


def expired_holds(*, now: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (call id, ticket id) of holds whose time is over."""
    rows = PinCall.objects.filter(state=PinCallState.HELD, expires_at__lte=now).order_by("expires_at")
    return list(rows.values_list("id", "ticket_id")[:limit])
