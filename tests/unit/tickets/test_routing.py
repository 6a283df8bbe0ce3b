"""Routing: the first rule whose every condition holds, and why the others did not."""

from dataclasses import replace
from typing import Any

import pytest

from tickets.rules.routing import CONDITIONS, Rule, decide, problems_of
from tickets.types import RoutingFacts

FACTS = RoutingFacts(
    kind="number_migration",
    priority="normal",
    country="BR",
    language="pt-br",
    timezone="America/Sao_Paulo",
    organization="Padaria Sol",
    partner=False,
    size=3,
    tags=frozenset({"bsp:infobip", "flow:number_by_api"}),
)


def takes(facts: RoutingFacts = FACTS, **conditions: Any) -> bool:
    return decide(facts, [Rule(1, "one", "queue", conditions)]).taken_by is not None


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ({"kind": ["number_migration", "question"]}, {"kind": ["question"]}),
        ({"priority": ["normal"]}, {"priority": ["high", "urgent"]}),
        ({"country": ["br", "MX"]}, {"country": ["MX"]}),
        ({"language": ["PT-BR"]}, {"language": ["pt"]}),
        ({"timezone": ["america/sao_paulo"]}, {"timezone": ["Europe/Madrid"]}),
        ({"organization": ["padaria sol"]}, {"organization": ["Padaria"]}),
        ({"any_tag": ["bsp:infobip", "bsp:bird"]}, {"any_tag": ["bsp:bird"]}),
        ({"all_tags": ["bsp:infobip", "flow:number_by_api"]}, {"all_tags": ["bsp:infobip", "flow:waba_switch"]}),
        ({"no_tag": ["bsp:bird"]}, {"no_tag": ["bsp:infobip", "bsp:bird"]}),
        ({"min_size": 3}, {"min_size": 4}),
        ({"max_size": 3}, {"max_size": 2}),
        ({"partner": False}, {"partner": True}),
        ({}, {"country": []}),
        ({"no_tag": []}, {"any_tag": []}),
    ],
    ids=lambda conditions: "+".join(conditions) or "nothing",
)
def test_both_sides_of_every_condition(yes: dict[str, Any], no: dict[str, Any]) -> None:
    assert takes(**yes)
    assert not takes(**no)
    assert problems_of(yes) == problems_of(no) == []


def test_all_conditions_must_hold() -> None:
    assert takes(country=["BR"], max_size=3)
    assert not takes(country=["BR"], max_size=2)


def test_what_is_unknown_matches_no_word() -> None:
    unknown = replace(FACTS, country=None, language=None, timezone=None)
    assert not takes(unknown, country=["BR"])
    assert takes(unknown, country=[""])


def test_the_first_rule_in_order_takes_and_the_trail_says_why() -> None:
    rules = [
        Rule(3, "Mexico", "mx", {"country": ["MX"]}),
        Rule(2, "Latin America", "latam", {"country": ["BR"]}),
        Rule(1, "Everything", "all", {}),
    ]
    decision = decide(FACTS, rules)
    assert decision.taken_by == rules[1]
    assert [(result.rule.name, result.takes) for result in decision.trail] == [
        ("Mexico", False),
        ("Latin America", True),
    ]
    condition = decision.trail[0].conditions[0]
    assert (condition.name, condition.expected, condition.found, condition.holds) == ("country", ["MX"], "BR", False)


def test_without_a_rule_that_takes_it_nobody_does() -> None:
    assert decide(FACTS, []).taken_by is None
    assert decide(FACTS, [Rule(1, "x", "q", {"partner": True})]).taken_by is None


@pytest.mark.parametrize(
    "conditions",
    [
        {"colour": ["red"]},
        {"country": "BR"},
        {"country": [1]},
        {"any_tag": {"bsp:x": 1}},
        {"min_size": "3"},
        {"max_size": True},
        {"partner": 1},
        {"partner": "yes"},
    ],
    ids=str,
)
def test_conditions_that_could_not_be_judged_are_refused(conditions: dict[str, Any]) -> None:
    assert problems_of(conditions)


def test_every_condition_that_can_be_asked_is_tried_above() -> None:
    assert len(CONDITIONS) == len(set(CONDITIONS)) == 12
