"""Beat by itself: `python -m config.beat SCHEDULE_FILE`. It needs the table and the broker, none of the apps: half the memory."""

import os
import sys
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

from config.core import spool
from config.schedule import beat_table

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
spool.take_over()

# Without Celery's part for Django, which loads every app.
app = Celery("portero", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.on_after_finalize.connect(beat_table)


@setup_logging.connect
def _use_our_logging(**_: Any) -> None:
    """Log as the other processes do."""
    dictConfig(settings.LOGGING)


if __name__ == "__main__":
    app.Beat(schedule=sys.argv[1], loglevel="WARNING", quiet=True).run()
