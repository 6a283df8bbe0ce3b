"""Roles hold in list, detail, search, autocomplete and actions: who may not see a ticket does not learn that it exists."""

import pytest
from django.urls import reverse

from tests.factories.desk import Desk
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, sign_in, text_of
from tickets.models import Comment

SEES = ["client_person", "client_colleague", "agent_at_desk", "lead_at_desk", "superuser"]
DOES_NOT = ["stranger_person", "other_agent"]
ACTIONS = ["assign", "reroute", "hold", "unhold", "cancel", "reject", "close", "reopen", "decide", "requested", "judge",
           "book", "reschedule", "cancel-call"]  # fmt: skip
ELSEWHERE = [
    "migrations_app_pincall", "migrations_app_chase", "migrations_app_desktask", "migrations_app_ladder",
    "migrations_app_playbook", "migrations_app_callagent", "migrations_app_agentabsence", "migrations_app_callpolicy",
    "providers_exchange", "providers_bsp", "providers_metaaccount",
    "tickets_webhookendpoint", "tickets_webhookdelivery",
    "tickets_organization", "tickets_queue", "tickets_routingversion", "auth_user",
]  # fmt: skip


@pytest.fixture
def walked(walk: Walker) -> Walk:
    return walk(Path.WAITING_TWO_STEP)


@pytest.mark.parametrize("who", SEES)
def test_those_concerned_see_the_ticket_in_list_search_and_page(
    who: str, walked: Walk, request: pytest.FixtureRequest
) -> None:
    person: Person = request.getfixturevalue(who)
    reference = walked.ticket.reference
    assert reference in text_of(person.get("tickets_ticket_changelist"))
    assert reference in text_of(person.get("tickets_ticket_changelist", q="padaria"))
    assert reference in person.page(walked)


