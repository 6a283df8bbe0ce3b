"""Exports: a job that is asked for, written by a worker, watched, fetched and forgotten."""

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path as Folder
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from config.core.actor import SYSTEM
from migrations_app import tasks
from migrations_app.enums.exports import ExportState
from migrations_app.models import TicketExport
from migrations_app.models.exports import export_storage
from migrations_app.selectors import export as export_pages
from migrations_app.services import exports
from tests.factories.forms import OTHER_NUMBER
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Answer, Caller


@pytest.fixture(autouse=True)
def folder(tmp_path: Folder, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """The folder of exports: empty, and of this test alone."""
    found = tmp_path / "exports"
    for name in ("base_location", "location"):
        monkeypatch.setitem(export_storage().__dict__, name, str(found))
    return found


def work(now: datetime, **more: Any) -> list[ExportState | None]:
    """Do what workers do with everything that is due."""
    return [
        exports.write_due(row.pk, by=SYSTEM, now=now, **more)
        for row in TicketExport.objects.filter(due_at__lte=now).order_by("id")
    ]


def fetched(api: Caller, now: datetime, kind: str = "csv", /, **filters: Any) -> Answer:
    """Ask for an export, have it written and fetch its file."""
    asked = api.post("exports", {"format": kind, "filters": filters})
    assert asked.status == 202, asked.text
    assert work(now) == [ExportState.DONE]
    done = api.get(f"exports/{asked.json['id']}").json
    assert (done["state"], done["progress"]["done"]) == ("done", done["progress"]["total"])
    return api.get(done["file_url"].split("8000", 1)[1])


def rows(answer: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.file.decode("utf-8-sig"), newline="")))


def test_an_export_is_asked_for_watched_fetched_and_forgotten(
    api: Caller, walk: Walker, now: datetime, folder: Folder
) -> None:
    walk(Path.FILED)
    asked = api.post("exports", {"format": "csv"})
    path = f"exports/{asked.json['id']}"
    assert asked.headers["Location"].endswith(f"/api/v1/{path}")
    assert (asked.json["state"], asked.json["progress"]) == ("queued", {"done": 0, "total": None})
    waiting = api.get(path)
    assert api.get(path, If_None_Match=waiting.etag).status == 304
    assert api.get(f"{path}/file").status == 404
    work(now)
    done = api.get(path, If_None_Match=waiting.etag)
    assert (done.json["state"], done.json["progress"]) == ("done", {"done": 1, "total": 1})
    file = api.get(f"{path}/file")
    assert len(file.file) == done.json["size"]
    assert file.headers["Content-Disposition"] == 'attachment; filename="tickets-2026-03-02.csv"'
    assert (file.headers["X-Content-Type-Options"], file.headers["Cache-Control"]) == ("nosniff", "private, no-cache")
    assert api.get(f"{path}/file", If_None_Match=file.etag).status == 304
    assert [row["id"] for row in api.get("exports").data] == [asked.json["id"]]
    assert oct(next(folder.iterdir()).stat().st_mode & 0o777) == "0o600"


def test_the_sweep_hands_it_to_a_worker(api: Caller, walk: Walker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.write_export, "delay", tasks.write_export)
    walk(Path.FILED)
    asked = api.post("exports", {"format": "ndjson"}).json
    tasks.sweep_exports()
    assert api.get(f"exports/{asked['id']}").json["state"] == "done"


@pytest.mark.django_db(transaction=True)
def test_deleting_takes_the_file_with_it(api: Caller, walk: Walker, now: datetime, folder: Folder) -> None:
    asked = api.post("exports", {"format": "csv"}).json
    work(now)
    assert len(list(folder.iterdir())) == 1
    assert api.delete(f"exports/{asked['id']}").status == 204
    assert api.get(f"exports/{asked['id']}").status == 404
    assert list(folder.iterdir()) == []


def test_a_row_tells_a_ticket_its_times_levels_and_answers(api: Caller, walk: Walker, now: datetime) -> None:
    walked = walk(Path.SCHEDULED)
    (row,) = rows(fetched(api, now + timedelta(hours=2)))
    ticket = api.get(f"tickets/{walked.ticket.reference}").json
    for name in ("reference", "client_reference", "stage", "priority", "created_at", "kind"):
        assert row[name] == ticket[name]
    assert (row["status"], row["waiting_on"]) == (ticket["status"]["value"], ticket["waiting_on"]["party"])
    assert (row["client_name"], row["numbers"], row["waba_id"]) == (
        "Padaria Sol", "+5511987654321", "102290129340398"
    )  # fmt: skip
    assert (row["submitted_at"], row["first_ready_at"]) == ("2026-03-02T15:00:00Z", "2026-03-02T15:30:00Z")
    assert row["call_at"] == ticket["pin_call"]["start"]
    assert (row["seconds_in_requirements"], row["seconds_in_ready"], row["seconds_in_scheduled"]) == (
        "1800", "0", "5400"
    )  # fmt: skip
    assert row["requirement_two_step_disabled"] == "claimed"
    clock = ticket["sla"][0]
    assert (row[f"sla_{clock['metric']}"], row[f"sla_{clock['metric']}_due_at"]) == (
        clock["state"],
        clock["due_at"] or "",
    )
    assert not {"organization", "assignee", "tags", "source"} & row.keys()


