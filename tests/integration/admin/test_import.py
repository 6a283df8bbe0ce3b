"""Importing sheets: what would be filed is shown first, then every row is filed or none."""

import io
import logging
from typing import Any

import openpyxl
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from migrations_app.admin.import_form import COLUMNS, column_named
from migrations_app.models import MigrationCase, NumberMove
from tests.factories.desk import Desk
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, told
from tests.integration.admin.sheets import csv_file, row, xlsx_file
from tickets.models import Event, Organization, Ticket


def upload(person: Person, file: Any, **more: Any) -> Any:
    answer = person.post("tickets_ticket_import", file=file, **more)
    assert answer.status_code == 200
    return answer.context


def confirm(person: Person, context: Any) -> str:
    answer = person.post("tickets_ticket_import_confirm", token=context["token"])
    assert answer.status_code == 302
    return told(answer)


def complaints(context: Any) -> dict[int, dict[str, str]]:
    assert "token" not in context, "a sheet with complaints can be confirmed"
    return {line.number: dict(line.complaints) for line in context["preview"].lines if line.complaints}


def refusal(context: Any) -> str:
    assert "preview" not in context
    return str(context["form"].errors["file"][0])


# Filing


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_sheet_is_shown_first_and_filed_when_confirmed(
    make: Any, client_person: Person, client_org: Organization, desk: Desk
) -> None:
    other = row(client_name="Padaria Lua", phone_numbers="+551133334444", low_traffic="", submit="no")
    context = upload(client_person, make(row(), other))
    assert [(line.number, line.client, line.numbers) for line in context["preview"].lines] == [
        (2, "Padaria Sol", 2),
        (3, "Padaria Lua", 1),
    ]
    assert [line.outcome for line in context["preview"].lines] == [
        f"Goes to queue {desk.latam.name}.",
        "Is kept as a draft.",
    ]
    assert not Ticket.objects.exists()
    assert not Event.objects.filter(type="ticket.created").exists()
    assert confirm(client_person, context) == "Filed: 2 tickets."
    filed, draft = Ticket.objects.order_by("id")
    assert (filed.organization_id, filed.source, filed.status) == (client_org.pk, "admin", "waiting")
    assert (filed.group_reference, draft.status) == ("ROLLOUT-1", "draft")
    case = MigrationCase.objects.get(ticket=filed)
    assert (case.waba_id, case.current_bsp.slug if case.current_bsp else "") == ("102290129340398", "infobip")
    assert [window["weekday"] for window in case.low_traffic_windows] == [5, 6]
    assert list(NumberMove.objects.filter(case=case).order_by("position").values_list("number", flat=True)) == [
        "+5511987654321",
        "+5521998877665",
    ]


def test_the_preview_is_gone_once_it_is_confirmed(client_person: Person) -> None:
    context = upload(client_person, csv_file(row(submit="no")))
    confirm(client_person, context)
    assert "confirmed already" in confirm(client_person, context)
    assert Ticket.objects.count() == 1


def test_a_preview_that_lies_too_long_is_over(client_person: Person) -> None:
    context = upload(client_person, csv_file(row()))
    cache.clear()
    assert "is over" in confirm(client_person, context)
    assert not Ticket.objects.exists()


def test_nobody_confirms_the_preview_of_another(client_person: Person, client_colleague: Person) -> None:
    context = upload(client_person, csv_file(row()))
    assert "is over" in confirm(client_colleague, context)
    assert not Ticket.objects.exists()


def test_a_made_up_token_files_nothing(client_person: Person) -> None:
    assert "is over" in confirm(client_person, {"token": "x"})


def test_a_client_imports_for_its_own_organization_whatever_it_posts(
    client_person: Person, client_org: Organization, partner_org: Organization
) -> None:
    confirm(client_person, upload(client_person, csv_file(row()), organization=partner_org.pk, test="on"))
    ticket = Ticket.objects.get()
    assert (ticket.organization_id, ticket.test) == (client_org.pk, False)


def test_an_agent_chooses_the_organization(agent_at_desk: Person, partner_org: Organization) -> None:
    assert agent_at_desk.post("tickets_ticket_import", file=csv_file(row())).context["form"].errors["organization"]
    confirm(agent_at_desk, upload(agent_at_desk, csv_file(row()), organization=partner_org.pk, test="on"))
    ticket = Ticket.objects.get()
    assert (ticket.organization_id, ticket.test) == (partner_org.pk, True)


def test_who_may_not_file_may_not_import(client_person: Person) -> None:
    client_person.user.groups.clear()
    assert client_person.get("tickets_ticket_import").status_code == 403
    assert client_person.post("tickets_ticket_import_confirm", token="x").status_code == 403
    assert client_person.get("tickets_ticket_import_template", "csv").status_code == 403


