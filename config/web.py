"""The web server's own refusals (a request that is none, an address or headers too long) as problem documents too.

Such a request never reaches the application, so what is said is little: a code, an id to ask by, and English words.
"""

import json
import uuid
from typing import Any

from gunicorn.util import write_nonblock  # type: ignore[import-untyped]  # gunicorn has no types
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]  # gunicorn has no types

_DETAILS = {
    400: ("invalid_body", "This is no well-formed HTTP request."),
    414: ("payload_too_large", "The address of the request is too long; send what is long in the body."),
    431: ("payload_too_large", "The headers of the request are too many or too long."),
}


class ProblemWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's worker with threads; what it refuses by itself is a problem document (RFC 9457)."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Let gunicorn judge and log what broke; answer in our form instead of its own."""
        answer = _Answer()
        super().handle_error(req, answer, addr, exc)
        status, _, reason = answer.status.partition(" ")
        if not status.isdigit():
            return
        try:
            write_nonblock(client, _problem(int(status), reason))
        except OSError as gone:
            self.log.debug("Nobody waits for the refusal any more: %s", gone)


class _Answer:
    """Stands in for the caller's socket, and keeps the status of what gunicorn answers."""

    status = ""

    def gettimeout(self) -> float:
        """Say that it never waits."""
        return 0.0

    def sendall(self, data: bytes) -> None:
        """Keep the status line's code and reason."""
        self.status = self.status or data.decode("latin-1").partition("\r\n")[0].partition(" ")[2]


def _problem(status: int, reason: str) -> bytes:
    """Return the whole answer, the last one on its connection."""
    # The process that starts the workers reads this module too, and does without Django.
    from config.core.api.problems import MEDIA_TYPE, problem_document  # noqa: PLC0415

    code, detail = _DETAILS.get(status, ("internal_error" if status >= 500 else "invalid_body", ""))  # noqa: PLR2004
    request_id = uuid.uuid4().hex
    document = problem_document(code, detail=detail, instance=f"urn:portero:request:{request_id}")
    body = json.dumps({**document, "title": reason, "status": status}).encode()
    lines = [
        f"HTTP/1.1 {status} {reason}",
        "Connection: close",
        f"Content-Type: {MEDIA_TYPE}",
        f"Content-Length: {len(body)}",
        "Content-Language: en",
        "Cache-Control: no-store",
        f"X-Request-Id: {request_id}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
