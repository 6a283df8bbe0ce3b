"""Fifty real clients want the same slot of the same agent at the same moment: one gets it, on a running service."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from migrations_app.management.walkthrough.browser import Answer, ApiCaller
from migrations_app.management.walkthrough.story import FORM, Stage
from migrations_app.models import CallCell, PinCall
from tests.factories import databases
from tests.factories.service import Service

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240)]

CLIENTS = 50
SLOT, LATER = "2026-03-03T18:00:00Z", "2026-03-03T18:15:00Z"
"""Three in the afternoon in São Paulo; the agent in Madrid has gone home."""


@pytest.fixture
def ready(stage: Stage) -> list[str]:
    """Tickets that could be scheduled now."""
    api, meta = ApiCaller(stage.base + "/api/v1", stage.key), ApiCaller(stage.simulator + "/_sim")
    items = []
    for place in range(CLIENTS):
        number = f"+5511987{place:06d}"
        meta.call("PUT", f"/numbers/{number[1:]}", {"two_step": False})
        line = {
            **FORM["phone_numbers"][0], "number": number, "otp_contact": {"name": "Ana", "phone": "+551130001000"},
        }  # fmt: skip
        client = {**FORM["client"], "name": f"Loja {place}", "contact_email": f"loja{place}@client.example"}
        items.append({**FORM, "client": client, "phone_numbers": [line], "client_reference": f"LOJA-{place}"})
    filed = api.post("/tickets/batch", {"tickets": items})
    references = [item["ticket"]["reference"] for item in filed["data"]]
    for reference in references:
        api.post(f"/tickets/{reference}/requirements/two_step_disabled/claim", {"statement": "Off since noon."})
    return references


def at_once(works: list[Callable[[], Answer]]) -> list[Answer]:
    """Send all requests at the same moment, each from a client of its own."""
    gate = Barrier(len(works))

    def one(work: Callable[[], Answer]) -> Answer:
        gate.wait(timeout=30)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_fifty_clients_want_one_slot(
    shared_service: Service, stage: Stage, ready: list[str], django_db_blocker: DjangoDbBlocker
) -> None:
    def ask(reference: str, start: str, way: str) -> Callable[[], Answer]:
        api = ApiCaller(stage.base + "/api/v1", stage.key)
        return lambda: api.call("POST", f"/tickets/{reference}/{way}", {"start": start})

    # Every other one asks for a moment that overlaps, and every third one only holds.
    ways = ["slot-holds" if place % 3 == 2 else "pin-calls" for place in range(CLIENTS)]
    starts = [LATER if place % 2 else SLOT for place in range(CLIENTS)]
    answers = at_once([ask(*each) for each in zip(ready, starts, ways, strict=True)])
    told = Counter((answer.status, answer.json().get("code")) for answer in answers)
    if databases.on_sqlite():
        # A writer may wait for its turn until the lock's time is over; it is told to come again, and nothing is booked.
        told.pop((503, "temporarily_unavailable"), None)
        assert told.pop((201, None)) == 1
        assert set(told) == {(409, "slot_taken")}
    else:
        assert told == {(201, None): 1, (409, "slot_taken"): CLIENTS - 1}
    with django_db_blocker.unblock(), shared_service.looking_in() as there:
        call = PinCall.objects.using(there).get(state__in=["held", "booked"])
        cells: list[Any] = list(CallCell.objects.using(there).values_list("pin_call_id", flat=True))
    assert set(cells) == {call.pk}
    assert len(cells) == 3
