"""Routing: the first rule whose every condition holds takes the ticket; the reason is told condition by condition."""

from collections.abc import Mapping, Sequence
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


LIST_CONDITIONS = ("kind", "priority", "country", "language", "timezone", "organization")
"""Conditions whose value is a list of allowed words."""
TAG_CONDITIONS = ("any_tag", "all_tags", "no_tag")
NUMBER_CONDITIONS = ("min_size", "max_size")
FLAG_CONDITIONS = ("partner",)
CONDITIONS = (*LIST_CONDITIONS, *TAG_CONDITIONS, *NUMBER_CONDITIONS, *FLAG_CONDITIONS)


def problems_of(conditions: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a rule's conditions, in words; an empty list when they can be judged."""
    found = [f"unknown condition: {name}" for name in conditions if name not in CONDITIONS]
    for name, value in conditions.items():
        if name in LIST_CONDITIONS + TAG_CONDITIONS and not (
            isinstance(value, list) and all(isinstance(v, str) for v in value)
        ):
            found.append(f"{name} must be a list of words")
        if name in NUMBER_CONDITIONS and (isinstance(value, bool) or not isinstance(value, int)):
            found.append(f"{name} must be a whole number")
        if name in FLAG_CONDITIONS and not isinstance(value, bool):
            found.append(f"{name} must be true or false")
    return found


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
