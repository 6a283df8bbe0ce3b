"""The card of a ticket in triage that asks which BSP it is."""

import pytest

from providers.models import Bsp
from providers.selectors.directory import bsp_named
from tests.factories.desk import Desk
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person

QUESTION = "Which BSP is this?"


@pytest.fixture
def puzzle(walk: Walker) -> Walk:
    return walk(Path.TRIAGE, current_bsp="Pajaro")


def test_the_card_is_there_while_the_bsp_is_unknown(
    puzzle: Walk, walk: Walker, other_agent: Person, lead_at_desk: Person, client_person: Person
) -> None:
    assert QUESTION in other_agent.page(puzzle)
    assert "The client wrote “Pajaro”." in other_agent.page(puzzle)
    assert QUESTION not in client_person.page(puzzle)
    assert QUESTION not in lead_at_desk.page(walk(Path.FILED, "+5511955556666"))
    lead_at_desk.do(puzzle, "cancel", reason="client_stayed")
    assert QUESTION not in lead_at_desk.page(puzzle)


def test_an_agent_says_which_bsp_it_is_and_the_ticket_goes_to_its_queue(
    puzzle: Walk, other_agent: Person, agent_at_desk: Person, desk: Desk
) -> None:
    told = other_agent.do(puzzle, "recognise", bsp="bird", new_name="Pajaro", remember="on")
    assert told == "Recorded: the numbers leave Bird."
    assert puzzle.fresh().queue_id == desk.latam.pk
    assert bsp_named("PAJARO") == Bsp.objects.get(slug="bird")
    page = agent_at_desk.page(puzzle)
    assert QUESTION not in page
    assert "Form changed: current_bsp, phone_numbers" in page


def test_whoever_sends_a_ticket_out_of_own_queues_comes_back_to_the_list(puzzle: Walk, other_agent: Person) -> None:
    answer = other_agent.post(
        "tickets_ticket_do", puzzle.ticket.pk, "recognise", version=puzzle.fresh().version, bsp="bird"
    )
    assert answer.headers["Location"].endswith("/tickets/ticket/")


def test_a_new_one_is_added(puzzle: Walk, other_agent: Person) -> None:
    assert other_agent.do(puzzle, "recognise", new_name="Pajaro SA") == "Recorded: the numbers leave Pajaro SA."
    assert bsp_named("pajaro sa") is not None
    assert bsp_named("pajaro") is None


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({}, "Choose the BSP, or name a new one."),
        ({"new_name": "MESSAGEBIRD"}, "“MESSAGEBIRD” already means Bird."),
        ({"bsp": "nobody"}, "There is nothing here."),
        ({"new_name": "x" * 101}, "The text is too long."),
    ],
)
def test_what_cannot_be_is_said_in_words(puzzle: Walk, other_agent: Person, form: dict[str, str], told: str) -> None:
    assert other_agent.do(puzzle, "recognise", **form) == told
    assert puzzle.case.current_bsp is None


def test_a_client_may_not_say_it(puzzle: Walk, client_person: Person) -> None:
    answer = client_person.post("tickets_ticket_do", puzzle.ticket.pk, "recognise", version=1, bsp="bird")
    assert answer.status_code == 403
