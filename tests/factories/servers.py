"""Servers of our own on 127.0.0.1 for the outside world: Meta (our simulator) and a mail server told to misbehave."""

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import default as modern
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from providers.meta.simulator.server import SimulatorServer
from tests.factories.desk import DESTINATION_WABA


@dataclass
class Meta:
    """The simulated Meta, with hands to change it. Its clock stands still until somebody moves it."""

    server: SimulatorServer
    present: datetime

    @property
    def base_url(self) -> str:
        return self.server.base_url

    def at(self, moment: datetime) -> None:
        self.present = moment

    def code_for(self, number: str) -> str:
        """The newest 6-digit code that the telephone got."""
        inbox = self.server.world.line(number.lstrip("+")).inbox
        assert inbox, f"no code ever arrived at {number}"
        return inbox[-1].code

    def codes_sent_to(self, number: str) -> int:
        return len(self.server.world.line(number.lstrip("+")).inbox)

    def protect(self, number: str, *, pin: str = "135790") -> None:
        """Switch two-step verification on."""
        self.server.world.line(number.lstrip("+")).set_pin(pin)

    def unprotect(self, number: str) -> None:
        self.server.world.line(number.lstrip("+")).two_step = False

    def at_destination(self, number: str) -> list[str]:
        """The ids of this number's objects at our account."""
        world = self.server.world
        phones = world.phones_of(number.lstrip("+"))
        return [p.id for p in phones if p.waba_id == DESTINATION_WABA and p.status != "DELETED"]

    def remove(self, phone_number_id: str) -> None:
        """Remove an object, as a person does in WhatsApp Manager."""
        self.server.world.phones[phone_number_id].status = "DELETED"

    def is_connected_here(self, number: str) -> bool:
        world = self.server.world
        return any(
            p.waba_id == DESTINATION_WABA and p.status == "CONNECTED" for p in world.phones_of(number.lstrip("+"))
        )

    def fault(self, call: str, **parts: Any) -> None:
        """Let the next call of that name go wrong."""
        self.server.faults.add([{"call": call, **parts}])

    def reset(self, moment: datetime) -> None:
        self.server.world.clear()
        self.server.faults.clear()
        self.present = moment


def start_meta(moment: datetime) -> Meta:
    def clock() -> datetime:
        return meta.present

    meta = Meta(SimulatorServer(clock=clock), moment)
    meta.server.start()
    return meta


class Mood(StrEnum):
    """How the mail server behaves."""

    ACCEPT = "accept"
    BUSY_AT_RECIPIENT = "busy_at_recipient"
    BUSY_AT_DATA = "busy_at_data"
    REFUSE_RECIPIENT = "refuse_recipient"
    REFUSE_DATA = "refuse_data"
    REFUSE_SENDER = "refuse_sender"
    DROP_BEFORE_DATA = "drop_before_data"
    HANG_BEFORE_DATA = "hang_before_data"
    DROP_AFTER_DATA = "drop_after_data"
    HANG_AFTER_DATA = "hang_after_data"


