"""Timed work of the help desk core."""

from typing import Any

import structlog
from celery import shared_task

from config.core import clock
from tickets.selectors import service_levels
from tickets.services import feed, files, idempotency, organizations
from tickets.services.service_levels import advance_clocks

_log = structlog.get_logger("portero.sweeps")
BATCH = 500
"""Most rows of a kind that one sweep takes; the next tick takes the rest."""


@shared_task(name="tickets.note_key_use")
def note_key_use(*, key_id: int, **_: Any) -> None:
    """Remember that a key is in use."""
    organizations.note_key_use(key_id=key_id, now=clock.now())


@shared_task(name="tickets.forget_old_answers")
def forget_old_answers(**_: Any) -> None:
    """Delete stored answers older than a day."""
    idempotency.forget_old_answers(now=clock.now())


@shared_task(name="tickets.sweep_clocks")
def sweep_clocks(**_: Any) -> None:
    """Write targets that are missed or near, and let clocks follow a changed policy or calendar."""
    now = clock.now()
    missed = service_levels.missed(now=now, limit=BATCH)
    near = service_levels.near(now=now, limit=BATCH)
    outdated = service_levels.outdated(limit=BATCH)
    for ticket_id in dict.fromkeys([*missed, *near, *outdated]):
        try:
            advance_clocks(ticket_id=ticket_id, now=now)
        except Exception as error:  # noqa: BLE001  (whatever it is, the clocks of other tickets are due too)
            kind = type(error).__name__
            _log.error("a row of a sweep failed", kind="clock", id=ticket_id, error_type=kind, exc_info=error)


@shared_task(name="tickets.forget_stray_files")
def forget_stray_files(**_: Any) -> None:
    """Remove files that a dying process left without a ticket."""
    files.forget_stray_files(now=clock.now())


@shared_task(name="tickets.forget_old_events")
def forget_old_events(**_: Any) -> None:
    """Take events out of the change feed whose time is over."""
    feed.forget_old_events(now=clock.now())
