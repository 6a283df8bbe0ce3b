"""The cast, the clock, and servers of our own for the outside world. See tests/factories for how things are made."""

import gc
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker, Settings
from pytest_django.fixtures import _disable_migrations

from config.core import clock
from config.core.actor import Actor
from tests.factories import databases
from tests.factories.desk import (
    Desk,
    Key,
    actor_of,
    find_desk,
    make_agent,
    make_desk,
    make_key,
    make_lead,
    make_organization,
)
from tests.factories.pristine import back_to_pristine, keep_pristine
from tests.factories.servers import MailServer, Meta, PartnerServer, start_mail_server, start_meta, start_partner
from tests.factories.walks import Walker
from tickets.models import Organization, Queue
from tickets.models.files import private_storage

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""A Monday, noon in Sao Paulo."""
Answer = TypeVar("Answer")


# A busy machine must not fail a property for being slow.
hypothesis_settings.register_profile(
    "suite", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile("servers", hypothesis_settings.get_profile("suite"), max_examples=15)
hypothesis_settings.load_profile("suite")


_ABOUT_SERVERS = re.compile(r"\bat_once\b|\btransaction=True|\btransactional_db\b|\bmark\.(servers|postgres|journey)\b")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--on-servers",
        action="store_true",
        help="only journeys, and tests with transactions of their own: what a server can change",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put journeys first, side by side; skip what only PostgreSQL can show where the suite runs on SQLite.

    So journeys share one running service, and are not what everybody waits for in the end.
    """
    items.sort(key=lambda item: item.get_closest_marker("journey") is None)
    if config.getoption("--on-servers"):
        hypothesis_settings.load_profile("servers")
        alike = [item for item in items if _is_alike_everywhere(item)]
        left_out = {*alike, *_further_values(items)}
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]
    if connection.vendor == "postgresql":
        return
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: set DATABASE_URL"))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass by modules without a test that a server can change: reading all of them takes each process ten seconds."""
    if not config.getoption("--on-servers") or not collection_path.name.startswith("test_"):
        return None
    return None if _ABOUT_SERVERS.search(collection_path.read_text(encoding="utf-8")) else True


def _is_alike_everywhere(item: pytest.Item) -> bool:
    """Tell whether no server changes what a test finds: all but journeys, and tests with transactions of their own.

    What a browser shows is no more about servers than what the pages under it are.
    """
    place = item.path.relative_to(Path(__file__).parent).as_posix()
    if place == "journeys/test_guide.py":
        return True
    if any(item.get_closest_marker(name) for name in ("servers", "postgres", "journey")):
        return False
    if "live_server" in getattr(item, "fixturenames", ()):
        return True
    database = item.get_closest_marker("django_db")
    return not (database and database.kwargs.get("transaction"))


