"""Loading the BSP directory from its data file, and keeping what a lead changed."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from config.core.actor import Actor
from config.core.uow import unit_of_work
from providers.models import Bsp
from providers.services.naming import NameTaken, taken_elsewhere, write_names

DATA_FILE = Path(__file__).resolve().parent.parent / "data" / "bsps.json"
LOADED_FIELDS = (
    "name", "aliases", "direction", "two_step_off_by", "accepts_request_from", "channel", "contact_email", "contact_url",
    "letter_language", "turnaround_of", "turnaround_least", "turnaround_most", "turnaround_unit", "exit_conditions",
    "waba_ownership", "countries", "procedure_kind", "procedure", "source_url", "verified_on",
)  # fmt: skip
OPTIONAL_FIELDS = ("office_timezone", "office_country")
"""Columns of which the data file may say nothing; it fills them where it does."""
_TEXT_FIELDS = ("contact_email", "contact_url", "source_url", *OPTIONAL_FIELDS)
_AMOUNTS = ("turnaround_least", "turnaround_most")


@dataclass
class Load:
    """What loading a file did, or would do: slugs added; fields changed, and fields kept as a lead edited them, by slug.

    `kept_names`: slug and name where the name is another BSP's by the desk's decision.
    """

    version: str
    added: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    kept_names: list[tuple[str, str]] = field(default_factory=list)


class _Rehearsal(Exception):
    """Thrown to take everything back."""


def load_directory(
    *, by: Actor, now: datetime, path: Path = DATA_FILE, dry_run: bool = False, follow: Collection[str] = ()
) -> Load:
    """Bring the directory up to the data file; fields that a lead has edited stay. Repeating changes nothing.

    `dry_run` does the same and takes it back. `follow`: slugs whose edits are given up, so that the file decides all of it
    again. BSPs that the file does not know stay as they are.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    load = Load(version=data["version"])
    try:
        with unit_of_work(by=by, now=now):
            known = {bsp.slug: bsp for bsp in Bsp.objects.all()}
            for slug in known.keys() & set(follow):
                known[slug].edited_fields, known[slug].data_version = [], ""
            saved = [_take(entry, known.get(entry["slug"]), load, now) for entry in data["bsps"]]
            load.kept_names = write_names(saved)
            if dry_run:
                raise _Rehearsal
    except _Rehearsal:
        pass
    return load


def _take(entry: Mapping[str, Any], known: Bsp | None, load: Load, now: datetime) -> Bsp:
    """Write one entry of the file onto its row and note in `load` what that did."""
    bsp = known or Bsp(slug=entry["slug"], created_at=now)
    told = (*LOADED_FIELDS, *(name for name in OPTIONAL_FIELDS if name in entry))
    differing = [name for name in told if getattr(bsp, name) != _value(name, entry[name])]
    kept = [name for name in differing if name in bsp.edited_fields]
    changed = [name for name in differing if name not in kept]
    for name in changed:
        setattr(bsp, name, _value(name, entry[name]))
    if kept:
        load.kept[bsp.slug] = kept
    if known is None:
        load.added.append(bsp.slug)
    elif changed:
        load.changed[bsp.slug] = changed
    if known is None or changed or bsp.data_version != load.version:
        bsp.data_version, bsp.updated_at = load.version, now
        bsp.save()
    return bsp


def _value(name: str, raw: Any) -> Any:
    if name in _TEXT_FIELDS:
        return raw or ""
    if name in _AMOUNTS:
        return None if raw is None else Decimal(str(raw))
    if name == "verified_on":
        return date.fromisoformat(raw) if raw else None
    return raw


def keep_edit(*, bsp: Bsp, fields: list[str], by: Actor, now: datetime) -> None:
    """Save a lead's edit and remember which fields the data file must not overwrite any more.

    :raises NameTaken: a name of the entry is another BSP's.
    """
    with unit_of_work(by=by, now=now):
        taken = taken_elsewhere(bsp)
        if taken is not None:
            raise NameTaken(extra={"name": taken[0], "bsp": taken[1].name})
        bsp.edited_fields = sorted(
            {*bsp.edited_fields, *(name for name in fields if name in {*LOADED_FIELDS, *OPTIONAL_FIELDS})}
        )
        bsp.updated_at = now
        if bsp._state.adding:  # noqa: SLF001  (Django's documented flag of a row not saved yet)
            bsp.created_at = now
        bsp.save()
        write_names([bsp])


def add_unlisted(*, name: str, by: Actor, now: datetime) -> Bsp:
    """Add a BSP of which nothing but its name is known, and return it; every fact of it is "unknown".

    :raises NameTaken: the directory has the name already.
    """
    with unit_of_work(by=by, now=now):
        bsp = Bsp(slug=_free_slug(name), name=name, created_at=now)
        keep_edit(bsp=bsp, fields=[], by=by, now=now)
        return bsp


def _free_slug(name: str) -> str:
    """Return a slug for a new entry; a name without Latin letters gets a numbered one."""
    base = slugify(name)[:40] or "bsp"
    taken = set(Bsp.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)
