"""The check and filing ask one set of rules: what the check says is what filing does and what the ticket then shows."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.core.errors import Invalid
from config.core.uow import unit_of_work
from migrations_app.enums import (
    BusinessVerification,
    ConnectionStatus,
    DisplayNameStatus,
    Hosting,
    LineType,
    Moves,
    OtpMethod,
    RequirementState,
    TwoStep,
    WabaOwner,
)
from migrations_app.models import MigrationCase, NumberMove, Playbook
from migrations_app.services.editing import Edit, edit_ticket
from migrations_app.services.eligibility import Check, check, refresh_warnings
from migrations_app.services.form_reading import read_form
from migrations_app.services.intake import file_ticket
from providers.models import Bsp
from providers.services.directory import keep_edit
from tests.factories.forms import NUMBER, answers, number_answers
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Source
from tickets.models import Ticket

OLD_FORM, LANDLINE, US, PAGER, SHARED = (
    "+551187654321",
    "+551130001001",
    "+14155552671",
    "+812012345678",
    "+34901123456",
)


@dataclass(frozen=True)
class Outcome:
    """What filing did: the codes that refused it, or each number's warnings and what keeps it from being scheduled."""

    refused: frozenset[str] = frozenset()
    numbers: tuple[tuple[list[dict[str, str]], set[str]], ...] = ()


class _TakenBack(Exception):
    """Filing was only tried."""


def ask(walk: Walker, body: dict[str, Any]) -> Check:
    return check(body, organization_id=walk.key.organization.pk, test=False)


def file(walk: Walker, body: dict[str, Any]) -> Outcome:
    """File a body, look, and take it back."""
    found = Outcome()
    try:
        with unit_of_work(by=walk.key.actor, now=walk.now):
            form = read_form(body, source=Source.API, test=False)
            ticket = file_ticket(organization=walk.key.organization, form=form, by=walk.key.actor, now=walk.now)
            case = MigrationCase.objects.get(ticket=ticket)
            found = Outcome(numbers=tuple((row.warnings, blocking(case, row)) for row in numbers_of(case)))
            assert not refresh_warnings(ticket, case), "judged again, the numbers have other warnings"
            raise _TakenBack
    except _TakenBack:
        pass
    except Invalid as refusal:
        found = Outcome(frozenset(error.code for error in refusal.errors))
    return found


def numbers_of(case: MigrationCase) -> list[NumberMove]:
    return list(NumberMove.objects.filter(case=case).order_by("position"))


def blocking(case: MigrationCase, number: NumberMove) -> set[str]:
    clear = {RequirementState.MET, RequirementState.WAIVED, RequirementState.CLAIMED}
    rows = case.requirements.filter(blocks="schedule").exclude(state__in=clear)
    return {row.code for row in rows if row.number_id in {None, number.pk}}


def agree(said: Check, done: Outcome) -> None:
    """The law: refused exactly if the check says so; else the same warnings and the same open requirements."""
    can_submit = all(number.verdict.can_submit for number in said.numbers)
    assert (can_submit and not said.missing) == (not done.refused), (said, done.refused)
    for number, (warnings, blocks) in zip(said.numbers, done.numbers, strict=not done.refused):
        assert [warning["code"] for warning in warnings] == [reason.code for reason in number.verdict.warnings]
        assert {code.value for code in number.verdict.blocking} == blocks
        assert number.verdict.eligible is not True or not blocks


def mostly(*fine: Any, but: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """What can be filed, and now and then what cannot: else hardly any form as a whole would be."""
    return st.sampled_from([*fine * 8, *but])


at_random = st.fixed_dictionaries(
    {},
    optional={
        "current_bsp": mostly("360dialog", "MessageBird", "Tia Maria", but=("",)),
        "destination": st.sampled_from(["gupshup", "sinch", None]),
        "business_verification": mostly(*BusinessVerification.values, but=(None,)),
        "hosting": mostly(*Hosting.values, but=(None,)),
        "connection_status": mostly(*ConnectionStatus.values, but=(None,)),
        "waba_id": mostly("", None, but=("12", "506914307656634", NUMBER[1:], "11987654321")),
        "business_manager_id": mostly("", None, but=("50691430765663O",)),
        "waba_owner": st.sampled_from(WabaOwner.values),
        "two_step_verification": st.sampled_from([*TwoStep.values, None]),
        "uses_business_app": mostly(False, None, but=(True,)),
        "moves": st.sampled_from(Moves.values),
    },
)
contact_at_random = st.fixed_dictionaries(
    {},
    optional={
        "contact_name": st.just(""),
        "contact_email": mostly("bea@padariasol.example", but=("",)),
        "contact_phone": mostly("", NUMBER, OLD_FORM, but=("nonsense",)),
        "country": st.sampled_from(["", "US"]),
    },
)
about_at_random: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"number": mostly(NUMBER, OLD_FORM, LANDLINE, US, PAGER, SHARED, "+5215512345678", but=("28282", "nonsense"))},
    optional={
        "line_type": st.sampled_from(LineType.values),
        "behind_ivr": st.sampled_from([True, None]),
        "otp_method": st.sampled_from([*OtpMethod.values, None]),
        "otp_contact": mostly(
            None, {"name": "Ana"}, {"name": "Ana", "phone": NUMBER}, but=({"name": "Ana", "phone": "x"},)
        ),
        "display_name_status": st.sampled_from(DisplayNameStatus.values),
        "connection_status": st.sampled_from([*ConnectionStatus.values, None]),
    },
)
items_at_random = st.one_of(st.sampled_from([NUMBER, LANDLINE, US]), about_at_random.map(lambda a: number_answers(**a)))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=at_random, client=contact_at_random, items=st.lists(items_at_random, min_size=1, max_size=3))
def test_what_the_check_says_is_what_filing_does(
    walk: Walker, changes: dict[str, Any], client: dict[str, Any], items: list[Any]
) -> None:
    body = answers(client=client, **changes) | {"phone_numbers": items}
    agree(ask(walk, body), file(walk, body))


