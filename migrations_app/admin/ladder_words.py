"""For which cases a ladder is, in words: its own conditions, and what others leave to it."""

from collections.abc import Iterable
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from migrations_app.admin.ladder_form import requirement_words
from migrations_app.enums import WabaOwner
from migrations_app.models import Ladder


def conditions_of(row: Ladder, others: Iterable[Ladder]) -> list[tuple[Any, str]]:
    """Return a ladder's conditions as (name, words).

    `others` are the active ladders: where they take cases of one owner of the WABA away, the rest is named.
    """
    found = [
        (_("Requirement"), requirement_words(row.requirement)),
        (_("Old BSP"), row.bsp.name if row.bsp else ""),
        (_("Priority"), str(row.get_priority_display()) if row.priority else ""),
        (_("WABA owner"), _owners(row, others)),
    ]
    return [(name, words) for name, words in found if words]


def cases_in_words(row: Ladder, others: Iterable[Ladder]) -> str:
    """Return in one line for which cases a ladder is."""
    others = list(others)
    conditions = conditions_of(row, others)
    if conditions:
        return "; ".join(f"{name}: {words}" for name, words in conditions)
    more_special = any(other.demand == row.demand and other.pk != row.pk for other in others)
    return gettext("all other cases") if more_special and row.active else gettext("all cases")


def _owners(row: Ladder, others: Iterable[Ladder]) -> str:
    if row.waba_owner:
        return str(row.get_waba_owner_display())
    taken = {other.waba_owner for other in others if other.pk != row.pk and _beside(other) == _beside(row)} - {""}
    if not taken or not row.active:
        return ""
    return get_text_list([str(owner.label) for owner in WabaOwner if owner not in taken], gettext("or"))


def _beside(row: Ladder) -> tuple[Any, ...]:
    return row.demand, row.requirement, row.bsp_id, row.priority