@dataclass
class MailServer:
    """A mail server that remembers what reached it, whatever it answered."""

    moods: list[Mood] = field(default_factory=list)
    received: list[EmailMessage] = field(default_factory=list)
    on_data: Callable[[Message], None] | None = None
    host: str = "127.0.0.1"
    port: int = 0
    _release: asyncio.Event | None = None

    def be(self, *moods: Mood) -> None:
        """Take these moods for the next sessions, one each; the last one stays."""
        self.moods = list(moods)

    def reset(self) -> None:
        self.moods, self.received, self.on_data = [], [], None

    def _mood(self) -> Mood:
        return self.moods[0] if self.moods else Mood.ACCEPT

    def _next_mood(self) -> None:
        if len(self.moods) > 1:
            self.moods.pop(0)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._mood() is Mood.REFUSE_SENDER:
            self._next_mood()
            return "530 5.7.0 Sign in first"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  (the library's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        match self._mood():
            case Mood.BUSY_AT_RECIPIENT:
                self._next_mood()
                return "450 4.2.0 Greylisted, come back later"
            case Mood.REFUSE_RECIPIENT:
                self._next_mood()
                return "550 5.1.1 No such user"
            case Mood.DROP_BEFORE_DATA:
                self._next_mood()
                _hang_up(server)
            case Mood.HANG_BEFORE_DATA:
                self._next_mood()
                await asyncio.sleep(3)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = BytesParser(policy=modern).parsebytes(bytes(envelope.original_content or b""))
        assert isinstance(mail, EmailMessage)
        if self.on_data is not None:
            await asyncio.get_running_loop().run_in_executor(None, self.on_data, mail)
        mood = self._mood()
        self._next_mood()
        match mood:
            case Mood.BUSY_AT_DATA:
                return "451 4.3.0 Try again later"
            case Mood.REFUSE_DATA:
                return "554 5.7.1 We do not want this"
            case Mood.DROP_AFTER_DATA:
                self.received.append(mail)
                _hang_up(server)
            case Mood.HANG_AFTER_DATA:
                self.received.append(mail)
                await asyncio.sleep(3)
            case _:
                self.received.append(mail)
        return "250 OK"


def _hang_up(server: SMTP) -> None:
    """Close the line without a word."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


def start_mail_server() -> tuple[MailServer, Controller]:
    mail = MailServer(port=free_port())
    controller = Controller(mail, hostname=mail.host, port=mail.port, ready_timeout=10)
    controller.start()
    return mail, controller


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


DROP, HANG, DRIP = 0, -1, -2
"""Answers of a partner's system that are no answers: the line is closed, nothing comes, or a byte now and then."""


@dataclass
class PartnerServer:
    """A partner's own system: remembers every call, and answers as it is told."""

    answers: list[int | tuple[int, dict[str, str]]] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0
    release: Event = field(default_factory=Event)
    says: bytes = b""
    """The body of its answers."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/portero?x=1"

    def be(self, *answers: int | tuple[int, dict[str, str]]) -> None:
        """Give these answers, one each; the last one stays."""
        self.answers = list(answers)

    def reset(self) -> None:
        self.answers, self.received, self.says = [], [], b""

    def next_answer(self) -> tuple[int, dict[str, str]]:
        answer = self.answers[0] if self.answers else 204
        if len(self.answers) > 1:
            self.answers.pop(0)
        return answer if isinstance(answer, tuple) else (answer, {})


def _write(line: BufferedIOBase, what: bytes) -> bool:
    """Write to somebody who may have hung up; tell whether it is still there."""
    with suppress(OSError):
        line.write(what)
        return True
    return False


def _drip(line: BufferedIOBase, release: Event) -> None:
    """Begin a header and never come to its end."""
    _write(line, b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while _write(line, b"x") and not release.wait(0.05):
        pass


def start_partner() -> tuple[PartnerServer, ThreadingHTTPServer]:
    partner = PartnerServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            partner.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = partner.next_answer()
            if status == HANG:
                partner.release.wait(5)
            if status == DRIP:
                _drip(self.wfile, partner.release)
            if status in {DROP, HANG, DRIP}:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if partner.says:
                _write(self.wfile, partner.says)

        def log_message(self, *_parts: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    partner.port = server.server_port
    Thread(target=server.serve_forever, daemon=True).start()
    return partner, server


class Receiver:
    """A receiver of webhooks: remembers what it was told, and answers when its gate is open."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        """The `webhook-id` and the body of each, as they came."""
        self.gate = Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told.append((self.headers["webhook-id"], json.loads(body)))
                receiver.gate.wait(60)
                with suppress(OSError):  # whoever has asked may have died
                    self.send_response(204)
                    self.end_headers()

            def log_message(self, *_parts: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/portero"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def ids(self) -> list[str]:
        return [webhook_id for webhook_id, _body in self.told]

    def stop(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
