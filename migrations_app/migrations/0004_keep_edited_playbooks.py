"""Playbooks that a lead has changed before there was a data file stay as they are when it is loaded."""

from typing import Any

from django.db import migrations


def mark_edited(apps: Any, _schema_editor: Any) -> None:
    """A version above the first is a lead's edit: nothing else counted versions until now."""
    apps.get_model("migrations_app", "Playbook").objects.filter(version__gt=1).update(edited=True)


class Migration(migrations.Migration):
    dependencies = [("migrations_app", "0003_playbooks_as_data")]

    operations = [migrations.RunPython(mark_edited, migrations.RunPython.noop)]