def test_every_format_has_the_same_rows(api: Caller, walk: Walker, now: datetime) -> None:
    walk(Path.SCHEDULED)
    walk(Path.FILED, OTHER_NUMBER, "+551133334444")
    plain = rows(fetched(api, now))
    objects = [json.loads(line) for line in fetched(api, now, "ndjson").file.splitlines()]
    book = openpyxl.load_workbook(io.BytesIO(fetched(api, now, "xlsx").file))
    header, *lines = book.worksheets[0].iter_rows(values_only=True)
    assert list(plain[0]) == list(objects[0]) == list(header)
    for row, found, line in zip(plain, objects, lines, strict=True):
        cells = dict(zip(header, line, strict=True))
        for name in ("reference", "client_name", "created_at", "requirement_two_step_disabled"):
            assert row[name] == found[name] == cells[name]
        assert row["numbers"].split("; ") == found["numbers"]
        assert str(found["calls"]) == row["calls"] == str(cells["calls"])
    assert plain[1]["numbers"] == "+5511976543210; +551133334444"
    assert (objects[1]["call_at"], plain[1]["call_at"]) == (None, "")


def test_nothing_is_a_formula_and_nothing_breaks_a_table(api: Caller, walk: Walker, now: datetime) -> None:
    nasty = ['=HYPERLINK("http://x")', "@cmd", '-2+3"', "\t=1", "+1+cmd|' /C calc'!A0"]
    for place, words in enumerate(nasty):
        walk(Path.FILED, f"+5511987650{place:03d}", client={"name": f"{words}\n,;"}, client_reference=words)
    found = rows(fetched(api, now))
    assert len(found) == len(nasty)
    assert not [cell for row in found for cell in row.values() if cell[:1] in "=@-\t" and cell]
    assert all(row["client_name"].startswith("'") for row in found if not row["client_name"].startswith("="))
    book = openpyxl.load_workbook(io.BytesIO(fetched(api, now, "xlsx").file))
    assert "f" not in {cell.data_type for line in book.worksheets[0].iter_rows() for cell in line}


FILTERS: list[dict[str, Any]] = [
    {},
    {"status": "draft"},
    {"status": ["scheduled", "draft"]},
    {"status": "scheduled,draft"},
    {"stage": "scheduled"},
    {"waiting_on": ["client"]},
    {"kind": "number_migration"},
    {"queue": "latam"},
    {"queue": "nowhere"},
    {"current_bsp": "infobip"},
    {"phone_number": "+5511976543210"},
    {"client_reference": "SOL-1"},
    {"group_reference": "G-1"},
    {"created_after": "2026-03-02T14:59:59Z"},
    {"created_before": "2026-03-02T15:00:00Z"},
    {"updated_since": "2026-03-02T15:30:00+00:00"},
    {"q": "padaria sol"},
    {"q": "+5511976543210", "status": ["draft", "new", "waiting"]},
]


def test_the_filters_are_those_of_the_list(api: Caller, walk: Walker, now: datetime, settings: Settings) -> None:
    walk(Path.SCHEDULED)
    walk(Path.FILED, OTHER_NUMBER, group_reference="G-1", client_reference="")
    walk(Path.DRAFT, "+551133334444", client={"name": "Outro"})
    sizes = set()
    for filters in FILTERS:
        query = "&".join(
            f"{name}={word.replace('+', '%2B')}"
            for name, value in filters.items()
            for word in ([value] if isinstance(value, str) else value)
        )
        listed = {row["reference"] for row in api.get(f"tickets?{query}").data}
        exported = {row["reference"] for row in rows(fetched(api, now, **filters))}
        assert exported == listed, filters
        sizes.add(len(listed))
    assert sizes == {0, 1, 2, 3}


