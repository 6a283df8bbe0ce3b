"""The suite's own way back: what a test with real transactions did to the tables is undone, the desk stays."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from tests.factories.databases import template
from tests.factories.desk import Desk
from tests.factories.pristine import back_to_pristine
from tests.factories.walks import Path, Walker
from tickets.models import RoutingRule


def held() -> dict[str, list[tuple[Any, ...]]]:
    models = apps.get_models(include_auto_created=True)
    return {model._meta.label: sorted(model._base_manager.values_list(), key=str) for model in models}


@pytest.mark.django_db(transaction=True)
def test_rows_added_changed_and_deleted_are_put_right(desk: Desk, request: pytest.FixtureRequest) -> None:
    before = held()
    walk: Walker = request.getfixturevalue("walk")
    walk(Path.READY)
    desk.latam.name = "Another"
    desk.latam.save()
    RoutingRule.objects.all().delete()
    assert held() != before

    back_to_pristine(connection, template("desk"))

    assert held() == before
