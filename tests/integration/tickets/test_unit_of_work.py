"""The unit of work on real rows: locks, compare-and-swap, events written last, nothing left after a failure."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.actor import OPERATOR, SYSTEM
from config.core.errors import NotFound
from config.core.uow import IllegalTransition, LostRace, PendingEvent, UnitOfWork, unit_of_work
from tests.factories.desk import Key
from tests.factories.walks import Path, Walker
from tickets.enums import TicketStatus
from tickets.models import Event, Organization, Ticket
from tickets.rules.lifecycle import TICKET


def emit(organization: Organization, name: str) -> PendingEvent:
    return PendingEvent(organization_id=organization.pk, type=name, data={})


def test_a_lock_raises_the_revision_once_per_unit(walk: Walker) -> None:
    ticket = walk(Path.FILED).ticket
    with unit_of_work(by=SYSTEM, now=walk.now) as uow:
        uow.lock(Ticket, ticket.pk)
        uow.lock(Ticket, ticket.pk)
    with unit_of_work(by=SYSTEM, now=walk.now) as uow:
        uow.lock(Ticket, ticket.pk)
    assert Ticket.objects.get(pk=ticket.pk).revision == ticket.revision + 2


def test_rows_are_locked_by_ascending_id(walk: Walker) -> None:
    first, second = walk(Path.FILED).ticket, walk(Path.FILED, "+5511912345678").ticket
    with CaptureQueriesContext(connection) as captured, unit_of_work(by=SYSTEM, now=walk.now) as uow:
        uow.lock(Ticket, second.pk, first.pk, second.pk)
    updates = [query["sql"] for query in captured if query["sql"].startswith("UPDATE")]
    assert len(updates) == 2
    assert updates[0].rstrip().endswith(f'"id" = {first.pk}')
    assert updates[1].rstrip().endswith(f'"id" = {second.pk}')


def test_a_row_that_does_not_exist_cannot_be_locked(walk: Walker) -> None:
    with pytest.raises(NotFound), unit_of_work(by=SYSTEM, now=walk.now) as uow:
        uow.lock(Ticket, 0)


def test_what_is_left_for_the_end_is_done_once_in_order_and_before_the_events(client_key: Key, now: datetime) -> None:
    organization, done = client_key.organization, []

    def first(uow: UnitOfWork, ids: list[int]) -> None:
        done.append(("first", ids))
        uow.at_close(second, 9)

    def second(uow: UnitOfWork, ids: list[int]) -> None:
        done.append(("second", ids))
        uow.emit(emit(organization, "late"))

    with unit_of_work(by=SYSTEM, now=now) as uow:
        uow.at_close(first)  # keeps its place
        uow.at_close(second, 2)
        uow.at_close(first, 1, 3)
        uow.at_close(first, 3)
        assert done == []
    assert done == [("first", [1, 3]), ("second", [2, 9])]
    assert Event.objects.filter(type="late").count() == 1


def test_nothing_left_for_the_end_is_done_after_a_failure(client_key: Key, now: datetime) -> None:
    done: list[int] = []

    def fail() -> None:
        with unit_of_work(by=SYSTEM, now=now) as uow:
            uow.at_close(lambda _uow, ids: done.extend(ids), 1)
            uow.lock(Ticket, 0)

    with pytest.raises(NotFound):
        fail()
    assert done == []


def test_an_inner_unit_joins_the_outer_one(client_key: Key, now: datetime) -> None:
    organization = client_key.organization
    with unit_of_work(by=SYSTEM, now=now) as outer:
        with unit_of_work(by=OPERATOR, now=now + timedelta(days=1)) as inner:
            assert inner is outer
            inner.emit(emit(organization, "b"))
        assert not Event.objects.exists()
        outer.emit(emit(organization, "c"))
    assert [(event.type, event.occurred_at, event.actor_label) for event in Event.objects.order_by("sequence")] == [
        ("b", now, "Portero"),
        ("c", now, "Portero"),
    ]


def test_a_unit_after_a_failed_one_is_a_new_one(client_key: Key, now: datetime) -> None:
    def fail() -> None:
        with unit_of_work(by=SYSTEM, now=now) as uow:
            uow.emit(emit(client_key.organization, "never"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with unit_of_work(by=SYSTEM, now=now) as fresh:
        assert fresh.events == []
        fresh.emit(emit(client_key.organization, "first"))
    event = Event.objects.get()
    assert (event.type, event.sequence) == ("first", 1)


def test_events_are_the_last_statements_and_numbered_per_organization(
    client_key: Key, stranger: Key, now: datetime
) -> None:
    ours, theirs = client_key.organization, stranger.organization
    with CaptureQueriesContext(connection) as captured, unit_of_work(by=SYSTEM, now=now) as uow:
        for name in ("a", "b"):
            uow.emit(emit(ours, name))
        uow.emit(emit(theirs, "x"))
        Organization.objects.filter(pk=ours.pk).update(name="Renamed")
    statements = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert '"name"' in statements[0]
    assert all("event" in statement or "webhookendpoint" in statement for statement in statements[1:])
    with unit_of_work(by=SYSTEM, now=now) as uow:
        uow.emit(emit(ours, "c"))
    rows = Event.objects.order_by("organization_id", "sequence").values_list("organization_id", "sequence", "type")
    assert set(rows) == {(ours.pk, 1, "a"), (ours.pk, 2, "b"), (ours.pk, 3, "c"), (theirs.pk, 1, "x")}


def test_a_move_that_the_table_does_not_know_is_refused_with_what_it_knows(walk: Walker) -> None:
    ticket = walk(Path.REJECTED).ticket
    with pytest.raises(IllegalTransition) as refusal, unit_of_work(by=SYSTEM, now=walk.now) as uow:
        uow.move(ticket, "status", table=TICKET, to=TicketStatus.OPEN)
    assert refusal.value.extra == {"allowed": []}
    assert Ticket.objects.get(pk=ticket.pk).status == "rejected"


def test_who_read_an_older_status_loses_the_race(walk: Walker) -> None:
    walked = walk(Path.READY)
    stale = Ticket.objects.get(pk=walked.ticket.pk)
    walked.cancel()
    with pytest.raises(LostRace), unit_of_work(by=SYSTEM, now=walk.now) as uow:
        uow.move(stale, "status", table=TICKET, to=TicketStatus.SCHEDULED)
    assert walked.fresh().status == "cancelled"


def test_a_move_takes_other_columns_along_and_returns_the_old_status(walk: Walker) -> None:
    ticket = walk(Path.READY).ticket
    later = walk.now + timedelta(hours=3)
    with unit_of_work(by=SYSTEM, now=later) as uow:
        assert (
            uow.move(ticket, "status", table=TICKET, to=TicketStatus.OPEN, status_since=later) == TicketStatus.WAITING
        )
    fresh = Ticket.objects.get(pk=ticket.pk)
    assert (
        (fresh.status, fresh.status_since, fresh.updated_at)
        == ("open", later, later)
        == (
            ticket.status,
            ticket.status_since,
            ticket.updated_at,
        )
    )


@pytest.mark.django_db(transaction=True)
def test_on_sqlite_a_writer_takes_its_turn_at_the_beginning(client_key: Key, now: datetime) -> None:
    with CaptureQueriesContext(connection) as captured, unit_of_work(by=SYSTEM, now=now):
        Organization.objects.count()
    Organization.objects.count()
    begins = [query["sql"] for query in captured if query["sql"].startswith("BEGIN")]
    assert begins == (["BEGIN IMMEDIATE"] if connection.vendor == "sqlite" else ["BEGIN"])
    if connection.vendor == "sqlite":
        assert connection.transaction_mode is None  # type: ignore[attr-defined]
