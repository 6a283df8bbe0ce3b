"""The routing pages: a lead copies, edits by choosing, tests and makes live; an agent reads; the dry run explains one ticket."""

from typing import Any

import pytest

from tests.factories.desk import Desk, make_rule
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, text_of, told
from tickets.models import Organization, RoutingRule, RoutingVersion
from tickets.selectors.routing import live_version

RULE = {"name": "Big ones from Infobip", "position": "5", "active": "on", "bsp": ["infobip", "bird"], "min_size": "2",
        "country": ["BR"], "partner": "no", "any_tag": "destination:gupshup, vip", "flow": ["number_by_api"]}  # fmt: skip


@pytest.fixture
def draft(lead_at_desk: Person) -> RoutingVersion:
    live = live_version()
    assert live is not None
    answer = lead_at_desk.post("tickets_routingversion_add", source=live.pk, note="before the summer")
    assert answer.status_code == 302
    return RoutingVersion.objects.get(state="draft")


def do(person: Person, version: RoutingVersion, action: str, **data: Any) -> str:
    return told(person.post("tickets_routingversion_do", version.pk, action, **data))


def test_from_a_copy_to_a_live_version(lead_at_desk: Person, draft: RoutingVersion, desk: Desk, walk: Walker) -> None:
    ticket = walk(Path.FILED, "+5511987654001", "+5511987654002").ticket
    assert (draft.note, draft.made_by, draft.rules.count()) == ("before the summer", "leo", 1)
    rule = {**RULE, "queue": desk.triage.pk, "any_tag": ""}
    assert lead_at_desk.post("tickets_routingversion_rule_add", draft.pk, **rule).status_code == 302
    assert "Test it first" in do(lead_at_desk, draft, "publish")
    page = text_of(lead_at_desk.post("tickets_routingversion_test", draft.pk, limit="100"))
    assert ticket.reference in page
    assert "Tickets tried: 1; would go elsewhere: 1." in page
    assert "is live" in do(lead_at_desk, draft, "publish")
    live = live_version()
    assert live == draft
    assert walk(Path.FILED, "+5511987654011", "+5511987654012").ticket.queue == desk.triage


