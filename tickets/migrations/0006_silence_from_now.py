"""Silence counts from now on for every ticket that is there already."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.core import clock


def count_from_now(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    Ticket: Any = apps.get_model("tickets", "Ticket")
    Ticket.objects.filter(client_seen_at=None).update(client_seen_at=clock.now())


class Migration(migrations.Migration):
    dependencies = [("tickets", "0005_silence")]

    operations = [migrations.RunPython(count_from_now, migrations.RunPython.noop)]
