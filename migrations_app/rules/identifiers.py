"""Meta's identifiers: their form, and that they are not mixed up.

Source: Meta's OpenAPI description (digits only); public examples have 15 to 17 digits; people paste a number's or the
portfolio's id where the WABA's belongs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from migrations_app.rules.phone import variants

IDENTIFIER = re.compile(r"[0-9]{10,20}")


def identifier_problems(values: Mapping[str, str], numbers: Sequence[str]) -> list[tuple[str, str]]:
    """Return (field, code) of every identifier that is malformed, or equal to another identifier or to a number.

    A number is recognised in each of its forms, with and without its country code.
    """
    given = {name: value for name, value in values.items() if value}
    return [*_malformed(given), *_equal(given, {form for number in numbers for form in variants(number)})]


def _malformed(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if not IDENTIFIER.fullmatch(value):
            yield name, "invalid_identifier"


def _equal(given: Mapping[str, str], numbers: Iterable[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, value in given.items():
        a_number = IDENTIFIER.fullmatch(value) and any(number.endswith(value) for number in numbers)
        if a_number or value in seen:
            yield name, "identifiers_not_distinct"
        seen.add(value)
