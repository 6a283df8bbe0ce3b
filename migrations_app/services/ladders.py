"""Ladders: loading them from their data file, keeping a lead's edits, and finding the one that fits a case.

A running chase keeps a copy of the rungs it started with, so nothing here touches it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from config.core.actor import Actor
from config.core.errors import Conflict
from config.core.uow import unit_of_work
from migrations_app.enums import WabaOwner
from migrations_app.enums.ladders import Demand
from migrations_app.models import Ladder, MigrationCase
from migrations_app.rules.ladders import Candidate, RungProblem, Wanted, at_end, choose, parse_ladder, rung_problems
from migrations_app.rules.playbooks import occasion_of
from tickets.models import Ticket

_MESSAGES = Path(__file__).resolve().parent.parent / "templates" / "messages"
DATA_FILE = Path(__file__).resolve().parent.parent / "data" / "ladders.json"
_CONDITIONS = ("demand", "requirement", "waba_owner", "bsp_id", "priority")


def _what_chases_keep(ladder: Ladder) -> tuple[Any, ...]:
    """Return what makes a new version when it changes: not the name, and not whether the ladder is offered."""
    conditions = (getattr(ladder, name) for name in _CONDITIONS)
    return (*conditions, parse_ladder(ladder.steps), at_end(ladder.on_exhausted))


def ladder_data(path: Path = DATA_FILE) -> dict[str, Any]:
    """Return the data file: its version and the ladders."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def load_ladders(*, by: Actor, now: datetime, path: Path = DATA_FILE) -> tuple[int, int]:
    """Bring ladders up to the data file and return how many were added and changed; repeating changes nothing.

    One that a lead has edited stays as it is; whether a known one is active belongs to the installation.
    """
    data = ladder_data(path)
    added = changed = 0
    with unit_of_work(by=by, now=now):
        known = {ladder.slug: ladder for ladder in Ladder.objects.all()}
        for entry in data["ladders"]:
            ladder = known.get(entry["slug"])
            if ladder is None:
                ladder = Ladder(slug=entry["slug"], version=0, created_at=now)
                added += 1
            elif ladder.edited or ladder.data_version >= data["version"]:
                continue
            else:
                changed += 1
            _renew(ladder, entry, data["version"], now)
    return added, changed


def _renew(ladder: Ladder, entry: Mapping[str, Any], data_version: int, now: datetime) -> None:
    for name in ("name", "demand", "steps", "on_exhausted"):
        setattr(ladder, name, entry[name])
    for name in ("requirement", "waba_owner", "priority"):
        setattr(ladder, name, entry.get(name, ""))
    ladder.data_version, ladder.version, ladder.updated_at = data_version, ladder.version + 1, now
    ladder.save()


def message_names() -> frozenset[str]:
    """Return the names of the texts that there are: one folder each, with a file per language."""
    return frozenset(folder.name for folder in _MESSAGES.iterdir() if folder.is_dir())


def problems_of(steps: Sequence[Mapping[str, Any]], demand: Demand) -> list[RungProblem]:
    """Return why a ladder of these rungs could not be climbed.

    :raises ValueError: a rung cannot even be read.
    """
    return rung_problems(parse_ladder(steps), demand=demand, messages=message_names())


class NotClimbable(Conflict):
    """A rung names a text, a recipient or a channel that does not work; `rungs` lists them."""

    code = "validation_failed"


def save_ladder(*, ladder: Ladder, by: Actor, now: datetime) -> Ladder:
    """Store what a lead has made of a ladder, and return it: what chases keep makes a new version of a known one.

    Later data files leave it alone from then on.

    :raises NotClimbable: its rungs could not be climbed.
    """
    wrong = problems_of(ladder.steps, Demand(ladder.demand))
    if wrong:
        raise NotClimbable(extra={"rungs": [f"{problem.index + 1}: {problem.code}" for problem in wrong]})
    with unit_of_work(by=by, now=now):
        stored = Ladder.objects.filter(pk=ladder.pk).first() if ladder.pk else None
        if stored is None:
            ladder.version, ladder.created_at = 1, now
        else:
            matters = _what_chases_keep(stored) != _what_chases_keep(ladder)
            ladder.version, ladder.created_at = stored.version + matters, stored.created_at
        ladder.edited, ladder.updated_at = True, now
        ladder.save()
        return ladder


def offered() -> dict[str, Ladder]:
    """Return the active ladders by slug, each with its BSP."""
    return {ladder.slug: ladder for ladder in Ladder.objects.filter(active=True).select_related("bsp")}


def ladder_for(
    demand: Demand,
    ticket: Ticket,
    case: MigrationCase,
    *,
    requirement: str = "",
    ladders: Mapping[str, Ladder] | None = None,
) -> Ladder | None:
    """Return the ladder that a case climbs for a demand; None where no active one fits.

    `requirement` asks for the ladder of one code; the answer may be a ladder for the common list then. The playbook's own
    choice is about whole demands only. `ladders`: the active ones, where they have been read already.
    """
    known = offered() if ladders is None else ladders
    named = case.playbook_copy.get("ladders", {}).get(
        occasion_of(demand, client_owns=case.waba_owner == WabaOwner.CLIENT), ""
    )
    wanted = Wanted(
        demand,
        requirement=requirement,
        waba_owner=case.waba_owner,
        bsp=case.current_bsp.slug if case.current_bsp else "",
        priority=ticket.priority,
    )
    chosen = choose(wanted, candidates(known.values()), named="" if requirement else named)
    return known[chosen.slug] if chosen else None


def candidates(ladders: Iterable[Ladder]) -> list[Candidate]:
    """Return what decides among these ladders."""
    return [ladder.as_candidate(ladder.bsp.slug if ladder.bsp else "") for ladder in ladders]
