"""Routing rules in words: what a condition is called, what its values mean, what is wrong with it."""

from collections.abc import Callable, Mapping
from typing import Any

import phonenumbers
from babel import Locale
from django.conf import settings
from django.utils.translation import get_language, gettext, to_locale
from django.utils.translation import gettext_lazy as _

from migrations_app.enums import Flow
from providers.selectors.directory import directory
from tickets.enums import Priority, RoutingDeed, TicketKind
from tickets.models import Organization, RoutingChange

CONDITION_WORDS: dict[str, Any] = {
    "kind": _("Kind"),
    "bsp": _("Old BSP"),
    "flow": _("Flow"),
    "country": _("Country"),
    "language": _("Language"),
    "timezone": _("Time zone"),
    "priority": _("Priority"),
    "organization": _("Organization"),
    "partner": _("Filed by a partner"),
    "min_size": _("Numbers, at least"),
    "max_size": _("Numbers, at most"),
    "any_tag": _("Has one of the tags"),
    "all_tags": _("Has all tags"),
    "no_tag": _("Has none of the tags"),
}
PROBLEM_WORDS: dict[str, Any] = {
    "unknown_condition": _("There is no such condition."),
    "not_a_list": _("This must be a list of words."),
    "nothing_chosen": _("Choose at least one, or leave the condition out."),
    "not_a_number": _("This must be a whole number of at least 1."),
    "not_a_flag": _("This is yes or no."),
    "most_below_least": _("“At most” is smaller than “at least”: no ticket could ever match."),
}
"""What is wrong with a condition, by the code that the rules give it."""
REASON_WORDS: dict[str, Any] = {
    "no_rule_matched": _("no rule took it"),
    "unknown_bsp": _("the old BSP is not in the directory"),
    "group": _("with its group"),
    "by_hand": _("moved by hand"),
}
"""Why a ticket is in its queue, where it was not a rule."""
STATE_COLOURS = {"draft": "warning", "live": "success", "retired": ""}

Names = Mapping[str, Mapping[str, str]]


def country_names() -> dict[str, str]:
    """Return the countries that have telephone numbers, by their two letters, in the reader's language."""
    territories = Locale.parse(to_locale(get_language() or "en")).territories
    named = {code: f"{territories.get(code, code)} ({code})" for code in phonenumbers.SUPPORTED_REGIONS}
    return dict(sorted(named.items(), key=lambda item: item[1]))


def value_names() -> Names:
    """Return what the values of conditions are called, by condition. Two queries."""
    return {
        "kind": {value: str(label) for value, label in TicketKind.choices},
        "priority": {value: str(label) for value, label in Priority.choices},
        "flow": {value: str(label) for value, label in Flow.choices},
        "country": country_names(),
        "language": {code: str(name) for code, name in settings.LANGUAGES},
        "bsp": dict(directory().values_list("slug", "name")),
        "organization": {str(pk): name for pk, name in Organization.objects.values_list("pk", "name")},
    }


def shown(name: str, value: Any, names: Names) -> str:
    """Return a condition's value, or what was found instead, in words."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    called = names.get(name, {})
    if isinstance(value, (list, tuple)):
        return ", ".join(called.get(str(word), str(word)) for word in value) or "–"
    return "–" if value in {None, ""} else called.get(str(value), str(value))


def conditions_shown(conditions: Mapping[str, Any], names: Names) -> list[tuple[str, str]]:
    """Return a rule's conditions as (what, wanted), in the order in which they are explained everywhere."""
    return [
        (str(words), shown(name, conditions[name], names))
        for name, words in CONDITION_WORDS.items()
        if name in conditions
    ]


def _tested(data: Mapping[str, Any]) -> str:
    return gettext("Tickets tried: %(count)s; would go elsewhere: %(moved)s.") % {
        "count": data.get("tickets", 0),
        "moved": data.get("moved", 0),
    }


def _made(data: Mapping[str, Any]) -> str:
    if data.get("source"):
        return gettext("Copied from version %(number)s.") % {"number": data["source"]}
    return gettext("Begun without rules.")


_DEEDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    RoutingDeed.MADE: _made,
    RoutingDeed.TESTED: _tested,
    RoutingDeed.PUBLISHED: lambda _data: gettext("Made live."),
    RoutingDeed.RETIRED: lambda data: gettext("Draft deleted.") if data.get("deleted") else gettext("Retired."),
    RoutingDeed.RULE_ADDED: lambda data: gettext("Rule “%(rule)s” added.") % {"rule": data.get("rule", "")},
    RoutingDeed.RULE_CHANGED: lambda data: gettext("Rule “%(rule)s” changed.") % {"rule": data.get("rule", "")},
    RoutingDeed.RULE_REMOVED: lambda data: gettext("Rule “%(rule)s” removed.") % {"rule": data.get("rule", "")},
}


def record_line(change: RoutingChange, names: Names) -> dict[str, Any]:
    """Return one line of a version's record: when, who, what, and for a rule what it was and is."""
    return {
        "at": change.occurred_at,
        "actor": change.actor_label,
        "text": _DEEDS[change.deed](change.data),
        "before": _rule_shown(change.data.get("before"), names),
        "after": _rule_shown(change.data.get("after"), names),
    }


def _rule_shown(rule: Mapping[str, Any] | None, names: Names) -> str:
    if not rule:
        return ""
    wanted = "; ".join(f"{what}: {value}" for what, value in conditions_shown(rule["conditions"], names))
    off = "" if rule["active"] else f" ({gettext('rests')})"
    return f"{rule['position']} · {rule['name']}{off}: {wanted or gettext('takes everything')} → {rule['queue']}"
