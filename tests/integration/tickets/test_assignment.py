"""A queue shares its work: in turn, by load, by group; only among its own active agents, and fairly under pressure."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.errors import Invalid
from migrations_app.services.importing import file_rows
from migrations_app.services.intake import file_ticket
from migrations_app.services.recognising import Recognition, recognise_bsp
from tests.factories.desk import Desk, Key, actor_of, make_agent, make_rule
from tests.factories.forms import form
from tests.factories.walks import Path, Walker
from tickets.models import Event, Queue, Ticket
from tickets.services.routing import SameQueue, reroute
from tickets.services.tickets import assign

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def number(place: int) -> str:
    return f"+55119876{place:05d}"


def share(queue: Queue, how: str, *, groups: bool = False) -> None:
    Queue.objects.filter(pk=queue.pk).update(assignment=how, keep_group_together=groups)


@pytest.fixture
def team(desk: Desk) -> list[User]:
    """Ada, Bob and Eva work in the queue "latam"; Zoe works elsewhere, Ina has left."""
    agents = [make_agent(name, desk.latam) for name in ("ada", "bob", "eva")]
    make_agent("zoe", desk.triage)
    gone = make_agent("ina", desk.latam)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    return agents


@pytest.fixture
def file(team: list[User], client_key: Key, now: datetime) -> Callable[..., Ticket]:
    """File one ticket and return it as it stands."""

    def filed(place: int, **more: Any) -> Ticket:
        key: Key = more.pop("key", client_key)
        ticket = file_ticket(organization=key.organization, form=form(number(place), **more), by=key.actor, now=now)
        return Ticket.objects.select_related("assignee", "queue").get(pk=ticket.pk)

    return filed


def who(*tickets: Ticket) -> list[str]:
    return [ticket.assignee.get_username() if ticket.assignee else "-" for ticket in tickets]


def test_a_queue_hands_nothing_out_unless_told(file: Callable[..., Ticket]) -> None:
    assert who(file(1), file(2)) == ["-", "-"]


def test_in_turn_everybody_active_gets_one_after_the_other(file: Callable[..., Ticket], desk: Desk) -> None:
    share(desk.latam, "round_robin")
    assert who(*(file(place) for place in range(5))) == ["ada", "bob", "eva", "ada", "bob"]


def test_who_has_the_least_open_tickets_gets_the_next(
    file: Callable[..., Ticket], desk: Desk, team: list[User], now: datetime
) -> None:
    first = file(1)
    elsewhere = file(2, client={"country": "ES"})
    assert elsewhere.queue == desk.triage
    share(desk.latam, "least_loaded")
    lead = actor_of(team[0])
    assign(ticket_id=first.pk, user_id=team[0].pk, by=lead, now=now)
    assign(ticket_id=elsewhere.pk, user_id=team[1].pk, by=lead, now=now)
    assert who(*(file(place) for place in range(3, 7))) == ["eva", "ada", "bob", "eva"]


def test_ended_and_test_tickets_are_no_load(
    file: Callable[..., Ticket], desk: Desk, team: list[User], walk: Walker
) -> None:
    for place, walked in enumerate([walk(Path.CANCELLED, number(20)), walk(Path.FILED, number(21), test=True)]):
        Ticket.objects.filter(pk=walked.ticket.pk).update(assignee=team[place])
    share(desk.latam, "least_loaded")
    assert who(file(1), file(2)) == ["ada", "bob"]


def test_the_event_says_who_and_how(file: Callable[..., Ticket], desk: Desk, team: list[User]) -> None:
    share(desk.latam, "round_robin")
    event = Event.objects.get(ticket_id=file(1).pk, type="ticket.assigned")
    assert event.data == {"assignee": team[0].pk, "reason": "round_robin"}


def test_without_agents_a_ticket_waits_unassigned(walk: Walker, desk: Desk) -> None:
    desk.latam.agents.clear()
    share(desk.latam, "round_robin")
    assert walk(Path.FILED).ticket.assignee is None


def test_drafts_and_test_tickets_are_handed_to_nobody(file: Callable[..., Ticket], walk: Walker, desk: Desk) -> None:
    share(desk.latam, "round_robin")
    assert walk(Path.FILED, number(1), test=True).ticket.assignee is None
    assert walk(Path.DRAFT, number(2)).ticket.assignee is None
    assert who(file(3)) == ["ada"]


# Groups


def test_a_group_stays_with_one_agent(file: Callable[..., Ticket], desk: Desk) -> None:
    share(desk.latam, "round_robin", groups=True)
    tickets = [file(1, group_reference="spring"), file(2), file(3, group_reference="spring"), file(4)]
    assert who(*tickets) == ["ada", "bob", "ada", "eva"]


def test_a_group_stays_in_one_queue_although_rules_differ(
    file: Callable[..., Ticket], desk: Desk, now: datetime
) -> None:
    emea = Queue.objects.create(slug="emea", name="EMEA", created_at=now, updated_at=now)
    make_rule("Europe", emea, {"country": ["ES"]}, now=now)
    share(desk.latam, "none", groups=True)
    file(1, group_reference="spring")
    follower = file(2, group_reference="spring", client={"country": "ES"})
    assert (follower.queue, file(3, client={"country": "ES"}).queue) == (desk.latam, emea)
    routed = Event.objects.get(ticket_id=follower.pk, type="ticket.routed").data
    assert (routed["reason"], routed["rule"]) == ("group", None)


def test_another_organizations_group_of_the_same_name_is_another_group(
    file: Callable[..., Ticket], desk: Desk, stranger: Key
) -> None:
    share(desk.latam, "round_robin", groups=True)
    assert who(file(1, group_reference="spring"), file(2, group_reference="spring", key=stranger)) == ["ada", "bob"]


def test_a_group_whose_agent_has_left_the_queue_finds_another(
    file: Callable[..., Ticket], desk: Desk, team: list[User]
) -> None:
    share(desk.latam, "round_robin", groups=True)
    file(1, group_reference="spring")
    desk.latam.agents.remove(team[0])
    assert who(file(2, group_reference="spring")) == ["bob"]


def test_an_ended_group_holds_nobody(file: Callable[..., Ticket], desk: Desk, walk: Walker) -> None:
    share(desk.latam, "round_robin", groups=True)
    walked = walk(Path.WAITING_TWO_STEP, number(1), group_reference="spring")
    walked.cancel()
    assert who(walked.fresh(), file(2, group_reference="spring")) == ["ada", "bob"]


def test_triage_draws_no_group_in(file: Callable[..., Ticket], desk: Desk) -> None:
    share(desk.triage, "none", groups=True)
    file(1, group_reference="spring", current_bsp="Nobody Knows Ltd")
    assert file(2, group_reference="spring").queue == desk.latam


# By hand


def test_moved_to_another_queue_a_ticket_gets_an_agent_of_that_queue(
    file: Callable[..., Ticket], desk: Desk, team: list[User], now: datetime
) -> None:
    share(desk.latam, "round_robin")
    share(desk.triage, "least_loaded")
    ticket = file(1)
    reroute(ticket_id=ticket.pk, queue_id=desk.triage.pk, reason=" speaks Russian ", by=actor_of(team[0]), now=now)
    ticket.refresh_from_db()
    assert who(ticket) == ["zoe"]
    events = Event.objects.filter(ticket_id=ticket.pk, type__in=["ticket.routed", "ticket.assigned"]).order_by("id")
    told = [(event.internal, event.data) for event in events][2:]
    by_hand = {"queue": "triage", "old_queue": "latam", "reason": "by_hand", "rule": None, "version": None}
    assert told[:2] == [
        (False, by_hand),
        (True, {"queue": "triage", "reason": "by_hand", "note": "speaks Russian"}),
    ]
    assert [data["reason"] for _internal, data in told[2:]] == ["left_queue", "least_loaded"]


def test_out_of_triage_by_a_rule_a_ticket_leaves_the_agent_of_triage(
    file: Callable[..., Ticket], desk: Desk, team: list[User], now: datetime
) -> None:
    share(desk.triage, "round_robin")
    share(desk.latam, "round_robin")
    ticket = file(1, current_bsp="Nobody Knows Ltd")
    assert who(ticket) == ["zoe"]
    recognise_bsp(ticket_id=ticket.pk, found=Recognition(slug="infobip"), by=actor_of(team[0]), now=now)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.queue, who(ticket)) == (desk.latam, ["ada"])


def test_an_agent_of_both_queues_keeps_the_ticket(
    file: Callable[..., Ticket], desk: Desk, team: list[User], now: datetime
) -> None:
    share(desk.latam, "round_robin")
    share(desk.triage, "round_robin")
    desk.triage.agents.add(team[0])
    ticket = file(1)
    reroute(ticket_id=ticket.pk, queue_id=desk.triage.pk, reason="not clear", by=actor_of(team[0]), now=now)
    ticket.refresh_from_db()
    assert who(ticket) == ["ada"]


def test_a_queue_that_shares_by_hand_leaves_a_moved_ticket_to_nobody(
    file: Callable[..., Ticket], desk: Desk, team: list[User], now: datetime
) -> None:
    share(desk.latam, "round_robin")
    ticket = file(1)
    reroute(ticket_id=ticket.pk, queue_id=desk.triage.pk, reason="not clear", by=actor_of(team[0]), now=now)
    ticket.refresh_from_db()
    assert who(ticket) == ["-"]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_move_by_hand_needs_a_reason_of_bearable_length(
    file: Callable[..., Ticket], desk: Desk, team: list[User], now: datetime, reason: str
) -> None:
    ticket = file(1)
    with pytest.raises(Invalid):
        reroute(ticket_id=ticket.pk, queue_id=desk.triage.pk, reason=reason, by=actor_of(team[0]), now=now)


def test_a_move_to_the_same_queue_is_refused(
    file: Callable[..., Ticket], desk: Desk, team: list[User], now: datetime
) -> None:
    ticket = file(1)
    before = Event.objects.count()
    with pytest.raises(SameQueue):
        reroute(ticket_id=ticket.pk, queue_id=desk.latam.pk, reason="?", by=actor_of(team[0]), now=now)
    assert Event.objects.count() == before


def test_a_group_does_not_pull_back_what_a_person_has_moved(
    file: Callable[..., Ticket], desk: Desk, team: list[User], now: datetime
) -> None:
    share(desk.latam, "none", groups=True)
    share(desk.triage, "round_robin", groups=True)
    tickets = [file(place, group_reference="spring") for place in range(2)]
    reroute(ticket_id=tickets[0].pk, queue_id=desk.triage.pk, reason="not clear", by=actor_of(team[0]), now=now)
    assert Ticket.objects.get(pk=tickets[0].pk).queue == desk.triage


# Many


def test_a_sheet_is_shared_like_single_tickets(team: list[User], desk: Desk, client_key: Key, now: datetime) -> None:
    share(desk.latam, "round_robin", groups=True)
    forms = [form(number(place), group_reference="spring" if place % 2 else "") for place in range(6)]
    tickets = file_rows(organization=client_key.organization, forms=forms, by=client_key.actor, now=now)
    fresh = [Ticket.objects.get(pk=ticket.pk) for ticket in tickets]
    assert who(*fresh) == ["ada", "bob", "eva", "bob", "ada", "bob"]


@pytest.mark.parametrize("how", ["none", "round_robin", "least_loaded"])
def test_routing_costs_the_same_for_the_first_and_the_hundredth_ticket(
    file: Callable[..., Ticket], desk: Desk, now: datetime, how: str
) -> None:
    share(desk.latam, how, groups=True)

    def cost(place: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            file(place, group_reference="spring")
        return len(captured)

    file(1, group_reference="spring")
    few = cost(2)
    for place in range(3, 12):
        file(place, group_reference="spring")
        make_rule(f"Rule {place}", desk.triage, {"country": ["ES"], "min_size": place}, now=now)
        make_agent(f"agent{place}", desk.latam)
    assert cost(12) <= few


# At the same moment


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["round_robin", "least_loaded"])
def test_in_a_rush_everybody_gets_the_same_number_of_tickets(
    file: Callable[..., Ticket], desk: Desk, team: list[User], client_key: Key, stranger: Key, at_once: AtOnce, how: str
) -> None:
    """Without the queue's lock two filings would read the same turn."""
    share(desk.latam, how)
    keys = [client_key, stranger]

    def some(first: int) -> Callable[[], list[Ticket]]:
        return lambda: [file(first + place, key=keys[first % 2]) for place in range(3)]

    results = at_once([some(first * 10 + first % 2) for first in range(8)])
    assert not [result for result in results if isinstance(result, Exception)], results
    got = Counter(Ticket.objects.values_list("assignee__username", flat=True))
    assert got == {"ada": 8, "bob": 8, "eva": 8}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_group_filed_in_a_rush_is_kept_together(
    file: Callable[..., Ticket], desk: Desk, now: datetime, at_once: AtOnce
) -> None:
    """Two first tickets of a group, sent by their rules to different queues at once: the second one to commit follows."""
    emea = Queue.objects.create(slug="emea", name="EMEA", created_at=now, updated_at=now)
    make_rule("Europe", emea, {"country": ["ES"]}, now=now)
    share(desk.latam, "round_robin", groups=True)
    share(emea, "round_robin", groups=True)
    emea.agents.set(desk.latam.agents.all())

    def one(place: int) -> Callable[[], Ticket]:
        return lambda: file(place, group_reference="spring", client={"country": "BR" if place % 2 else "ES"})

    results = at_once([one(place) for place in range(8)])
    assert not [result for result in results if isinstance(result, Exception)], results
    assert len(set(Ticket.objects.values_list("queue", "assignee"))) == 1
