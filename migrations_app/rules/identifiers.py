"""Meta's identifiers: their form, and that they are not mixed up.

Source: Meta's OpenAPI description (digits only); public examples have 15 to 17 digits; people paste a number's or the
portfolio's id where the WABA's belongs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

IDENTIFIER = re.compile(r"[0-9]{10,20}")


def identifier_problems(values: Mapping[str, str], numbers: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return (field, code, detail) of every identifier that is malformed or equal to another identifier or a number."""
    given = {name: value for name, value in values.items() if value}
    return [*_malformed(given), *_equal(given, {number.lstrip("+") for number in numbers})]


def _malformed(given: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, value in given.items():
        if not IDENTIFIER.fullmatch(value):
            yield name, "invalid_identifier", "Meta's identifiers are 10 to 20 digits."


def _equal(given: Mapping[str, str], digits: set[str]) -> Iterator[tuple[str, str, str]]:
    seen: dict[str, str] = {}
    for name, value in given.items():
        if value in digits:
            yield name, "identifiers_not_distinct", "This is one of the phone numbers."
        elif value in seen:
            yield name, "identifiers_not_distinct", f"This is the same as {seen[value]}."
        seen.setdefault(value, name)
