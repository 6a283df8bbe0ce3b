"""Routing: the first rule whose every condition holds, and why the others did not."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.assignment import least_loaded, next_in_turn
from tickets.rules.routing import CONDITIONS, Rule, RuleContent, decide, digest_of, problems_of
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
    bsp="infobip",
    flow="number_by_api",
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
        ({"bsp": ["bird", "Infobip"]}, {"bsp": ["bird"]}),
        ({"flow": ["number_by_api"]}, {"flow": ["waba_switch"]}),
        ({"any_tag": ["bsp:infobip", "bsp:bird"]}, {"any_tag": ["bsp:bird"]}),
        ({"all_tags": ["bsp:infobip", "flow:number_by_api"]}, {"all_tags": ["bsp:infobip", "flow:waba_switch"]}),
        ({"no_tag": ["bsp:bird"]}, {"no_tag": ["bsp:infobip", "bsp:bird"]}),
        ({"min_size": 3}, {"min_size": 4}),
        ({"max_size": 3}, {"max_size": 2}),
        ({"partner": False}, {"partner": True}),
        ({}, {"min_size": 4, "max_size": 5}),
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
    ("conditions", "found"),
    [
        ({"colour": ["red"]}, ("colour", "unknown_condition")),
        ({"country": "BR"}, ("country", "not_a_list")),
        ({"country": [1]}, ("country", "not_a_list")),
        ({"country": []}, ("country", "nothing_chosen")),
        ({"no_tag": []}, ("no_tag", "nothing_chosen")),
        ({"any_tag": {"bsp:x": 1}}, ("any_tag", "not_a_list")),
        ({"min_size": "3"}, ("min_size", "not_a_number")),
        ({"min_size": 0}, ("min_size", "not_a_number")),
        ({"max_size": True}, ("max_size", "not_a_number")),
        ({"min_size": 5, "max_size": 4}, ("max_size", "most_below_least")),
        ({"partner": 1}, ("partner", "not_a_flag")),
        ({"partner": "yes"}, ("partner", "not_a_flag")),
    ],
    ids=str,
)
def test_conditions_that_could_not_be_judged_are_named_with_a_code(
    conditions: dict[str, Any], found: tuple[str, str]
) -> None:
    assert [(problem.condition, problem.code) for problem in problems_of(conditions)] == [found]


def test_every_condition_that_can_be_asked_is_tried_above() -> None:
    assert len(CONDITIONS) == len(set(CONDITIONS)) == 14


# Fingerprints

RULE = RuleContent(10, "Brazil", True, "latam", {"country": ["BR"], "min_size": 2})
contents = st.builds(
    RuleContent,
    position=st.integers(0, 99),
    name=st.text(max_size=5),
    active=st.booleans(),
    queue=st.sampled_from(["latam", "emea"]),
    conditions=st.dictionaries(st.sampled_from(["country", "bsp"]), st.lists(st.sampled_from("ABC"), min_size=1)),
)


@pytest.mark.parametrize(
    "change",
    [{"position": 11}, {"name": "Brasil"}, {"active": False}, {"queue": "emea"}, {"conditions": {"country": ["BR"]}}],
    ids=str,
)
def test_whatever_a_rule_does_is_in_the_fingerprint(change: dict[str, Any]) -> None:
    assert digest_of([RULE], live=1) != digest_of([replace(RULE, **change)], live=1)
    assert digest_of([RULE], live=1) != digest_of([RULE], live=2)


@given(st.lists(contents, max_size=4), st.lists(contents, max_size=4))
def test_equal_fingerprints_mean_equal_rules(one: list[RuleContent], other: list[RuleContent]) -> None:
    assert (digest_of(one, live=1) == digest_of(other, live=1)) == (one == other)


# Assignment

people = st.lists(st.integers(1, 9), unique=True)


@given(people, st.none() | st.integers(0, 10), st.integers(1, 40))
def test_in_turn_everybody_gets_the_same_give_or_take_one(agents: list[int], last: int | None, tickets: int) -> None:
    got: Counter[int] = Counter()
    for _ in range(tickets):
        last = next_in_turn(agents, last)
        if last is None:
            assert not agents
            return
        got[last] += 1
    counts = [got[agent] for agent in agents]
    assert max(counts) - min(counts) <= 1


@given(people, st.dictionaries(st.integers(1, 9), st.integers(0, 5)), st.none() | st.integers(0, 10))
def test_nobody_has_less_than_the_one_who_is_chosen(agents: list[int], loads: dict[int, int], last: int | None) -> None:
    chosen = least_loaded(agents, loads, last)
    assert (chosen is None) == (not agents)
    assert chosen is None or all(loads.get(chosen, 0) <= loads.get(agent, 0) for agent in agents)


def test_among_equals_it_is_the_next_in_turn() -> None:
    assert least_loaded([1, 2, 3], {1: 4}, last=2) == 3
    assert least_loaded([1, 2, 3], {}, last=3) == 1
