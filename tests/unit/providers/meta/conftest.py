"""The simulator on a free port of this machine, a clock that the test turns, and a client for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from providers.meta.client import MetaClient
from providers.meta.simulator.server import SimulatorServer
from providers.types import CodeMethod

TOKEN = "EAAsecrettoken0123456789"
WABA = "735467396201142"
COUNTRY, NATIONAL = "34", "600111222"
DIGITS = COUNTRY + NATIONAL


class Clock:
    """The present moment, moved by hand."""

    def __init__(self) -> None:
        self.present = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.present

    def forward(self, **amount: float) -> None:
        self.present += timedelta(**amount)


@dataclass
class Simulated:
    """The simulated Meta with hands to change it."""

    server: SimulatorServer
    clock: Clock
    http: httpx2.Client

    def set_number(self, digits: str = DIGITS, **options: Any) -> None:
        assert self.http.put(f"/_sim/numbers/{digits}", json=options).status_code == 200

    def set_waba(self, waba_id: str = WABA, **options: Any) -> None:
        assert self.http.put(f"/_sim/wabas/{waba_id}", json=options).status_code == 200

    def number(self, digits: str = DIGITS) -> Any:
        return self.http.get(f"/_sim/numbers/{digits}").json()

    def inbox(self, digits: str = DIGITS) -> list[dict[str, str]]:
        messages: list[dict[str, str]] = self.http.get(f"/_sim/inbox/{digits}").json()["messages"]
        return messages

    def fault(self, **fault: object) -> None:
        assert self.http.post("/_sim/faults", json=[fault]).status_code == 200


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meta(clock: Clock) -> Iterator[Simulated]:
    with (
        SimulatorServer(clock=clock) as server,
        httpx2.Client(base_url=server.base_url, transport=httpx2.HTTPTransport(verify=False), timeout=5) as http,
    ):
        yield Simulated(server, clock, http)


@pytest.fixture
def client(meta: Simulated) -> Iterator[MetaClient]:
    with MetaClient(base_url=meta.server.base_url, token=TOKEN, timeout_seconds=5) as client:
        yield client


@pytest.fixture
def start(client: MetaClient) -> Callable[..., str]:
    """Start a migration; returns the phone-number id."""

    def started(waba_id: str = WABA, national: str = NATIONAL) -> str:
        return client.start_migration(waba_id=waba_id, country_code=COUNTRY, national_number=national)

    return started


@pytest.fixture
def verified(client: MetaClient, meta: Simulated, start: Callable[..., str]) -> Callable[..., str]:
    """Start a migration and prove ownership; returns the phone-number id."""

    def done(waba_id: str = WABA, national: str = NATIONAL) -> str:
        phone = start(waba_id, national)
        client.request_code(phone_number_id=phone, method=CodeMethod.SMS, language="es")
        client.verify_code(phone_number_id=phone, code=meta.inbox(COUNTRY + national)[-1]["code"])
        return phone

    return done
