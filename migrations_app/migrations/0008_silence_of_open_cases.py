"""Chases are in their first round; the silence of those who are waited for is looked at when its whole time is over."""

from datetime import timedelta
from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

from config.core import clock

WAITING = ("triage", "requirements", "ready")
ENDED = ("resolved", "closed", "cancelled", "rejected")


def begin(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    Chase: Any = apps.get_model("migrations_app", "Chase")
    Case: Any = apps.get_model("migrations_app", "MigrationCase")
    now = clock.now()
    Chase.objects.filter(round_started_at=None).update(round_started_at=F("created_at"))
    # From now on, so that nobody is warned the minute after the update.
    Chase.objects.filter(state="exhausted", ended_at=None).update(ended_at=now)
    waiting = Case.objects.filter(silence_due_at=None, stage__in=WAITING, ticket__on_hold=False)
    waiting.filter(ticket__status="draft").update(silence_due_at=now + timedelta(days=settings.DRAFT_DAYS))
    rest = waiting.exclude(ticket__status__in=ENDED)
    rest.filter(chases__state="exhausted").update(silence_due_at=now + timedelta(days=settings.SECOND_LADDER_DAYS))
    rest.update(silence_due_at=now + timedelta(days=settings.ABANDONED_DAYS))


class Migration(migrations.Migration):
    dependencies = [("migrations_app", "0007_disputes_and_silence"), ("tickets", "0005_silence")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
