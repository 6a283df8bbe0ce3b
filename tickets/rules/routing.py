"""Routing: the first rule whose every condition holds takes the ticket; the reason is told condition by condition."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tickets.types import RoutingFacts


@dataclass(frozen=True)
class Rule:
    """One routing rule as plain data."""

    id: int
    name: str
    queue: str
    conditions: Mapping[str, Any]


@dataclass(frozen=True)
class ConditionResult:
    """Whether one condition held, with what was asked and what was found."""

    name: str
    expected: Any
    found: Any
    holds: bool


@dataclass(frozen=True)
class RuleResult:
    """How one rule judged the facts."""

    rule: Rule
    conditions: tuple[ConditionResult, ...]

    @property
    def takes(self) -> bool:
        """Tell whether every condition held (a rule without conditions takes everything)."""
        return all(condition.holds for condition in self.conditions)


@dataclass(frozen=True)
class Decision:
    """The rule that takes the ticket, if any, and how each rule looked at it until then."""

    taken_by: Rule | None
    trail: tuple[RuleResult, ...]


LIST_CONDITIONS = ("kind", "bsp", "flow", "country", "language", "timezone", "priority", "organization")
"""Conditions whose value is a list of allowed words."""
TAG_CONDITIONS = ("any_tag", "all_tags", "no_tag")
NUMBER_CONDITIONS = ("min_size", "max_size")
"""How many things the ticket is about (for a migration: phone numbers), both ends included."""
FLAG_CONDITIONS = ("partner",)
CONDITIONS = (*LIST_CONDITIONS, *TAG_CONDITIONS, *NUMBER_CONDITIONS, *FLAG_CONDITIONS)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one condition, as a code.

    Codes: `unknown_condition`, `not_a_list`, `nothing_chosen`, `not_a_number`, `not_a_flag`, `most_below_least`.
    """

    condition: str
    code: str


def problems_of(conditions: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with a rule's conditions; an empty list when they can be judged."""
    found = [Problem(name, code) for name, value in conditions.items() if (code := _problem(name, value))]
    least, most = conditions.get("min_size"), conditions.get("max_size")
    if not found and least is not None and most is not None and most < least:
        found.append(Problem("max_size", "most_below_least"))
    return found


def _problem(name: str, value: Any) -> str:
    if name not in CONDITIONS:
        return "unknown_condition"
    if name in NUMBER_CONDITIONS:
        return "not_a_number" if isinstance(value, bool) or not isinstance(value, int) or value < 1 else ""
    if name in FLAG_CONDITIONS:
        return "" if isinstance(value, bool) else "not_a_flag"
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        return "not_a_list"
    return "" if value else "nothing_chosen"


@dataclass(frozen=True)
class RuleContent:
    """All that decides what a rule does, and where it stands."""

    position: int
    name: str
    active: bool
    queue: str
    conditions: Mapping[str, Any]


def digest_of(rules: Iterable[RuleContent], *, live: int) -> str:
    """Return the fingerprint of a set of rules as compared with the live version of this number.

    Equal fingerprints mean that the same rules would replace the same rules.
    """
    rows = [[rule.position, rule.name, rule.active, rule.queue, dict(rule.conditions)] for rule in rules]
    text = json.dumps([live, rows], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _judge(name: str, expected: Any, facts: RoutingFacts) -> ConditionResult:
    if name in LIST_CONDITIONS:
        found = getattr(facts, name)
        holds = (found or "").casefold() in {word.casefold() for word in expected}
        return ConditionResult(name, expected, found, holds)
    if name in TAG_CONDITIONS:
        shared = facts.tags & set(expected)
        holds = {"any_tag": bool(shared), "all_tags": len(shared) == len(set(expected)), "no_tag": not shared}[name]
        return ConditionResult(name, expected, sorted(facts.tags), holds)
    if name == "partner":
        return ConditionResult(name, expected, facts.partner, facts.partner is expected)
    holds = facts.size >= expected if name == "min_size" else facts.size <= expected
    return ConditionResult(name, expected, facts.size, holds)


def decide(facts: RoutingFacts, rules: Sequence[Rule]) -> Decision:
    """Return which rule, in the given order, takes a ticket with these facts, and why the ones before it did not."""
    trail: list[RuleResult] = []
    for rule in rules:
        result = RuleResult(rule, tuple(_judge(name, value, facts) for name, value in rule.conditions.items()))
        trail.append(result)
        if result.takes:
            return Decision(rule, tuple(trail))
    return Decision(None, tuple(trail))
