"""How a person writes the lists of a directory entry: one item a line, a known code or words of one's own."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

OWN_WORDS = "other"
"""The code of a condition that a lead wrote in words of its own."""
MAX_DAYS = 3650


class BadLine(ValueError):
    """A line cannot be read; its text is the line."""


def lines_of(text: str) -> list[str]:
    """Return the lines of a text area without blanks around them and without empty ones, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def condition_line(condition: Mapping[str, Any]) -> str:
    """Return one condition as a person writes it: `invoices_settled`, `notice 30`, or the lead's own words."""
    if condition["code"] == OWN_WORDS:
        return str(condition["text"])
    return " ".join(str(part) for part in (condition["code"], condition.get("days")) if part is not None)


def read_conditions(
    lines: Iterable[str], *, codes: Collection[str], with_days: Collection[str]
) -> list[dict[str, Any]]:
    """Return conditions from lines: a known code, with its days where it has some; anything else is the lead's own words.

    :raises BadLine: a code lacks its days, or has days although it takes none.
    """
    return [_condition(line, codes, with_days) for line in lines]


def _condition(line: str, codes: Collection[str], with_days: Collection[str]) -> dict[str, Any]:
    code, _, rest = line.partition(" ")
    if code not in codes:
        return {"code": OWN_WORDS, "text": line}
    days = rest.strip()
    if code not in with_days:
        if days:
            raise BadLine(line)
        return {"code": code}
    if not (days.isascii() and days.isdecimal()) or not 0 < int(days) <= MAX_DAYS:
        raise BadLine(line)
    return {"code": code, "days": int(days)}
