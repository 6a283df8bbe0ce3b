"""Servers of a benchmark's own: databases and Redis databases, made or claimed for one run and gone after it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from deploy.servers import NotUsableError, claim_redis, flush

ROOT = Path(__file__).resolve().parents[1]
SERVER = "postgres://postgres@127.0.0.1:5432/postgres"
REDIS = "redis://127.0.0.1:6379/13"


@contextmanager
def own_database(kind: str) -> Iterator[dict[str, str]]:
    """Make a database (`postgres` on the server of BENCH_DATABASE_URL, or `sqlite`) and give the environment that uses it."""
    with tempfile.TemporaryDirectory(prefix="portero-bench-") as folder:
        environment = {**os.environ, "PORTERO_MODE": "embedded", "PORTERO_VAR": folder, "PYTHONPATH": str(ROOT)}
        for name in ("DATABASE_URL", "BROKER_URL", "CACHE_URL", "DJANGO_SETTINGS_MODULE"):
            environment.pop(name, None)
        if kind == "sqlite":
            yield environment
            return
        with postgres_database("portero_bench") as address:
            yield environment | {"DATABASE_URL": address}


@contextmanager
def postgres_database(name: str) -> Iterator[str]:
    """Make a database on the server of BENCH_DATABASE_URL, give its address, and drop it in the end."""
    server = os.environ.get("BENCH_DATABASE_URL", SERVER)
    own = f"{name}_{os.getpid()}"
    try:
        _on_server(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(own)))
        yield urlunsplit(urlsplit(server)._replace(path=f"/{own}"))
    finally:
        _on_server(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(own)))


def _on_server(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def own_redis() -> Iterator[dict[str, str]]:
    """Claim two empty databases of the Redis of BENCH_REDIS_URL, give the environment that uses them, and empty them in the end."""
    try:
        broker, cache = claim_redis(os.environ.get("BENCH_REDIS_URL", REDIS))
    except NotUsableError as error:
        msg = f"Redis cannot be used: {error}. Name one in BENCH_REDIS_URL."
        raise SystemExit(msg) from error
    try:
        yield {"BROKER_URL": broker, "CACHE_URL": cache}
    finally:
        flush([broker, cache])
