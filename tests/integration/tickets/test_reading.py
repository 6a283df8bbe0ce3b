"""Who sees what: callers of the API their own world, people of the desk their queues."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User

from config.core.errors import NotFound
from migrations_app.selectors.cases import documents, tickets_with_number
from tests.factories.desk import Desk, Key, make_agent
from tests.factories.forms import NUMBER
from tests.factories.walks import Path, Walker
from tickets.models import Membership, Ticket
from tickets.selectors.api import key_and_counters, key_by_digest, ticket_of, tickets_of
from tickets.selectors.desk import CLIENT, visible_tickets


def test_a_stranger_does_not_find_the_ticket(walk: Walker, client_key: Key, colleague: Key, stranger: Key) -> None:
    ticket = walk(Path.FILED).ticket
    for key in (client_key, colleague):
        assert ticket_of(key.organization.pk, ticket.reference, test=False) == ticket
    with pytest.raises(NotFound):
        ticket_of(stranger.organization.pk, ticket.reference, test=False)
    row = key_and_counters(stranger.row.digest, ticket.reference, now=walk.now)
    assert row is not None
    assert row.counters is None
    assert not tickets_of(stranger.organization.pk, test=False).exists()


def test_live_and_test_tickets_are_two_worlds(walk: Walker, client_key: Key) -> None:
    live, test = walk(Path.FILED).ticket, walk(Path.FILED, test=True).ticket
    own = client_key.organization.pk
    assert list(tickets_of(own, test=False)) == [live]
    assert list(tickets_of(own, test=True)) == [test]
    with pytest.raises(NotFound):
        ticket_of(own, test.reference, test=False)


def test_the_counters_are_those_of_the_ticket(walk: Walker, client_key: Key) -> None:
    ticket = walk(Path.READY).ticket
    row = key_and_counters(client_key.row.digest, ticket.reference, now=walk.now)
    assert row is not None
    assert row.counters == (ticket.version, ticket.revision)
    assert replace(row, counters=None) == key_by_digest(client_key.row.digest, now=walk.now)


@pytest.mark.parametrize("asked", [NUMBER, "+551187654321"])
def test_a_number_is_found_in_any_of_its_forms(walk: Walker, asked: str) -> None:
    ticket = walk(Path.FILED).ticket
    walk(Path.FILED, "+5511912345678")
    assert list(tickets_with_number(Ticket.objects.all(), asked)) == [ticket]


def test_an_agent_sees_its_queues_a_lead_everything_a_client_its_own(
    walk: Walker, desk: Desk, lead_user: User, agent_user: User, stranger: Key, client_key: Key
) -> None:
    mine, triaged = walk(Path.FILED).ticket, walk(Path.TRIAGE, "+5511912345678", key=stranger).ticket
    other = make_agent("otto", desk.triage)
    clerk = User.objects.create_user("cleo", is_staff=True)
    clerk.groups.add(Group.objects.get(name=CLIENT))
    assert not visible_tickets(clerk).exists()
    Membership.objects.create(user=clerk, organization=client_key.organization)
    clerk = User.objects.get(pk=clerk.pk)
    assert set(visible_tickets(lead_user)) == {mine, triaged}
    assert set(visible_tickets(agent_user)) == {mine}
    assert set(visible_tickets(other)) == {triaged}
    assert set(visible_tickets(clerk)) == {mine}
    assert not visible_tickets(AnonymousUser()).exists()
    agent_user.is_active = False
    assert not visible_tickets(agent_user).exists()


def test_documents_are_fetched_in_a_fixed_number_of_queries(
    walk: Walker, now: datetime, django_assert_max_num_queries: object
) -> None:
    tickets = [walk(Path.SCHEDULED, "+5511900000001").ticket]
    tickets += [walk(Path.READY, f"+551190000001{place}").ticket for place in range(4)]
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        found = documents(tickets)
        for case in found.values():
            for number in case.numbers.all():
                list(number.pin_calls.all())
            list(case.requirements.all())
    assert set(found) == {ticket.pk for ticket in tickets}
