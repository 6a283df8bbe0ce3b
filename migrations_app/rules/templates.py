"""Templates before and after the move: which are expected at the destination, and what became of each.

Sources: Meta, migrating phone numbers among solution partners (approved templates of good quality are copied, what is at the
destination stays); Meta, template migration (by hand also those without a quality yet). A template is a name in a language.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrations_app.enums.aftercare import TemplateOutcome

Key = tuple[str, str]
MOST_TEMPLATES = 6_000
"""An account holds no more. Source: Meta, template fundamentals."""
PAGE = 500
"""Most templates that one call copies. Source: Meta, template migration."""
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,4})?")
_APPROVED = "APPROVED"
_BY_ITSELF = frozenset({"GREEN", ""})
_BY_HAND = _BY_ITSELF | {"UNKNOWN"}
_REFUSED = frozenset({"REJECTED", "DISABLED", "PAUSED"})
OPEN_OUTCOMES = frozenset(
    {TemplateOutcome.PENDING, TemplateOutcome.REJECTED, TemplateOutcome.FAILED, TemplateOutcome.MISSING}
)
"""Outcomes that leave somebody something to do."""


@dataclass(frozen=True)
class Before:
    """One template as it was before the move; empty texts where the client's own list does not say."""

    name: str
    language: str
    status: str = ""
    quality: str = ""
    category: str = ""
    id: str = ""
    there_before: bool = False

    @property
    def key(self) -> Key:
        return (self.name, self.language)


@dataclass(frozen=True)
class After:
    """One template as it is at the destination."""

    status: str
    reason: str = ""


@dataclass(frozen=True)
class Compared:
    """What became of one template, in Meta's words where it has some."""

    outcome: TemplateOutcome
    words: str = ""


class BadList(ValueError):
    """A list of templates cannot be read; the text is the line's number."""


def is_expected(before: Before, *, by_hand: bool) -> bool:
    """Tell whether Meta copies such a template: by itself, or when copying was asked for (`by_hand`)."""
    if before.status not in {_APPROVED, ""}:
        return False
    return before.quality in (_BY_HAND if by_hand else _BY_ITSELF)


def compare(
    before: Iterable[Before], after: Mapping[Key, After], failures: Mapping[str, str], *, by_hand: bool
) -> dict[Key, Compared]:
    """Return what became of each template; `failures` are Meta's reasons by the id of the template at the source."""
    return {one.key: _compared(one, after.get(one.key), failures.get(one.id, ""), by_hand=by_hand) for one in before}


def _compared(before: Before, after: After | None, failure: str, *, by_hand: bool) -> Compared:
    if after is None and before.there_before:
        return Compared(TemplateOutcome.MISSING)
    if after is None:
        if failure:
            return Compared(TemplateOutcome.FAILED, failure)
        if is_expected(before, by_hand=by_hand):
            return Compared(TemplateOutcome.MISSING)
        return Compared(
            TemplateOutcome.NOT_EXPECTED, " · ".join(part for part in (before.status, before.quality) if part)
        )
    if before.there_before:
        return Compared(TemplateOutcome.THERE_BEFORE)
    if after.status == _APPROVED:
        return Compared(TemplateOutcome.COPIED)
    if after.status in _REFUSED:
        return Compared(TemplateOutcome.REJECTED, after.reason or after.status)
    return Compared(TemplateOutcome.PENDING, after.status)


def read_list(text: str) -> list[Before]:
    """Return the templates of a client's list: a line each with name, language and, if known, status and quality.

    Comma, semicolon or tab between them; a first line of headings is passed over; empty lines too.

    :raises BadList: a line is no template, or there are too many.
    """
    found: dict[Key, Before] = {}
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=_delimiter(line)))]
        if number == 1 and cells[0].casefold() in {"name", "template", "template_name"}:
            continue
        one = _read(cells, number)
        found[one.key] = one
        if len(found) > MOST_TEMPLATES:
            raise BadList(str(number))
    return list(found.values())


def _delimiter(line: str) -> str:
    return next((mark for mark in ("\t", ";") if mark in line), ",")


def _read(cells: list[str], number: int) -> Before:
    name, language, status, quality = (*cells, "", "", "")[:4]
    language = language.replace("-", "_")
    if not _NAME.fullmatch(name) or not _LANGUAGE.fullmatch(language):
        raise BadList(str(number))
    return Before(name, language, status.upper()[:20], quality.upper()[:20])


def pages(total: int, size: int) -> int:
    """Return how many pages of a size so many templates make; at least one."""
    return max(1, -(-total // size))
