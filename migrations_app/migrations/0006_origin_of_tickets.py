"""Tickets learn whom their numbers leave, so that lists are narrowed without reading the cases."""

from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce


def tell_tickets(apps: Any, _schema_editor: Any) -> None:
    """Write the slug of the BSP onto every ticket whose case knows it."""
    cases = apps.get_model("migrations_app", "MigrationCase").objects.filter(ticket_id=OuterRef("pk"))
    slug = Subquery(cases.values("current_bsp__slug")[:1])
    apps.get_model("tickets", "Ticket").objects.update(origin=Coalesce(slug, Value("")))


class Migration(migrations.Migration):
    dependencies = [
        ("migrations_app", "0005_evidence_rounds"),
        ("tickets", "0004_lists_by_one_word"),
    ]

    operations = [migrations.RunPython(tell_tickets, migrations.RunPython.noop)]
