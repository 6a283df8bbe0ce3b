"""The desk's first set-up can be loaded again and again; what a lead has changed stays."""

from datetime import datetime

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from config.core.actor import OPERATOR
from migrations_app.enums import RequirementCode
from migrations_app.management.commands.load_desk import SIMULATED_WABA
from migrations_app.models import Ladder, Playbook
from migrations_app.rules.chase import parse_ladder
from migrations_app.services.desk import LADDERS, PLAYBOOKS, load_desk
from providers.meta.simulator.state import DEFAULT_SOURCE_WABA
from providers.models import Bsp, MetaAccount
from tests.factories.desk import DESTINATION_WABA, Desk, make_agent
from tickets.models import Queue
from tickets.selectors.desk import LEAD


def everything() -> list[list[tuple[object, ...]]]:
    return [
        list(model._default_manager.order_by("pk").values_list())
        for model in (Bsp, Group, Queue, Ladder, Playbook, MetaAccount)
    ]


def test_loading_twice_changes_nothing(desk: Desk, now: datetime) -> None:
    before = everything()
    load_desk(by=OPERATOR, now=now, waba_id=DESTINATION_WABA)
    assert everything() == before


def test_what_a_lead_has_changed_stays(desk: Desk, now: datetime) -> None:
    Queue.objects.filter(is_triage=True).update(slug="inbox", name="Inbox")
    Ladder.objects.filter(slug="closing").update(steps=[{"escalate": True}])
    Playbook.objects.filter(slug="sinch").update(requirements=["waba_id"], active=False)
    MetaAccount.objects.update(waba_id="222222222222222", payment_ready=False)
    before = everything()
    load_desk(by=OPERATOR, now=now, waba_id=DESTINATION_WABA)
    assert everything() == before


def test_there_is_one_triage_queue_and_one_default_destination(desk: Desk) -> None:
    assert Queue.objects.filter(is_triage=True).count() == 1
    assert Playbook.objects.filter(is_default=True, active=True).count() == 1


@pytest.mark.parametrize("slug", LADDERS)
def test_every_ladder_can_be_climbed_and_ends_with_a_person(slug: str) -> None:
    rungs = parse_ladder(LADDERS[slug][1])
    assert rungs[-1].escalates
    assert not any(rung.escalates for rung in rungs[:-1])


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda playbook: str(playbook["slug"]))
def test_a_playbook_asks_for_known_things_once_each(playbook: dict[str, list[str]]) -> None:
    wanted = playbook["requirements"]
    assert set(wanted) <= set(RequirementCode.values)
    assert len(set(wanted)) == len(wanted)


def test_the_command_loads_a_desk_that_can_take_tickets(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_desk")
    assert "added" in capsys.readouterr().out
    assert Playbook.objects.get(is_default=True).meta_account is not None
    assert Bsp.objects.filter(slug="infobip").exists()


def test_the_simulated_destination_is_not_where_the_numbers_are_already() -> None:
    assert SIMULATED_WABA != DEFAULT_SOURCE_WABA


def test_an_agent_reads_and_a_lead_sets_up(desk: Desk) -> None:
    agent, lead = make_agent("ana"), make_agent("lia", role=LEAD)
    assert agent.has_perm("tickets.view_ticket")
    assert not agent.has_perm("tickets.change_queue")
    assert lead.has_perm("tickets.change_queue")
    assert not lead.has_perm("tickets.delete_ticket")
    for user in (agent, lead):
        assert not user.has_perm("tickets.change_event")
        assert not user.has_perm("providers.change_exchange")
