"""The time at the edges. Below them `now` is an argument.

A virtual clock (embedded mode only; a system check refuses it in production) lets the demo and the journey tests
play days in a minute: a small file says which virtual moment belongs to which real one and how fast time runs.
All processes read the same file, so web, worker, beat and simulator agree.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """Return the present moment in UTC; virtual where a clock file is configured and exists."""
    path = settings.PORTERO_CLOCK_FILE
    return read(Path(path)) if path else timezone.now()


def read(path: Path) -> datetime:
    """Return the moment that a clock file tells; the real one while there is no file."""
    real = timezone.now()
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return real
    since = (real - datetime.fromisoformat(state["real"])).total_seconds()
    return datetime.fromisoformat(state["virtual"]) + timedelta(seconds=since * state["rate"])


def set_virtual(path: Path, *, moment: datetime, rate: float = 1.0) -> None:
    """Write the clock file: from this instant on it is `moment`, and time runs `rate` times as fast as outside."""
    state = {"real": timezone.now().isoformat(), "virtual": moment.astimezone(UTC).isoformat(), "rate": rate}
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(state), encoding="utf-8")
    fresh.replace(path)
