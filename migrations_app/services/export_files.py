"""Writing tickets into a file, a page at a time: what was written up to a size stays, what came after it is cut off.

XLSX cannot be written piece by piece: its rows are gathered as NDJSON first and turned into a workbook, row by row, in the end.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from migrations_app.enums.exports import ExportFormat
from migrations_app.models.exports import export_storage
from migrations_app.rules.sheets import harmless
from migrations_app.selectors.export import ExportRow
from migrations_app.selectors.export_columns import COLUMNS, FOR_CALLERS, cell, plain

_BOM = "\ufeff"
_LONGEST_CELL = 32_767
"""Source: Excel specifications and limits, Microsoft Support."""
_GETTERS = [(name, COLUMNS[name]) for name in FOR_CALLERS]


def path_of(name: str) -> Path:
    """Return where a file is, its folder made if needed."""
    found = Path(export_storage().path(name))
    found.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def append(name: str, kind: ExportFormat, rows: Iterable[ExportRow], *, size: int) -> int:
    """Write rows behind the first `size` bytes of a file and return how long it is then."""
    path = path_of(name)
    path.touch(mode=0o600)
    with path.open("r+b") as file:
        file.truncate(size)
        file.seek(size)
        file.write(_text(kind, rows, first=size == 0).encode())
        return file.tell()


def _text(kind: ExportFormat, rows: Iterable[ExportRow], *, first: bool) -> str:
    if kind is not ExportFormat.CSV:
        return "".join(json.dumps(_object(row), ensure_ascii=False) + "\n" for row in rows)
    text = io.StringIO()
    lines = csv.writer(text)
    if first:
        text.write(_BOM)
        lines.writerow(FOR_CALLERS)
    lines.writerows([cell(column(row)) for _name, column in _GETTERS] for row in rows)
    return text.getvalue()


def _object(row: ExportRow) -> dict[str, object]:
    values = ((name, column(row)) for name, column in _GETTERS)
    return {
        name: [plain(each) for each in value] if isinstance(value, list) else plain(value) for name, value in values
    }


def to_workbook(gathered: str, name: str) -> int:
    """Turn gathered rows into a workbook and return its size. Only one row is in memory at a time."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("tickets")
    sheet.freeze_panes = "B2"
    sheet.append(list(FOR_CALLERS))
    with path_of(gathered).open(encoding="utf-8") as lines:
        for line in lines:
            sheet.append([_cell_of_book(value) for value in json.loads(line).values()])
    target = path_of(name)
    book.save(target)
    target.chmod(0o600)
    return target.stat().st_size


def _cell_of_book(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", cell(value))  # type: ignore[arg-type]  # it came out of `plain`
    return harmless(text)[:_LONGEST_CELL] or None


def remove_all(uid: str, *, but: Sequence[str] = ()) -> None:
    """Remove what was written for an export, by whomever."""
    for path in path_of(uid).parent.glob(f"{uid}*"):
        if path.name not in but:
            path.unlink(missing_ok=True)
