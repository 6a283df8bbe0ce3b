"""Databases of a benchmark's own, made for one run and dropped after it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
SERVER = "postgres://postgres@127.0.0.1:5432/postgres"


@contextmanager
def own_database(kind: str) -> Iterator[dict[str, str]]:
    """Make a database (`postgres` on the server of BENCH_DATABASE_URL, or `sqlite`) and give the environment that uses it."""
    with tempfile.TemporaryDirectory(prefix="portero-bench-") as folder:
        environment = {**os.environ, "PORTERO_MODE": "embedded", "PORTERO_VAR": folder, "PYTHONPATH": str(ROOT)}
        for name in ("DATABASE_URL", "BROKER_URL", "CACHE_URL", "DJANGO_SETTINGS_MODULE"):
            environment.pop(name, None)
        server = os.environ.get("BENCH_DATABASE_URL", SERVER)
        name = f"portero_bench_{os.getpid()}"
        try:
            if kind == "postgres":
                _on_server(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
                environment["DATABASE_URL"] = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
            yield environment
        finally:
            if kind == "postgres":
                _on_server(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _on_server(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
