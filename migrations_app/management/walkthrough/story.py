"""One migration from the form to a closed ticket, over HTTP as its people would do it: client by API, agent in the admin.

`manage.py demo` narrates it; the journey test holds it. Time is moved with the virtual clock, everything else is real.
"""

import html
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config.core import clock
from migrations_app.management.walkthrough.browser import ApiCaller, Browser, Unexpected

NUMBERS = ("+5511987654321", "+5511987650000")
WAIT_SECONDS = 40.0
FORM: dict[str, Any] = {
    "client": {
        "name": "Padaria Sol",
        "contact_name": "Ana Souza",
        "contact_email": "ana@padariasol.example",
        "contact_phone": "+551130001000",
        "language": "pt-br",
        "timezone": "America/Sao_Paulo",
        "country": "BR",
    },
    "client_reference": "SOL-1",
    "phone_numbers": [
        {"number": number, "line_type": "mobile", "display_name": "Padaria Sol", "display_name_status": "approved"}
        for number in NUMBERS
    ],
    "current_bsp": "Infobip",
    "destination": "cloud-api",
    "business_verification": "verified",
    "hosting": "cloud_api",
    "connection_status": "connected",
    "waba_id": "102290129340398",
    "business_manager_id": "506914307656634",
    "waba_owner": "client",
    "two_step_verification": "enabled",
    "low_traffic_windows": [{"weekday": day, "start": "06:00", "end": "09:00"} for day in range(5)],
}


@dataclass
class Stage:
    """Where the story plays: the service's address, its simulator, an API key, an admin login, the clock's file."""

    base: str
    simulator: str
    key: str
    user: str
    password: str
    clock_file: Path


