"""What keeps lists quick: a column to filter by, an index for every filter, a count that stops, a search by trigrams."""

import pytest
from django.db import connection

from config.core.admin.base import ShortCount
from migrations_app.selectors.cases import tickets_leaving
from migrations_app.services import editing
from migrations_app.services.recognising import Recognition, recognise_bsp
from tests.factories.walks import Path, Walker
from tickets.models import Ticket
from tickets.selectors.api import tickets_of
from tickets.selectors.desk import matching

FILTERS = ("status", "stage", "waiting_on", "kind", "queue", "origin")


def test_a_ticket_knows_whose_numbers_it_moves_through_every_change(walk: Walker) -> None:
    """Filed, edited, recognised: the column that lists are narrowed by says what the case says."""
    walked = walk(Path.TRIAGE, current_bsp="Nobody Knows")
    assert walked.fresh().origin == ""
    found = Recognition("bird")
    recognise_bsp(ticket_id=walked.ticket.pk, found=found, by=walked.desk, now=walked.now)
    assert (walked.fresh().origin, walked.ticket.tags) == ("bird", ["bsp:bird"])
    for name, origin in (("infobip", "infobip"), ("Nobody Else", "")):
        edit = editing.Edit({"current_bsp": name}, version=None)
        editing.edit_ticket(ticket_id=walked.ticket.pk, edit=edit, by=walked.by, now=walked.now)
        assert walked.fresh().origin == origin
        assert (walked.case.current_bsp.slug if walked.case.current_bsp else "") == origin
    walk(Path.FILED, "+5511955556666", current_bsp="twilio")
    leaving = tickets_leaving(Ticket.objects.all(), ["twilio", "bird"])
    assert [ticket.origin for ticket in leaving] == ["twilio"]


@pytest.mark.parametrize("column", FILTERS)
def test_every_filter_of_the_list_has_an_index_in_the_lists_order(column: str) -> None:
    wanted = ["organization", "test", column, "updated_at", "id"]
    assert wanted in [index.fields for index in Ticket._meta.indexes]


@pytest.mark.parametrize(
    ("narrowed", "index"),
    [
        ({}, "ticket_list_updated (organization_id=? AND test=?)"),
        ({"status__in": ["rejected"]}, "ticket_list_status (organization_id=? AND test=? AND status=?)"),
        ({"origin__in": ["bird"]}, "ticket_list_origin (organization_id=? AND test=? AND origin=?)"),
    ],
)
@pytest.mark.django_db
def test_sqlite_reads_a_page_off_an_index_in_the_lists_order(narrowed: dict[str, list[str]], index: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("reads SQLite's plan; with so few rows PostgreSQL needs no index")
    plan = tickets_of(1, test=False).filter(**narrowed).order_by("-updated_at", "-id")[:51].explain()
    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_a_long_list_is_counted_up_to_a_limit(walk: Walker, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        walk(Path.FILED, f"+551195555666{n}")
    assert ShortCount(Ticket.objects.order_by("id"), 2).count == 4
    monkeypatch.setattr(ShortCount, "limit", 3)
    pages = ShortCount(Ticket.objects.order_by("-updated_at"), 2)
    assert (pages.count, pages.num_pages) == (3, 2)
    assert ShortCount([1, 2], 2).count == 2


def test_a_reference_is_found_in_part_and_in_any_case(walk: Walker) -> None:
    walked = walk(Path.FILED)
    for text in (walked.ticket.reference, walked.ticket.reference[4:9].lower(), f"sol {walked.ticket.reference}"):
        assert list(matching(Ticket.objects.all(), text)) == [walked.ticket]
    edit = editing.Edit({"client_reference": "SOL-2"}, version=None)
    editing.edit_ticket(ticket_id=walked.ticket.pk, edit=edit, by=walked.by, now=walked.now)
    assert list(matching(Ticket.objects.all(), f"{walked.ticket.reference} sol-2")) == [walked.ticket]


@pytest.mark.postgres
def test_postgresql_searches_by_trigrams(walk: Walker) -> None:
    walk(Path.FILED)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = matching(Ticket.objects.all(), "padaria").explain()
    assert "ticket_search" in plan
