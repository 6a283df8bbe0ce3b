"""One HTTP exchange with Graph: sent, answered or not, and every secret taken out of what is told about it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import httpx2

from providers.meta.errors import classify
from providers.meta.failures import MetaFailure, MetaRefused, MetaUnanswered, MetaUnreachable
from providers.meta.parse import UnreadableAnswer
from providers.meta.usage import seconds_to_wait
from providers.types import MetaProblem

T = TypeVar("T")

REDACTED = "[redacted]"
HTTP_OK = range(200, 300)
HTTP_REFUSED = range(400, 500)

# Failures before the first byte of the request could leave.
_NEVER_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)
_TOKEN_SHAPED = re.compile(r"\bEA[A-Za-z0-9]{8,}")


class Exchange:
    """Sends one call at a time over an open HTTP client."""

    def __init__(self, http: httpx2.Client, *, token: str) -> None:
        self._http = http
        self._token = token

    def get(self, call: str, path: str, query: Mapping[str, str]) -> Any:
        """Read from Graph; return the decoded answer."""
        return self._send(call, self._http.build_request("GET", path, params=dict(query)), secret="")

    def post(self, call: str, path: str, body: Mapping[str, Any], *, secret: str = "") -> Any:
        """Change something at Meta; return the decoded answer. `secret` is the code or PIN in the body."""
        return self._send(call, self._http.build_request("POST", path, json=dict(body)), secret=secret)

    def act(self, call: str, path: str, body: Mapping[str, Any], *, secret: str = "") -> None:
        """Change something at Meta and demand that the answer says success."""
        answer = self.post(call, path, body, secret=secret)
        if not isinstance(answer, Mapping) or answer.get("success") is not True:
            raise MetaUnanswered("unreadable_answer", call=call)

    def read(self, call: str, parser: Callable[[object], T], answer: object) -> T:
        """Parse an answer; one that is not shaped as documented counts as none."""
        try:
            return parser(answer)
        except UnreadableAnswer:
            raise MetaUnanswered("unreadable_answer", call=call) from None

    def _send(self, call: str, request: httpx2.Request, *, secret: str) -> Any:
        failure: MetaFailure
        try:
            response = self._http.send(request)
        except httpx2.RequestError as error:
            failure = _failure(call, error)
        else:
            payload = _decoded(response)
            failed = _refusal(payload, response.status_code, response.headers)
            if failed is None and response.status_code in HTTP_OK and payload is not None:
                return payload
            failure = (
                MetaRefused(self._scrubbed(failed, secret), call=call)
                if failed
                else MetaUnanswered(_unusable(response.status_code), call=call)
            )
        raise failure

    def _scrubbed(self, problem: MetaProblem, secret: str) -> MetaProblem:
        """Graph repeats malformed tokens and may repeat parameters; neither may travel on."""
        return replace(
            problem,
            message=self._scrub(problem.message, secret),
            details=self._scrub(problem.details, secret),
        )

    def _scrub(self, text: str, secret: str) -> str:
        for hidden in (secret, self._token):
            if hidden:
                text = text.replace(hidden, REDACTED)
        return _TOKEN_SHAPED.sub(REDACTED, text)


def _failure(call: str, error: httpx2.RequestError) -> MetaFailure:
    if isinstance(error, _NEVER_LEFT):
        return MetaUnreachable("no_connection", call=call)
    if isinstance(error, httpx2.TimeoutException):
        return MetaUnanswered("timeout", call=call)
    if isinstance(error, httpx2.DecodingError):
        return MetaUnanswered("unreadable_answer", call=call)
    return MetaUnanswered("connection_lost", call=call)


def _decoded(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _refusal(payload: Any, status: int, headers: Mapping[str, str]) -> MetaProblem | None:
    """A refusal is an answer with Graph's error object, or a 4xx of whatever sits in front of Graph."""
    has_error = isinstance(payload, Mapping) and isinstance(payload.get("error"), Mapping)
    if not has_error and status not in HTTP_REFUSED:
        return None
    return classify(payload, status, wait_seconds=seconds_to_wait(headers))


def _unusable(status: int) -> str:
    return "unreadable_answer" if status in HTTP_OK else f"http_{status}"
