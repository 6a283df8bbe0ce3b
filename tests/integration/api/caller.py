"""A caller of the API as partners are: by URL, header and JSON, through the whole stack of middleware."""

import json
from dataclasses import dataclass, field
from typing import Any, cast

from django.http import HttpResponse
from django.test import Client

from tests.integration.api.described import codes_of, validator_for

ROOT = "/api/v1"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    response: HttpResponse
    method: str
    path: str
    file: bytes = b""
    """What was streamed."""

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> Any:
        return self.response.headers

    @property
    def etag(self) -> str:
        return str(self.headers["ETag"])

    @property
    def text(self) -> str:
        return bytes(self.response.content).decode()

    @property
    def json(self) -> Any:
        return json.loads(self.response.content)

    @property
    def code(self) -> str:
        """The problem's code."""
        assert self.headers["Content-Type"] == "application/problem+json", self.text
        return str(self.json["code"])

    @property
    def entries(self) -> list[tuple[str, str]]:
        """Pointer and code of every wrong place."""
        return [(entry["pointer"], entry["code"]) for entry in self.json["errors"]]

    @property
    def data(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json["data"]
        return found


@dataclass
class Caller:
    """Calls with one key; every JSON answer is held against the published description."""

    secret: str | None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request. `body` may be text for what is not JSON; header names with underscores."""
        sent = dict(self.headers)
        if self.secret is not None:
            sent["Authorization"] = f"Bearer {self.secret}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, str | bytes) else json.dumps(body) if body is not None else ""
        media_type = sent.pop("Content-Type", "application/json" if data else "")
        url = path if path.startswith("/") else f"{ROOT}/{path}"
        response = self.client.generic(method, url, data, content_type=media_type, headers=sent)
        streamed: Any = getattr(response, "streaming_content", ())
        answer = Answer(cast("HttpResponse", response), method, url, b"".join(streamed))
        _hold_against_description(answer)
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.send("DELETE", path, **headers)


def _is_json(answer: Answer) -> bool:
    return str(answer.headers.get("Content-Type", "")).startswith(("application/json", "application/problem+json"))


def _hold_against_description(answer: Answer) -> None:
    if not answer.path.startswith(ROOT) or not _is_json(answer) or answer.method == "HEAD":
        return
    path = answer.path.split("?")[0]
    if answer.status >= 400:
        known = codes_of(answer.method, path)
        assert known is None or answer.json["code"] in known, (
            f"{answer.method} {path}: {answer.json['code']} is not described"
        )
    validator = validator_for(answer.method, path, answer.status)
    if validator is not None:
        wrong = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(answer.json)]
        assert not wrong, f"{answer.method} {answer.path} {answer.status} differs from its description: {wrong[:3]}"
