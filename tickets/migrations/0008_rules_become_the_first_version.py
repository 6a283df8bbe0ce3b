"""The rules that are there become version 1, live; a desk without rules gets its first version from `load_desk`."""

from typing import Any

from django.db import migrations

from config.core import clock


def make_first_version(apps: Any, _schema_editor: Any) -> None:
    """Put every rule into one live version, and name organizations by their id, which outlives a change of name."""
    rules = apps.get_model("tickets", "RoutingRule").objects
    if not rules.exists():
        return
    now = clock.now()
    version = apps.get_model("tickets", "RoutingVersion").objects.create(
        number=1,
        state="live",
        made_by="Portero",
        published_by="Portero",
        published_at=now,
        created_at=now,
        updated_at=now,
    )
    apps.get_model("tickets", "RoutingChange").objects.create(
        version_number=1,
        deed="published",
        data={},
        actor_kind="system",
        actor_label="Portero",
        occurred_at=now,
    )
    ids = {name: str(pk) for pk, name in apps.get_model("tickets", "Organization").objects.values_list("pk", "name")}
    folded = {name.casefold(): pk for name, pk in ids.items()}
    for rule in rules.all():
        rule.version = version
        if isinstance(rule.conditions.get("organization"), list):
            # A name that nobody has matches nobody, as before.
            wanted = rule.conditions["organization"]
            rule.conditions["organization"] = [folded.get(name.casefold(), name) for name in wanted]
        rule.save(update_fields=["version", "conditions"])


class Migration(migrations.Migration):
    dependencies = [("tickets", "0007_routing_versions_and_assignment")]
    operations = [migrations.RunPython(make_first_version, migrations.RunPython.noop)]
