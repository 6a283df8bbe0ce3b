"""The Celery application and the beat table. A message is a nudge: what is due stands in the database.

Two beats do no harm: a sweep only reads what is due, and every row is claimed before it is worked on.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun
from django.conf import settings
from django.db import close_old_connections

from config.core import spool

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
spool.take_over()

app = Celery("portero")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _use_django_logging(**_: Any) -> None:
    """Keep Celery from replacing the logging that Django has set up."""


# A worker keeps its connection from task to task, as long as a web process keeps one from request to request: to open one
# costs PostgreSQL as much as a short task's queries. One that is too old, failed or went away is closed.
task_prerun.connect(close_old_connections)
task_postrun.connect(close_old_connections)


@app.on_after_finalize.connect
def _beat_table(sender: Celery, **_: Any) -> None:
    """Tick the sweeps; a tick that finds no worker in time is dropped, the next one finds the same rows."""
    tick = float(settings.TICK_SECONDS)
    for name in (
        "migrations.sweep_outreach",
        "migrations.sweep_lost",
        "migrations.sweep_proofs",
        "migrations.sweep_proposals",
        "migrations.sweep_aftercare",
        "migrations.sweep_clock",
        "migrations.sweep_holders",
        "migrations.sweep_abandoned",
        "migrations.sweep_inbound",
        "migrations.fetch_folder",
        "tickets.sweep_clocks",
    ):
        sender.add_periodic_task(tick, sender.signature(name), name=name, expires=tick * 2)
    for name in ("forget_old_answers", "forget_old_events", "forget_stray_files"):
        sender.add_periodic_task(3600.0, sender.signature(f"tickets.{name}"), name=name, expires=1800)
    sender.add_periodic_task(60.0, sender.signature("migrations.fetch_mailbox"), name="fetch_mailbox", expires=60)
    name = "migrations.refresh_insight"
    sender.add_periodic_task(3600.0, sender.signature(name), name=name, expires=1800)
