"""From a list of message times to the table of a client's week. The times themselves are kept nowhere."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from io import StringIO
from zoneinfo import ZoneInfo

from migrations_app.rules.traffic import DAYS, HOURS

COLUMN = "timestamp"
MOST_LINES = 200_000
MOST_MESSAGES = 1_000_000_000
"""Most messages an hour may have."""
MOST_PROBLEMS = 50
"""So many bad lines are named at once; the rest has the same fault, as a rule."""
LEAST_DAYS = 7
_FIRST_YEAR, _LAST_YEAR = 2000, 9000


class BadLine(StrEnum):
    """Why a line, or the file, cannot be read."""

    NO_TIME = "no_time"
    NO_OFFSET = "no_offset"
    TOO_MANY = "too_many"
    TOO_SHORT = "too_short"


@dataclass(frozen=True)
class LineProblem:
    """A bad line, counted from 1 as editors do; 0: the file as a whole."""

    line: int
    why: BadLine


@dataclass(frozen=True)
class TimesRead:
    """The table of the week, or what is wrong with the file."""

    hours: tuple[tuple[float, ...], ...] = ()
    problems: tuple[LineProblem, ...] = ()


def read_times(text: str, *, zone: ZoneInfo) -> TimesRead:
    """Return how many messages came in per hour of an average week, by the wall clock of `zone`.

    One RFC 3339 time a line, or a table with a column `timestamp`. A weekday that occurs twice in the file counts by its average;
    less than a whole week says nothing about the days that are missing, and is refused.
    """
    counts: Counter[tuple[int, int]] = Counter()
    days: set[int] = set()
    problems: list[LineProblem] = []
    lines = 0
    for line, value in _values(text):
        lines += 1
        if lines > MOST_LINES:
            return TimesRead(problems=(LineProblem(0, BadLine.TOO_MANY),))
        found = _moment(value)
        if isinstance(found, BadLine):
            problems.append(LineProblem(line, found))
            if len(problems) == MOST_PROBLEMS:
                break
            continue
        local = found.astimezone(zone)
        counts[local.weekday(), local.hour] += 1
        days.add(local.toordinal())
    if not problems and (not days or max(days) - min(days) + 1 < LEAST_DAYS):
        problems.append(LineProblem(0, BadLine.TOO_SHORT))
    return TimesRead(problems=tuple(problems)) if problems else TimesRead(_averages(counts, min(days), max(days)))


def _averages(counts: Counter[tuple[int, int]], first: int, last: int) -> tuple[tuple[float, ...], ...]:
    weekday = (first - 1) % DAYS  # day 1 of the calendar was a Monday
    length = last - first + 1
    times = [-(-(length - (day - weekday) % DAYS) // DAYS) for day in range(DAYS)]
    return tuple(tuple(round(counts[day, hour] / times[day], 2) for hour in range(HOURS)) for day in range(DAYS))


def _values(text: str) -> Iterator[tuple[int, str]]:
    """Yield each time with its line; the first row names the columns if one of them is `timestamp`."""
    head = text.lstrip("\ufeff").partition("\n")[0]
    separator = next((each for each in ";\t" if each in head), ",")
    column = 0
    # Field by field as it stands: a quote that is never closed must not swallow the rest of the file.
    for line, raw in enumerate(StringIO(text.lstrip("\ufeff")), start=1):
        plain = raw.rstrip("\r\n").replace("\x00", "")
        row = next(csv.reader([plain], delimiter=separator), []) if '"' in plain else plain.split(separator)
        names = [cell.strip().lower() for cell in row]
        if line == 1 and COLUMN in names:
            column = names.index(COLUMN)
        elif any(names):
            yield line, row[column].strip() if column < len(row) else ""


def _moment(value: str) -> datetime | BadLine:
    try:
        moment = datetime.fromisoformat(value.upper().replace(" ", "T", 1))
    except ValueError:
        return BadLine.NO_TIME
    if "T" not in value.upper().replace(" ", "T", 1) or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return BadLine.NO_TIME
    return BadLine.NO_OFFSET if moment.tzinfo is None else moment.astimezone(UTC)


def read_table(text: str) -> tuple[tuple[float, ...], ...] | None:
    """Return a table pasted from a spreadsheet, 7 rows (Monday first) of 24 counts; None where the text is anything else."""
    rows = [row for row in (line.strip() for line in text.splitlines()) if row]
    if len(rows) != DAYS:
        return None
    try:
        table = tuple(tuple(float(cell) for cell in re.split(r"[,;\t ]+", row)) for row in rows)
    except ValueError:
        return None
    whole = all(len(row) == HOURS and all(0 <= count <= MOST_MESSAGES for count in row) for row in table)
    return table if whole else None
