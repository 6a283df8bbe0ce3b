"""The simulated Meta of a test ticket, asked by several at once: nobody loses what another was answered."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from config.core.actor import SYSTEM
from providers.models import SandboxWorld
from providers.services.sandbox import client_for, code_received
from providers.types import CodeMethod
from tests.factories.desk import DESTINATION_WABA

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
REFERENCE = "MIG-SANDB0X1"
LINES = [f"49157000{place}" for place in range(4)]


def started(line: str, now: datetime) -> str:
    with client_for(REFERENCE, by=SYSTEM, now=now) as meta:
        return meta.start_migration(waba_id=DESTINATION_WABA, country_code="61", national_number=line)


@pytest.mark.parametrize("attempt", range(3))
def test_calls_at_once_do_not_lose_each_others_writes(
    at_once: Callable[[list[Callable[[], Any]]], list[Any]], now: datetime, attempt: int
) -> None:
    # The first call makes the world: four of them are the first.
    phones = at_once([lambda line=line: started(line, now) for line in LINES])  # type: ignore[misc]
    assert [phone for phone in phones if not isinstance(phone, str)] == []
    assert len(set(phones)) == len(LINES)

    def ask(phone: str) -> None:
        with client_for(REFERENCE, by=SYSTEM, now=now) as meta:
            meta.request_code(phone_number_id=phone, method=CodeMethod.SMS, language="en")

    assert at_once([lambda phone=phone: ask(phone) for phone in phones]) == [None] * len(LINES)  # type: ignore[misc]
    assert all(code_received(reference=REFERENCE, number=f"+61{line}", by=SYSTEM, now=now) for line in LINES)
    world = SandboxWorld.objects.get()
    assert world.revision == 3 * len(LINES), "every call took the row once"
