"""Plain HTTP for the simulator: a request read, an answer written, nothing secret logged."""

import json
import logging
import socket
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

logger = logging.getLogger(__name__)

LARGEST_BODY = 1_000_000
IDLE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request: `params` are query, form and JSON object together, as Graph takes them; `json` is the decoded body."""

    method: str
    path: str
    bearer: str
    params: dict[str, str]
    json: Any


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer; `call` names it in the log. A `body` that is text goes out as it is, anything else as JSON."""

    call: str
    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class WebServer(ThreadingHTTPServer):
    """A thread per connection; a broken connection is the caller's affair and not an incident."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], answer: Callable[[Incoming], Outgoing | None]) -> None:
        self.answer = answer
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Bind without the reverse name look-up of the library, which waits for a name server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("a connection broke off")


class Handler(BaseHTTPRequestHandler):
    """Turns HTTP into Incoming and Outgoing into HTTP."""

    protocol_version = "HTTP/1.1"
    server_version = "MetaSimulator"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: WebServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Say nothing: the library would log the address with its query."""

    def _serve(self) -> None:
        try:
            outgoing = self.server.answer(self._incoming())
        except Exception as error:  # noqa: BLE001 - a fault of the simulator must be seen, without the values in its text
            trace = "".join(traceback.format_tb(error.__traceback__))
            logger.error("simulator failed: %s\n%s", type(error).__name__, trace)  # noqa: TRY400 - see above
            outgoing = Outgoing("failed", 500, {"error": {"message": "simulator failed", "code": 1}})
        if outgoing is None:
            self._hang_up()
        else:
            self._send(outgoing)

    def _incoming(self) -> Incoming:
        address = urlsplit(self.path)
        raw = self._body()
        kind = self.headers.get("Content-Type", "")
        decoded = _decoded(raw) if "json" in kind or not kind else None
        params = dict(parse_qsl(address.query))
        if "form-urlencoded" in kind:
            params |= dict(parse_qsl(raw.decode(errors="replace")))
        if isinstance(decoded, dict):
            params |= {name: _as_text(value) for name, value in decoded.items()}
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else ""
        return Incoming(self.command, address.path, bearer, params, decoded)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            return b""
        return self.rfile.read(int(length))

    def _send(self, outgoing: Outgoing) -> None:
        text = outgoing.body if isinstance(outgoing.body, str) else json.dumps(outgoing.body)
        content = text.encode()
        self.send_response(outgoing.status)
        self.send_header("Content-Type", "text/html" if isinstance(outgoing.body, str) else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        for name, value in outgoing.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        logger.info("%s %s %s", self.command, outgoing.call, outgoing.status)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
