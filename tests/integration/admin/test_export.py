"""The list as a table: what the person may see, filtered as on the screen, harmless to open."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from migrations_app.admin import ticket_export
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, told


def rows(person: Person, **query: Any) -> list[dict[str, str]]:
    answer = person.get("tickets_ticket_export", "csv", **query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_a_row_tells_a_ticket(agent_at_desk: Person, walk: Walker) -> None:
    walked = walk(Path.SCHEDULED, "+5511987654321", "+5511976543210", client_reference="SOL-1", group_reference="G-1")
    (row,) = rows(agent_at_desk)
    assert row["reference"] == walked.ticket.reference
    assert (row["client_name"], row["client_reference"], row["group_reference"]) == ("Padaria Sol", "SOL-1", "G-1")
    assert (row["status"], row["stage"], row["waiting_on"], row["queue"]) == (
        "scheduled",
        "scheduled",
        "client",
        "latam",
    )
    assert (row["numbers"], row["numbers_live"]) == ("+5511987654321; +5511976543210", "0")
    assert (row["current_bsp"], row["created_at"]) == ("Infobip", "2026-03-02T15:00:00Z")


def test_xlsx_has_the_same_rows(agent_at_desk: Person, walk: Walker) -> None:
    walked = walk(Path.FILED)
    answer = agent_at_desk.get("tickets_ticket_export", "xlsx")
    assert 'filename="tickets-2026-03-02.xlsx"' in answer.headers["Content-Disposition"]
    header, row = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True)
    assert dict(zip(header, row, strict=True))["reference"] == walked.ticket.reference


def test_wish_15_everybody_exports_what_they_may_see_and_nothing_else(
    agent_at_desk: Person, other_agent: Person, lead_at_desk: Person, client_person: Person, stranger_person: Person,
    walk: Walker,
) -> None:  # fmt: skip
    walk(Path.FILED)
    counts = [len(rows(each)) for each in (agent_at_desk, lead_at_desk, client_person, other_agent, stranger_person)]
    assert counts == [1, 1, 1, 0, 0]


def test_a_client_is_not_told_who_works_on_it(client_person: Person, walk: Walker) -> None:
    walk(Path.FILED)
    (row,) = rows(client_person)
    assert not {"assignee", "priority", "tags"} & row.keys()


def test_filters_and_search_of_the_list_hold(agent_at_desk: Person, walk: Walker) -> None:
    filed, scheduled = walk(Path.FILED, "+551133334444"), walk(Path.SCHEDULED)
    assert [row["reference"] for row in rows(agent_at_desk, status="scheduled")] == [scheduled.ticket.reference]
    assert [row["reference"] for row in rows(agent_at_desk, q="3333-4444")] == [filed.ticket.reference]


def test_nothing_is_a_formula(agent_at_desk: Person, walk: Walker) -> None:
    walk(Path.FILED, client={"name": '=HYPERLINK("http://x")'}, client_reference="@cmd")
    (row,) = rows(agent_at_desk)
    assert (row["client_name"], row["client_reference"]) == ('\'=HYPERLINK("http://x")', "'@cmd")
    book = openpyxl.load_workbook(io.BytesIO(agent_at_desk.get("tickets_ticket_export", "xlsx").content))
    assert "f" not in {cell.data_type for line in book.worksheets[0].iter_rows() for cell in line}


def test_the_number_of_queries_does_not_grow(agent_at_desk: Person, walk: Walker) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            rows(agent_at_desk)
        return len(captured)

    walk(Path.SCHEDULED)
    queries()
    few = queries()
    for place in range(5):
        walk(Path.FILED, f"+55119876540{place}0", f"+55119876540{place}1")
    assert queries() == few


def test_more_than_the_most_is_refused_with_advice(
    agent_at_desk: Person, walk: Walker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk(Path.FILED)
    monkeypatch.setattr(ticket_export, "MOST_ROWS", 0)
    answer = agent_at_desk.get("tickets_ticket_export", "csv")
    assert answer.status_code == 302
    assert "narrow the list" in told(answer)


def test_what_is_no_format_or_no_filter(agent_at_desk: Person, client_person: Person, settings: Settings) -> None:
    assert agent_at_desk.get("tickets_ticket_export", "pdf").status_code == 404
    assert agent_at_desk.get("tickets_ticket_export", "csv", shoe="42").status_code in {302, 400}
    assert agent_at_desk.post("tickets_ticket_export", "csv").status_code == 405
    client_person.user.groups.clear()
    assert client_person.get("tickets_ticket_export", "csv").status_code == 403
