"""The list of what could not be delivered, and the page of a partner's own system."""

from typing import Any

import pytest

from migrations_app.admin.failures import failure_words
from migrations_app.models import ChaseAttempt, OrganizationEndpoint
from providers.models import HttpEndpoint
from tests.factories.forms import NO_PHONE
from tests.factories.servers import MailServer, Mood
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, text_of
from tickets.models import Organization

LIST = "migrations_app_chaseattempt_changelist"


@pytest.fixture
def dead(walk: Walker, smtp: MailServer) -> Walk:
    smtp.be(Mood.REFUSE_RECIPIENT, Mood.ACCEPT)
    return walk(Path.WAITING_TWO_STEP, client=NO_PHONE)


def test_an_agent_sees_why_tries_again_and_sets_aside(dead: Walk, agent_at_desk: Person, other_agent: Person) -> None:
    page = text_of(agent_at_desk.get(LIST))
    for words in (dead.ticket.reference, "There is no such mailbox", "recipient_refused_550", "ana@padariasol.example"):
        assert words in page
    assert dead.ticket.reference not in text_of(other_agent.get(LIST))
    row = dead.attempts()[0]
    assert other_agent.post("migrations_app_chaseattempt_retry", row.pk, kind="chase").status_code == 404
    assert agent_at_desk.get("migrations_app_chaseattempt_retry", row.pk).status_code == 405

    answer = agent_at_desk.post("migrations_app_chaseattempt_set_aside", row.pk, kind="chase", reason="")
    assert "needs a reason" in text_of(agent_at_desk.web.get(answer.url))
    answer = agent_at_desk.post("migrations_app_chaseattempt_retry", row.pk, kind="chase")
    page = text_of(agent_at_desk.web.get(answer.url))
    assert "It is sent again in a moment." in page
    assert "every message has arrived" in page
    assert dead.planned().step == 0
    assert agent_at_desk.post("migrations_app_chaseattempt_retry", row.pk, kind="chase").status_code == 404


def test_the_sidebar_counts_what_waits_and_only_that(dead: Walk, agent_at_desk: Person, other_agent: Person) -> None:
    assert badges(agent_at_desk) == ["1"]
    assert badges(other_agent) == []
    row = dead.attempts()[0]
    agent_at_desk.post("migrations_app_chaseattempt_set_aside", row.pk, kind="chase", reason="Called them")
    assert badges(agent_at_desk) == []
    page = text_of(agent_at_desk.get("tickets_ticket_change", dead.ticket.pk))
    assert "Called them" in page


def badges(person: Person) -> list[str]:
    answer = person.get(LIST)
    items: list[dict[str, Any]] = [
        item for group in answer.context["sidebar_navigation"] for item in group["items"] if item.get("badge")
    ]
    return [str(item.get("badge_callback", item["badge"])) for item in items if "chaseattempt" in str(item["link"])]


def test_the_tickets_page_says_why_a_message_did_not_arrive(dead: Walk, agent_at_desk: Person) -> None:
    page = text_of(agent_at_desk.get("tickets_ticket_change", dead.ticket.pk))
    assert "There is no such mailbox, or it refuses our mail (recipient_refused_550)" in page
    assert "undelivered" in page
    assert "the last message did not arrive" in page


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("4.2.2", "takes nothing at the moment"),
        ("5.2.2", "full or closed"),
        ("http_503", "busy"),
        ("provider_401", "does not let us in"),
        ("something_new", "something_new"),
        ("", ""),
    ],
)
def test_reasons_in_words(code: str, words: str) -> None:
    assert words in failure_words(code)


def test_a_lead_enters_an_endpoint_and_is_shown_its_key_once(
    lead_at_desk: Person, agent_at_desk: Person, client_org: Organization
) -> None:
    inline = {"organizations-TOTAL_FORMS": "1", "organizations-INITIAL_FORMS": "0"}
    form = {
        "name": "Sol", "url": "https://sol.example/hook", "active": "on", **inline,
        "organizations-0-organization": str(client_org.pk),
    }  # fmt: skip
    refused = lead_at_desk.post("providers_httpendpoint_add", **{**form, "url": "https://10.0.0.8/hook"})
    assert "it is not a public one" in text_of(refused)
    assert lead_at_desk.post("providers_httpendpoint_add", **form).status_code == 302
    row = HttpEndpoint.objects.get()
    assert OrganizationEndpoint.objects.get().endpoint == row
    assert "Show the key" in text_of(lead_at_desk.get("providers_httpendpoint_change", row.pk))
    shown = lead_at_desk.post("providers_httpendpoint_key", row.pk)
    assert "whsec_" in text_of(shown)
    assert "no-store" in shown["Cache-Control"]
    page = text_of(lead_at_desk.get("providers_httpendpoint_change", row.pk))
    assert "whsec_" not in page
    assert "Make a new key" in page
    again = text_of(lead_at_desk.post("providers_httpendpoint_key", row.pk))
    assert "whsec_" in again
    assert again != text_of(shown)
    assert "Padaria Sol" in text_of(lead_at_desk.get("providers_httpendpoint_changelist"))
    for name, *of in (("providers_httpendpoint_changelist",), ("providers_httpendpoint_change", row.pk)):
        assert agent_at_desk.get(name, *of).status_code in {302, 403}
    assert agent_at_desk.post("providers_httpendpoint_key", row.pk).status_code == 403


