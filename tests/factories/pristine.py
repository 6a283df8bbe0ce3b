"""The tables as the desk's set-up left them, and the way back there after a test with real transactions.

Django's own way empties all of the tables, so that every later test must make the desk again, and on PostgreSQL it does
so by TRUNCATE, which takes up to two seconds. Here only the rows that differ from a copy are taken out and put back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from tickets.models import Ticket

COPY = "pristine"
"""The schema (PostgreSQL) or attached file (SQLite) that holds the copies: no test meets it by a table's plain name."""


@dataclass(frozen=True)
class _Table:
    name: str
    key: str
    columns: str

    @property
    def kept(self) -> str:
        return f"{COPY}.{self.name}"

    def only_in(self, one: str, other: str) -> str:
        """Return the query for the rows of `one` that `other` has not. EXCEPT takes NULL for equal to NULL."""
        return f"SELECT {self.columns} FROM {one} EXCEPT SELECT {self.columns} FROM {other}"  # noqa: S608

    def differs(self) -> str:
        return (
            f"SELECT '{self.name}' WHERE EXISTS ({self.only_in(self.name, self.kept)})"
            f" OR EXISTS ({self.only_in(self.kept, self.name)})"
        )

    def take_out(self) -> str:
        foreign = f"SELECT {self.key} FROM ({self.only_in(self.name, self.kept)}) AS differing"  # noqa: S608
        return f"DELETE FROM {self.name} WHERE {self.key} IN ({foreign})"  # noqa: S608

    def put_back(self) -> str:
        return f"INSERT INTO {self.name} ({self.columns}) {self.only_in(self.kept, self.name)}"


def keep_pristine(connection: BaseDatabaseWrapper) -> None:
    """Copy what every table holds now: this is what `back_to_pristine` brings back.

    SQLite needs no copy: the file that this database is itself a copy of is attached when it is needed.
    """
    if connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {COPY}")
        for table in _tables():
            cursor.execute(f"CREATE TABLE {table.kept} AS SELECT {table.columns} FROM {table.name}")  # noqa: S608


def back_to_pristine(connection: BaseDatabaseWrapper, template: str) -> None:
    """Bring every table back to what it held. Foreign keys are deferred: they are checked at the commit.

    `template` is the database of which this one is a copy. Where a service still works on it, this waits its turn by the
    product's own rule: the ticket is locked first, so whoever holds anything of a ticket holds the ticket too.
    """
    tables = _tables()
    with _copies(connection, template), transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {Ticket._meta.db_table} IN EXCLUSIVE MODE")
        cursor.execute(" UNION ALL ".join(table.differs() for table in tables))
        differing = {name for (name,) in cursor.fetchall()}
        touched = [table for table in tables if table.name in differing]
        for table in touched:
            cursor.execute(table.take_out())
        for table in touched:
            cursor.execute(table.put_back())


def _tables() -> list[_Table]:
    metas = [model._meta for model in apps.get_models(include_auto_created=True)]
    return [
        _Table(
            meta.db_table, str(meta.pk.column), ", ".join(f'"{field.column}"' for field in meta.local_concrete_fields)
        )
        for meta in metas
        if meta.managed and not meta.proxy
    ]


@contextmanager
def _copies(connection: BaseDatabaseWrapper, template: str) -> Iterator[None]:
    """Make the copies reachable."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"ATTACH DATABASE '{template}' AS {COPY}")
        try:
            yield
        finally:
            cursor.execute(f"DETACH DATABASE {COPY}")
