"""Finds the PostgreSQL and Redis that a test run may use, and leaves them as they were. Called by deploy/test.sh.

Commands: `port`, `database URL NAME`, `drop URL NAME`, `redis URL`, `flush URL...`. Answers are printed one per line;
exit code 1 means "not usable", with the reason on stderr.
"""

import argparse
import os
import socket
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

CONNECT_SECONDS = 3
CLAIM = "portero:test-run"
CLAIM_SECONDS = 3600
LAST_DATABASE = 15
IN_HASTE = "options=-c%20synchronous_commit%3Doff"
"""What a test commits need not survive the server's own death; waiting for its disk took much of the run."""


class NotUsableError(Exception):
    """The server cannot be used for this run; the message says why."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nothing listens now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def usable_database(url: str, name: str) -> str:
    """Return `url` with `name` as its database, in haste, if the server answers and lets us create databases.

    Raises NotUsableError otherwise.
    """
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        raise NotUsableError(str(error).strip().splitlines()[0]) from error
    if row is None or not row[0]:
        raise NotUsableError("the role may not create databases")
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}", query=IN_HASTE))


def drop_databases(url: str, name: str) -> None:
    """Drop every database called `name` or `test_name`, with or without the suffix of a parallel worker."""
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE datname IN (%(own)s, %(test)s)"
            r" OR datname LIKE %(own_suffix)s OR datname LIKE %(test_suffix)s",
            {
                "own": name,
                "test": f"test_{name}",
                "own_suffix": name.replace("_", r"\_") + r"\_%",
                "test_suffix": f"test_{name}".replace("_", r"\_") + r"\_%",
            },
        ).fetchall()
        for (database,) in rows:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def claim_redis(url: str) -> tuple[str, str]:
    """Return the addresses of two empty Redis databases (broker, cache) that no other run has claimed.

    Pairs are tried downwards from the database number of `url`; database 0 and databases with keys are never touched.
    Raises NotUsableError when the server does not answer or has no free pair.
    """
    first = int(urlsplit(url).path.strip("/") or LAST_DATABASE)
    try:
        for number in range(first, 1, -2):
            broker, cache = (urlunsplit(urlsplit(url)._replace(path=f"/{n}")) for n in (number, number - 1))
            if _claimed(broker=broker, cache=cache):
                return broker, cache
    except redis.RedisError as error:
        raise NotUsableError(str(error)) from error
    raise NotUsableError("no two neighbouring databases are empty")


def _claimed(*, broker: str, cache: str) -> bool:
    with _redis(broker) as first, _redis(cache) as second:
        if first.dbsize() or second.dbsize():
            return False
        return bool(first.set(CLAIM, os.getppid(), nx=True, ex=CLAIM_SECONDS))


def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=CONNECT_SECONDS, socket_connect_timeout=CONNECT_SECONDS)


def flush(urls: list[str]) -> None:
    """Empty the claimed Redis databases."""
    for url in urls:
        with _redis(url) as client:
            client.flushdb()


def main(arguments: list[str]) -> int:
    """Run one command and print its answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["port", "database", "drop", "redis", "flush"])
    parser.add_argument("values", nargs="*")
    given = parser.parse_args(arguments)
    try:
        answer = _answer(given.command, given.values)
    except NotUsableError as error:
        print(error, file=sys.stderr)
        return 1
    print(*answer, sep="\n", end="\n" if answer else "")
    return 0


def _answer(command: str, values: list[str]) -> list[str]:
    match command:
        case "port":
            return [str(free_port())]
        case "database":
            return [usable_database(*values)]
        case "drop":
            drop_databases(*values)
        case "redis":
            return list(claim_redis(*values))
        case "flush":
            flush(values)
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
