"""Timed work of the help desk core."""

from typing import Any

import structlog
from celery import shared_task
from django.conf import settings

from config.core import clock
from config.core.actor import SYSTEM
from tickets.selectors import service_levels, webhooks
from tickets.services import feed, files, idempotency, organizations, share_links, webhook_keeping, webhook_sending
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


@shared_task(name="tickets.sweep_webhooks")
def sweep_webhooks(**_: Any) -> None:
    """Plan deliveries again whose process died, and hand out every endpoint that is to be told something."""
    now = clock.now()
    gone = now - webhook_sending.lease()
    for delivery_id in webhooks.lost_deliveries(claimed_before=gone, limit=BATCH):
        try:
            webhook_sending.give_back_lost(delivery_id, by=SYSTEM, now=now)
        except Exception as error:  # noqa: BLE001  (whatever it is, the others are due too)
            kind = type(error).__name__
            _log.error("a row of a sweep failed", kind="webhook", id=delivery_id, error_type=kind, exc_info=error)
    for endpoint_id in webhooks.due_endpoints(now=now, limit=BATCH):
        _nudge(endpoint_id)


@shared_task(name="tickets.send_webhook")
def send_webhook(*, endpoint_id: int, **_: Any) -> None:
    """Make one try of an endpoint. What follows goes to the end of the queue, so that endpoints take turns."""
    if webhook_sending.send_next(endpoint_id=endpoint_id, by=SYSTEM, now=clock.now()):
        _nudge(endpoint_id)


def _nudge(endpoint_id: int) -> None:
    """Have an endpoint's turn taken. A nudge that finds no worker for two ticks is dropped: the next sweep sends another."""
    send_webhook.apply_async(kwargs={"endpoint_id": endpoint_id}, expires=settings.TICK_SECONDS * 2)


@shared_task(name="tickets.forget_old_webhooks")
def forget_old_webhooks(**_: Any) -> None:
    """Delete what is not kept of webhooks."""
    webhook_keeping.forget_old_webhooks(now=clock.now())


@shared_task(name="tickets.forget_old_links")
def forget_old_links(**_: Any) -> None:
    """Delete links to tickets' pages whose time was over long ago."""
    share_links.forget_old_links(now=clock.now())
