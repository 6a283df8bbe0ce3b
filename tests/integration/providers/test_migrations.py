"""Installations of the first release keep what their leads wrote when the directory becomes data."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import databases

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OLD, NEW = [("providers", "0001_initial")], [("providers", "0002_directory_as_data")]
pytestmark = pytest.mark.django_db(transaction=True)


def go_to(target: list[tuple[str, str]]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    return executor.loader.project_state(target).apps


@pytest.fixture
def old() -> Iterator[Any]:
    if not MigrationExecutor(connection).loader.graph.leaf_nodes("providers"):
        pytest.skip("the tables of this run were made without migrations")
    with databases.nothing():
        yield go_to(OLD).get_model("providers", "Bsp").objects


def test_own_words_and_numbers_of_a_lead_stay(old: Any) -> None:
    old.create(
        slug="bird",
        name="Bird",
        aliases=["MessageBird", "BIRD"],
        procedure_kind="documented",
        procedure="Ask Maria. 100 %",
        exit_conditions=["Bring cake."],
        notice_days=45,
        stated_turnaround="About a week",
        edited_fields=["notice_days", "procedure", "stated_turnaround"],
        created_at=NOW,
        updated_at=NOW,
    )
    old.create(slug="zoko", name="MessageBird", procedure="generic", created_at=NOW, updated_at=NOW)
    apps = go_to(NEW)
    bird, zoko = apps.get_model("providers", "Bsp").objects.order_by("slug")
    assert (bird.procedure, bird.edited_fields) == (["Ask Maria. 100 %"], ["exit_conditions", "procedure"])
    assert bird.exit_conditions == [
        {"code": "other", "text": "Bring cake."},
        {"code": "notice", "days": 45},
        {"code": "other", "text": "About a week"},
    ]
    assert (zoko.procedure, zoko.exit_conditions, zoko.direction) == ([], [], "none")
    names = apps.get_model("providers", "BspName").objects.order_by("key").values_list("key", "bsp__slug")
    assert list(names) == [("bird", "bird"), ("messagebird", "bird"), ("zoko", "zoko")]
