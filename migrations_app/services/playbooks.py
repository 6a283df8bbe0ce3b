"""Loading playbooks from their data file, and saving a lead's edits; what a lead has edited stays.

A case keeps a copy of the version it was filed with, so nothing here touches running cases.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.models import Playbook, PlaybookStage
from providers.models import MetaAccount

DATA_FILE = Path(__file__).resolve().parent.parent / "data" / "playbooks.json"
_PLAIN = ("name", "execution", "account_flow", "requirements", "source_url")


def playbook_data(path: Path = DATA_FILE) -> dict[str, Any]:
    """Return the data file: its version, the requirements of moves without a call, and the playbooks."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def load_playbooks(*, account: MetaAccount | None, by: Actor, now: datetime, path: Path = DATA_FILE) -> tuple[int, int]:
    """Bring playbooks up to the data file and return how many were added and changed; repeating changes nothing.

    A new one begins with `account` where its numbers move into an account of ours. Of a known one only what the file says is
    renewed, and only if no lead has edited it: whether it is offered, the default, and its account belong to the installation.
    """
    data = playbook_data(path)
    added = changed = 0
    with unit_of_work(by=by, now=now):
        known = {playbook.slug: playbook for playbook in Playbook.objects.all()}
        has_default = any(playbook.is_default for playbook in known.values())
        for entry in data["playbooks"]:
            playbook = known.get(entry["slug"])
            if playbook is None:
                playbook = Playbook(slug=entry["slug"], version=0, created_at=now)
                playbook.is_default = entry.get("is_default", False) and not has_default
                playbook.meta_account = account if entry["holds_account"] else None
                added += 1
            elif playbook.edited or playbook.data_version >= data["version"]:
                continue
            else:
                changed += 1
            _renew(playbook, entry, data, now)
    return added, changed


def _renew(playbook: Playbook, entry: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> None:
    for name in _PLAIN:
        setattr(playbook, name, entry[name])
    playbook.flow_requirements = {**data["flow_requirements"], **entry.get("flow_requirements", {})}
    playbook.blocking = entry.get("blocking", {})
    playbook.ladders = entry.get("ladders", {})
    playbook.wallet_minimum_usd = entry.get("wallet_minimum_usd")
    playbook.verified_on = date.fromisoformat(entry["verified_on"]) if entry["verified_on"] else None
    playbook.data_version, playbook.version, playbook.updated_at = data["version"], playbook.version + 1, now
    playbook.save()
    playbook.stages.all().delete()
    PlaybookStage.objects.bulk_create(
        _stage(playbook, place, stage, now) for place, stage in enumerate(entry["stages"], start=1)
    )


def _stage(playbook: Playbook, place: int, entry: Mapping[str, Any], now: datetime) -> PlaybookStage:
    plain = {name: entry[name] for name in ("slug", "title", "what", "requirements")}
    stage = PlaybookStage(
        playbook=playbook, position=place, moves=entry.get("moves", False), created_at=now, updated_at=now, **plain
    )
    if entry["lasts"]:
        stage.lasts_least, stage.lasts_most, stage.lasts_unit = entry["lasts"]
    return stage


def keep_edit(*, playbook: Playbook, matters: bool, by: Actor, now: datetime) -> None:
    """Say that a lead has edited a playbook: later data files leave it alone; `matters` makes it a new version."""
    with unit_of_work(by=by, now=now):
        playbook.edited, playbook.updated_at = True, now
        playbook.version += 1 if matters else 0
        playbook.save(update_fields=["edited", "version", "updated_at"])