def test_a_message_of_a_chase_is_not_shown_by_itself(dead: Walk, lead_at_desk: Person) -> None:
    pk = ChaseAttempt.objects.all()[0].pk
    assert lead_at_desk.web.get(f"/admin/migrations_app/chaseattempt/{pk}/change/").status_code in {302, 404}


FIXED = {"contact_name": "Rui Sol", "contact_email": "rui@padariasol.example", "contact_phone": "", "language": "es"}


def test_an_agent_corrects_a_contact_and_the_message_goes_to_the_new_address(dead: Walk, agent_at_desk: Person) -> None:
    page = agent_at_desk.page(dead)
    assert "The mailbox refuses our mail for good." in page
    assert "Correct the contact" in page
    told = agent_at_desk.do(dead, "contact", **FIXED)
    assert "“Try again” sends it to the new address" in told
    ticket = dead.fresh()
    assert {name: getattr(ticket, name) for name in FIXED} == FIXED
    event = next(event for event in dead.events() if event.type == "ticket.updated")
    assert event.actor_label == "bea"
    assert "client.contact_email" in event.data["fields"]
    assert "The mailbox refuses our mail for good." not in agent_at_desk.page(dead)
    assert "“Try again” sends to rui@padariasol.example." in text_of(agent_at_desk.get(LIST))
    agent_at_desk.post("migrations_app_chaseattempt_retry", dead.attempts()[0].pk, kind="chase")
    assert dead.planned().address == "rui@padariasol.example"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"contact_email": "rui@"}, "valid email"),
        ({"contact_phone": "12"}, "phone"),
        ({"language": "tlh"}, "tlh"),
        ({}, "Nothing was changed."),
    ],
)
def test_a_contact_that_is_none_changes_nothing(
    dead: Walk, agent_at_desk: Person, wrong: dict[str, str], words: str
) -> None:
    assert words in agent_at_desk.do(dead, "contact", **wrong)
    ticket = dead.fresh()
    assert (ticket.contact_email, ticket.contact_phone, ticket.language) == ("ana@padariasol.example", "", "pt-br")


def test_a_contact_is_corrected_from_the_list_by_those_who_see_the_ticket(
    dead: Walk, agent_at_desk: Person, other_agent: Person
) -> None:
    row, address = dead.attempts()[0].pk, "migrations_app_chaseattempt_contact"
    form = {**FIXED, "kind": "chase", "version": dead.fresh().version}
    assert other_agent.post(address, row, **form).status_code == 404
    assert agent_at_desk.get(address, row).status_code == 405
    assert "Correct the contact" in text_of(agent_at_desk.get(LIST))
    answer = agent_at_desk.post(address, row, **(form | {"contact_email": "rui@"}))
    assert "valid email" in text_of(agent_at_desk.web.get(answer.url))
    answer = agent_at_desk.post(address, row, **form)
    assert "The contact is corrected." in text_of(agent_at_desk.web.get(answer.url))
    assert dead.fresh().contact_email == "rui@padariasol.example"
    # Who still looks at what stood there before does not write it back.
    agent_at_desk.post(address, row, **(form | {"contact_email": "ana@padariasol.example"}))
    assert dead.fresh().contact_email == "rui@padariasol.example"
    assert dead.attempts()[0].undelivered_at is not None


def test_trying_an_address_again_that_refused_for_good_is_asked_about_first(dead: Walk, agent_at_desk: Person) -> None:
    words = "ana@padariasol.example refused for good"
    page = text_of(agent_at_desk.get(LIST))
    assert words in page
    assert "Try again all the same" in page
    ChaseAttempt.objects.update(failure="4.2.2")
    assert words not in text_of(agent_at_desk.get(LIST))
    ChaseAttempt.objects.update(failure="5.1.1")
    agent_at_desk.do(dead, "contact", **FIXED)
    assert words not in text_of(agent_at_desk.get(LIST))