@pytest.mark.parametrize("who", DOES_NOT)
def test_others_see_nothing_of_it_anywhere(who: str, walked: Walk, request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(who)
    for query in ({}, {"q": "padaria"}, {"q": walked.ticket.reference}, {"q": "11987654321"}, {"status": "waiting"}):
        page = text_of(person.get("tickets_ticket_changelist", **query))
        assert "Padaria Sol" not in page, query
        assert f"/ticket/{walked.ticket.pk}/" not in page, query
    assert person.get("tickets_ticket_change", walked.ticket.pk).status_code == 404
    assert person.get("tickets_ticket_slots", walked.ticket.pk).status_code == 404
    for action in [*ACTIONS, "comment", "claim"]:
        answer = person.post("tickets_ticket_do", walked.ticket.pk, action, version=walked.fresh().version, body="x")
        assert answer.status_code == 404, action


def test_a_person_without_any_role_is_kept_out(walked: Walk, agent_at_desk: Person) -> None:
    agent_at_desk.user.groups.clear()
    again = sign_in(agent_at_desk.user)
    assert again.get("tickets_ticket_changelist").status_code == 403
    assert again.get("tickets_ticket_change", walked.ticket.pk).status_code == 403


@pytest.mark.parametrize("action", ACTIONS)
def test_a_client_cannot_do_what_is_the_desks(action: str, walked: Walk, client_person: Person) -> None:
    before = walked.fresh().revision
    answer = client_person.post("tickets_ticket_do", walked.ticket.pk, action, version=walked.ticket.version)
    assert answer.status_code == 403
    assert walked.fresh().revision == before


@pytest.mark.parametrize("model", ELSEWHERE)
def test_a_client_gets_nowhere_else(model: str, walked: Walk, client_person: Person) -> None:
    assert client_person.get(f"{model}_changelist").status_code == 403


def test_a_client_gets_neither_console_nor_slots_nor_dry_run(client_person: Person, walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    assert client_person.get("migrations_app_pincall_console", walked.current_call().pk).status_code == 403
    assert client_person.get("tickets_ticket_slots", walked.ticket.pk).status_code == 403
    assert client_person.get("tickets_routingversion_dry_run", reference=walked.ticket.reference).status_code == 403


def _autocomplete(person: Person, model: str, field: str, term: str) -> int:
    url = reverse("admin:autocomplete")
    app, name = model.split(".")
    query = {"app_label": app, "model_name": name, "field_name": field, "term": term}
    return int(person.web.get(url, query).status_code)


def test_only_the_desk_may_search_organizations_and_people(
    client_person: Person, agent_at_desk: Person, lead_at_desk: Person
) -> None:
    assert _autocomplete(client_person, "tickets.ticket", "organization", "a") == 403
    assert _autocomplete(agent_at_desk, "tickets.ticket", "organization", "a") == 200
    assert _autocomplete(client_person, "tickets.membership", "user", "a") == 403
    assert _autocomplete(agent_at_desk, "tickets.membership", "user", "a") == 403
    assert _autocomplete(lead_at_desk, "tickets.membership", "user", "a") == 200


@pytest.mark.parametrize(
    "model", ["tickets_queue", "tickets_routingversion", "migrations_app_ladder", "migrations_app_playbook", "providers_bsp"]
)  # fmt: skip
def test_an_agent_reads_the_set_up_and_a_lead_writes_it(
    model: str, agent_at_desk: Person, lead_at_desk: Person
) -> None:
    assert agent_at_desk.get(f"{model}_changelist").status_code == 200
    assert agent_at_desk.get(f"{model}_add").status_code == 403
    assert lead_at_desk.get(f"{model}_add").status_code == 200


def test_an_agent_sees_calls_chases_and_exchanges_of_own_queues_only(
    walk: Walker, agent_at_desk: Person, other_agent: Person, lead_at_desk: Person
) -> None:
    walked = walk(Path.SCHEDULED)
    call = walked.current_call()
    for model in ("migrations_app_pincall", "migrations_app_chase", "providers_exchange"):
        assert walked.ticket.reference in text_of(agent_at_desk.get(f"{model}_changelist")), model
        assert walked.ticket.reference in text_of(lead_at_desk.get(f"{model}_changelist")), model
        assert walked.ticket.reference not in text_of(other_agent.get(f"{model}_changelist")), model
    assert agent_at_desk.get("migrations_app_pincall_console", call.pk).status_code == 200
    assert other_agent.get("migrations_app_pincall_console", call.pk).status_code == 404


def test_an_agent_sees_no_keys_and_no_people_of_an_organization(walked: Walk, agent_at_desk: Person) -> None:
    page = text_of(agent_at_desk.get("tickets_organization_change", walked.ticket.organization_id))
    assert "mig_live" not in page
    assert agent_at_desk.get("auth_user_changelist").status_code == 403
    answer = agent_at_desk.post(
        "tickets_organization_issue_key", walked.ticket.organization_id, scopes=["tickets:read"]
    )
    assert answer.status_code == 403


def test_a_client_reads_public_words_only(
    walked: Walk, client_person: Person, agent_at_desk: Person, lead_at_desk: Person, desk: Desk
) -> None:
    agent_at_desk.do(walked, "comment", body="Call Diego at the BSP", visibility="internal")
    agent_at_desk.do(walked, "comment", body="We are on it", visibility="public")
    lead_at_desk.do(walked, "reroute", queue=desk.triage.pk, reason="because of secrets")
    lead_at_desk.do(walked, "reroute", queue=desk.latam.pk, reason="no, back again")
    agent_at_desk.do(walked, "assign", user=agent_at_desk.user.pk)
    agent_at_desk.do(walked, "decide", code="open_conversations_ack", state="waived", reason="told by phone")
    agent_at_desk.do(walked, "decide", code="display_name_approved", state="met")
    agent_at_desk.do(walked, "claim", code="two_step_disabled", statement="seen on screen")
    seen = client_person.page(walked)
    assert "We are on it" in seen
    for hidden in ("Call Diego", "because of secrets", "told by phone", "bea", "Latin America", "exchange"):
        assert hidden not in seen, hidden
    shown = agent_at_desk.page(walked)
    assert "Call Diego" in shown
    assert "because of secrets" in shown
    assert "the client does not see this" in shown


def test_a_client_cannot_write_internally(walked: Walk, client_person: Person) -> None:
    client_person.do(walked, "comment", body="Hello", visibility="internal")
    comment = Comment.objects.get()
    assert (comment.visibility, comment.from_desk) == ("public", False)