@dataclass
class Story:
    """The walk-through, step by step; `tell` gets a line per step."""

    stage: Stage
    tell: Callable[[str], None]
    reference: str = ""
    pause: float = 0.0
    api: ApiCaller = field(init=False)
    meta: ApiCaller = field(init=False)
    agent: Browser = field(init=False)

    def __post_init__(self) -> None:
        """Open the doors."""
        self.api = ApiCaller(self.stage.base + "/api/v1", self.stage.key)
        self.meta = ApiCaller(self.stage.simulator + "/_sim")
        self.agent = Browser(self.stage.base)

    def play(self) -> Any:
        """Play the whole story and return the closed ticket."""
        for step in (
            self.file, self.watch_guide, self.watch_letter, self.claim, self.book, self.acknowledge, self.remind,
            self.move_numbers, self.test, self.watch_closing, self.close,
        ):  # fmt: skip
            step()
            time.sleep(self.pause)
        return self.ticket()

    # The client files.

    def file(self) -> None:
        """File the form with two numbers whose two-step verification is on."""
        for number in NUMBERS:
            self.meta.call("PUT", f"/numbers/{number[1:]}", {"two_step": True, "pin": "482913"})
        ticket = self.api.post("/tickets", FORM)
        self.reference = ticket["reference"]
        self.tell(f"Client   files {self.reference}: {len(NUMBERS)} numbers leave {ticket['current_bsp']['name']}.")
        self.tell(f"Portero  routes it to “{ticket['queue']['name']}”, {ticket['requirements']['met']} of "
                  f"{ticket['requirements']['total']} requirements are met.")  # fmt: skip
        self._expect(ticket["stage"] == "requirements", "the ticket waits for its requirements", ticket)
        self._say_whose_turn(ticket)

    def watch_guide(self) -> None:
        """The first message goes at once: the client owns the WABA, so it is the guide."""
        self._until("the guide is sent", lambda: len(self._sent("two_step_disabled")) >= 1)
        self._say_message(self._sent("two_step_disabled")[0])

    def watch_letter(self) -> None:
        """A business day later nobody has answered: the letter to the old BSP follows."""
        self._jump_to(self._moment(self.ticket()["waiting_on"]["next_nudge_at"]))
        self._until("the letter is sent", lambda: len(self._sent("two_step_disabled")) >= 2)  # noqa: PLR2004
        self._say_message(self._sent("two_step_disabled")[1])

    def claim(self) -> None:
        """The client switches two-step verification off and says so; the chase ends."""
        for number in NUMBERS:
            self.meta.call("PUT", f"/numbers/{number[1:]}", {"two_step": False})
        ticket = self.api.post(
            f"/tickets/{self.reference}/requirements/two_step_disabled/claim",
            {"statement": "Switched off, link opened."},
        )
        self.tell("Client   switches two-step verification off at Meta and claims it through the API.")
        self._expect(ticket["stage"] == "ready", "nothing blocks scheduling", ticket)
        self._expect(self._chase("two_step_disabled")["state"] == "answered", "the chase has ended", ticket)
        self._say_whose_turn(ticket)

    def book(self) -> None:
        """Slots are offered; the best one is booked."""
        offer = self.api.get(f"/tickets/{self.reference}/slots")
        # Two days ahead, so that the reminder of the day before can be seen.
        later = clock.read(self.stage.clock_file) + timedelta(hours=30)
        ahead = [slot for slot in offer["data"] if self._moment(slot["start"]) > later]
        best = max(ahead, key=lambda slot: slot["score"])
        call = self.api.post(f"/tickets/{self.reference}/pin-calls", {"start": best["start"]})
        self.tell(f"Client   is offered {len(offer['data'])} moments and books {best['local_start']} "
                  f"({offer['duration_minutes']} min, low traffic: {best['low_traffic']}) with {call['agent']}.")  # fmt: skip
        self._expect(self.ticket()["stage"] == "scheduled", "the call is booked", call)

    def acknowledge(self) -> None:
        """What blocks the start is settled; the agent signs in for the rest of the story."""
        self.api.post(f"/tickets/{self.reference}/requirements/open_conversations_ack/claim", {})
        self.tell("Client   knows that open conversations do not move along.")
        self.agent.log_in(self.stage.user, self.stage.password)

    def remind(self) -> None:
        """A day before the call the reminder goes out."""
        start = self._moment(self.ticket()["pin_call"]["start"])
        self._jump_to(start - timedelta(hours=24) + timedelta(seconds=1))
        self._until("the reminder is sent", lambda: "a day before the call" in self._mailed())
        self.tell("Portero  reminds the client 24 h before: phones at hand, campaigns paused.")
        self._jump_to(start)

    # The agent moves the numbers.

    def move_numbers(self) -> None:
        """In the call: code, verification, registration, number by number."""
        self._open_call()
        self._step("start")
        self.tell("Agent    opens the call page and starts the call.")
        for number in NUMBERS:
            self._move(number)

    def _move(self, number: str) -> None:
        self._open_call()
        self._step("ask", method="sms")
        self._expect(self._state(number) == "code_requested", "Meta sends a code", number)
        code = self.meta.get(f"/inbox/{number[1:]}")["messages"][-1]["code"]
        self.tell(f"Meta     sends the code to {number}; the client reads it out.")
        self._step("verify", code=code)
        self._expect(self._state(number) == "code_verified", "the code is accepted", number)
        self._step("generate")
        self._expect(self._state(number) == "live", "the number is live", number)
        self.tell(f"Agent    registers {number} with a new two-step PIN: live.")

    def test(self) -> None:
        """Sending and receiving work: the ticket is resolved."""
        self._confirm("send_receive_test")
        ticket = self.ticket()
        self._expect(ticket["status"]["value"] == "resolved", "the ticket is resolved", ticket)
        self.tell("Agent    has sent and received a test message: resolved.")

    def watch_closing(self) -> None:
        """What is left at the old BSP is asked for."""
        self._until("the closing chase is planned", lambda: self.ticket()["waiting_on"]["next_nudge_at"] is not None)
        self._jump_to(self._moment(self.ticket()["waiting_on"]["next_nudge_at"]))
        self._until("the closing reminder is sent", lambda: len(self._sent("old_contract_cancelled")) >= 1)
        self._say_message(self._sent("old_contract_cancelled")[0])
        for code in ("old_contract_cancelled", "two_step_reenabled"):
            self.api.post(f"/tickets/{self.reference}/requirements/{code}/claim", {})
        self.tell("Client   has cancelled the old contract and keeps its new two-step PIN safe.")
        nudge = self.ticket()["waiting_on"]["next_nudge_at"]
        self._expect(nudge is None, "nobody is reminded any more", nudge)

    def close(self) -> None:
        """Thirty-five days later the ticket closes by itself."""
        self._jump_to(clock.read(self.stage.clock_file) + timedelta(days=36))
        self._until("the ticket is closed", lambda: self.ticket()["status"]["value"] == "closed")
        events = self.api.get(f"/tickets/{self.reference}/events?limit=200")["data"]
        self.tell(f"Portero  closes the ticket by itself. {len(events)} events tell its story.")

    # Looking.

    def ticket(self) -> Any:
        """Return the ticket as the client sees it."""
        return self.api.get(f"/tickets/{self.reference}")

    def _chase(self, code: str) -> Any:
        chases = self.api.get(f"/tickets/{self.reference}/chases")["data"]
        return next((chase for chase in chases if chase["requirement"] == code), {"attempts": [], "state": ""})

    def _sent(self, code: str) -> list[Any]:
        return [attempt for attempt in self._chase(code)["attempts"] if attempt["state"] == "sent"]

    def _mailed(self) -> str:
        return self.agent.visit(f"/admin/providers/exchange/?q={self.reference}")

    def _state(self, number: str) -> str:
        status = self.api.get(f"/tickets/{self.reference}/status")
        return str(next(row["state"] for row in status["phone_numbers"] if row["number"] == number))

    def _say_whose_turn(self, ticket: Any) -> None:
        action = (ticket["suggested_action"] or {}).get("message", "")
        self.tell(f"         … waits for the {ticket['waiting_on']['party']}: {action}")

    def _say_message(self, attempt: Any) -> None:
        self.tell(f"Portero  mails the {attempt['recipient_party']} ({attempt['language']}): {attempt['message']}.")

    @staticmethod
    def _expect(holds: bool, what: str, seen: Any) -> None:  # noqa: FBT001  (an assertion in words)
        if not holds:
            msg = f"expected that {what}, but saw {str(seen)[:800]}"
            raise Unexpected(msg)

    def _until(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait for the workers.

        :raises Unexpected: they did not do it in time.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                msg = f"waited {WAIT_SECONDS:.0f} s until {what}: {str(self.ticket())[:800]}"
                raise Unexpected(msg)
            time.sleep(0.2)

    # Time.

    @staticmethod
    def _moment(text: str) -> datetime:
        return datetime.fromisoformat(text)

    def _jump_to(self, moment: datetime) -> None:
        if moment > clock.read(self.stage.clock_file):
            clock.set_virtual(self.stage.clock_file, moment=moment)
            self.tell(f"         --- {moment:%A %d %B, %H:%M} UTC ---")

    # The agent's pages.

    def _open_ticket(self) -> None:
        self.agent.visit(f"/admin/tickets/ticket/?q={self.reference}")
        found = re.search(r"/admin/tickets/ticket/(\d+)/change/", self.agent.page.body)
        self._expect(found is not None, "the agent finds the ticket", self.reference)
        assert found is not None  # noqa: S101  (checked above)
        self.agent.visit(found[0])

    def _confirm(self, code: str) -> None:
        """Confirm a requirement on the ticket's page, for every number that has one."""
        self._open_ticket()
        wanted = {"code": code, "state": "met"}
        for _number in NUMBERS:
            if any(form.fields.items() >= wanted.items() for form in self.agent.forms()):
                self.agent.send("do/decide/", having=wanted)

    def _open_call(self) -> None:
        self._open_ticket()
        found = re.search(r'href="([^"]*/pincall/\d+/console/[^"]*)"', self.agent.page.body)
        self._expect(found is not None, "the ticket leads to its call", self.reference)
        assert found is not None  # noqa: S101  (checked above)
        self.agent.visit(html.unescape(found[1]))

    def _step(self, name: str, **values: str) -> None:
        """Press the page's button for a step of the call."""
        for form in self.agent.forms():
            if form.fields.get("step") == name or ("step", name) in form.buttons:
                self.agent.submit(form, step=name, **values)
                return
        msg = f"the call page offers no step {name}: {[(form.fields, form.buttons) for form in self.agent.forms()]}"
        raise Unexpected(msg)
