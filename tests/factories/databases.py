"""The databases of a run: migrated once and set up once, then copied whole for every process and every service.

Copying takes a blink where migrating takes seconds. What `migrate` makes of nothing is even kept between runs, under a name
that stands for the migrations: SQLite's file, and the statements that PostgreSQL was sent.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.db import connection, connections

RUN = Path(settings.VAR_DIR)
RUN_ID = os.environ.setdefault("PORTERO_TEST_RUN", uuid.uuid4().hex[:8])
"""The same in all processes of this run: parallel ones inherit the environment of the one that starts them."""
_BASE = str(settings.DATABASES["default"]["NAME"])


def template(name: str) -> str:
    """Return the full name of a database of this run that is only there to be copied."""
    return str(RUN / f"{name}-{RUN_ID}.sqlite3") if on_sqlite() else f"test_{_BASE}_{name}_{RUN_ID}"


def on_sqlite() -> bool:
    return connection.vendor == "sqlite"


def _creation() -> Any:
    return connection.creation


def exists(name: str) -> bool:
    if on_sqlite():
        return Path(name).exists()
    with _creation()._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def copy(source: str, target: str) -> None:
    """Copy a whole database to which nobody is connected."""
    if not on_sqlite():
        with _creation()._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
        return
    opened = sqlite3.connect(source)
    opened.execute("VACUUM INTO ?", (target,))
    opened.close()


def _rename(source: str, target: str) -> None:
    if on_sqlite():
        Path(source).rename(target)
        return
    with _creation()._nodb_cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{source}" RENAME TO "{target}"')


def drop(name: str) -> None:
    """Remove a database if it is there, whoever is connected to it."""
    if not on_sqlite():
        with _creation()._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        return
    for ending in ("", "-wal", "-shm"):
        Path(name + ending).unlink(missing_ok=True)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let only one process of this run in."""
    with (RUN / "databases.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def drop_templates() -> None:
    """Leave nothing of this run on a server of databases. Called once, when all processes have ended."""
    for name in ("migrated", "desk", "demo"):
        drop(template(name))


def open_database(set_up: Callable[[], None], *, kept: Path | None) -> str:
    """Connect this process to a database of its own in which `set_up` has run, and return its name.

    Templates `migrated` and `desk` (with what `set_up` made) are there afterwards. `kept` is the folder of what lasts
    between runs; without it the tables are made anew.
    """
    own = str(_creation()._get_test_db_name())
    connection.close()
    with one_at_a_time():
        drop(own)
        if not exists(template("desk")):
            _make_migrated(own, kept)
            copy(template("migrated"), own)
            _connect(own)
            set_up()
            connection.close()
            copy(own, template("desk"))
        else:
            copy(template("desk"), own)
    _connect(own)
    return own


def end_backend(pid: int) -> None:
    """End a process of the PostgreSQL server from another connection; it has ended when this returns."""
    other = connections.create_connection(connection.alias)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()


@contextmanager
def nothing() -> Iterator[None]:
    """Connect this process to an empty database for a while: migrations are watched there without undoing any first."""
    own = str(connection.settings_dict["NAME"])
    empty = template(f"nothing-{os.getpid()}")
    connection.close()
    if not on_sqlite():
        with _creation()._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{empty}"')
    _connect(empty)
    try:
        yield
    finally:
        _connect(own)
        drop(empty)


def _connect(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def _make_migrated(own: str, kept: Path | None) -> None:
    known = kept / f"{_fingerprint()}.{connection.vendor}" if kept else None
    if known is None or not known.exists():
        statements = _migrate()
        connection.close()
        _rename(own, template("migrated"))
        if known is not None:
            _keep(known, statements)
    elif on_sqlite():
        shutil.copy(known, template("migrated"))
    else:
        with _creation()._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{template("migrated")}"')
        _connect(template("migrated"))
        with connection.cursor() as cursor:
            cursor.execute(known.read_text())
        connection.close()


def _migrate() -> list[str]:
    """Migrate, and return what the database was told; the rows of a new database get the same keys every time."""
    told: list[str] = []

    def listen(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE")):
            told.extend(_creation().connection.ops.compose_sql(sql, each) for each in (params if many else [params]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen) if not on_sqlite() else nullcontext():
        _creation().create_test_db(verbosity=0, autoclobber=True, serialize=False)
    return told


def _keep(known: Path, statements: list[str]) -> None:
    """Keep what was migrated for later runs, instead of what other migrations made."""
    fresh = known.with_suffix(f".{os.getpid()}")
    if on_sqlite():
        shutil.copy(template("migrated"), fresh)
    else:
        fresh.write_text(";\n".join(statements))
    for old in known.parent.glob(f"*{known.suffix}"):
        old.unlink(missing_ok=True)
    fresh.replace(known)


def _server_version() -> str:
    if on_sqlite():
        return sqlite3.sqlite_version
    with _creation()._nodb_cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


def _fingerprint() -> str:
    """Return a word that changes whenever `migrate` could make something else of nothing."""
    found = hashlib.sha256(f"{django.VERSION} {_server_version()}".encode())
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            found.update(f"{app.label}/{file.name}".encode() + file.read_bytes())
    return found.hexdigest()[:20]
