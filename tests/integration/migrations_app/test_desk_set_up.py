"""The desk's first set-up can be loaded again and again; what a lead has changed stays."""

import json
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, transaction

from config.core.actor import OPERATOR
from migrations_app.enums import Blocks, Execution, Flow, RequirementCode
from migrations_app.enums.ladders import Demand
from migrations_app.management.commands.load_desk import SIMULATED_WABA
from migrations_app.models import Ladder, Playbook
from migrations_app.rules.flows import plan_of
from migrations_app.rules.ladders import parse_ladder
from migrations_app.rules.playbooks import OCCASIONS
from migrations_app.rules.requirements import CATALOGUE, SOFT_CODES, suits
from migrations_app.services.desk import load_desk
from migrations_app.services.ladders import candidates, ladder_data, load_ladders, problems_of, save_ladder
from migrations_app.services.playbooks import load_playbooks, playbook_data
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


LADDERS = ladder_data()


@pytest.mark.parametrize("ladder", LADDERS["ladders"], ids=lambda ladder: str(ladder["slug"]))
def test_every_ladder_can_be_climbed_and_ends_with_a_person(ladder: dict[str, Any]) -> None:
    rungs = parse_ladder(ladder["steps"])
    assert problems_of(ladder["steps"], Demand(ladder["demand"])) == []
    assert rungs[-1].escalates
    assert "escalate" in ladder["on_exhausted"]


def test_every_demand_has_a_general_ladder(desk: Desk) -> None:
    general = {row.demand for row in candidates(Ladder.objects.all()) if row.general}
    assert general == set(Demand)


def test_a_newer_file_of_ladders_renews_what_no_lead_has_touched(desk: Desk, now: datetime, tmp_path: Path) -> None:
    fresh = deepcopy(LADDERS) | {"version": LADDERS["version"] + 1}
    for entry in fresh["ladders"]:
        entry["name"] += " (new)"
    file = tmp_path / "ladders.json"
    file.write_text(json.dumps(fresh), encoding="utf-8")
    save_ladder(ladder=Ladder.objects.get(slug="closing"), by=OPERATOR, now=now)
    Ladder.objects.filter(slug="waba-id").update(active=False)
    assert load_ladders(by=OPERATOR, now=now, path=file) == (0, len(LADDERS["ladders"]) - 1)
    waba_id, closing = Ladder.objects.get(slug="waba-id"), Ladder.objects.get(slug="closing")
    assert (waba_id.version, waba_id.active, waba_id.name.endswith("(new)")) == (2, False, True)
    assert (closing.version, closing.edited, closing.name.endswith("(new)")) == (1, True, False)
    assert load_ladders(by=OPERATOR, now=now, path=file) == (0, 0)


DATA = playbook_data()
every_playbook = pytest.mark.parametrize("playbook", DATA["playbooks"], ids=lambda playbook: str(playbook["slug"]))


@every_playbook
def test_a_playbook_asks_for_known_things_once_each(playbook: dict[str, Any]) -> None:
    wanted = playbook["requirements"]
    assert set(wanted) <= set(RequirementCode.values)
    assert len(set(wanted)) == len(wanted)
    assert set(playbook.get("blocking", {})) <= set(SOFT_CODES) & set(wanted)
    assert set(playbook.get("ladders", {})) <= set(OCCASIONS)


@every_playbook
def test_every_stage_is_about_what_the_playbook_asks_for_and_one_moves_the_numbers(playbook: dict[str, Any]) -> None:
    stages = playbook["stages"]
    named = [code for stage in stages for code in stage["requirements"]]
    assert set(named) <= set(playbook["requirements"])
    assert len(set(named)) == len(named)
    assert sum(stage.get("moves", False) for stage in stages) == 1
    gating = {code for code in playbook["requirements"] if CATALOGUE[RequirementCode(code)].blocks != Blocks.NOTHING}
    assert gating <= set(named)


@every_playbook
def test_a_playbook_says_where_it_comes_from_or_that_nobody_has_verified_it(playbook: dict[str, Any]) -> None:
    assert bool(playbook["source_url"]) == bool(playbook["verified_on"])


@pytest.mark.parametrize("flow", DATA["flow_requirements"])
def test_a_move_without_a_call_is_asked_only_for_what_suits_it(flow: str) -> None:
    plan = plan_of(Flow(flow), Execution.GRAPH_API)
    assert not plan.call
    assert all(suits(RequirementCode(code), plan) for code in DATA["flow_requirements"][flow])


def test_a_newer_data_file_renews_what_no_lead_has_touched(desk: Desk, now: datetime, tmp_path: Path) -> None:
    fresh = deepcopy(DATA) | {"version": DATA["version"] + 1}
    for playbook in fresh["playbooks"]:
        playbook["stages"] = playbook["stages"][:2]
        playbook["name"] += " (new)"
    file = tmp_path / "playbooks.json"
    file.write_text(json.dumps(fresh), encoding="utf-8")
    Playbook.objects.filter(slug="sinch").update(active=False, meta_account=None)
    Playbook.objects.filter(slug="gupshup").update(edited=True)
    assert load_playbooks(account=None, by=OPERATOR, now=now, path=file) == (0, len(DATA["playbooks"]) - 1)
    sinch = Playbook.objects.get(slug="sinch")
    assert (sinch.name, sinch.version, sinch.stages.count(), sinch.active) == ("Sinch (new)", 2, 2, False)
    gupshup = Playbook.objects.get(slug="gupshup")
    assert (gupshup.name, gupshup.version, gupshup.stages.count()) == ("Gupshup", 1, 4)
    assert load_playbooks(account=None, by=OPERATOR, now=now, path=file) == (0, 0)


def test_a_desk_that_has_its_own_default_keeps_it(desk: Desk, now: datetime) -> None:
    Playbook.objects.filter(slug="cloud-api").delete()
    Playbook.objects.filter(slug="sinch").update(is_default=True)
    load_desk(by=OPERATOR, now=now, waba_id=DESTINATION_WABA)
    assert list(Playbook.objects.filter(is_default=True).values_list("slug", flat=True)) == ["sinch"]


@pytest.mark.parametrize("wrong", [{"lasts_most": None}, {"lasts_least": 500}, {"lasts_unit": "moons"}], ids=str)
def test_the_database_refuses_a_length_that_is_none(desk: Desk, wrong: dict[str, Any]) -> None:
    rows = Playbook.objects.get(slug="sinch").stages.filter(lasts_least__isnull=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**wrong)


def test_only_moves_into_an_account_of_ours_begin_with_it(desk: Desk) -> None:
    held = Playbook.objects.filter(meta_account__isnull=False).order_by("slug").values_list("slug", flat=True)
    assert list(held) == ["cloud-api", "gupshup", "sinch"]


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
