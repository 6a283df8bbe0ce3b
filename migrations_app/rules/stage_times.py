"""How long a case was in each stage, kept with the case as it moves: {stage: [first entered, whole seconds of ended stretches]}."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

StageTimes = dict[str, list[Any]]


def moved(times: Mapping[str, Any], *, old: str, since: datetime, new: str, now: datetime) -> StageTimes:
    """Return the times after a move from a stage, in which the case was since then, to another."""
    found: StageTimes = {stage: list(entry) for stage, entry in times.items()}
    first, seconds = found.get(old, [since.isoformat(), 0])
    found[old] = [first, seconds + max(0, int((now - since).total_seconds()))]
    found.setdefault(new, [now.isoformat(), 0])
    return found


def first_entered(times: Mapping[str, Any], stage: str, *, present: str, since: datetime) -> datetime | None:
    """Return when a case first came into a stage; None when it never did, or before this was kept."""
    if stage in times:
        return datetime.fromisoformat(times[stage][0])
    return since if stage == present else None


def seconds_in(times: Mapping[str, Any], stage: str, *, present: str, since: datetime, at: datetime) -> int | None:
    """Return the whole seconds a case had been in a stage by a moment; None when it never was, or before this was kept."""
    running = max(0, int((at - since).total_seconds())) if stage == present else None
    if stage not in times:
        return running
    return int(times[stage][1]) + (running or 0)
