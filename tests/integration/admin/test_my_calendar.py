"""The page on which an agent makes, renews and ends the address of its own calendar."""

import re

from django.test import Client

from migrations_app.models import CalendarFeed
from tests.integration.admin.conftest import Person, make_client_user, sign_in, text_of
from tickets.models import Organization

PAGE = "migrations_app_calendarfeed_changelist"


def shown(page: str) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:8000(/cal/[\w-]+\.ics)", page)


def test_an_address_is_shown_once_and_works(agent_at_desk: Person) -> None:
    assert "You have no address yet." in text_of(agent_at_desk.get(PAGE))
    answer = agent_at_desk.post(PAGE, do="new")
    assert "no-store" in answer.headers["Cache-Control"]
    (path,) = shown(text_of(answer))
    assert Client().get(path).status_code == 200
    later = text_of(agent_at_desk.get(PAGE))
    assert shown(later) == []
    assert "Make a new address" in later


def test_a_new_address_takes_the_place_of_the_old_one(agent_at_desk: Person) -> None:
    (old,) = shown(text_of(agent_at_desk.post(PAGE, do="new")))
    (new,) = shown(text_of(agent_at_desk.post(PAGE, do="new")))
    assert (Client().get(old).status_code, Client().get(new).status_code) == (404, 200)
    assert CalendarFeed.objects.count() == 1


def test_the_address_can_be_ended(agent_at_desk: Person) -> None:
    (path,) = shown(text_of(agent_at_desk.post(PAGE, do="new")))
    answer = agent_at_desk.post(PAGE, do="end")
    assert answer.status_code == 302
    assert "The address has ended." in text_of(agent_at_desk.web.get(answer.url))
    assert Client().get(path).status_code == 404
    assert agent_at_desk.post(PAGE, do="end").status_code == 302


def test_everybody_has_a_calendar_of_its_own(agent_at_desk: Person, lead_at_desk: Person) -> None:
    (path,) = shown(text_of(agent_at_desk.post(PAGE, do="new")))
    page = text_of(lead_at_desk.get(PAGE))
    assert "You have no address yet." in page
    lead_at_desk.post(PAGE, do="end")
    assert Client().get(path).status_code == 200


def test_a_client_has_no_calendar_here(client_org: Organization, agent_at_desk: Person) -> None:
    client = sign_in(make_client_user("ana", client_org))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, do="new").status_code == 403
    assert "My calendar" not in text_of(client.get("tickets_ticket_changelist"))
    assert "My calendar" in text_of(agent_at_desk.get("tickets_ticket_changelist"))
