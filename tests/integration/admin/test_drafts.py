"""Drafts at the agents' screen: kept with little, continued, submitted, thrown away; and the tickets of one group."""

from typing import Any

import pytest
from django.urls import reverse

from migrations_app.models import MigrationCase, NumberMove
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, text_of, told
from tests.integration.admin.test_filing import ANSWERS
from tickets.models import Event, Organization, Ticket

LITTLE: dict[str, Any] = {
    "client_name": "Padaria Sol",
    "language": "pt-br",
    "timezone": "America/Sao_Paulo",
    "draft": "1",
}


def draft_of(person: Person, **answers: Any) -> Ticket:
    person.post("tickets_ticket_add", **{**LITTLE, **answers})
    return Ticket.objects.latest("id")


def do(person: Person, ticket: Ticket, action: str) -> Any:
    return person.post("tickets_ticket_do", ticket.pk, action, version=Ticket.objects.get(pk=ticket.pk).version)


def shown(person: Person, ticket: Ticket) -> dict[str, Any]:
    """The questions of the form with their first values, as a browser would post them again."""
    form = person.get("tickets_ticket_continue", ticket.pk).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, "", [])} | {"version": ticket.version}


def test_a_draft_needs_the_client_only(client_person: Person) -> None:
    ticket = draft_of(client_person)
    assert (ticket.status, ticket.client_name, ticket.queue_id) == ("draft", "Padaria Sol", None)
    assert not Event.objects.filter(type="ticket.submitted").exists()


def test_a_draft_without_a_client_is_none(client_person: Person) -> None:
    answer = client_person.post("tickets_ticket_add", **{**LITTLE, "client_name": ""})
    assert answer.context["form"].errors.keys() == {"client_name"}
    assert not Ticket.objects.exists()


def test_what_is_written_in_a_draft_is_judged_like_any_answer(client_person: Person) -> None:
    answer = client_person.post("tickets_ticket_add", **{**LITTLE, "numbers": "nonsense"})
    assert answer.context["form"].errors.keys() == {"numbers"}


def test_its_page_tells_what_is_missing_and_offers_to_go_on(client_person: Person) -> None:
    ticket = draft_of(client_person, numbers="+5511987654321")
    page = text_of(client_person.get("tickets_ticket_change", ticket.pk))
    assert "Still to be answered before it can be submitted: Contact e-mail, Old BSP" in page
    assert reverse("admin:tickets_ticket_continue", args=[ticket.pk]) in page
    assert reverse("admin:tickets_ticket_do", args=[ticket.pk, "submit"]) not in page
    assert "Still to be answered: Contact e-mail, Old BSP" in told(do(client_person, ticket, "submit"))


@pytest.mark.parametrize("who", ["client_person", "lead_at_desk"])
def test_a_full_draft_is_submitted_by_a_button(
    who: str, client_person: Person, request: pytest.FixtureRequest, client_org: Organization
) -> None:
    person: Person = request.getfixturevalue(who)
    ticket = draft_of(client_person, **ANSWERS)
    assert not NumberMove.objects.filter(holding=True).exists()
    assert told(do(person, ticket, "submit")) == "Submitted."
    ticket.refresh_from_db()
    assert (ticket.status, ticket.organization_id) == ("waiting", client_org.pk)
    assert NumberMove.objects.filter(holding=True).count() == 2


def test_a_draft_is_deleted_by_a_button(client_person: Person) -> None:
    ticket = draft_of(client_person)
    answer = do(client_person, ticket, "delete-draft")
    assert answer.headers["Location"] == reverse("admin:tickets_ticket_changelist")
    assert not Ticket.objects.exists()


def test_what_is_filed_cannot_be_deleted_and_strangers_see_no_draft(
    client_person: Person, stranger_person: Person, walk: Walker
) -> None:
    walked = walk(Path.FILED)
    answer = do(client_person, walked.ticket, "delete-draft")
    assert answer.headers["Location"] == reverse("admin:tickets_ticket_change", args=[walked.ticket.pk])
    assert Ticket.objects.count() == 1
    draft = draft_of(client_person)
    for name in ("submit", "delete-draft"):
        assert do(stranger_person, draft, name).status_code == 404
    assert stranger_person.get("tickets_ticket_continue", draft.pk).status_code == 404


def test_the_form_opens_again_as_it_was_left(client_person: Person) -> None:
    ticket = draft_of(client_person, **ANSWERS)
    values = shown(client_person, ticket)
    assert values["numbers"] == "+5511987654321\n+5521998877665"
    assert (values["current_bsp"], values["hosting"], values["quiet_days"]) == ("Infobip", "cloud_api", ["5", "6"])
    assert client_person.post("tickets_ticket_continue", ticket.pk, **values, draft="1").status_code == 302
    ticket.refresh_from_db()
    assert ticket.version == 1, "saving without a change changes nothing"


def test_going_on_keeps_the_draft_or_files_it(client_person: Person) -> None:
    ticket = draft_of(client_person, numbers="+5511987654321")
    values = shown(client_person, ticket)
    client_person.post("tickets_ticket_continue", ticket.pk, **{**values, "current_bsp": "Gupshup", "draft": "1"})
    ticket.refresh_from_db()
    assert (ticket.status, MigrationCase.objects.get().current_bsp_name) == ("draft", "Gupshup")
    full = {**shown(client_person, Ticket.objects.get()), **ANSWERS}
    client_person.post("tickets_ticket_continue", ticket.pk, **full)
    assert Ticket.objects.get().status == "waiting"
    assert NumberMove.objects.filter(holding=True).count() == 2


