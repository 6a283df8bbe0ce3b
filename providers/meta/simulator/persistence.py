"""The world kept in a JSON file over a restart: without messages, without codes, of PINs only the salted digest."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from providers.meta.simulator.limits import MovingWindow, code_requests, registrations
from providers.meta.simulator.state import FIRST_TEMPLATE_ID, Line, Phone, Template, Waba, World

VERSION = 1
_WINDOWS = {"registrations": registrations, "code_requests": code_requests}


class StateFileUnreadable(ValueError):
    """The state file is not one of ours, or is damaged; it is left as it is."""


def save(world: World, path: Path) -> None:
    """Write the whole world beside the file, then put it in the file's place: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content_of(world), file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(world: World, path: Path) -> None:
    """Fill an empty world from the file; a missing file leaves it empty. Raises StateFileUnreadable."""
    if not path.exists():
        return
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise StateFileUnreadable("the state file was written by another version")
        fill(world, content)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, StateFileUnreadable):
            raise
        raise StateFileUnreadable("the state file cannot be read") from error


def content_of(world: World) -> dict[str, Any]:
    """Return what is kept of a world, as JSON has it."""
    return {
        "version": VERSION,
        "next_phone_id": world.next_phone_id,
        "next_template_id": world.next_template_id,
        "lines": [_line_out(line) for line in world.lines.values()],
        "phones": [_phone_out(phone) for phone in world.phones.values()],
        "wabas": [asdict(waba) for waba in world.wabas.values()],
    }


def fill(world: World, content: Mapping[str, Any]) -> None:
    """Fill an empty world with what was kept. Raises KeyError, TypeError or ValueError where that cannot be read."""
    world.next_phone_id = int(content["next_phone_id"])
    world.next_template_id = int(content.get("next_template_id", FIRST_TEMPLATE_ID))
    world.lines = {line["digits"]: _line_in(line) for line in content["lines"]}
    world.phones = {phone["id"]: _phone_in(phone) for phone in content["phones"]}
    world.wabas = {waba["id"]: _waba_in(waba) for waba in content["wabas"]}


def _line_out(line: Line) -> dict[str, Any]:
    kept = asdict(line)
    del kept["inbox"]
    for name in _WINDOWS:
        kept[name] = _window_out(getattr(line, name))
    return kept


def _line_in(kept: Mapping[str, Any]) -> Line:
    windows = {name: _window_in(fresh(), kept[name]) for name, fresh in _WINDOWS.items()}
    return Line(**{**kept, **windows})


def _window_out(window: MovingWindow) -> dict[str, Any]:
    return {"taken": [moment.isoformat() for moment in window.taken], "blocked_until": _out(window.blocked_until)}


def _window_in(window: MovingWindow, kept: Mapping[str, Any]) -> MovingWindow:
    window.taken = [datetime.fromisoformat(moment) for moment in kept["taken"]]
    window.blocked_until = _in(kept["blocked_until"])
    return window


def _phone_out(phone: Phone) -> dict[str, Any]:
    kept = asdict(phone)
    del kept["code"], kept["code_sent_at"]
    return kept | {"verified_at": _out(phone.verified_at)}


def _phone_in(kept: Mapping[str, Any]) -> Phone:
    return Phone(**{**kept, "verified_at": _in(kept["verified_at"])})


def _waba_in(kept: Mapping[str, Any]) -> Waba:
    return Waba(**{**kept, "templates": [Template(**template) for template in kept.get("templates", ())]})


def _out(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _in(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
