"""The cast as callers of the API. The clock stands at the factories' noon, so that what they did is not long ago."""

from collections.abc import Callable
from datetime import datetime

import pytest

from tests.factories.desk import Key, make_key
from tests.integration.api.caller import Caller
from tickets.models import Organization


@pytest.fixture(autouse=True)
def _noon(clock_at: Callable[[datetime], None], now: datetime) -> None:
    clock_at(now)


@pytest.fixture
def api(client_key: Key) -> Caller:
    """The client."""
    return Caller(client_key.secret)


@pytest.fixture
def api_colleague(colleague: Key) -> Caller:
    return Caller(colleague.secret)


@pytest.fixture
def api_stranger(stranger: Key) -> Caller:
    return Caller(stranger.secret)


@pytest.fixture
def api_partner(partner_org: Organization, now: datetime) -> Caller:
    return Caller(make_key(partner_org, now=now).secret)


@pytest.fixture
def api_reader(client_org: Organization, now: datetime) -> Caller:
    """A key of the client that may only read."""
    return Caller(make_key(client_org, now=now, scopes=("tickets:read",)).secret)


@pytest.fixture
def api_test(client_org: Organization, now: datetime) -> Caller:
    """A test key of the client."""
    return Caller(make_key(client_org, now=now, test=True).secret)


@pytest.fixture
def api_nobody(db: None) -> Caller:
    return Caller(None)
