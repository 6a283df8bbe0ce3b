"""People at the agents' screen, each with a signed-in browser."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from tests.factories.desk import Desk, Key, make_agent
from tests.factories.walks import Walk
from tickets.models import Membership, Organization
from tickets.selectors.desk import CLIENT

PASSWORD = "a long enough phrase"


@dataclass
class Person:
    """Somebody signed in to the admin."""

    user: User
    web: Client

    def get(self, name: str, /, *args: Any, **query: Any) -> Any:
        return self.web.get(reverse(f"admin:{name}", args=args), query)

    def post(self, name: str, /, *args: Any, **data: Any) -> Any:
        return self.web.post(reverse(f"admin:{name}", args=args), data)

    def page(self, walk: Walk) -> str:
        return text_of(self.get("tickets_ticket_change", walk.ticket.pk))

    def do(self, walk: Walk, action: str, /, **data: Any) -> str:
        """Post one action of the ticket's page as the page now is, and return what the person is told."""
        data.setdefault("version", walk.fresh().version)
        answer = self.post("tickets_ticket_do", walk.ticket.pk, action, **data)
        assert answer.status_code == 302, answer.status_code
        return told(answer)


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def told(answer: Any) -> str:
    """The newest message: nobody has looked at the page since, so older ones still wait."""
    return str([*get_messages(answer.wsgi_request)][-1])


def sign_in(user: User) -> Person:
    web = Client()
    web.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return Person(user, web)


def make_client_user(name: str, organization: Organization) -> User:
    user = User.objects.create_user(name, f"{name}@client.example", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=CLIENT))
    Membership.objects.create(user=user, organization=organization)
    return user


@pytest.fixture
def agent_at_desk(agent_user: User) -> Person:
    return sign_in(agent_user)


@pytest.fixture
def lead_at_desk(lead_user: User) -> Person:
    return sign_in(lead_user)


@pytest.fixture
def other_agent(desk: Desk) -> Person:
    """Works in triage only."""
    return sign_in(make_agent("tom", desk.triage))


@pytest.fixture
def client_person(client_org: Organization) -> Person:
    return sign_in(make_client_user("ana", client_org))


@pytest.fixture
def client_colleague(client_org: Organization) -> Person:
    return sign_in(make_client_user("rui", client_org))


@pytest.fixture
def stranger_person(stranger: Key) -> Person:
    return sign_in(make_client_user("eve", stranger.organization))


@pytest.fixture
def superuser(desk: Desk) -> Person:
    return sign_in(User.objects.create_superuser("root", "root@portero.example", PASSWORD))


@pytest.fixture(autouse=True)
def _edges_at_now(clock_at: Callable[[datetime], None], now: datetime) -> None:
    """The admin is an edge: it takes the time from the clock."""
    clock_at(now)