def _further_values(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return tests that send a server the same statements as one before them, only with another value.

    Of a test with many values the first is kept, unless the values are about the servers.
    """
    seen: set[str] = set()
    further = []
    for item in items:
        test = item.nodeid.partition("[")[0]
        marked = any(item.get_closest_marker(name) for name in ("servers", "postgres", "journey"))
        if test in seen and not marked:
            further.append(item)
        seen.add(test)
    return further


def pytest_collection_finish() -> None:
    """Let the collector of garbage look less often, and never at what stays: modules, tests, settings. It took 8 %."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Take away what this run has made: templates of databases, and the folder of config.settings.test."""
    if hasattr(config, "workerinput"):
        return
    databases.drop_templates()
    if databases.RUN.name.startswith("portero-tests-"):
        shutil.rmtree(databases.RUN, ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_cache(settings: Settings) -> None:
    """Give every test an empty cache. On Redis a fresh prefix does that without disturbing the other workers."""
    kind = settings.CACHES["default"]
    if "Redis" not in kind["BACKEND"]:
        cache.clear()
        return
    prefix = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}:{uuid.uuid4().hex}"
    settings.CACHES = {"default": {**kind, "KEY_PREFIX": prefix}}


# Time


@pytest.fixture
def now() -> datetime:
    """Monday, 2 March 2026, noon in Sao Paulo."""
    return NOW


@pytest.fixture
def clock_at(settings: Settings, tmp_path: Path) -> Callable[[datetime], None]:
    """Make the edges believe that it is a certain moment; time stands still there."""
    file = tmp_path / "clock.json"

    def stand_at(moment: datetime) -> None:
        clock.set_virtual(file, moment=moment, rate=0)
        settings.PORTERO_CLOCK_FILE = str(file)

    return stand_at


# Files


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of attachments: empty, and of this test alone."""
    folder = tmp_path / "attachments"
    for name in ("base_location", "location"):
        monkeypatch.setitem(private_storage().__dict__, name, str(folder))
    return folder


# The desk and its people


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_use_migrations: bool,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Give each process a database in which the desk is set up. Tests with real transactions bring it back themselves."""
    if not django_db_use_migrations:
        _disable_migrations()
    kept = request.config.cache.mkdir("migrated") if django_db_use_migrations else None
    with django_db_blocker.unblock():
        name = databases.open_database(_set_up, kept=kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: _tidy_up())
        yield
    with django_db_blocker.unblock():
        connection.close()
        databases.drop(name)


def _set_up() -> None:
    make_desk(now=NOW)
    keep_pristine(connection)


def _tidy_up() -> None:
    back_to_pristine(connection, databases.template("desk"))


@pytest.fixture
def desk(db: None) -> Desk:
    """The desk as set up for the whole run."""
    return find_desk()


@pytest.fixture
def agent_user(desk: Desk) -> User:
    """Works in the queue "latam", Monday to Friday, 9 to 18 in Sao Paulo."""
    return make_agent("bea", desk.latam)


@pytest.fixture
def agent(agent_user: User) -> Actor:
    return actor_of(agent_user)


@pytest.fixture
def lead_user(desk: Desk) -> User:
    return make_lead("leo")


# Those who file


@pytest.fixture
def client_org(desk: Desk, now: datetime) -> Organization:
    return make_organization("Padaria Sol", now=now)


@pytest.fixture
def client_key(client_org: Organization, now: datetime) -> Key:
    return make_key(client_org, now=now)


@pytest.fixture
def client_actor(client_key: Key) -> Actor:
    return client_key.actor


@pytest.fixture
def colleague(client_org: Organization, now: datetime) -> Key:
    """Another key of the same organization."""
    return make_key(client_org, now=now, label="colleague")


@pytest.fixture
def stranger(desk: Desk, now: datetime) -> Key:
    """A key of an organization that has nothing to do with the client."""
    return make_key(make_organization("Farmacia Lua", now=now), now=now)


@pytest.fixture
def partner_org(desk: Desk, now: datetime) -> Organization:
    return make_organization("Agencia Norte", now=now, partner=True)


# The outside world


@pytest.fixture(scope="session")
def _meta_server() -> Iterator[Meta]:
    meta = start_meta(NOW)
    yield meta
    meta.server.stop()


@pytest.fixture
def meta(_meta_server: Meta, settings: Settings) -> Meta:
    """Meta's simulator with an empty world; every number is in order until told otherwise."""
    _meta_server.reset(NOW)
    settings.META_BASE_URL = _meta_server.base_url
    settings.META_TIMEOUT_SECONDS = 2
    return _meta_server


@pytest.fixture(scope="session")
def _partner_server() -> Iterator[PartnerServer]:
    partner, server = start_partner()
    yield partner
    partner.release.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def partner(_partner_server: PartnerServer, settings: Settings) -> PartnerServer:
    """A partner's own system that takes everything until told otherwise (`partner.be(503)`)."""
    _partner_server.reset()
    settings.HTTP_CHANNEL_ALLOW = "loopback"
    settings.HTTP_CHANNEL_TIMEOUT_SECONDS = 1
    return _partner_server


@pytest.fixture(scope="session")
def _mail_server() -> Iterator[MailServer]:
    mail, controller = start_mail_server()
    yield mail
    controller.stop()


@pytest.fixture
def smtp(_mail_server: MailServer, settings: Settings) -> MailServer:
    """A real mail server that accepts everything until told otherwise (`smtp.be(Mood...)`)."""
    _mail_server.reset()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = _mail_server.host, _mail_server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 1
    return _mail_server


# Cases on their way


@pytest.fixture
def walk(client_key: Key, agent_user: User, now: datetime, request: pytest.FixtureRequest) -> Walker:
    """File tickets and carry them along a path: `walk(Path.SCHEDULED)`. Paths past the call need the fixture `meta`."""
    telephone = request.getfixturevalue("meta") if "meta" in request.fixturenames else None
    return Walker(client_key, agent_user, now, telephone)


@pytest.fixture
def claims_suffice(desk: Desk) -> None:
    """No claim is tried at Meta, so an invitation waits for nothing."""
    Queue.objects.filter(tries_claims=True).update(tries_claims=False)


# Threads


@pytest.fixture
def at_once(transactional_db: None) -> Callable[[list[Callable[[], Any]]], list[Any]]:
    """Run functions at the same moment, each in a thread with its own database connection; exceptions are returned."""

    def run(works: list[Callable[[], Any]]) -> list[Any]:
        gate = Barrier(len(works))

        def one(work: Callable[[], Any]) -> Any:
            try:
                gate.wait(timeout=10)
                return work()
            except Exception as error:  # noqa: BLE001  (returned to the test, which judges it)
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(one, works))

    return run
