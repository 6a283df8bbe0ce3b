"""Reading the rules for calls: a queue's own, else the desk's."""

from dataclasses import fields
from typing import Any

from django.conf import settings

from migrations_app.models import CallPolicy
from migrations_app.rules.call_policy import Policy


def desk_policy() -> Policy:
    """Return the rules of a queue that has none of its own."""
    return Policy(
        buffer_before_minutes=settings.CALL_BUFFER_BEFORE_MINUTES,
        buffer_after_minutes=settings.CALL_BUFFER_MINUTES,
        min_notice_minutes=settings.CALL_MIN_NOTICE_MINUTES,
        horizon_days=settings.CALL_HORIZON_DAYS,
        daily_capacity=settings.CALL_DAILY_CAPACITY or None,
        assignment=settings.CALL_ASSIGNMENT,
        keep_assignee=settings.CALL_KEEP_ASSIGNEE,
        cut_off_minutes=settings.CALL_CUT_OFF_MINUTES,
        book_without_answer=settings.CALL_BOOK_WITHOUT_ANSWER,
        within_calendar=settings.CALL_WITHIN_CALENDAR,
    )


def policy_of(queue_id: int | None) -> Policy:
    """Return the rules for the calls of a queue, in one query; the desk's without a queue."""
    desk = desk_policy()
    row = CallPolicy.objects.filter(queue_id=queue_id).first() if queue_id is not None else None
    if row is None:
        return desk
    own: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(Policy)}
    return Policy(**{name: getattr(desk, name) if value in {None, ""} else value for name, value in own.items()})
