"""A ticket with a hundred numbers costs no more statements than one with a single number, and lines are taken in order."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from migrations_app.models import NumberMove
from migrations_app.services import intake
from migrations_app.services.editing import Edit, edit_ticket
from migrations_app.services.numbers import hold_lines
from tests.factories.walks import Path, Walk, Walker

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def lines(count: int, start: int = 0) -> list[str]:
    return [f"+551198765{place:04d}" for place in range(start, start + count)]


def statements(work: Callable[[], Any]) -> list[str]:
    """What goes to the database; SQLite takes an INSERT of many rows in several pieces, which count once."""
    with CaptureQueriesContext(connection) as captured:
        work()
    sent = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    return [key for key, _pieces in groupby(sql.split("(")[0] if sql.startswith("INSERT") else sql for sql in sent)]


def submit(walked: Walk) -> Callable[[], None]:
    return lambda: intake.submit_draft(ticket_id=walked.ticket.pk, by=walked.by, now=walked.now)


def edit(walked: Walk, **changes: Any) -> Callable[[], None]:
    made = Edit(changes=changes, version=None)
    return lambda: edit_ticket(ticket_id=walked.ticket.pk, edit=made, by=walked.by, now=walked.now)


def test_submitting_a_draft_costs_the_same_with_one_number_and_with_a_hundred(walk: Walker) -> None:
    one, hundred = walk(Path.DRAFT, *lines(1)), walk(Path.DRAFT, *lines(100, 1))
    assert len(statements(submit(hundred))) == len(statements(submit(one)))
    assert NumberMove.objects.filter(holding=True).count() == 101


def test_changing_every_number_costs_the_same_with_one_and_with_a_hundred(walk: Walker) -> None:
    one, hundred = walk(Path.FILED, *lines(1)), walk(Path.FILED, *lines(100, 1))
    few = statements(edit(one, client={"contact_name": "Rui", "contact_phone": "+551130002000"}))
    many = statements(edit(hundred, client={"contact_name": "Rui", "contact_phone": "+551130002000"}))
    assert len(many) == len(few)


def test_a_line_that_somebody_holds_leaves_no_line_taken(walk: Walker) -> None:
    walk(Path.FILED, *lines(1, 5))
    draft = walk(Path.DRAFT, *lines(10))
    with pytest.raises(IntegrityError), transaction.atomic():
        hold_lines(draft.ticket, draft.numbers())
    assert NumberMove.objects.filter(holding=True).count() == 1


def test_taking_lines_changes_nothing_else_of_a_number(walk: Walker) -> None:
    draft = walk(Path.DRAFT, *lines(2))
    before = {row["id"]: row for row in NumberMove.objects.values()}
    hold_lines(draft.ticket, draft.numbers())
    assert {row["id"]: row | {"holding": False} for row in NumberMove.objects.values()} == before


@pytest.mark.postgres
@pytest.mark.slow
def test_drafts_with_the_same_numbers_in_opposite_order_never_wait_for_each_other_in_a_ring(
    walk: Walker, at_once: AtOnce
) -> None:
    """A single UPDATE of all rows meets them in the order in which they were written, and deadlocks here."""
    for turn in range(5):
        numbers = lines(60, 100 * turn)
        drafts = [walk(Path.DRAFT, "+34600111222") for _place in range(6)]
        for place, draft in enumerate(drafts):
            edit(draft, phone_numbers=numbers[::-1] if place % 2 else numbers)()
        results = at_once([submit(draft) for draft in drafts])
        assert [type(result) for result in results].count(type(None)) == 1
        assert {type(result) for result in results} == {type(None), intake.NumberAlreadyOpen}
