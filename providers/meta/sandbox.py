"""The simulated Meta of one test ticket: no server, no network, a world of its own that comes from a row and goes back to it.

Its numbers may be magic: each meets its fate. Its code is always the same, so that no code is kept.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx2

from providers.meta.simulator import graph, persistence
from providers.meta.simulator.faults import Faults
from providers.meta.simulator.state import CONNECTED, Line, Message, World
from providers.types import Fate

CODE = "424242"
"""The 6-digit code that arrives in every test ticket."""
ADDRESS = "https://sandbox.invalid"
_FIRST_ID = 999_000_000_000_000
"""Ids of the sandbox look like none of Meta's; each world has a range of its own."""
_RANGE = 10_000

Answer = tuple[int, Any]


class Sandbox(World):
    """The world of one test ticket. `rate`: how many times as fast as the clock its limits pass; `fate_of` a number (E.164)."""

    def __init__(
        self,
        kept: Mapping[str, Any],
        *,
        world_id: int,
        now: datetime,
        rate: float,
        fate_of: Callable[[str], Fate],
    ) -> None:
        super().__init__(lambda: now)
        self.next_phone_id = self.next_template_id = _FIRST_ID + world_id * _RANGE
        self.faults = Faults()
        self._rate, self._asked_at, self._fate_of = rate, "", fate_of
        if kept:
            self._wake(kept)

    def new_code(self) -> str:
        return CODE

    def line(self, digits: str) -> Line:
        """The line; one that is seen for the first time meets its fate."""
        known = digits in self.lines
        line = super().line(digits)
        if not known:
            fate = self._fate_of(f"+{digits}")
            for name, value in fate.line.items():
                setattr(line, name, value)
            self.faults.add([{**fault, "digits": digits} for fault in fate.faults])
            if fate.at_destination and self._asked_at:
                self.add_phone(digits, self._asked_at, status=CONNECTED, verified_at=self.clock())
            self._hasten(line)
        return line

    def answer(self, *, method: str, path: str, params: Mapping[str, str]) -> Answer | None:
        """Answer one call of Graph; None: no answer comes."""
        call = graph.recognise(self, method=method, path=path, params=params)
        if call.digits:
            self._asked_at = call.node_id if call.name == "start_migration" else ""
            self.line(call.digits)
        fault = self.faults.take(call)
        if fault is not None and fault.drop == "before":
            return None
        scripted = fault.answer if fault is not None else None
        answer = scripted or graph.answer(self, call, params)
        return None if fault is not None and fault.drop == "after" else answer

    def arrived(self, digits: str) -> bool:
        """Tell whether the code that was asked for last has reached the number."""
        line = self.lines.get(digits)
        sent = [phone.code_sent_at for phone in self.phones_of(digits) if phone.code_sent_at is not None]
        return line is not None and bool(sent) and any(message.at == max(sent) for message in line.inbox)

    def kept(self) -> dict[str, Any]:
        """Return what is kept: when codes were sent and whether they arrived, but no code."""
        codes = {
            phone.id: [phone.code_sent_at.isoformat(), self.arrived(phone.digits)]
            for phone in self.phones.values()
            if phone.code_sent_at is not None
        }
        faults = [{name: part for name, part in fault.items() if part} for fault in self.faults.listed()]
        return {**persistence.content_of(self), "faults": faults, "codes": codes}

    def _wake(self, kept: Mapping[str, Any]) -> None:
        persistence.fill(self, kept)
        self.faults.add(kept["faults"])
        for phone_id, (at, arrived) in kept["codes"].items():
            phone = self.phones[phone_id]
            phone.code, phone.code_sent_at = CODE, datetime.fromisoformat(at)
            if arrived:
                message = Message(phone.code_sent_at, "", CODE, "")
                self.lines[phone.digits].inbox.append(message)
        for line in self.lines.values():
            self._hasten(line)

    def _hasten(self, line: Line) -> None:
        line.registrations.pace = line.code_requests.pace = self._rate


class SandboxTransport(httpx2.BaseTransport):
    """Carries the client's requests to a sandbox instead of the network."""

    def __init__(self, answer: Callable[[str, str, Mapping[str, str]], Answer | None]) -> None:
        self._answer = answer

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request.

        :raises ReadTimeout: no answer comes.
        """
        params = dict(request.url.params)
        if request.method == "POST":
            body = httpx2.Response(200, content=request.read()).json()
            params |= {name: _as_text(value) for name, value in body.items()}
        answer = self._answer(request.method, request.url.path, params)
        if answer is None:
            raise httpx2.ReadTimeout("no answer", request=request)
        status, content = answer
        return httpx2.Response(status, json=content, request=request)


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
