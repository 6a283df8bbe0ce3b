"""Sheets as people upload them."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

ROW: dict[str, Any] = {
    "client_name": "Padaria Sol", "contact_name": "Ana Souza", "contact_email": "ana@padariasol.example",
    "contact_phone": "+551130001000", "language": "pt-br", "timezone": "America/Sao_Paulo", "country": "BR",
    "phone_numbers": "+5511987654321; +5521998877665", "current_bsp": "Infobip", "business_verification": "verified",
    "hosting": "cloud_api", "connection_status": "connected", "waba_id": "102290129340398", "low_traffic": "sat-sun 06:00-09:30",
    "group_reference": "ROLLOUT-1",
}  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    return ROW | changes


def table(rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    header = list(dict.fromkeys(name for each in rows for name in each))
    return [header, *([each.get(name, "") for name in header] for each in rows)]


def csv_file(*rows: Mapping[str, Any], delimiter: str = ",", encoding: str = "utf-8", name: str = "t.csv") -> Any:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(table(rows))
    return SimpleUploadedFile(name, out.getvalue().encode(encoding), "text/csv")


def xlsx_file(*rows: Mapping[str, Any]) -> Any:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for line in table(rows):
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("t.xlsx", out.getvalue())
