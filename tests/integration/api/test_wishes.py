"""What users of other help desks have asked for again and again, one test a wish; the number is the wish's in our list of 25.

Details stand in the tests of each part; here the wish is told as whoever made it would tell it.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.forms import OTHER_NUMBER, answers
from tests.factories.walks import Path, Walk, Walker
from tests.integration.api.caller import Answer, Caller
from tickets.models import Ticket

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


@pytest.mark.django_db(transaction=True)
def test_wish_1_a_create_can_be_repeated_safely(api: Caller, at_once: AtOnce) -> None:
    """Fifty identical requests at the same moment make one ticket and get the same body."""

    def file() -> Answer:
        answer = Caller(api.secret).post("tickets", answers(), Idempotency_Key="sol-1")
        for _ in range(40):  # the twin is still running: the caller does what Retry-After says
            if answer.status not in {409, 503}:
                break
            answer = Caller(api.secret).post("tickets", answers(), Idempotency_Key="sol-1")
        return answer

    found = at_once([file] * 50)
    assert {answer.status for answer in found} == {201}
    assert len({answer.text for answer in found}) == 1
    assert Ticket.objects.count() == 1


def test_wish_14_a_fine_stage_stands_beside_a_stable_status(api: Caller, walk: Walker) -> None:
    """The desk's stages can be many; a generic client acts on status and category alone."""
    shown = {}
    for place, path in enumerate((Path.TRIAGE, Path.WAITING_TWO_STEP, Path.READY, Path.SCHEDULED)):
        walked = walk(path, f"+551198765432{place}")
        body = api.get(f"tickets/{walked.ticket.reference}").json
        shown[body["stage"]] = (body["status"]["value"], body["status"]["category"])
    assert shown == {
        "triage": ("open", "open"),
        "requirements": ("waiting", "pending"),
        "ready": ("waiting", "pending"),
        "scheduled": ("scheduled", "pending"),
    }


@pytest.fixture
def open_walk(walk: Walker) -> Walk:
    """Waits for two-step verification."""
    return walk(Path.WAITING_TWO_STEP)


@pytest.mark.parametrize(
    "query",
    [
        "phone_number=%2B5511987654321",
        "phone_number=551187654321",  # the same line as it was written before the ninth digit
        "q=(11)98765-4321",
        "q=ana@padariasol.example",
        "q=padaria",
        "client_reference=SOL-1",
        "group_reference=spring",
    ],
)
def test_wish_20_a_ticket_is_found_by_whatever_the_client_has_at_hand(api: Caller, walk: Walker, query: str) -> None:
    wanted = walk(Path.WAITING_TWO_STEP, group_reference="spring")
    client = {"name": "Livraria", "contact_email": "bea@livraria.example"}
    walk(Path.WAITING_TWO_STEP, OTHER_NUMBER, client_reference="LIV-1", client=client)
    found = api.get(f"tickets?{query}").data
    assert [ticket["reference"] for ticket in found] == [wanted.ticket.reference]
