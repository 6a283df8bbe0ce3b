"""Tables: what must never be false is held by the database, whatever code runs."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.models import CheckConstraint, UniqueConstraint

from migrations_app.models import CallCell, MigrationCase, NumberMove, PinCall, Playbook, Requirement
from tests.factories.desk import Desk
from tests.factories.forms import OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tickets.models import Event, Queue, RoutingVersion, Ticket

OURS = [
    model for label in ("tickets", "providers", "migrations_app") for model in apps.get_app_config(label).get_models()
]
STATUS_COLUMNS = [
    (model, field.name)
    for model in OURS
    for field in model._meta.get_fields()
    if isinstance(field, models.CharField) and field.name in {"status", "stage", "state"} and field.choices
]


def refuses(change: Callable[[], Any]) -> bool:
    try:
        with transaction.atomic():
            change()
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(("model", "column"), STATUS_COLUMNS, ids=lambda value: getattr(value, "__name__", value))
def test_every_status_column_is_held_in_its_list(model: type[models.Model], column: str) -> None:
    held = [
        c for c in model._meta.constraints if isinstance(c, CheckConstraint) and f"{column}__in" in str(c.condition)
    ]
    assert held, f"{model.__name__}.{column} can hold any word"
    field = model._meta.get_field(column)
    assert isinstance(field, models.CharField)
    listed = {str(word.value if isinstance(word, Enum) else word) for word, _label in field.flatchoices}
    assert all(f"'{word}'" in str(held[0].condition) for word in listed)


def test_the_database_refuses_an_unknown_word_wherever_a_status_stands(walk: Walker, meta: Meta) -> None:
    walk(Path.RESOLVED)
    tried = 0
    for model, column in STATUS_COLUMNS:
        row = model._default_manager.first()
        if row is not None:
            rows = model._default_manager.filter(pk=row.pk)
            assert refuses(lambda rows=rows, column=column: rows.update(**{column: "nonsense"})), model  # type: ignore[misc]
            tried += 1
    assert tried >= 8


def test_names_of_constraints_and_indexes_are_unique_and_short_enough() -> None:
    names = [c.name for model in OURS for c in model._meta.constraints]
    names += [index.name for model in OURS for index in model._meta.indexes]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 63 for name in names)


@pytest.fixture
def walked(walk: Walker) -> Walk:
    return walk(Path.SCHEDULED)


def test_a_line_has_one_open_move(walk: Walker, walked: Walk) -> None:
    other = walk(Path.FILED, OTHER_NUMBER)
    key = walked.number().match_key
    rows = NumberMove.objects.filter(pk=other.number().pk)
    assert refuses(lambda: rows.update(match_key=key))
    rows.update(holding=False)
    assert not refuses(lambda: rows.update(match_key=key))


def test_a_number_stands_once_in_a_case(walk: Walker) -> None:
    walked = walk(Path.FILED, "+5511987654321", OTHER_NUMBER)
    rows = NumberMove.objects.filter(pk=walked.number(2).pk)
    assert refuses(lambda: rows.update(match_key=walked.number(1).match_key, holding=False))


def test_live_and_its_time_and_its_bill_stand_together(walked: Walk) -> None:
    rows = NumberMove.objects.filter(pk=walked.number().pk)
    now = walked.now
    assert refuses(lambda: rows.update(state="live"))
    assert refuses(lambda: rows.update(live_at=now))
    assert refuses(lambda: rows.update(billing_from=now))
    assert not refuses(lambda: rows.update(state="live", live_at=now, billing_from=now))


def test_a_waived_requirement_says_who_and_why(walked: Walk) -> None:
    rows = Requirement.objects.filter(pk=walked.requirement("two_step_disabled").pk)
    assert refuses(lambda: rows.update(state="waived", decided_by="bea", reason=""))
    assert refuses(lambda: rows.update(state="waived", decided_by="", reason="because"))
    assert not refuses(lambda: rows.update(state="waived", decided_by="bea", reason="because"))


def test_a_requirement_stands_once_per_case_and_number(walked: Walk) -> None:
    for code in ("waba_id", "two_step_disabled"):
        row = walked.requirement(code)
        row.pk = None
        row._state.adding = True
        assert refuses(lambda row=row: row.save(force_insert=True))  # type: ignore[misc]


def test_a_call_ends_after_it_starts_and_a_hold_expires(walked: Walk) -> None:
    call = walked.current_call()
    rows = PinCall.objects.filter(pk=call.pk)
    assert refuses(lambda: rows.update(end=call.start))
    assert refuses(lambda: rows.update(state="held"))
    assert not refuses(lambda: rows.update(state="held", expires_at=walked.now))


def test_an_agents_quarter_of_an_hour_belongs_to_one_call(walked: Walk) -> None:
    cell = CallCell.objects.first()
    assert cell is not None
    assert refuses(lambda: CallCell.objects.create(agent=cell.agent, start=cell.start, pin_call=cell.pin_call))


def test_there_is_one_triage_queue_and_one_default_destination(desk: Desk, now: datetime) -> None:
    assert refuses(lambda: Queue.objects.create(slug="x", name="X", is_triage=True, created_at=now, updated_at=now))
    assert refuses(lambda: Playbook.objects.filter(slug="sinch").update(is_default=True))


def test_there_is_one_live_routing_version_and_its_times_fit_its_state(desk: Desk, now: datetime) -> None:
    live = RoutingVersion.objects.filter(state="live")
    stamps = {"made_by": "x", "created_at": now, "updated_at": now}
    draft = RoutingVersion.objects.create(number=2, **stamps)
    drafts = RoutingVersion.objects.filter(pk=draft.pk)
    assert refuses(lambda: RoutingVersion.objects.create(number=3, state="live", published_at=now, **stamps))
    assert refuses(lambda: RoutingVersion.objects.create(number=2, **stamps))
    assert refuses(lambda: drafts.update(published_at=now))
    assert refuses(lambda: live.update(published_at=None))
    assert refuses(lambda: live.update(state="retired"))
    assert refuses(lambda: live.update(retired_at=now))
    assert not refuses(lambda: live.update(state="retired", retired_at=now))
    assert not refuses(lambda: drafts.update(state="live", published_at=now))


def test_a_queue_shares_its_work_in_a_known_way(desk: Desk) -> None:
    assert refuses(lambda: Queue.objects.update(assignment="lottery"))


def test_a_place_in_the_feed_is_taken_once(walked: Walk) -> None:
    event = walked.events()[0]
    event.pk = None
    event._state.adding = True
    assert refuses(lambda: event.save(force_insert=True))


def test_a_reference_and_a_case_stand_once(walk: Walker, walked: Walk) -> None:
    other = walk(Path.FILED, OTHER_NUMBER)
    assert refuses(lambda: Ticket.objects.filter(pk=other.ticket.pk).update(reference=walked.ticket.reference))
    assert refuses(lambda: MigrationCase.objects.filter(ticket=other.ticket).update(ticket=walked.ticket))


def test_the_record_of_events_has_no_foreign_keys() -> None:
    assert not [field for field in Event._meta.get_fields() if isinstance(field, models.ForeignKey)]


def test_every_partial_index_of_a_sweep_is_in_the_database(db: None) -> None:
    with connection.cursor() as cursor:
        for model in OURS:
            present = connection.introspection.get_constraints(cursor, model._meta.db_table)
            wanted = {index.name for index in model._meta.indexes}
            wanted |= {c.name for c in model._meta.constraints if isinstance(c, UniqueConstraint)}
            assert wanted <= set(present), model
