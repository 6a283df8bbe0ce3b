"""The beat table: what is nudged how often.

Two beats do no harm: a sweep only reads what is due, and every row is claimed before it is worked on.
"""

from typing import Any

from celery import Celery
from django.conf import settings


def beat_table(sender: Celery, **_: Any) -> None:
    """Tick the sweeps; a tick that finds no worker in time is dropped, the next one finds the same rows."""
    tick = float(settings.TICK_SECONDS)
    for name in (
        "migrations.sweep_outreach",
        "migrations.sweep_lost",
        "migrations.sweep_proofs",
        "migrations.sweep_proposals",
        "migrations.sweep_aftercare",
        "migrations.sweep_clock",
        "migrations.sweep_exports",
        "migrations.sweep_holders",
        "migrations.sweep_abandoned",
        "migrations.sweep_test_desk",
        "migrations.sweep_inbound",
        "migrations.fetch_folder",
        "migrations.sweep_webhook_notices",
        "tickets.sweep_clocks",
        "tickets.sweep_webhooks",
    ):
        sender.add_periodic_task(tick, sender.signature(name), name=name, expires=tick * 2)
    for name in (
        "tickets.forget_old_answers",
        "tickets.forget_old_events",
        "tickets.forget_old_links",
        "tickets.forget_old_webhooks",
        "tickets.forget_stray_files",
        "migrations.forget_old_exports",
        "migrations.forget_old_links",
        "migrations.refresh_insight",
    ):
        sender.add_periodic_task(3600.0, sender.signature(name), name=name, expires=1800)
    sender.add_periodic_task(60.0, sender.signature("migrations.fetch_mailbox"), name="fetch_mailbox", expires=60)