CHANGES: dict[str, dict[str, Any]] = {
    "fine": {},
    "unknown BSP": {"current_bsp": "Tia Maria"},
    "client only": {"current_bsp": "360dialog"},
    "app": {"uses_business_app": True},
    "on premise": {"hosting": "on_premise"},
    "not verified": {"business_verification": "unverified"},
    "no identifiers": {"waba_id": None, "business_manager_id": None},
    "equal identifiers": {"business_manager_id": "102290129340398"},
    "banned": {"connection_status": "banned", "phone_numbers": [NUMBER]},
    "old form": {"phone_numbers": [OLD_FORM]},
    "pager": {"phone_numbers": [PAGER]},
    "short code": {"phone_numbers": ["28282"]},
    "holder is the number": {"phone_numbers": [number_answers(otp_contact={"name": "Ana", "phone": NUMBER})]},
    "nobody else to call": {"client": {"contact_phone": NUMBER}, "phone_numbers": [NUMBER]},
    "twice": {"phone_numbers": [NUMBER, OLD_FORM]},
    "three, not verified": {"phone_numbers": [NUMBER, LANDLINE, US], "business_verification": "pending"},
    "account ready": {"destination": "gupshup"},
    "whole account": {"moves": "waba", "two_step_verification": "enabled"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_law_holds_for_each_kind_of_reason(walk: Walker, name: str) -> None:
    body = answers(**CHANGES[name])
    agree(ask(walk, body), file(walk, body))


def test_a_destination_that_is_not_ready_is_told_by_both(walk: Walker) -> None:
    Playbook.objects.filter(slug="gupshup").update(requirements=["wallet_funded", "destination_account_ready"])
    body = answers(destination="gupshup")
    said = ask(walk, body)
    agree(said, file(walk, body))
    assert [reason.code for reason in said.numbers[0].verdict.reasons] == ["destination_not_ready"]


def test_a_form_that_would_be_refused_for_what_is_missing_says_so(walk: Walker) -> None:
    body = answers(client={"contact_email": ""}, hosting=None)
    said = ask(walk, body)
    assert list(said.missing) == ["#/client/contact_email", "#/hosting"]
    assert said.numbers[0].verdict.can_submit
    assert file(walk, body).refused == {"required"}


@pytest.fixture
def filed(walk: Walker) -> Walk:
    return walk(Path.FILED, OLD_FORM, current_bsp="360dialog")


def warned(filed: Walk) -> list[str]:
    return [warning["code"] for row in filed.numbers() for warning in row.warnings]


def change(filed: Walk, **changes: Any) -> None:
    ticket = Ticket.objects.get(pk=filed.ticket.pk)
    edit_ticket(ticket_id=ticket.pk, edit=Edit(changes, ticket.version), by=filed.by, now=filed.now)


def test_warnings_follow_every_answer(filed: Walk) -> None:
    assert warned(filed) == ["brazil_ninth_digit", "old_bsp_client_only"]
    version = Ticket.objects.get().version
    change(filed, current_bsp="infobip", hosting="on_premise")
    assert warned(filed) == ["brazil_ninth_digit", "on_premise_sunset"]
    assert Ticket.objects.get().version == version + 1
    change(filed, phone_numbers=[NUMBER], hosting="cloud_api")
    assert warned(filed) == []
    change(filed, notes="nothing about numbers")
    assert warned(filed) == []


def test_warnings_of_a_number_whose_move_has_begun_follow_too(filed: Walk) -> None:
    NumberMove.objects.update(state="initiated", phone_number_id="1234567890")
    change(filed, current_bsp="infobip")
    assert warned(filed) == ["brazil_ninth_digit"]


def test_warnings_can_be_judged_again_when_the_directory_learns(walk: Walker) -> None:
    filed = walk(Path.FILED, current_bsp="Tia Maria")
    assert warned(filed) == ["unknown_bsp"]
    bsp = Bsp.objects.get(slug="infobip")
    bsp.aliases = [*bsp.aliases, "Tia Maria"]
    keep_edit(bsp=bsp, fields=["aliases"], by=filed.by, now=filed.now)
    case = MigrationCase.objects.get()
    case.current_bsp = Bsp.objects.get(slug="infobip")
    case.save()
    assert refresh_warnings(case.ticket, case)
    assert warned(filed) == []
    assert not refresh_warnings(case.ticket, case)


def test_a_draft_is_judged_by_what_was_said(walk: Walker) -> None:
    body = {"client": {"name": "Padaria Sol"}, "phone_numbers": [OLD_FORM], "submit": False}
    assert [code for warnings, _ in file(walk, body).numbers for code in warnings] == [
        {"code": "brazil_ninth_digit", "candidate": NUMBER}
    ]


def test_one_number_that_is_not_connected_keeps_the_account_open(walk: Walker) -> None:
    filed = walk(Path.FILED, number_answers(connection_status="disconnected"))
    assert filed.requirement("account_approved").state == RequirementState.UNMET
    change(filed, phone_numbers=[{"number": NUMBER, "connection_status": "connected"}])
    assert filed.requirement("account_approved").state == RequirementState.MET