# All or nothing


def test_one_wrong_row_stops_the_sheet_and_every_complaint_is_shown(client_person: Person) -> None:
    bad = row(phone_numbers="+5511976543210; nonsense", hosting="basement", contact_email="ana", timezone="Mars/Base")
    context = upload(client_person, csv_file(row(), bad, row(client_name="", phone_numbers="+551133334444")))
    found = complaints(context)
    assert found.keys() == {3, 4}
    assert found[3]["hosting"] == "“basement” is not one of cloud_api, on_premise, unknown."
    assert "valid email" in found[3]["contact_email"]
    assert "IANA" in found[3]["timezone"]
    assert "client_name" in found[4]
    assert not Ticket.objects.exists()


def test_what_the_field_knows_is_complained_of_by_column(client_person: Person) -> None:
    bad = row(
        phone_numbers="+5511976543210; nonsense",
        waba_id="12",
        contact_phone="12",
        business_verification="",
        timezone="",
    )
    found = complaints(upload(client_person, csv_file(bad)))[2]
    assert found["phone_numbers"].startswith("nonsense: ")
    assert found.keys() == {"phone_numbers", "waba_id", "contact_phone", "business_verification"}


def test_a_number_in_two_rows_is_found_before_anything_is_filed(client_person: Person) -> None:
    first, second = row(phone_numbers="+551187654321"), row(client_name="Padaria Lua")
    found = complaints(upload(client_person, csv_file(first, second)))
    assert found == {3: {"phone_numbers": "A number of this row is in row 2 already."}}


def test_a_held_number_names_the_own_ticket_and_disputes_a_foreign_one(
    walk: Walker, client_person: Person, stranger_person: Person
) -> None:
    walked = walk(Path.FILED, "+5511987654321")
    own = complaints(upload(client_person, csv_file(row())))[2]["phone_numbers"]
    assert walked.ticket.reference in own
    assert "ticket.ownership_disputed" not in walked.event_types()
    foreign = complaints(upload(stranger_person, csv_file(row())))[2]["phone_numbers"]
    assert walked.ticket.reference not in foreign
    assert walked.event_types()[-1] == "ticket.ownership_disputed"


def test_what_changed_since_the_preview_files_nothing_at_all(client_person: Person, walk: Walker) -> None:
    context = upload(client_person, csv_file(row(phone_numbers="+551133334444"), row()))
    walk(Path.FILED, "+5511987654321")
    assert "Something has changed" in confirm(client_person, context)
    assert Ticket.objects.count() == 1
    assert NumberMove.objects.count() == 1


# Files


def test_excels_traps_in_cells(client_person: Person) -> None:
    sheet = xlsx_file(
        row(phone_numbers=5511987654321, waba_id=102290129340398, contact_phone=551130001000.0),
        row(client_name="Two", phone_numbers="'+551133334444", waba_id="'102290129340398", contact_phone=""),
    )
    confirm(client_person, upload(client_person, sheet))
    assert set(MigrationCase.objects.values_list("waba_id", flat=True)) == {"102290129340398"}
    assert set(NumberMove.objects.values_list("number", flat=True)) == {"+5511987654321", "+551133334444"}
    assert Ticket.objects.order_by("id")[0].contact_phone == "+551130001000"


@pytest.mark.parametrize("waba_id", [10229012934039812345, 1.0229012934039812e16, "1.02290129340398E+14"])
def test_a_rounded_identifier_is_refused_with_an_explanation(waba_id: Any, client_person: Person) -> None:
    found = complaints(upload(client_person, xlsx_file(row(waba_id=waba_id))))[2]
    assert "rounded by the spreadsheet program" in found["waba_id"]


@pytest.mark.parametrize(
    "file",
    [
        csv_file(row(client_name="Padaria São José"), delimiter=";"),
        csv_file(row(client_name="Padaria São José"), delimiter="\t"),
        csv_file(row(client_name="Padaria São José"), encoding="utf-8-sig"),
        csv_file(row(client_name="Padaria São José"), encoding="cp1252", delimiter=";"),
        csv_file(row(client_name="Padaria São José"), encoding="utf-16"),
        csv_file(row(client_name="Padaria São José"), name="t.xlsx"),
    ],
    ids=["semicolon", "tab", "bom", "latin", "utf-16", "wrong name"],
)
def test_csv_as_programs_write_it(file: Any, client_person: Person) -> None:
    file.seek(0)
    context = upload(client_person, file)
    assert [line.client for line in context["preview"].lines] == ["Padaria São José"]
    assert "token" in context


