# ruff: noqa: S608  (every part of the SQL is ours)
"""Fills a database with tickets by bulk SQL: every row is a copy of one that was filed through the product, with its own values.

Half of the tickets belong to one partner, the rest to two hundred others. Statuses, stages, BSPs, queues and dates are
spread so that every filter has a value that many tickets share and one that only the oldest have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

START = datetime(2024, 1, 1, tzinfo=UTC)
"""Ticket number i was filed i minutes later."""
RARE = 120
"""The oldest tickets are the few that have the rare values, in a database of any size: a list of them is as long."""
OTHERS = 200
REQUIREMENTS_EVERY = 10
"""Every tenth ticket has its requirements: a page reads those of one ticket, whatever the others have."""


@dataclass(frozen=True)
class Template:
    """The rows that are copied, and what the copies refer to."""

    ticket: int
    case: int
    number: int
    partner: int
    others: tuple[int, ...]
    queue: int
    rare_queue: int
    bsps: tuple[tuple[int, str], ...]
    requirements: tuple[int, ...]


def postgres() -> bool:
    """Tell whether the database is PostgreSQL."""
    return connection.vendor == "postgresql"


def grow(template: Template, *, first: int, last: int, requirements_every: int = REQUIREMENTS_EVERY) -> None:
    """Add tickets number `first` to `last` (1 is the oldest), each with its case and its number, some with requirements."""
    numbers = series(first, last)
    _copy("tickets_ticket", template.ticket, numbers, _ticket_values(template))
    _copy("migrations_app_migrationcase", template.case, numbers, _case_values(template))
    _copy("migrations_app_numbermove", template.number, numbers, _number_values(template))
    for place, requirement in enumerate(template.requirements):
        values = {
            "id": f"1000000000 + i * {len(template.requirements)} + {place}",
            "case_id": _id(template.case),
            "number_id": f"CASE WHEN t.number_id IS NULL THEN NULL ELSE {_id(template.number)} END",
        }
        _copy(
            "migrations_app_requirement",
            requirement,
            f"SELECT i FROM ({numbers}) x WHERE i % {requirements_every} = 0",
            values,
        )
    _settle_down()


def series(first: int, last: int) -> str:
    """Return SQL that yields `i` from first to last."""
    if postgres():
        return f"SELECT i FROM generate_series({first}, {last}) AS g(i)"
    return f"WITH RECURSIVE g(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM g WHERE i < {last}) SELECT i FROM g"


def _id(template_id: int) -> str:
    """Return the id of copy `i`."""
    return f"{template_id} + i"


def _copy(table: str, row: int, numbers: str, values: dict[str, str]) -> None:
    """Insert a copy of a row for every number `i`, with these columns computed from it."""
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        quoted = ", ".join(f'"{name}"' for name in columns)
        chosen = ", ".join(values.get(name, f't."{name}"') for name in columns)
        cursor.execute(
            f"INSERT INTO {table} ({quoted}) SELECT {chosen} FROM ({numbers}) n, {table} t WHERE t.id = {row}"
        )


def _padded(width: int) -> str:
    return f"lpad(i::text, {width}, '0')" if postgres() else f"printf('%0{width}d', i)"


def code(number: int) -> str:
    """Return eight characters that no other ticket has and that look like chance, as in references and names."""
    return f"{number * 2654435761 % 2**32:08x}"


def _code() -> str:
    """Return SQL for the code of ticket `i`."""
    if postgres():
        return "lpad(to_hex(i::bigint * 2654435761 % 4294967296), 8, '0')"
    return "printf('%08x', i * 2654435761 % 4294967296)"


def _moment(minutes: str) -> str:
    """Return SQL for the moment so many minutes after the start, as Django writes it."""
    if postgres():
        return f"timestamptz '{START.isoformat()}' + ({minutes}) * interval '1 minute'"
    return f"strftime('%Y-%m-%d %H:%M:%S', '{START:%Y-%m-%d %H:%M:%S}', (({minutes})) || ' minutes')"


def _pick(values: Sequence[int | str], index: str) -> str:
    """Return SQL for one of these values."""
    cases = " ".join(f"WHEN {place} THEN {value!r}" for place, value in enumerate(values))
    return f"(CASE ({index}) % {len(values)} {cases} END)"


def _ticket_values(template: Template) -> dict[str, str]:
    def spread(rare: str, first: str, second: str, third: str) -> str:
        of_many = f"WHEN i % 20 < 12 THEN '{first}' WHEN i % 20 < 18 THEN '{second}' ELSE '{third}'"
        return f"CASE WHEN i <= {RARE} THEN '{rare}' {of_many} END"

    terms = (f"'mig-' || {_code()}", "'padaria'", f"'loja' || {_code()}", f"'551198' || {_padded(7)}")
    words = " || ' ' || ".join(terms)
    slugs = [slug for _pk, slug in template.bsps]
    return {
        "id": _id(template.ticket),
        "reference": f"'MIG-' || upper({_code()})",
        "organization_id": f"CASE WHEN i % 2 = 0 THEN {template.partner} ELSE {_pick(template.others, 'i / 2')} END",
        "status": spread("rejected", "closed", "waiting", "open"),
        "stage": spread("rejected", "done", "requirements", "triage"),
        "waiting_on": spread("meta", "nobody", "client", "onboarding"),
        "kind": f"CASE WHEN i <= {RARE} THEN 'question' ELSE 'number_migration' END",
        "queue_id": f"CASE WHEN i <= {RARE} THEN {template.rare_queue} ELSE {template.queue} END",
        "origin": f"CASE WHEN i <= {RARE} THEN '{slugs[-1]}' ELSE {_pick(slugs[:-1], 'i / 3')} END",
        "client_name": "'Loja ' || i",
        "client_reference": "'REF-' || i",
        "group_reference": "'G-' || (i / 20)",
        "search_text": words,
        "created_at": _moment("i"),
        "updated_at": _moment("i + CASE WHEN i % 3 = 0 THEN (i % 5000) * 7919 % 5000 ELSE 0 END"),
    }


def _case_values(template: Template) -> dict[str, str]:
    common, rare = [pk for pk, _slug in template.bsps[:-1]], template.bsps[-1][0]
    return {
        "id": _id(template.case),
        "ticket_id": _id(template.ticket),
        "current_bsp_id": f"CASE WHEN i <= {RARE} THEN {rare} ELSE {_pick(common, 'i / 3')} END",
    }


def _number_values(template: Template) -> dict[str, str]:
    number = f"'+551198' || {_padded(7)}"
    return {"id": _id(template.number), "case_id": _id(template.case), "number": number, "match_key": number}


TABLES = ("tickets_ticket", "migrations_app_migrationcase", "migrations_app_numbermove", "migrations_app_requirement")
FILED_FROM = 10**12
"""Rows that the product itself adds later have ids from here on, so that the next copies find theirs free."""


def _settle_down() -> None:
    """Let the database know its tables again, as its own housekeeping would within minutes, and its counters of ids."""
    with connection.cursor() as cursor:
        for table in TABLES:
            if postgres():
                top = f"(SELECT greatest(max(id), {FILED_FROM}) FROM {table})"
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {top})")
            else:
                cursor.execute(f"UPDATE sqlite_sequence SET seq = max(seq, {FILED_FROM}) WHERE name = '{table}'")
        cursor.execute("VACUUM ANALYZE" if postgres() else "PRAGMA optimize")


def filed_at(number: int) -> datetime:
    """Return when ticket number `number` was filed."""
    return START + timedelta(minutes=number)