def test_a_rule_is_chosen_and_shown_again_as_it_was_chosen(
    lead_at_desk: Person, draft: RoutingVersion, desk: Desk, client_org: Organization
) -> None:
    rule = {**RULE, "queue": desk.triage.pk, "organization": [client_org.pk], "timezone": ["America/Sao_Paulo"],
            "language": ["pt-br"], "priority": ["high", "urgent"], "max_size": "40", "no_tag": "hosting:on_premise"}  # fmt: skip
    lead_at_desk.post("tickets_routingversion_rule_add", draft.pk, **rule)
    row = RoutingRule.objects.get(name=RULE["name"])
    wanted = {
        "bsp": ["infobip", "bird"], "flow": ["number_by_api"], "country": ["BR"], "language": ["pt-br"],
        "timezone": ["America/Sao_Paulo"], "priority": ["high", "urgent"], "min_size": 2, "max_size": 40, "partner": False,
        "organization": [str(client_org.pk)], "any_tag": ["destination:gupshup", "vip"], "no_tag": ["hosting:on_premise"],
    }  # fmt: skip
    assert (row.conditions, row.position, row.active, row.queue) == (wanted, 5, True, desk.triage)
    form = lead_at_desk.get("tickets_routingversion_rule", draft.pk, row.pk).context["form"]
    again = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", [])}
    again["active"] = "on"
    assert lead_at_desk.post("tickets_routingversion_rule", draft.pk, row.pk, **again).status_code == 302
    fresh = RoutingRule.objects.get(pk=row.pk)
    assert {name: sorted(value) if isinstance(value, list) else value for name, value in fresh.conditions.items()} == {
        name: sorted(value) if isinstance(value, list) else value for name, value in wanted.items()
    }
    page = text_of(lead_at_desk.get("tickets_routingversion_change", draft.pk))
    for words in ("Infobip", "Brazil (BR)", "Padaria Sol", "Number by API", "Filed by a partner"):
        assert words in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"min_size": "9", "max_size": "2"}, "max_size"),
        ({"min_size": "0"}, "min_size"),
        ({"bsp": ["nobody-knows"]}, "bsp"),
        ({"country": ["XX"]}, "country"),
        ({"any_tag": "two words"}, "any_tag"),
        ({"name": "Latin America"}, "name"),
        ({"name": ""}, "name"),
        ({"queue": "999999"}, "queue"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_is_refused_beside_its_question(
    lead_at_desk: Person, draft: RoutingVersion, desk: Desk, wrong: dict[str, Any], field: str
) -> None:
    answer = lead_at_desk.post(
        "tickets_routingversion_rule_add", draft.pk, **{**RULE, "queue": desk.triage.pk, **wrong}
    )
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert draft.rules.count() == 1


def test_a_value_that_is_no_longer_offered_stays_until_it_is_taken_out(
    lead_at_desk: Person, draft: RoutingVersion, desk: Desk, now: Any
) -> None:
    make_rule("Gone", desk.triage, {"bsp": ["vanished"]}, now=now)
    row = RoutingRule.objects.get(name="Gone")
    RoutingRule.objects.filter(pk=row.pk).update(version=draft)
    data = {"name": "Gone", "position": "1", "queue": desk.triage.pk, "bsp": ["vanished"], "active": "on"}
    assert lead_at_desk.post("tickets_routingversion_rule", draft.pk, row.pk, **data).status_code == 302
    row.refresh_from_db()
    assert row.conditions == {"bsp": ["vanished"]}


def test_live_rules_have_no_form_and_no_buttons(lead_at_desk: Person, desk: Desk) -> None:
    live = live_version()
    assert live is not None
    rule = live.rules.get()
    page = text_of(lead_at_desk.get("tickets_routingversion_change", live.pk))
    assert "Take out" not in page
    assert "Make it live" not in page
    assert lead_at_desk.get("tickets_routingversion_rule", live.pk, rule.pk).status_code == 302
    assert "stay as they are" in do(lead_at_desk, live, "remove-rule", rule=rule.pk)
    assert "stay as they are" in do(lead_at_desk, live, "delete")
    assert live.rules.count() == 1


def test_a_draft_is_deleted_and_unknown_things_are_not_found(lead_at_desk: Person, draft: RoutingVersion) -> None:
    assert lead_at_desk.post("tickets_routingversion_do", draft.pk, "dance").status_code == 404
    assert lead_at_desk.get("tickets_routingversion_rule", draft.pk, 999999).status_code == 404
    assert lead_at_desk.get("tickets_routingversion_change", 999999).status_code == 404
    assert lead_at_desk.get("tickets_routingversion_do", draft.pk, "delete").status_code == 405
    do(lead_at_desk, draft, "remove-rule", rule="x")
    do(lead_at_desk, draft, "delete")
    assert not RoutingVersion.objects.filter(pk=draft.pk).exists()


def test_an_agent_reads_versions_and_changes_none(agent_at_desk: Person, draft: RoutingVersion, desk: Desk) -> None:
    assert "Latin America" in text_of(agent_at_desk.get("tickets_routingversion_change", draft.pk))
    assert "Add a rule" not in text_of(agent_at_desk.get("tickets_routingversion_change", draft.pk))
    rule = draft.rules.get()
    for answer in (
        agent_at_desk.get("tickets_routingversion_test", draft.pk),
        agent_at_desk.post("tickets_routingversion_test", draft.pk, limit="100"),
        agent_at_desk.post("tickets_routingversion_add", note="mine"),
        agent_at_desk.post("tickets_routingversion_rule_add", draft.pk, **RULE, queue=desk.triage.pk),
        agent_at_desk.post("tickets_routingversion_rule", draft.pk, rule.pk, **RULE, queue=desk.triage.pk),
        agent_at_desk.post("tickets_routingversion_do", draft.pk, "delete"),
    ):
        assert answer.status_code == 403
    assert (draft.rules.count(), RoutingVersion.objects.count()) == (1, 2)


def test_opening_pages_changes_nothing(lead_at_desk: Person, draft: RoutingVersion, walk: Walker) -> None:
    walk(Path.FILED)
    text_of(lead_at_desk.get("tickets_routingversion_test", draft.pk))
    text_of(lead_at_desk.get("tickets_routingversion_add"))
    text_of(lead_at_desk.get("tickets_routingversion_changelist"))
    text_of(lead_at_desk.get("tickets_routingversion_rule_add", draft.pk))
    draft.refresh_from_db()
    assert draft.tested_digest == ""


# Dry run


def test_the_dry_run_says_which_rule_takes_a_ticket_and_why(
    walk: Walker, agent_at_desk: Person, desk: Desk, now: Any
) -> None:
    walked = walk(Path.FILED)
    make_rule("Big ones", desk.triage, {"min_size": 20, "country": ["BR"]}, now=now)
    before = walked.fresh().revision
    page = text_of(agent_at_desk.get("tickets_routingversion_dry_run", reference=walked.ticket.reference.lower()))
    assert "Rule <strong>Latin America</strong> takes it: queue <strong>latam</strong>" in page
    assert page.index("1. Big ones") < page.index("2. Latin America")
    assert page.count('<span class="pt-no">') == 1
    assert walked.fresh().revision == before


def test_the_dry_run_asks_the_rules_of_any_version(
    walk: Walker, lead_at_desk: Person, draft: RoutingVersion, desk: Desk
) -> None:
    walked = walk(Path.FILED)
    lead_at_desk.post(
        "tickets_routingversion_rule_add",
        draft.pk,
        name="All to triage",
        position="1",
        active="on",
        queue=desk.triage.pk,
    )
    page = text_of(
        lead_at_desk.get("tickets_routingversion_dry_run", reference=walked.ticket.reference, version=draft.number)
    )
    assert "Rule <strong>All to triage</strong> takes it" in page


def test_the_dry_run_knows_triage_and_hides_foreign_tickets(
    walk: Walker, agent_at_desk: Person, lead_at_desk: Person
) -> None:
    lost = walk(Path.TRIAGE)
    reference = lost.ticket.reference
    assert "not in the directory" in text_of(lead_at_desk.get("tickets_routingversion_dry_run", reference=reference))
    hidden = text_of(agent_at_desk.get("tickets_routingversion_dry_run", reference=reference))
    assert "There is no such ticket." in hidden
    assert "Padaria" not in hidden


def test_the_timeline_tells_version_and_rule(walk: Walker, agent_at_desk: Person) -> None:
    assert "In queue LATAM onboarding: rule “Latin America” (version 1)" in agent_at_desk.page(walk(Path.FILED))