WRONG: list[tuple[Any, str, str]] = [
    ({"format": "pdf"}, "#/format", "invalid_choice"),
    ({}, "#/format", "required"),
    ({"format": "csv", "colour": 1}, "#/colour", "unknown_field"),
    ({"format": "csv", "filters": {"shoe": "42"}}, "#/filters/shoe", "unknown_field"),
    ({"format": "csv", "filters": {"sort": "created_at"}}, "#/filters/sort", "unknown_field"),
    ({"format": "csv", "filters": {"status": "nope"}}, "#/filters/status", "invalid_choice"),
    ({"format": "csv", "filters": {"status": 5}}, "#/filters/status", "invalid"),
    ({"format": "csv", "filters": {"q": ["a", "b"]}}, "#/filters/q", "invalid"),
    ({"format": "csv", "filters": {"created_after": "yesterday"}}, "#/filters/created_after", "invalid"),
    ({"format": "csv", "filters": {"phone_number": "12"}}, "#/filters/phone_number", "invalid"),
    ({"format": "csv", "filters": []}, "#/filters", "invalid"),
]


@pytest.mark.parametrize(("body", "pointer", "code"), WRONG)
def test_a_wish_that_does_not_hold_names_the_place(api: Caller, body: Any, pointer: str, code: str) -> None:
    answer = api.post("exports", body)
    assert (answer.status, answer.code, answer.entries) == (422, "validation_failed", [(pointer, code)])


def test_an_export_is_of_one_organization_and_world(
    api: Caller, api_stranger: Caller, api_test: Caller, api_reader: Caller, walk: Walker, now: datetime
) -> None:
    live, test = walk(Path.FILED).ticket.reference, walk(Path.FILED, OTHER_NUMBER, test=True).ticket.reference
    assert [row["reference"] for row in rows(fetched(api_reader, now))] == [live]
    assert [row["reference"] for row in rows(fetched(api_test, now))] == [test]
    assert rows(fetched(api_stranger, now)) == []
    mine = {row["id"] for row in api.get("exports").data}
    assert len(mine) == 1
    for other in (api_stranger, api_test):
        assert not mine & {row["id"] for row in other.get("exports").data}
        for each in mine:
            assert other.get(f"exports/{each}/file").status == 404


def test_a_repeated_wish_is_one_export(api: Caller) -> None:
    first = api.post("exports", {"format": "csv"}, Idempotency_Key="once")
    again = api.post("exports", {"format": "csv"}, Idempotency_Key="once")
    assert (again.json["id"], again.headers["Idempotency-Replayed"]) == (first.json["id"], "true")
    assert again.headers["Location"] == first.headers["Location"]


def test_an_organization_has_five_under_way_at_most(api: Caller) -> None:
    statuses = [api.post("exports", {"format": "csv"}).status for _ in range(6)]
    assert statuses == [202] * 5 + [409]


def test_too_many_tickets_for_a_workbook_are_refused_at_once(api: Caller, walk: Walker, settings: Settings) -> None:
    settings.EXPORT_XLSX_ROWS = 1
    walk(Path.DRAFT)
    assert api.post("exports", {"format": "xlsx"}).status == 202
    walk(Path.DRAFT, OTHER_NUMBER)
    assert api.post("exports", {"format": "xlsx"}).entries == [("#/format", "too_many_items")]
    assert api.post("exports", {"format": "csv"}).status == 202


# Writing


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    monkeypatch.setattr(exports, "next_page", lambda rows, place: _next_page(rows, place, limit=2))


_next_page = export_pages.next_page


def five(walk: Walker) -> list[str]:
    return [walk(Path.DRAFT, f"+55119876500{place:02d}").ticket.reference for place in range(5)]


@pytest.mark.parametrize("kind", ["csv", "ndjson", "xlsx"])
@pytest.mark.usefixtures("pages_of_two")
def test_it_is_written_in_turns_that_lose_and_repeat_nothing(
    api: Caller, walk: Walker, now: datetime, kind: str
) -> None:
    references = five(walk)
    asked = api.post("exports", {"format": kind}).json
    later = now + timedelta(seconds=5)
    assert work(later, turn=timedelta(0)) == [ExportState.RUNNING]
    told = api.get(f"exports/{asked['id']}").json
    assert (told["state"], told["progress"]) == ("running", {"done": 2, "total": 5})
    walk(Path.DRAFT, OTHER_NUMBER)
    states = [work(later + timedelta(seconds=10 * turn), turn=timedelta(0)) for turn in (1, 2, 3)]
    assert states == [[ExportState.RUNNING], [ExportState.RUNNING], [ExportState.DONE]]
    file = api.get(f"exports/{asked['id']}/file").file
    if kind == "xlsx":
        found = [line[0] for line in openpyxl.load_workbook(io.BytesIO(file)).worksheets[0].values][1:]
    else:
        found = [
            line.split(b'"')[3].decode() if kind == "ndjson" else line.split(b",")[0].decode()
            for line in file.splitlines()
        ]
        found = found if kind == "ndjson" else found[1:]
    # What was filed meanwhile, before the moment it is of, comes last; nothing comes twice.
    assert found[:5] == references
    assert len(set(found)) == len(found) == 6


