"""Filing is one transaction: either everything is there, or nothing is."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.actor import OPERATOR
from config.core.errors import Invalid
from config.core.uow import IllegalTransition
from migrations_app.enums import RequirementState
from migrations_app.models import Chase, MigrationCase, NumberMove, Playbook, Requirement
from migrations_app.services.intake import NumberAlreadyOpen, submit_draft
from providers.models import Bsp
from providers.services.directory import keep_edit
from tests.factories.desk import Desk, Key, make_rule
from tests.factories.forms import NUMBER, OTHER_NUMBER, number_answers
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walker
from tickets.enums import Priority
from tickets.models import Event, Queue, Ticket
from tickets.services.routing import NoTriageQueue

BRAZIL = ("+5511987654321", "+551187654321")
MEXICO = ("+525512345678", "+5215512345678")


def rows() -> dict[str, int]:
    models = (Ticket, MigrationCase, NumberMove, Requirement, Chase, Event)
    return {model.__name__: model._default_manager.count() for model in models}


def test_filing_makes_ticket_case_numbers_requirements_chase_and_events(walk: Walker) -> None:
    filed = walk(Path.FILED, NUMBER, OTHER_NUMBER)
    assert filed.ticket.reference.startswith("MIG-")
    assert [number.number for number in filed.numbers()] == [NUMBER, OTHER_NUMBER]
    assert filed.requirement("two_step_disabled", 2).state == RequirementState.UNMET
    assert filed.chase().state == "active"
    types = filed.event_types()
    assert types[:3] == ["ticket.created", "ticket.submitted", "ticket.routed"]
    assert "ticket.status_changed" in types
    assert [event.sequence for event in filed.events()] == list(range(1, len(types) + 1))


def test_filing_waits_on_the_client_while_two_step_is_on(walk: Walker) -> None:
    ticket = walk(Path.FILED).ticket
    assert (ticket.waiting_on, ticket.waiting_since) == ("client", walk.now)
    assert ticket.status_details == [
        {
            "code": "two_step_enabled",
            "requirement": "two_step_disabled",
            "action_by": "client",
            "text": "two_step_reminded",
        }
    ]
    assert ticket.next_nudge_at == walk.now


def test_a_desk_without_triage_refuses_and_nothing_is_left(walk: Walker, desk: Desk) -> None:
    desk.triage.delete()
    with pytest.raises(NoTriageQueue):
        walk(Path.TRIAGE)
    assert set(rows().values()) == {0}


def test_a_held_number_is_refused_and_nothing_is_left(walk: Walker) -> None:
    walk(Path.FILED)
    before = rows()
    with pytest.raises(NumberAlreadyOpen):
        walk(Path.FILED, OTHER_NUMBER, NUMBER)
    assert rows() == before
    walk(Path.FILED, OTHER_NUMBER)


@pytest.mark.parametrize("pair", [BRAZIL, BRAZIL[::-1], MEXICO, MEXICO[::-1]], ids=" then ".join)
def test_the_forms_of_one_line_exclude_each_other(walk: Walker, pair: tuple[str, str]) -> None:
    walk(Path.FILED, pair[0])
    with pytest.raises(NumberAlreadyOpen) as refusal:
        walk(Path.FILED, pair[1])
    assert refusal.value.extra["numbers"] == [pair[1]]


@pytest.mark.parametrize("pair", [BRAZIL, MEXICO], ids=" and ".join)
def test_the_forms_of_one_line_cannot_stand_in_one_ticket(walk: Walker, pair: tuple[str, str]) -> None:
    with pytest.raises(Invalid) as refusal:
        walk(Path.FILED, *pair)
    assert [(e.pointer, e.code) for e in refusal.value.errors] == [("#/phone_numbers/1/number", "duplicate_in_request")]


def test_a_colleague_is_told_which_ticket_holds_the_number(walk: Walker, colleague: Key) -> None:
    first = walk(Path.FILED)
    with pytest.raises(NumberAlreadyOpen) as refusal:
        walk(Path.FILED, key=colleague)
    assert refusal.value.extra == {"numbers": [NUMBER], "existing_ticket": first.ticket.reference}


def test_a_stranger_learns_nothing_of_the_ticket_that_holds_the_number(walk: Walker, stranger: Key) -> None:
    first = walk(Path.FILED)
    with pytest.raises(NumberAlreadyOpen) as refusal:
        walk(Path.FILED, OTHER_NUMBER, NUMBER, key=stranger)
    assert refusal.value.extra == {"numbers": [NUMBER]}
    assert first.ticket.reference not in str(refusal.value)


def test_a_draft_holds_nothing_until_it_is_submitted(walk: Walker) -> None:
    draft = walk(Path.DRAFT)
    other = walk(Path.FILED)
    with pytest.raises(NumberAlreadyOpen):
        submit_draft(ticket_id=draft.ticket.pk, by=draft.by, now=walk.now)
    other.cancel()
    submit_draft(ticket_id=draft.ticket.pk, by=draft.by, now=walk.now)
    assert draft.number().holding


def test_test_tickets_hold_nothing(walk: Walker) -> None:
    walk(Path.FILED, test=True)
    live = walk(Path.FILED)
    walk(Path.FILED, test=True)
    assert [row.case.ticket_id for row in NumberMove.objects.filter(holding=True)] == [live.ticket.pk]


@pytest.mark.parametrize("end", [Path.CANCELLED, Path.REJECTED, Path.LIVE])
def test_an_ended_number_lets_go_of_its_line(walk: Walker, meta: Meta, end: Path) -> None:
    ended = walk(end)
    assert not ended.number().holding
    assert walk(Path.FILED).number().holding


def test_a_draft_has_neither_requirements_nor_queue_nor_messages(walk: Walker) -> None:
    draft = walk(Path.DRAFT, phone_numbers=[], current_bsp=None, business_verification=None)
    assert (draft.ticket.status, draft.ticket.queue, draft.ticket.waiting_on) == ("draft", None, "client")
    assert not Requirement.objects.exists()
    assert not Chase.objects.exists()
    assert draft.event_types() == ["ticket.created"]


def test_submitting_a_draft_does_what_filing_does(walk: Walker) -> None:
    draft = walk(Path.DRAFT)
    submit_draft(ticket_id=draft.ticket.pk, by=draft.by, now=draft.later(hours=1))
    ticket = draft.fresh()
    assert (ticket.status, ticket.stage, ticket.queue.slug if ticket.queue else "") == (
        "waiting",
        "requirements",
        "latam",
    )
    assert draft.chase().state == "active"
    assert draft.event_types().count("ticket.submitted") == 1


@pytest.mark.parametrize("path", [Path.FILED, Path.READY, Path.CANCELLED, Path.CLOSED, Path.REJECTED])
def test_only_a_draft_is_submitted(walk: Walker, meta: Meta, path: Path) -> None:
    walked = walk(path)
    before = rows()
    with pytest.raises(IllegalTransition):
        submit_draft(ticket_id=walked.ticket.pk, by=walked.by, now=walked.now)
    assert rows() == before


def test_an_unknown_bsp_goes_to_triage_under_the_name_that_was_filed(walk: Walker) -> None:
    filed = walk(Path.TRIAGE, current_bsp="  Tres Amigos SA ")
    assert (filed.ticket.queue.slug if filed.ticket.queue else "") == "triage"
    assert (filed.case.current_bsp, filed.case.current_bsp_name) == (None, "Tres Amigos SA")
    routed = next(event for event in filed.events() if event.type == "ticket.routed")
    assert routed.data["reason"] == "unknown_bsp"


def test_a_bsp_is_found_by_its_alias_without_case_and_accents(walk: Walker) -> None:
    filed = walk(Path.FILED, current_bsp="  messagebird ")
    assert filed.case.current_bsp is not None
    assert filed.case.current_bsp.slug == "bird"


def test_routing_looks_at_facts_of_the_document(walk: Walker, desk: Desk) -> None:
    big = Queue.objects.create(slug="big", name="Big", created_at=walk.now, updated_at=walk.now)
    conditions = {"min_size": 2, "bsp": ["infobip"], "flow": ["number_by_api"], "all_tags": ["number_country:BR"]}
    make_rule("Two and more from Infobip", big, conditions, now=walk.now)
    assert walk(Path.FILED).ticket.queue == desk.latam
    assert walk(Path.FILED, OTHER_NUMBER, "+5511965432109").ticket.queue == big


def test_a_running_case_keeps_the_playbook_it_started_with(walk: Walker) -> None:
    filed = walk(Path.FILED)
    Playbook.objects.filter(is_default=True).update(requirements=[], execution="provider_console")
    copy = filed.case.playbook_copy
    assert (copy["slug"], copy["execution"], "two_step_disabled" in copy["requirements"]) == (
        "cloud-api",
        "graph_api",
        True,
    )


def test_a_number_that_looks_odd_is_kept_as_filed_with_a_warning(walk: Walker) -> None:
    filed = walk(Path.FILED, BRAZIL[1])
    assert filed.number().number == BRAZIL[1]
    assert filed.number().warnings == [{"code": "brazil_ninth_digit", "candidate": BRAZIL[0]}]


def test_a_number_without_a_holder_gets_the_contact_unless_that_is_the_same_line(walk: Walker) -> None:
    own = walk(Path.FILED, number_answers(otp_contact=None))
    assert (own.number().otp_contact_name, own.number().otp_contact_phone) == ("Ana Souza", "+551130001000")
    same = walk(Path.FILED, number_answers(OTHER_NUMBER, otp_contact=None), client={"contact_phone": OTHER_NUMBER})
    assert same.number().otp_contact_name == ""
    assert same.requirement("otp_contact", 1).state == RequirementState.UNMET


def test_every_wrong_place_is_named_at_once(walk: Walker) -> None:
    with pytest.raises(Invalid) as refusal:
        walk(
            Path.FILED,
            number_answers("12"),
            client={"contact_email": ""},
            current_bsp="",
            waba_id="123",
            destination="nowhere",
            business_manager_id="not digits",
        )
    assert {(error.pointer, error.code) for error in refusal.value.errors} == {
        ("#/client/contact_email", "required"),
        ("#/current_bsp", "required"),
        ("#/phone_numbers/0/number", "invalid_phone_number"),
        ("#/waba_id", "invalid_identifier"),
        ("#/business_manager_id", "invalid_identifier"),
        ("#/destination", "invalid_choice"),
    }


def test_a_number_of_the_business_app_is_refused_with_the_kind_that_fits(walk: Walker) -> None:
    with pytest.raises(Invalid) as refusal:
        walk(Path.FILED, uses_business_app=True)
    assert refusal.value.refusal_code == "business_app_number"
    assert refusal.value.extra == {"suggested_kind": "coexistence"}


def test_a_hundred_numbers_are_filed_and_one_more_is_too_many(walk: Walker) -> None:
    numbers = [f"+55119876{place:05d}" for place in range(101)]
    assert len(walk(Path.FILED, *numbers[:100]).numbers()) == 100
    with pytest.raises(Invalid) as refusal:
        walk(Path.FILED, *numbers)
    assert [error.code for error in refusal.value.errors] == ["too_many_items"]


def test_what_a_lead_wrote_into_the_directory_decides_from_the_next_ticket_on(walk: Walker, now: datetime) -> None:
    bsp = Bsp.objects.get(slug="infobip")
    bsp.aliases = [*bsp.aliases, "Infobip LATAM"]
    keep_edit(bsp=bsp, fields=["aliases"], by=OPERATOR, now=now)
    assert walk(Path.FILED, current_bsp="infobip latam").case.current_bsp == bsp


def test_search_finds_a_ticket_by_what_people_remember(walk: Walker) -> None:
    text = walk(Path.FILED, client={"name": "Padaria São José"}, client_reference="SJ-77").ticket.search_text
    for word in ("padaria sao jose", "sj-77", "5511987654321", "102290129340398", "ana@padariasol.example"):
        assert word in text


def test_tickets_are_of_normal_priority_and_of_the_callers_organization(walk: Walker, client_key: Key) -> None:
    ticket = walk(Path.FILED).ticket
    assert (ticket.priority, ticket.organization) == (Priority.NORMAL, client_key.organization)


@pytest.mark.parametrize("numbers", [1, 40])
def test_filing_takes_a_fixed_number_of_queries_whatever_the_size(walk: Walker, numbers: int) -> None:
    many = [f"+55119876{place:05d}" for place in range(numbers)]
    with CaptureQueriesContext(connection) as captured:
        walk(Path.FILED, *many)
    assert len(captured) <= 75
