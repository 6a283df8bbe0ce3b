"""Sheets as files: reading what people upload, and the template they start from."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
import tablib
from django.utils.translation import gettext as _
from import_export.formats.base_formats import CSV, XLSX
from openpyxl.utils import get_column_letter

from migrations_app.admin.import_form import COLUMNS, NEEDED, allowed_in, column_named, questions
from migrations_app.rules import sheets

MOST_ROWS = 200
MOST_BYTES = 5 * 1024 * 1024
_MOST_UNPACKED = 100 * 1024 * 1024
_MOST_COLUMNS = 200
FORMATS = {"csv": CSV, "xlsx": XLSX}
_EXAMPLE = {
    "client_name": "# Padaria Sol", "contact_name": "Ana Souza", "contact_email": "ana@padariasol.example",
    "contact_phone": "+551130001000", "language": "pt-br", "timezone": "America/Sao_Paulo", "country": "BR",
    "client_reference": "SOL-1", "group_reference": "ROLLOUT-1", "phone_numbers": "+5511987654321; +5511976543210",
    "line_type": "mobile", "otp_method": "sms", "behind_ivr": "no", "otp_contact_name": "Ana Souza",
    "otp_contact_phone": "+551130001000", "otp_contact_email": "ana@padariasol.example", "display_name": "Padaria Sol",
    "display_name_status": "approved", "current_bsp": "infobip", "business_verification": "verified",
    "hosting": "cloud_api", "connection_status": "connected", "two_step_verification": "enabled",
    "waba_id": "102290129340398", "business_manager_id": "506914307656634", "waba_owner": "client",
    "uses_business_app": "no", "moves": "number", "low_traffic": "mon-fri 06:00-09:00", "submit": "yes",
}  # fmt: skip


class BadSheet(Exception):
    """The file cannot be imported; its text tells the person why."""


def read_sheet(content: bytes) -> tablib.Dataset:
    """Return the rows of a CSV or XLSX file under the names of our columns. Every row keeps its place in the file.

    :raises BadSheet: it is too large, of another kind, or its columns are not understood.
    """
    if len(content) > MOST_BYTES:
        raise BadSheet(_("The file is larger than 5 MiB. Split it."))
    rows = _xlsx_rows(content) if content.startswith(b"PK\x03\x04") else _csv_rows(content)
    header, *body = rows or [[]]
    while body and sheets.is_remark(body[-1]) and not any(body[-1]):
        body.pop()
    filed = sum(not sheets.is_remark(row) for row in body)
    if filed > MOST_ROWS:
        raise BadSheet(_("The file has more than %(most)s rows. Split it.") % {"most": MOST_ROWS})
    if not filed:
        raise BadSheet(_("The file has no rows below its header."))
    columns = _columns(header)
    data = tablib.Dataset(headers=[column for column in columns if column])
    for row in body:
        cells = [*row, *([None] * len(columns))]
        data.append([cell for cell, column in zip(cells, columns, strict=False) if column])
    return data


def _columns(header: Sequence[Any]) -> list[str | None]:
    """Return our column for each of the file's; None for one without a header.

    :raises BadSheet: a header is not understood, stands there twice, or there is none for the client.
    """
    titles = [str(title).strip() if title is not None else "" for title in header]
    found = [column_named(title) if title else None for title in titles]
    strange = [title for title, column in zip(titles, found, strict=True) if title and column is None]
    if strange:
        names = ", ".join(strange[:10])
        raise BadSheet(_("These columns are not understood: %(names)s. See the template.") % {"names": names})
    twice = sorted({column for column in found if column and found.count(column) > 1})
    if twice:
        raise BadSheet(_("These columns stand there twice: %(names)s.") % {"names": ", ".join(twice)})
    if "client_name" not in found:
        raise BadSheet(_("The column client_name is missing. See the template."))
    return found


def _csv_rows(content: bytes) -> list[list[Any]]:
    text = _decoded(content)
    if "\x00" in text:
        raise BadSheet(_("This is neither a CSV nor an XLSX file. Save it as one of these."))
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=sheets.delimiter_of(text.split("\n", 1)[0])))
    except csv.Error:
        raise BadSheet(_("The CSV file cannot be read: a cell is too long or its quotes do not match.")) from None


def _decoded(content: bytes) -> str:
    """Return the text of a CSV file: UTF-8 with or without its mark, UTF-16 with it, else what Excel writes in the West."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _xlsx_rows(content: bytes) -> list[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(each.file_size for each in packed.infolist()) > _MOST_UNPACKED:
                raise BadSheet(_("The file is larger than 5 MiB. Split it."))
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        # A few rows more than are allowed: remarks and empty ones do not count.
        rows = book.worksheets[0].iter_rows(max_row=2 * MOST_ROWS + 10, max_col=_MOST_COLUMNS, values_only=True)
        return [list(row) for row in rows]
    except BadSheet:
        raise
    except Exception:  # noqa: BLE001  (openpyxl has no exception of its own for a broken file)
        raise BadSheet(_("The XLSX file cannot be read. Save it again as XLSX or CSV.")) from None


def template(kind: str) -> bytes:
    """Return an empty sheet to fill in: the header, an example that is ignored, and in XLSX a page that explains."""
    example = [_EXAMPLE.get(column, "") for column in COLUMNS]
    example[0] = f"{example[0]} ({_('example: this row is ignored')})"
    if kind == "csv":
        out = io.StringIO(newline="")
        csv.writer(out).writerows([COLUMNS, example])
        return out.getvalue().encode("utf-8-sig")
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Tickets"
    for row in (COLUMNS, example):
        sheet.append(row)
    _as_text(sheet)
    page: Any = book.create_sheet(_("Columns"))
    for line in explained():
        page.append([line["column"], line["question"], line["needed"], line["values"], line["help"]])
    for letter, width in zip("ABCDE", (24, 32, 10, 60, 60), strict=True):
        page.column_dimensions[letter].width = width
    done = io.BytesIO()
    book.save(done)
    return done.getvalue()


def _as_text(sheet: Any) -> None:
    """Format every cell that will be filled as text, so that no program takes a number for something to calculate with."""
    for place in range(1, len(COLUMNS) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = 22
        for row in range(2, MOST_ROWS + 3):
            sheet.cell(row=row, column=place).number_format = "@"
    sheet.freeze_panes = "B2"


def explained() -> Iterable[dict[str, str]]:
    """Return what each column asks, which values it takes, and whether it is needed to submit."""
    several = _("One number or several, separated by semicolons or line breaks.")
    for column, question in questions().items():
        values = [value for value, _label in allowed_in(column, question) if value]
        words = several if column == "phone_numbers" else str(question.help_text or "")
        yield {
            "column": column,
            "question": str(question.label),
            "needed": _("yes") if column in NEEDED else "",
            "values": ", ".join(values),
            "help": words,
        }
