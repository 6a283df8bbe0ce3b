"""Timed work of the help desk core."""

from typing import Any

from celery import shared_task

from config.core import clock
from tickets.services import idempotency, organizations


@shared_task(name="tickets.note_key_use")
def note_key_use(*, key_id: int, **_: Any) -> None:
    """Remember that a key is in use."""
    organizations.note_key_use(key_id=key_id, now=clock.now())


@shared_task(name="tickets.forget_old_answers")
def forget_old_answers(**_: Any) -> None:
    """Delete stored answers older than a day."""
    idempotency.forget_old_answers(now=clock.now())