def test_what_the_form_cannot_show_stays_as_it_was_filed(client_person: Person, walk: Walker) -> None:
    windows = [{"weekday": 0, "start": "06:00", "end": "09:00"}, {"weekday": 1, "start": "22:00", "end": "02:00"}]
    walked = walk(
        Path.DRAFT,
        {"number": "+5511987654321", "line_type": "mobile", "display_name": "Sol"},
        {"number": "+5511976543210", "line_type": "landline", "display_name": "Lua"},
        low_traffic_windows=windows,
    )
    values = shown(client_person, walked.ticket)
    changes = {"numbers": f"{values['numbers']}\r\n+551133334444", "notes": "Ring twice", "draft": "1"}
    assert client_person.post("tickets_ticket_continue", walked.ticket.pk, **{**values, **changes}).status_code == 302
    assert [(row.line_type, row.display_name) for row in walked.numbers()] == [
        ("mobile", "Sol"), ("landline", "Lua"), ("mobile", "Sol"),
    ]  # fmt: skip
    assert (walked.case.low_traffic_windows, walked.case.notes) == (windows, "Ring twice")


def test_a_form_that_somebody_overtook_changes_nothing(client_person: Person, client_colleague: Person) -> None:
    ticket = draft_of(client_person)
    values = shown(client_person, ticket)
    client_colleague.post("tickets_ticket_continue", ticket.pk, **{**values, "notes": "first", "draft": "1"})
    answer = client_person.post("tickets_ticket_continue", ticket.pk, **{**values, "notes": "second", "draft": "1"})
    assert answer.status_code == 200
    assert MigrationCase.objects.get().notes == "first"


def test_filing_a_draft_whose_number_is_held_changes_nothing(client_person: Person, walk: Walker) -> None:
    ticket = draft_of(client_person, **ANSWERS)
    walk(Path.FILED, "+5511987654321")
    answer = client_person.post("tickets_ticket_continue", ticket.pk, **{**shown(client_person, ticket), "notes": "x"})
    assert "numbers" in answer.context["form"].errors
    ticket.refresh_from_db()
    assert (ticket.status, MigrationCase.objects.get(ticket=ticket).notes) == ("draft", "")


def test_what_is_no_draft_any_more_has_no_form(client_person: Person, walk: Walker) -> None:
    walked = walk(Path.FILED)
    assert client_person.get("tickets_ticket_continue", walked.ticket.pk).status_code == 302
    assert 'id="draft"' not in client_person.page(walked)


def test_only_those_who_see_it_again_may_keep_a_draft(
    client_person: Person, agent_at_desk: Person, lead_at_desk: Person
) -> None:
    offered = [
        'name="draft"' in text_of(person.get("tickets_ticket_add"))
        for person in (client_person, lead_at_desk, agent_at_desk)
    ]
    assert offered == [True, True, False]


def test_a_client_who_files_a_foreign_number_is_noted_as_disputing_it(walk: Walker, stranger_person: Person) -> None:
    walked = walk(Path.FILED, "+5511987654321")
    stranger_person.post("tickets_ticket_add", **ANSWERS)
    assert walked.event_types()[-1] == "ticket.ownership_disputed"


# Groups


def test_a_ticket_shows_the_others_of_its_group(
    client_person: Person, other_agent: Person, stranger_person: Person, walk: Walker
) -> None:
    one = walk(Path.FILED, "+5511987654321", group_reference="ROLL & OUT")
    two = walk(Path.SCHEDULED, "+5511976543210", group_reference="ROLL & OUT")
    walk(Path.FILED, "+551133334444", group_reference="OTHER")
    stranger_person.post("tickets_ticket_add", **{**LITTLE, "group_reference": "ROLL & OUT"})
    answer = client_person.get("tickets_ticket_change", one.ticket.pk)
    assert [ticket.reference for ticket in answer.context["group"]] == [two.ticket.reference]
    assert "?group=ROLL%20%26%20OUT" in text_of(answer)
    assert other_agent.get("tickets_ticket_change", one.ticket.pk).status_code == 404


def test_the_list_shows_a_group(client_person: Person, walk: Walker) -> None:
    one = walk(Path.FILED, "+5511987654321", group_reference="ROLL & OUT")
    two = walk(Path.FILED, "+5511976543210", group_reference="ROLL & OUT")
    walk(Path.FILED, "+551133334444")
    for query in ({"group": "ROLL & OUT"}, {"q": "roll"}):
        found = client_person.get("tickets_ticket_changelist", **query).context["cl"].queryset
        assert set(found.values_list("pk", flat=True)) == {one.ticket.pk, two.ticket.pk}


def test_a_ticket_without_a_group_shows_none(client_person: Person, walk: Walker) -> None:
    walked = walk(Path.FILED)
    walk(Path.FILED, "+5511976543210")
    assert 'id="group"' not in client_person.page(walked)
