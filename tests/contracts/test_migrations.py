"""Database migrations: complete, named, and in one line per app."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

APPS = ("tickets", "providers", "migrations_app")


@pytest.mark.django_db
def test_no_change_of_a_model_lacks_its_migration() -> None:
    out = StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=out)
    assert "No changes detected" in out.getvalue()


@pytest.mark.parametrize("app", APPS)
def test_every_migration_says_what_it_is_for(app: str) -> None:
    names = [name for label, name in MigrationLoader(None).disk_migrations if label == app]
    assert names
    for name in names:
        assert re.fullmatch(r"\d{4}_[a-z][a-z0-9_]+", name)
        assert "auto_" not in name


@pytest.mark.parametrize("app", APPS)
def test_migrations_of_an_app_form_one_line(app: str) -> None:
    assert len(MigrationLoader(None).graph.leaf_nodes(app)) == 1
