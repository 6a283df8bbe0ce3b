"""The check on the filing page: what filing would meet, with who must act, before anything is filed."""

from typing import Any

from tests.factories.desk import Desk
from tests.integration.admin.conftest import Person, text_of
from tests.integration.admin.test_filing import ANSWERS
from tickets.models import Event, Organization, Ticket


def check(person: Person, **changes: Any) -> Any:
    answer = person.post("tickets_ticket_add", **{**ANSWERS, **changes}, check="1")
    assert answer.status_code == 200
    assert Ticket.objects.count() == 0
    return answer


def test_reasons_stand_on_the_page_with_who_must_act_and_nothing_is_filed(
    client_person: Person, client_org: Organization, desk: Desk
) -> None:
    events = Event.objects.count()
    answer = check(client_person, waba_id="", numbers="+551187654321\n+55 21 99887-7665")
    reasons = {told.words: told for told in answer.context["checked"]["reasons"]}
    [waba] = [told for words, told in reasons.items() if "WABA ID is missing" in words]
    assert (waba.party, waba.step, waba.numbers) == ("Client", "stops scheduling", [])
    [ninth] = [told for words, told in reasons.items() if "+5511987654321" in words]
    assert (ninth.step, ninth.numbers) == ("worth knowing", ["+551187654321"])
    assert answer.context["checked"]["can_submit"]
    assert "This can be filed." in text_of(answer)
    assert Event.objects.count() == events


def test_what_would_refuse_the_form_is_told_beside_everything_else(
    client_person: Person, client_org: Organization, desk: Desk
) -> None:
    answer = check(client_person, numbers="+5511987654321\nnonsense")
    assert not answer.context["checked"]["can_submit"]
    told = [told for told in answer.context["checked"]["reasons"] if told.step == "stops filing"]
    assert [reason.numbers for reason in told] == [["nonsense"]]


def test_a_form_that_is_begun_can_be_checked(client_person: Person, client_org: Organization, desk: Desk) -> None:
    answer = check(client_person, contact_email="", hosting="", numbers="+5511987654321")
    assert answer.context["checked"]["missing"] == ["Contact e-mail", "Hosting"]
    assert "This cannot be filed yet." in text_of(answer)


def test_an_agent_checks_for_the_organization_that_is_chosen(
    agent_at_desk: Person, partner_org: Organization, desk: Desk
) -> None:
    answer = check(agent_at_desk, organization=partner_org.pk)
    assert answer.context["checked"]["can_submit"]
