"""Disputes, transfers and letting go at the agents' screen."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from migrations_app.admin.disputes import open_count
from migrations_app.models import OwnershipDispute
from migrations_app.services import intake, letting_go
from migrations_app.services.intake import NumberAlreadyOpen
from tests.factories.desk import Key
from tests.factories.forms import form
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, text_of, told

LIST, PAGE, DECIDE = (f"migrations_app_ownershipdispute_{name}" for name in ("changelist", "change", "decide"))
TRANSFER = "tickets_ticket_transfer"


@pytest.fixture
def held(walk: Walker, stranger: Key) -> Walk:
    walked = walk(Path.FILED)
    with pytest.raises(NumberAlreadyOpen):
        intake.file_ticket(organization=stranger.organization, form=form(), by=stranger.actor, now=walked.now)
    return walked


def dispute() -> OwnershipDispute:
    return OwnershipDispute.objects.get()


def transfer_answers(key: Key, **changes: Any) -> dict[str, Any]:
    return {
        "organization": key.organization.pk,
        "reason": "They own the line.",
        "contact_name": "Rui Lima",
        "contact_email": "rui@lua.example",
        "contact_phone": "",
        "sure": "on",
        **changes,
    }


def test_a_dispute_is_seen_by_the_lead_and_the_queues_agent_only(
    held: Walk,
    lead_at_desk: Person,
    agent_at_desk: Person,
    other_agent: Person,
    client_person: Person,
    stranger_person: Person,
) -> None:
    for person in (lead_at_desk, agent_at_desk):
        listed = text_of(person.get(LIST))
        assert "Farmacia Lua" in listed
        assert held.ticket.reference in listed
        assert "Farmacia Lua" in text_of(person.get(PAGE, dispute().pk))
        assert 'id="disputes"' in person.page(held)
    assert "Farmacia Lua" not in text_of(other_agent.get(LIST))
    assert other_agent.get(PAGE, dispute().pk).status_code == 404
    for person in (client_person, stranger_person):
        assert person.get(LIST).status_code == 403
        assert person.get(PAGE, dispute().pk).status_code == 403
    assert "Farmacia" not in client_person.page(held)


def test_the_sidebar_counts_what_waits_for_a_decision(
    held: Walk, lead_at_desk: Person, other_agent: Person, client_person: Person
) -> None:

    counts = [
        open_count(person.get("tickets_ticket_changelist").wsgi_request)
        for person in (lead_at_desk, other_agent, client_person)
    ]
    assert counts == ["1", "", ""]


def test_where_nothing_waits_the_sidebar_has_no_badge(walk: Walker, lead_at_desk: Person) -> None:
    walk(Path.FILED)
    request = lead_at_desk.get("tickets_ticket_changelist").wsgi_request
    site: Any = admin.site
    items = [item for group in site.get_sidebar_list(request) for item in group["items"]]
    assert {item["badge"] for item in items if "badge" in item} == {""}


@pytest.mark.parametrize(
    ("ruling", "state", "status"), [("keep", "upheld", "waiting"), ("let-go", "dismissed", "cancelled")]
)
def test_a_lead_decides_with_a_reason(held: Walk, lead_at_desk: Person, ruling: str, state: str, status: str) -> None:
    assert 'id="decide"' in text_of(lead_at_desk.get(PAGE, dispute().pk))
    assert "reason" in told(lead_at_desk.post(DECIDE, dispute().pk, ruling, reason=""))
    assert dispute().state == "open"
    lead_at_desk.post(DECIDE, dispute().pk, ruling, reason="The invoice says so.")
    assert (dispute().state, dispute().reason, held.fresh().status) == (state, "The invoice says so.", status)
    assert 'id="decide"' not in text_of(lead_at_desk.get(PAGE, dispute().pk))
    assert "The invoice says so." in lead_at_desk.page(held)


def test_an_agent_looks_and_does_not_decide(held: Walk, agent_at_desk: Person, stranger: Key) -> None:
    assert 'id="decide"' not in text_of(agent_at_desk.get(PAGE, dispute().pk))
    assert agent_at_desk.post(DECIDE, dispute().pk, "keep", reason="x").status_code == 403
    assert agent_at_desk.get(TRANSFER, held.ticket.pk).status_code == 403
    assert agent_at_desk.post(TRANSFER, held.ticket.pk, **transfer_answers(stranger)).status_code == 403
    assert reverse(f"admin:{TRANSFER}", args=[held.ticket.pk]) not in agent_at_desk.page(held)
    assert dispute().state == "open"


def test_decisions_want_a_post_and_a_known_name(held: Walk, lead_at_desk: Person) -> None:
    assert lead_at_desk.get(DECIDE, dispute().pk, "keep").status_code == 405
    assert lead_at_desk.post(PAGE, dispute().pk).status_code == 405
    assert lead_at_desk.post(DECIDE, dispute().pk, "nonsense", reason="x").status_code == 404


def test_a_lead_gives_the_ticket_to_the_claimant(
    held: Walk, lead_at_desk: Person, stranger: Key, client_person: Person, stranger_person: Person
) -> None:
    page = text_of(lead_at_desk.get(TRANSFER, held.ticket.pk, dispute=dispute().pk))
    assert f'<option value="{stranger.organization.pk}" selected>' in page
    answer = lead_at_desk.post(TRANSFER, held.ticket.pk, **transfer_answers(stranger))
    assert answer.status_code == 302
    assert "Farmacia Lua" in told(answer)
    assert held.fresh().organization == stranger.organization
    assert dispute().state == "transferred"
    assert client_person.get("tickets_ticket_change", held.ticket.pk).status_code == 404
    theirs = stranger_person.page(held)
    assert "Padaria Sol" in theirs  # the client who is served
    assert "They own the line." not in theirs


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"sure": ""}, "required"),
        ({"reason": ""}, "required"),
        ({"contact_email": ""}, "Who is written to"),
        ({"contact_email": "no address"}, "valid email"),
        ({"organization": ""}, "required"),
        ({"organization": "999999"}, "valid choice"),
    ],
)
def test_a_transfer_asks_for_everything(
    held: Walk, lead_at_desk: Person, stranger: Key, wrong: dict[str, Any], complaint: str
) -> None:
    page = text_of(lead_at_desk.post(TRANSFER, held.ticket.pk, **transfer_answers(stranger, **wrong)))
    assert complaint in page
    assert held.fresh().organization != stranger.organization


def test_a_refused_transfer_says_why(walk: Walker, lead_at_desk: Person, stranger: Key) -> None:
    walked = walk(Path.SCHEDULED)
    page = text_of(lead_at_desk.post(TRANSFER, walked.ticket.pk, **transfer_answers(stranger)))
    assert "A call is booked or running" in page


def test_an_agent_sees_when_a_ticket_lets_go_and_stops_it(
    walk: Walker, agent_at_desk: Person, client_person: Person, clock_at: Callable[[datetime], None]
) -> None:
    walked = walk(Path.READY)
    walked.later(days=46)
    letting_go.look_after(ticket_id=walked.ticket.pk, now=walked.now)
    clock_at(walked.now + timedelta(days=1))
    assert "The client is silent" in agent_at_desk.page(walked)
    assert "keep-open" not in client_person.page(walked)
    listed = text_of(agent_at_desk.get("tickets_ticket_changelist", attention="letting-go"))
    assert walked.ticket.reference in listed
    assert "counts from now" in agent_at_desk.do(walked, "keep-open")
    assert walked.fresh().let_go_at is None
    assert "keep-open" not in agent_at_desk.page(walked)
    listed = text_of(agent_at_desk.get("tickets_ticket_changelist", attention="letting-go"))
    assert walked.ticket.reference not in listed


def test_the_list_is_narrowed_to_disputed_tickets(held: Walk, walk: Walker, agent_at_desk: Person) -> None:
    other = walk(Path.FILED, "+5511976543210")
    listed = text_of(agent_at_desk.get("tickets_ticket_changelist", attention="disputed"))
    assert held.ticket.reference in listed
    assert other.ticket.reference not in listed
