"""The Celery application. A message is a nudge: what is due stands in the database."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun
from django.db import close_old_connections

from config.core import spool
from config.schedule import beat_table

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


app.on_after_finalize.connect(beat_table)