@pytest.mark.usefixtures("pages_of_two")
def test_what_a_dead_worker_left_is_taken_over_from_the_start(
    api: Caller, walk: Walker, now: datetime, monkeypatch: pytest.MonkeyPatch, folder: Folder
) -> None:
    references = five(walk)
    asked = api.post("exports", {"format": "csv"}).json
    pages = iter([True, False])
    written = exports._write_page

    def dies(*arguments: Any) -> bool:
        if next(pages):
            return written(*arguments)
        raise SystemExit

    monkeypatch.setattr(exports, "_write_page", dies)
    with pytest.raises(SystemExit):
        work(now)
    monkeypatch.setattr(exports, "_write_page", written)
    left = TicketExport.objects.get()
    assert (left.state, left.done) == (ExportState.RUNNING, 2)
    assert work(now + timedelta(seconds=60)) == []
    after = now + timedelta(seconds=130)
    assert work(after) == [ExportState.DONE]
    file = api.get(f"exports/{asked['id']}/file")
    assert [row["reference"] for row in rows(file)] == references
    assert [path.name for path in folder.iterdir()] == [f"{left.uid.hex}-1"]


@pytest.mark.usefixtures("pages_of_two")
def test_who_was_thought_dead_and_was_not_changes_nothing(
    api: Caller, walk: Walker, now: datetime, monkeypatch: pytest.MonkeyPatch, folder: Folder
) -> None:
    references = five(walk)
    asked = api.post("exports", {"format": "csv"}).json
    written = exports._write_page
    slept: list[bool] = []

    def sleeps(*arguments: Any) -> bool:
        if not slept:
            slept.append(True)
            more = written(*arguments)
            assert work(now + timedelta(seconds=300)) == [ExportState.DONE]
            return more
        return written(*arguments)

    monkeypatch.setattr(exports, "_write_page", sleeps)
    assert work(now) == [None]
    assert [row["reference"] for row in rows(api.get(f"exports/{asked['id']}/file"))] == references
    assert len(list(folder.iterdir())) == 1


def test_the_third_death_fails_it(api: Caller, walk: Walker, now: datetime, folder: Folder) -> None:
    walk(Path.DRAFT)
    asked = api.post("exports", {"format": "csv"}).json
    TicketExport.objects.update(claim="gone", tries=2, state=ExportState.RUNNING, started_at=now)
    assert work(now) == [ExportState.FAILED]
    told = api.get(f"exports/{asked['id']}").json
    assert (told["state"], told["error"], told["file_url"]) == ("failed", "interrupted", None)


@pytest.mark.django_db(transaction=True)
def test_a_file_is_kept_for_a_week(
    api: Caller, walk: Walker, now: datetime, clock_at: Callable[[datetime], None], folder: Folder
) -> None:
    asked = api.post("exports", {"format": "csv"}).json
    work(now)
    assert api.get(f"exports/{asked['id']}").json["expires_at"].startswith("2026-03-09T15:00:0")
    tasks.sweep_exports()
    assert api.get(f"exports/{asked['id']}/file").status == 200
    clock_at(now + timedelta(days=7, minutes=1))
    tasks.sweep_exports()
    assert api.get(f"exports/{asked['id']}").json["state"] == "expired"
    assert api.get(f"exports/{asked['id']}/file").status == 404
    assert list(folder.iterdir()) == []


def test_what_is_left_of_an_export_is_forgotten_after_another_ninety_days(
    api: Caller, walk: Walker, now: datetime, folder: Folder
) -> None:
    walk(Path.FILED)
    asked = api.post("exports", {"format": "csv"}).json
    work(now)
    gone = now + timedelta(days=8)
    assert exports.forget_old_exports(now=gone + timedelta(days=91)) == 0, "it still has its file"
    exports.expire(TicketExport.objects.get().pk, by=SYSTEM, now=gone)
    assert exports.forget_old_exports(now=gone + timedelta(days=89)) == 0
    assert exports.forget_old_exports(now=gone + timedelta(days=91)) == 1
    assert api.get(f"exports/{asked['id']}").status == 404


def test_the_number_of_queries_of_a_page_does_not_grow(api: Caller, walk: Walker, now: datetime) -> None:
    def queries() -> int:
        api.post("exports", {"format": "csv"})
        with CaptureQueriesContext(connection) as captured:
            work(now)
        return len(captured)

    walk(Path.SCHEDULED)
    one = queries()
    for place in range(3):
        walk(Path.FILED, f"+55119876500{place:02d}")
    assert queries() == one


def test_a_file_that_is_gone_is_503(api: Caller, now: datetime, folder: Folder) -> None:
    asked = api.post("exports", {"format": "csv"}).json
    work(now)
    for path in folder.iterdir():
        path.unlink()
    assert api.get(f"exports/{asked['id']}/file").status == 503
