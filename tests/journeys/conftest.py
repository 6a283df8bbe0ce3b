"""A running service that the journeys share. Each finds it as if nobody had been there before, and it is Monday noon."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from migrations_app.management.walkthrough.story import Stage
from tests.factories.servers import MailServer
from tests.factories.service import Service


@pytest.fixture(scope="package")
def shared_service(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Web, worker and beat, for all journeys that do not kill them. To a test ticket a day passes in a second."""
    yield from running(Service(tmp_path_factory.mktemp("service"), TEST_CLOCK_RATE="86400"), django_db_blocker)


@pytest.fixture
def stage(shared_service: Service, django_db_blocker: DjangoDbBlocker) -> Stage:
    """Where a story plays: an empty demo desk, its organization's API key, an admin, the clock at Monday noon."""
    with django_db_blocker.unblock():
        return shared_service.afresh()


@pytest.fixture
def mail(shared_service: Service) -> MailServer:
    """Where the shared service's mail arrives. Ask for it after `stage`, which empties it."""
    return shared_service.mail


def running(service: Service, blocker: DjangoDbBlocker) -> Iterator[Service]:
    """Start a service, and kill it in the end, whatever happens."""
    try:
        with blocker.unblock():
            service.up()
        yield service
    finally:
        with blocker.unblock():
            service.down()