def test_numbers_may_stand_on_lines_of_their_own(client_person: Person) -> None:
    context = upload(client_person, csv_file(row(phone_numbers="+5511987654321\n+551133334444"), row(submit="no")))
    assert [(line.number, line.numbers) for line in context["preview"].lines] == [(2, 2), (3, 2)]


def test_rows_keep_their_place_among_empty_ones_and_remarks(client_person: Person) -> None:
    remark = {"client_name": "# Example"}
    context = upload(client_person, csv_file(remark, {}, row(hosting="basement"), {}, {}))
    assert complaints(context).keys() == {4}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (SimpleUploadedFile("t.csv", b"client_name,shoe_size\nx,1\n"), "shoe_size"),
        (SimpleUploadedFile("t.csv", b"client_name,client_name\nx,1\n"), "stand there twice"),
        (SimpleUploadedFile("t.csv", b"contact_email\nana@x.example\n"), "client_name is missing"),
        (SimpleUploadedFile("t.csv", b"client_name\n"), "no rows"),
        (SimpleUploadedFile("t.xls", b"\xd0\xcf\x11\xe0\x00\x00\x00"), "neither a CSV nor an XLSX"),
        (SimpleUploadedFile("t.xlsx", b"PK\x03\x04 broken"), "cannot be read"),
        (SimpleUploadedFile("t.csv", b"client_name\n" + b"x\n" * 201), "more than 200 rows"),
        (SimpleUploadedFile("t.csv", b"client_name\n" + b"x" * (5 * 1024 * 1024)), "larger than 5 MiB"),
        (SimpleUploadedFile("t.csv", b'client_name\n"' + b"x" * 200_000), "too long"),
    ],
    ids=["column", "twice", "no client", "no rows", "xls", "broken", "rows", "bytes", "cell"],
)
def test_a_file_that_is_no_sheet_is_refused_with_advice(file: Any, words: str, client_person: Person) -> None:
    file.seek(0)
    assert words in refusal(upload(client_person, file))


def test_two_hundred_rows_are_not_too_many(client_person: Person) -> None:
    context = upload(
        client_person, csv_file(*[{"client_name": f"Client {place}", "submit": "no"} for place in range(200)])
    )
    assert len(context["preview"].lines) == 200
    assert "token" in context


def test_the_contents_of_a_sheet_are_not_logged(client_person: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    upload(client_person, csv_file(row(client_name="Padaria Secreta", hosting="basement")))
    upload(client_person, xlsx_file(row(client_name="Padaria Secreta")))
    assert "Secreta" not in "".join(record.getMessage() for record in caplog.records if "sql" not in record.name.lower()
                                    and record.name != "django.db.backends")  # fmt: skip


# Templates


def test_the_template_is_understood_and_its_example_ignored(client_person: Person) -> None:
    for kind in ("csv", "xlsx"):
        content = client_person.get("tickets_ticket_import_template", kind).content
        words = refusal(upload(client_person, SimpleUploadedFile(f"t.{kind}", content)))
        assert "no rows" in words


def test_the_example_of_the_template_could_be_filed(client_person: Person) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client_person.get("tickets_ticket_import_template", "xlsx").content))
    sheet = book["Tickets"]
    sheet["A2"] = "Padaria Sol"
    out = io.BytesIO()
    book.save(out)
    context = upload(client_person, SimpleUploadedFile("t.xlsx", out.getvalue()))
    assert [line.outcome for line in context["preview"].lines] == ["Goes to queue LATAM onboarding."]


def test_the_xlsx_template_formats_numbers_as_text_and_explains_each_column(client_person: Person) -> None:
    answer = client_person.get("tickets_ticket_import_template", "xlsx")
    assert 'filename="tickets.xlsx"' in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    tickets, columns = book.worksheets
    assert [cell.value for cell in tickets[1]] == list(COLUMNS)
    assert {cell.number_format for cell in tickets[100]} == {"@"}
    assert [line[0].value for line in columns.iter_rows()] == list(COLUMNS)
    assert client_person.get("tickets_ticket_import_template", "pdf").status_code == 404


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("client_name", "client_name"),
        ("  Contact E-mail ", "contact_email"),
        ("WABA-ID", "waba_id"),
        ("Phone", "phone_numbers"),
        ("Números", "phone_numbers"),
        ("Idioma", "language"),
        ("shoe size", None),
    ],
)
def test_headers_are_understood_by_name_and_by_question(header: str, column: str | None, desk: Desk) -> None:
    assert column_named(header) == column


def test_the_list_offers_the_import_to_those_who_may_file(client_person: Person, agent_at_desk: Person) -> None:
    for person in (client_person, agent_at_desk):
        page = person.get("tickets_ticket_changelist").content.decode()
        assert reverse("admin:tickets_ticket_import") in page
