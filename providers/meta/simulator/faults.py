"""Scripted faults: the next so many calls go wrong in a chosen way."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from providers.meta.simulator.answers import ERRORS, error_answer
from providers.meta.simulator.graph import CALLS, Answer, Call

LONGEST_DELAY_SECONDS = 300
MOST_TIMES = 1_000_000


class BadFault(ValueError):
    """The description of a fault cannot be understood; the text says which part."""


@dataclass(slots=True)
class Fault:
    """One way in which a call goes wrong, and how often. See the package for the meaning of the parts."""

    call: str
    digits: str = ""
    times: int = 1
    error_key: str = ""
    status: int = 0
    body: Any = None
    delay_seconds: float = 0.0
    drop: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def is_for(self, call: Call) -> bool:
        """Whether this fault strikes that call."""
        return self.call in {"*", call.name} and self.digits in {"", call.digits}

    @property
    def answer(self) -> Answer | None:
        """The scripted answer; None when the call is done as usual."""
        if self.error_key:
            return error_answer(self.error_key)
        return (self.status, self.body) if self.status else None


class Faults:
    """The faults still to come, first in first out; used under the world's lock."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, descriptions: object) -> None:
        """Take a list of descriptions. Raises BadFault and then takes none of them."""
        if not isinstance(descriptions, list):
            raise BadFault("a list of faults is expected")
        self._waiting += [_fault(description) for description in descriptions]

    def take(self, call: Call) -> Fault | None:
        """The fault that strikes this call, used up once."""
        fault = next((fault for fault in self._waiting if fault.is_for(call)), None)
        if fault is not None:
            fault.times -= 1
            self._waiting = [waiting for waiting in self._waiting if waiting.times > 0]
        return fault

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._waiting.clear()

    def listed(self) -> list[dict[str, Any]]:
        """The faults not yet used up."""
        return [asdict(fault) for fault in self._waiting]


def _fault(description: object) -> Fault:
    if not isinstance(description, Mapping):
        raise BadFault("a fault is an object")
    # Tuples below, not sets: what came in may be a list, which no set can be asked for.
    _check(description)
    try:
        return Fault(**description)
    except TypeError:
        raise BadFault("a fault has a call and none but the documented parts") from None


def _check(parts: Mapping[str, Any]) -> None:
    if parts.get("call") not in ("*", *CALLS):
        raise BadFault("call is not one of the documented calls")
    if parts.get("error_key", "") not in ("", *ERRORS):
        raise BadFault("error_key is not in the catalogue")
    if parts.get("drop", "") not in ("", "before", "after"):
        raise BadFault('drop is "before" or "after"')
    headers = parts.get("headers", {})
    if not isinstance(headers, Mapping) or not all(_is_header(*pair) for pair in headers.items()):
        raise BadFault("headers are an object of texts")
    if not _between(parts.get("times", 1), 1, MOST_TIMES):
        raise BadFault(f"times is a whole number from 1 to {MOST_TIMES}")
    if "status" in parts and not _between(parts["status"], 200, 599):
        raise BadFault("status is an HTTP status")
    if not _between(parts.get("delay_seconds", 0), 0, LONGEST_DELAY_SECONDS, kinds=(int, float)):
        raise BadFault(f"delay_seconds is between 0 and {LONGEST_DELAY_SECONDS}")


def _is_header(name: object, value: object) -> bool:
    """A line break in one would become another header."""
    texts = [text for text in (name, value) if isinstance(text, str)]
    return len(texts) == 2 and all(text.isascii() and text.isprintable() for text in texts)  # noqa: PLR2004


def _between(value: object, low: int, high: int, *, kinds: tuple[type, ...] = (int,)) -> bool:
    return type(value) in kinds and isinstance(value, int | float) and low <= value <= high
