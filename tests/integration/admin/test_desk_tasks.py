"""Tasks at the agents' screen: the list, the page with all one needs, the outcome."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory

from migrations_app.admin.desk_tasks import open_count
from migrations_app.models import DeskTask
from tests.factories.ladders import MAIL, PHONE, PORTAL, WHATSAPP
from tests.factories.walks import Walk, Walker
from tests.integration.admin.conftest import Person, text_of, told
from tests.integration.migrations_app.test_desk_tasks import CLIENT_PHONE, listen, task_of, with_task
from tickets.models import Ticket

LIST, PAGE, OUTCOME = (f"migrations_app_desktask_{name}" for name in ("changelist", "change", "outcome"))


@pytest.fixture
def called(walk: Walker) -> Walk:
    """A client of Sao Paulo that writes Portuguese and is to be called."""
    return with_task(walk, PHONE, MAIL, client={"language": "pt-br"})


def say(person: Person, walked: Walk, outcome: str, **more: str) -> Any:
    return person.post(OUTCOME, task_of(walked).pk, outcome=outcome, **more)


def count_for(person: Person) -> str:
    request = RequestFactory().get("/")
    request.user = person.user
    return open_count(request)


def test_a_task_is_seen_by_the_lead_and_the_queues_agents_only(
    called: Walk, lead_at_desk: Person, agent_at_desk: Person, other_agent: Person, client_person: Person
) -> None:
    task = task_of(called)
    for person in (lead_at_desk, agent_at_desk):
        assert called.ticket.reference in text_of(person.get(LIST))
        assert CLIENT_PHONE in text_of(person.get(PAGE, task.pk))
        assert count_for(person) == "1"
    assert called.ticket.reference not in text_of(other_agent.get(LIST))
    assert other_agent.get(PAGE, task.pk).status_code == 404
    assert say(other_agent, called, "done").status_code == 404
    assert count_for(other_agent) == ""
    assert client_person.get(LIST).status_code == 403
    assert client_person.get(PAGE, task.pk).status_code == 403
    assert say(client_person, called, "done").status_code == 403
    assert count_for(client_person) == ""
    assert task_of(called).state == "open"
    agent_at_desk.user.user_permissions.clear()
    assert agent_at_desk.web.delete(f"/admin/migrations_app/desktask/{task.pk}/change/").status_code == 405
    assert agent_at_desk.get(OUTCOME, task.pk).status_code == 405


def test_the_list_says_what_is_urgent_where_it_is_day_and_what_waits_too_long(
    walk: Walker, called: Walk, agent_at_desk: Person, clock_at: Callable[[datetime], None], now: datetime
) -> None:
    urgent = with_task(walk, WHATSAPP, numbers=("+5511987650077",), client={"name": "Quitanda Verde"})
    Ticket.objects.filter(pk=urgent.ticket.pk).update(priority="urgent", assignee=agent_at_desk.user)
    page = text_of(agent_at_desk.get(LIST))
    assert page.index(urgent.ticket.reference) < page.index(called.ticket.reference)
    assert "12:00 <span" in page
    assert ">open now<" in page
    mine = text_of(agent_at_desk.get(LIST, assignee="me"))
    assert urgent.ticket.reference in mine
    assert called.ticket.reference not in mine
    assert urgent.ticket.reference not in text_of(agent_at_desk.get(LIST, kind__exact="phone"))
    assert urgent.ticket.reference not in text_of(agent_at_desk.get(LIST, state="done"))
    clock_at(now + timedelta(days=1, hours=9))
    late = text_of(agent_at_desk.get(LIST))
    assert ">closed now<" in late
    assert re.search(r'pt-danger">1\xa0day', late)


def test_the_number_of_queries_does_not_grow_with_the_list(
    walk: Walker, called: Walk, agent_at_desk: Person, django_assert_max_num_queries: Any
) -> None:
    for place in range(4):
        with_task(walk, WHATSAPP, numbers=(f"+551198765000{place}",))
    with django_assert_max_num_queries(20):
        agent_at_desk.get(LIST)


def test_the_page_of_a_call_has_all_that_is_needed(called: Walk, agent_at_desk: Person) -> None:
    page = text_of(agent_at_desk.get(PAGE, task_of(called).pk))
    assert f'href="tel:{CLIENT_PHONE}"' in page
    assert "Falo com Ana?" in page  # in the client's language
    assert "Am I speaking to Ana?" in page  # and in the agent's
    assert "It is <strong>12:00</strong> there (America/Sao_Paulo)" in page
    assert "+5511987654321" in page
    assert "one of the numbers that are being moved" not in page


def test_the_page_of_a_chat_opens_it_with_the_text_typed_in(walk: Walker, agent_at_desk: Person) -> None:
    walked = with_task(walk, WHATSAPP, client={"contact_phone": "+551187654321", "language": "en"})
    page = text_of(agent_at_desk.get(PAGE, task_of(walked).pk))
    assert 'href="https://wa.me/551187654321?text=Hello%20Ana%2C%20this%20is' in page
    assert "one of the numbers that are being moved" in page
    assert "The same in your language" not in page


def test_the_page_of_a_portal_leads_there_with_subject_and_text(walk: Walker, agent_at_desk: Person) -> None:
    listen()
    walked = with_task(walk, PORTAL)
    page = text_of(agent_at_desk.get(PAGE, task_of(walked).pk))
    assert 'href="https://infobip.example/help" target="_blank" rel="noopener noreferrer"' in page
    assert 'value="Please disable two-step verification' in page
    assert "Leaving Infobip" in page


def test_other_calls_to_the_same_phone_are_named(walk: Walker, called: Walk, agent_at_desk: Person) -> None:
    other = with_task(walk, PHONE, numbers=("+5511987650077",))
    page = text_of(agent_at_desk.get(PAGE, task_of(called).pk))
    assert "Also to do there" in page
    assert other.ticket.reference in page


def test_an_outcome_is_recorded_and_shown(called: Walk, agent_at_desk: Person) -> None:
    assert "Do it" in agent_at_desk.page(called)
    answer = say(
        agent_at_desk, called, "promised", promised_for="2026-03-06", case_number="INC-7", note="Ana calls them"
    )
    assert (answer.status_code, answer.url) == (302, "/admin/migrations_app/desktask/")
    assert called.ticket.reference in told(answer)
    row = called.requirement("two_step_disabled")
    assert (row.state, row.external_reference) == ("requested", "INC-7")
    assert f"{row.promised_for:%d %H:%M}" == "06 21:00"  # six o'clock in the evening in Sao Paulo
    page = agent_at_desk.page(called)
    for words in (
        "Promised for a date",
        "Ana calls them",
        "Call (Client): Promised for a date – Fri 6 Mar 2026, 18:00",
    ):
        assert words in page
    assert "Do it" not in page
    ended = text_of(agent_at_desk.get(PAGE, task_of(called).pk))
    assert "Ana calls them" in ended
    assert "Record the outcome" not in ended


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"outcome": "promised"}, "Say for which date it is promised."),
        ({"outcome": "promised", "promised_for": "2026-02-30"}, "The promised date is not a date."),
        ({"outcome": "promised", "promised_for": "2026-03-01"}, "The promised date has passed already."),
        ({"outcome": "celebrated"}, "Choose what became of it."),
        ({"outcome": "refused"}, "Choose what became of it."),
        ({"outcome": "done", "case_number": "1" * 101}, "The text is too long."),
    ],
)
def test_a_form_that_lacks_something_keeps_what_was_typed(
    called: Walk, agent_at_desk: Person, form: dict[str, str], complaint: str
) -> None:
    page = text_of(agent_at_desk.post(OUTCOME, task_of(called).pk, note="Spoke with Ana", **form))
    assert complaint in page
    assert "Spoke with Ana</textarea>" in page
    assert task_of(called).state == "open"


def test_who_comes_second_is_told_who_was_first(called: Walk, agent_at_desk: Person, lead_at_desk: Person) -> None:
    say(agent_at_desk, called, "no_answer")
    answer = say(lead_at_desk, called, "done")
    assert told(answer) == "bea was first: “No answer”. Your outcome was not recorded."
    assert answer.url == f"/admin/migrations_app/desktask/{task_of(called).pk}/change/"


def test_a_task_that_is_not_needed_any_more_says_so(called: Walk, agent_at_desk: Person) -> None:
    called.claim()
    assert told(say(agent_at_desk, called, "done")) == "Nobody needs this task any more. Nothing was recorded."
    assert "Not needed any more" in text_of(agent_at_desk.get(PAGE, task_of(called).pk))


def test_the_sidebar_counts_what_is_to_do(called: Walk, agent_at_desk: Person) -> None:
    request = RequestFactory().get("/")
    request.user = agent_at_desk.user

    def badges() -> Any:
        site: Any = admin.site
        groups = site.get_sidebar_list(request)
        return next(i.get("badge") for g in groups for i in g["items"] if str(i["title"]) == "Tasks")

    assert badges() == "1"
    DeskTask.objects.update(state="dropped", done_at=called.now)
    assert not badges()
