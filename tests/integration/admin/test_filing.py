"""The filing form for those without an integration: the same answers, read by the same service."""

from typing import Any

import pytest
from django.urls import reverse

from migrations_app.models import MigrationCase, NumberMove
from tests.factories.desk import Desk
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, text_of
from tickets.models import Organization, Ticket

ANSWERS: dict[str, Any] = {
    "client_name": "Padaria Sol", "contact_name": "Ana Souza", "contact_email": "ana@padariasol.example",
    "contact_phone": "+551130001000", "language": "pt-br", "timezone": "America/Sao_Paulo", "country": "br",
    "numbers": "+55 11 98765-4321\n\n+55 21 99887-7665\n", "line_type": "mobile", "display_name_status": "approved",
    "current_bsp": "Infobip", "business_verification": "verified", "hosting": "cloud_api",
    "connection_status": "connected", "two_step_verification": "enabled", "waba_owner": "client", "moves": "number",
    "quiet_days": ["5", "6"], "quiet_from": "06:00", "quiet_until": "09:30", "behind_ivr": "no",
}  # fmt: skip


def _errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    found: dict[str, list[str]] = answer.context["form"].errors
    return found


def test_a_client_files_for_its_own_organization_whatever_it_posts(
    client_person: Person, client_org: Organization, partner_org: Organization, desk: Desk
) -> None:
    answer = client_person.post("tickets_ticket_add", **ANSWERS, organization=partner_org.pk, test="on")
    ticket = Ticket.objects.get()
    assert answer.headers["Location"] == reverse("admin:tickets_ticket_change", args=[ticket.pk])
    assert (ticket.organization_id, ticket.test, ticket.source) == (client_org.pk, False, "admin")
    assert (ticket.status, ticket.queue_id) == ("waiting", desk.latam.pk)
    case = MigrationCase.objects.get()
    assert case.current_bsp is not None
    assert case.current_bsp.slug == "infobip"
    assert case.low_traffic_windows == [
        {"weekday": 5, "start": "06:00", "end": "09:30"},
        {"weekday": 6, "start": "06:00", "end": "09:30"},
    ]
    numbers = NumberMove.objects.order_by("position")
    assert [row.number for row in numbers] == ["+5511987654321", "+5521998877665"]
    assert {(row.line_type, row.behind_ivr, row.display_name_status) for row in numbers} == {
        ("mobile", False, "approved")
    }
    assert client_person.get("tickets_ticket_change", ticket.pk).status_code == 200


def test_an_agent_files_for_any_organization_and_may_file_a_test(
    agent_at_desk: Person, partner_org: Organization
) -> None:
    agent_at_desk.post("tickets_ticket_add", **ANSWERS, organization=partner_org.pk, test="on")
    ticket = Ticket.objects.get()
    assert (ticket.organization_id, ticket.test) == (partner_org.pk, True)


def test_an_agent_who_may_not_see_the_new_ticket_goes_back_to_the_list(
    other_agent: Person, partner_org: Organization
) -> None:
    answer = other_agent.post("tickets_ticket_add", **ANSWERS, organization=partner_org.pk)
    assert Ticket.objects.count() == 1
    assert answer.headers["Location"] == reverse("admin:tickets_ticket_changelist")


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"numbers": "+5511987654321\nnonsense"}, "numbers", "nonsense"),
        ({"numbers": "+5511987654321\n+55 11 98765 4321"}, "numbers", "already in place"),
        ({"numbers": "  "}, "numbers", "required"),
        ({"waba_id": "12"}, "waba_id", "10 to 20 digits"),
        ({"waba_id": "5511987654321"}, "waba_id", "all different things"),
        (
            {"waba_id": "102290129340398", "business_manager_id": "102290129340398"},
            "business_manager_id",
            "there twice",
        ),
        ({"contact_phone": "12"}, "contact_phone", "phone number"),
        ({"uses_business_app": "yes"}, "uses_business_app", "cannot be migrated"),
        ({"current_bsp": ""}, "current_bsp", "required"),
        ({"business_verification": ""}, "business_verification", "required"),
        ({"contact_email": "ana"}, "contact_email", "valid"),
        ({"quiet_from": ""}, "quiet_from", "quiet"),
        ({"timezone": "Mars/Base"}, "timezone", "valid choice"),
    ],
)
def test_complaints_stand_beside_their_question(
    changes: dict[str, str], field: str, words: str, client_person: Person
) -> None:
    errors = _errors(client_person.post("tickets_ticket_add", **{**ANSWERS, **changes}))
    assert words in " ".join(errors[field])
    assert not Ticket.objects.exists()


def test_a_number_held_by_an_own_ticket_names_it_and_a_foreign_one_does_not(
    walk: Walker, client_person: Person, stranger_person: Person
) -> None:
    walked = walk(Path.FILED, "+5511987654321")
    own = _errors(client_person.post("tickets_ticket_add", **ANSWERS))["numbers"]
    assert walked.ticket.reference in own[0]
    foreign = _errors(stranger_person.post("tickets_ticket_add", **ANSWERS))["numbers"]
    assert walked.ticket.reference not in foreign[0]
    assert "+5511987654321" in foreign[0]
    assert Ticket.objects.count() == 1


def test_a_client_user_without_an_organization_is_told_so(client_person: Person) -> None:
    client_person.user.membership.delete()
    assert client_person.get("tickets_ticket_add").status_code == 302
    assert client_person.post("tickets_ticket_add", **ANSWERS).status_code == 302
    assert not Ticket.objects.exists()


def test_the_form_offers_the_directory_and_keeps_what_was_typed(client_person: Person) -> None:
    page = text_of(client_person.get("tickets_ticket_add"))
    assert '<option value="Infobip">' in page
    assert 'name="organization"' not in page
    again = client_person.post("tickets_ticket_add", **{**ANSWERS, "waba_id": "12"})
    assert "+55 11 98765-4321" in again.content.decode()
