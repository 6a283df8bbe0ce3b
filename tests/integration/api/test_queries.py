"""What a request costs, that it does not grow with what is there, and that reading writes nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.models import MigrationCase, NumberMove, Requirement
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Caller
from tests.integration.api.test_tenancy import DIRECTORIES, FOR_ANY_KEY, OF_A_TICKET, PUBLIC
from tickets.models import Ticket

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP", "SELECT FOR UPDATE")


def statements(api: Caller, path: str, **headers: str) -> tuple[int, list[str]]:
    api.get("me")  # the key's use is noted once in a while, by a worker
    with CaptureQueriesContext(connection) as captured:
        answer = api.get(path, **headers)
    sql = [
        query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "PRAGMA"))
    ]
    return answer.status, sql


def test_a_poll_that_finds_nothing_new_costs_one_query(api: Caller, walk: Walker) -> None:
    poll = f"tickets/{walk(Path.SCHEDULED).ticket.reference}/status"
    status, sql = statements(api, poll, If_None_Match=api.get(poll).etag)
    assert (status, len(sql)) == (304, 1), sql


@pytest.mark.parametrize("tail", ["", "/status"])
def test_a_ticket_costs_six_queries_however_many_numbers_it_has(api: Caller, walk: Walker, tail: str) -> None:
    small = f"tickets/{walk(Path.SCHEDULED).ticket.reference}{tail}"
    numbers = [f"+34600111{place:03d}" for place in range(30)]
    large = f"tickets/{walk(Path.FILED, *numbers, client={'country': 'BR'}).ticket.reference}{tail}"
    for path in (small, large):
        status, sql = statements(api, path)
        assert status == 200
        assert len(sql) <= 6, sql


def copies(ticket: Ticket, count: int) -> None:
    """More tickets like this one, made without the work of filing."""
    case = MigrationCase.objects.get(ticket=ticket)
    numbers = list(NumberMove.objects.filter(case=case))
    for place in range(count):
        row = Ticket.objects.get(pk=ticket.pk)
        row.pk, row.reference, row.updated_at = (
            None,
            f"MIG-COPY{place:04d}",
            ticket.updated_at - timedelta(minutes=place),
        )
        row.save()
        own = MigrationCase.objects.get(pk=case.pk)
        own.pk, own.ticket = None, row
        own.save()
        for number in numbers:
            fresh = NumberMove.objects.get(pk=number.pk)
            fresh.pk, fresh.case, fresh.holding = None, own, False
            fresh.save()
        Requirement.objects.bulk_create(
            Requirement(case=own, code=each.code, owner=each.owner, blocks=each.blocks, state=each.state,
                        created_at=each.created_at, updated_at=each.updated_at)
            for each in Requirement.objects.filter(case=case, number=None)
        )  # fmt: skip


def test_a_page_of_fifty_costs_eight_queries_whatever_is_behind_it(api: Caller, walk: Walker) -> None:
    ticket = walk(Path.SCHEDULED, NUMBER, OTHER_NUMBER).ticket
    _, few = statements(api, "tickets?limit=50")
    copies(ticket, 60)
    status, many = statements(api, "tickets?limit=50")
    assert status == 200
    assert len(many) == len(few) <= 8, many


@pytest.mark.parametrize("path", [Path.DRAFT, Path.FILED, Path.SCHEDULED, Path.CANCELLED])
def test_reading_writes_nothing(api: Caller, walk: Walker, path: Path) -> None:
    walked = walk(path)
    call = walked.current_call().uid if path is Path.SCHEDULED else "00000000-0000-4000-8000-000000000000"
    names = {"call": call, "file": call, "link": call}
    of_ticket = [f"tickets/{walked.ticket.reference}{tail.format(**names)}" for tail in OF_A_TICKET]
    for address in [*of_ticket, "tickets", "tickets?q=padaria", *PUBLIC, *DIRECTORIES, *FOR_ANY_KEY, "nope"]:
        status, sql = statements(api, address)
        written = [each for each in sql if each.lstrip().upper().startswith(WRITES)]
        assert status < 500
        assert not written, f"{address}: {written}"


def test_the_first_use_of_a_key_writes_nothing_either(api: Caller) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert api.get("me").status == 200
    assert not [query["sql"] for query in captured if query["sql"].upper().startswith(WRITES)]
