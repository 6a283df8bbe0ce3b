"""What people and spreadsheet programs do to the cells of a table, undone where that is safe and refused where it is not.

Source: Excel keeps 15 significant digits ("Excel specifications and limits", Microsoft Support), shows longer numbers in
scientific notation, and takes the + off a phone number that is typed into a cell of the format General.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from migrations_app.rules.phone import NotAPhoneNumber, parse_phone

EXACT_DIGITS = 15
"""Longer numbers than this have been rounded by the spreadsheet program: what the last digits were cannot be known."""
COMMENT = "#"
"""A row whose first filled cell begins with this is a remark (e.g. the template's example)."""
_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+")
_HARMFUL = ("=", "+", "-", "@", "\t", "\r")
_NUMBERS = re.compile(r"\+[\d;+ ]+")


class Rounded(Exception):
    """The spreadsheet program has rounded this number or shows it in scientific notation; its text is what is left."""


class NoText(Exception):
    """The cell holds a date or a time where a text is wanted."""


class NoWindow(Exception):
    """The text is no stretch of the week; its text is the part that cannot be read."""


class NoFlag(Exception):
    """The text is neither yes nor no."""


def fold(text: str) -> str:
    """Return a text without case, accents and what surrounds its words: `E-mail de contacto` is `e_mail_de_contacto`."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", "_", plain.casefold()).strip("_")


def cell_text(value: Any) -> str:
    """Return what a cell says; whole numbers without a decimal point, nothing for an empty cell.

    :raises Rounded: it is a number of more digits than are kept exactly.
    :raises NoText: it is a date or a time.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _digits(value)
    if isinstance(value, date | time):  # a datetime is a date
        raise NoText(str(value))
    text = unicodedata.normalize("NFC", str(value)).replace("\xa0", " ").strip()
    # A leading apostrophe is how Excel is told "this is text"; some programs write it into the file.
    text = text[1:].strip() if text.startswith(("'", "\u2019")) else text
    if _SCIENTIFIC.fullmatch(text):
        raise Rounded(text)
    return text


def _digits(value: float) -> str:
    # Said this way round, infinity and "not a number" are refused too.
    if not abs(value) < 10**EXACT_DIGITS:
        raise Rounded(str(value))
    return str(int(value)) if value == int(value) else repr(value)


def without_point(text: str) -> str:
    """Return an identifier or number without the `.0` that programs leave behind when they took it for a number."""
    return re.sub(r"^(\+?\d+)[.,]0+$", r"\1", text)


def numbers_in(text: str, *, region: str) -> list[str]:
    """Return the phone numbers of a cell, one per line or separated by semicolons or commas.

    The + that Excel takes off is put back, but only where the number cannot be read without it.

    :raises Rounded: a number has been rounded.
    """
    parts = [cell_text(part) for part in re.split(r"[;,\n\r]+", text)]
    return [_with_plus(without_point(part), region) for part in parts if part]


def _with_plus(number: str, region: str) -> str:
    if not number.isdecimal():
        return number
    for candidate in (number, f"+{number}"):
        try:
            parse_phone(candidate, region=region or None)
        except NotAPhoneNumber:
            continue
        return candidate
    return number


_DAYS: Mapping[str, int] = {
    word: day
    for day, words in enumerate(
        (
            "mon monday lun lunes seg segunda dl dilluns пн понедельник",
            "tue tuesday mar martes ter terca dt dimarts вт вторник",
            "wed wednesday mie miercoles qua quarta dc dimecres ср среда",
            "thu thursday jue jueves qui quinta dj dijous чт четверг",
            "fri friday vie viernes sex sexta dv divendres пт пятница",
            "sat saturday sab sabado ds dissabte сб суббота",
            "sun sunday dom domingo dg diumenge вс воскресенье",
        )
    )
    for word in words.split()
}
_WINDOW = re.compile(
    r"(?P<first>[^\W\d_]+)(?:\s*[-\u2013]\s*(?P<last>[^\W\d_]+))?\s+"
    r"(?P<start>\d{1,2}:\d{2})\s*[-\u2013]\s*(?P<end>\d{1,2}:\d{2})"
)


def windows_in(text: str) -> list[dict[str, Any]]:
    """Return the stretches of the week in a text like `mon-fri 06:00-09:00; sun 22:00-02:00`; days in five languages.

    :raises NoWindow: a part cannot be read.
    """
    parts = [part.strip() for part in re.split(r"[;\n\r]+", text) if part.strip()]
    return [window for part in parts for window in _windows(part)]


def _windows(part: str) -> list[dict[str, Any]]:
    found = _WINDOW.fullmatch(part)
    if not found:
        raise NoWindow(part)
    first, last = (_DAYS.get(fold(found[name] or found["first"])) for name in ("first", "last"))
    if first is None or last is None:
        raise NoWindow(part)
    start, end = (_clock(found[name], part) for name in ("start", "end"))
    days = range(first, first + (last - first) % 7 + 1)
    return [{"weekday": day % 7, "start": start, "end": end} for day in days]


def _clock(text: str, part: str) -> str:
    hours, minutes = map(int, text.split(":"))
    if hours > 23 or minutes > 59:  # noqa: PLR2004  (the clock's own limits)
        raise NoWindow(part)
    return f"{hours:02d}:{minutes:02d}"


_YES = frozenset(["yes", "y", "true", "1", "x", "si", "sim", "s", "да"])
_NO = frozenset(["no", "n", "false", "0", "nao", "нет"])
_OPEN = frozenset({"", "unknown", "desconocido", "desconhecido", "desconegut", "неизвестно"})


def flag_in(text: str) -> bool | None:
    """Return yes, no or neither, said in any of the five languages.

    :raises NoFlag: it is something else.
    """
    word = fold(text)
    if word in _OPEN:
        return None
    if word not in _YES | _NO:
        raise NoFlag(text)
    return word in _YES


def word_in(text: str, choices: Sequence[tuple[str, str]]) -> str | None:
    """Return the value that a text names by itself or by its label, whatever its case and accents; None for no value."""
    word = fold(text)
    return next((value for value, label in choices if word in {fold(value), fold(label)}), None)


def is_remark(cells: Sequence[Any]) -> bool:
    """Tell whether a row is empty or only a remark."""
    filled = [str(cell).strip() for cell in cells if cell is not None and str(cell).strip()]
    return not filled or filled[0].startswith(COMMENT)


def delimiter_of(header: str) -> str:
    """Return what separates the columns of a CSV file, judged by its first line: Excel writes what its language wants."""
    counted = [(header.count(mark), mark) for mark in (",", ";", "\t")]
    return max(counted, key=lambda pair: pair[0])[1]


def harmless(value: Any) -> Any:
    """Return a cell that no spreadsheet program takes for a formula; phone numbers are none and stay as they are.

    Source: OWASP, CSV injection.
    """
    if not isinstance(value, str) or not value.startswith(_HARMFUL) or _NUMBERS.fullmatch(value):
        return value
    return f"'{value}"


def repeated(keys: Sequence[Sequence[str]]) -> dict[int, int]:
    """Return, for each row that repeats a key of an earlier one, the place of that earlier row."""
    first: dict[str, int] = {}
    found: dict[int, int] = {}
    for place, row in enumerate(keys):
        for key in row:
            if first.setdefault(key, place) != place:
                found.setdefault(place, first[key])
    return found
