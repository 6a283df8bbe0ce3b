"""Loading the BSP directory from its data file; what a lead has edited stays."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from config.core.actor import Actor
from config.core.uow import unit_of_work
from providers.models import Bsp
from providers.rules.names import plain_name

DATA_FILE = Path(__file__).resolve().parent.parent / "data" / "bsps.json"
LOADED_FIELDS = (
    "name", "aliases", "two_step_off_by", "accepts_request_from", "channel", "contact_email", "contact_url", "letter_language",
    "stated_turnaround", "notice_days", "exit_conditions", "waba_ownership", "countries", "procedure_kind", "procedure",
    "source_url", "verified_on",
)  # fmt: skip
_TEXT_FIELDS = ("contact_email", "contact_url", "stated_turnaround", "source_url")


def load_directory(*, by: Actor, now: datetime, path: Path = DATA_FILE) -> tuple[int, int]:
    """Bring the directory up to the data file and return how many BSPs were added and changed. Repeating changes nothing."""
    data = json.loads(path.read_text(encoding="utf-8"))
    added = changed = 0
    with unit_of_work(by=by, now=now):
        known = {bsp.slug: bsp for bsp in Bsp.objects.all()}
        for entry in data["bsps"]:
            fresh = entry["slug"] not in known
            bsp = Bsp(slug=entry["slug"], created_at=now) if fresh else known[entry["slug"]]
            before = {name: getattr(bsp, name) for name in LOADED_FIELDS}
            for name in LOADED_FIELDS:
                if name not in bsp.edited_fields:
                    setattr(bsp, name, _value(name, entry[name]))
            if fresh or any(before[name] != getattr(bsp, name) for name in LOADED_FIELDS):
                added, changed = (added + 1, changed) if fresh else (added, changed + 1)
                bsp.match_names = match_names(bsp)
                bsp.data_version, bsp.updated_at = data["version"], now
                bsp.save()
    return added, changed


def _value(name: str, raw: Any) -> Any:
    if name in _TEXT_FIELDS:
        return raw or ""
    if name == "verified_on":
        return date.fromisoformat(raw) if raw else None
    return raw


def match_names(bsp: Bsp) -> list[str]:
    """Return every form under which a BSP is found."""
    return sorted({plain_name(text) for text in (bsp.slug, bsp.name, *bsp.aliases)})


def keep_edit(*, bsp: Bsp, fields: list[str], by: Actor, now: datetime) -> None:
    """Save a lead's edit and remember which fields the data file must not overwrite any more."""
    with unit_of_work(by=by, now=now):
        bsp.edited_fields = sorted({*bsp.edited_fields, *(name for name in fields if name in LOADED_FIELDS)})
        bsp.match_names = match_names(bsp)
        bsp.updated_at = now
        if bsp._state.adding:  # noqa: SLF001  (Django's documented flag of a row not saved yet)
            bsp.created_at = now
        bsp.save()
