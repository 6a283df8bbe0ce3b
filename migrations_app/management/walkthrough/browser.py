"""A person's two doors as the walk-through uses them: JSON calls with a key, and pages with forms."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any

TIMEOUT_SECONDS = 30


class Unexpected(Exception):
    """The service answered something else than the story tells."""


@dataclass
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: str
    url: str

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class _KeepRefusals(urllib.request.HTTPErrorProcessor):
    """Hand refusals back like any other answer; only redirects are followed."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        """Let everything but redirects through."""
        if 300 <= response.status < 400 and response.status != 304:  # noqa: PLR2004
            return super().http_response(request, response)
        return response

    https_response = http_response


def _open(opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> Answer:
    with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
        body = response.read().decode("utf-8", "replace")
        return Answer(response.status, dict(response.headers), body, response.url)


class ApiCaller:
    """An integrator with an API key."""

    def __init__(self, base: str, key: str = "") -> None:
        self._base, self._key = base, key
        self._opener = urllib.request.build_opener(_KeepRefusals())

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Call the service and return its answer, whatever it is."""
        data = None if body is None else json.dumps(body).encode()
        known = {"Content-Type": "application/json"} if data is not None else {}
        if self._key:
            known["Authorization"] = f"Bearer {self._key}"
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(  # noqa: S310  (the base is the service's own address)
            self._base + path, data=data, method=method, headers={**known, **extra}
        )
        return _open(self._opener, request)

    def get(self, path: str) -> Any:
        """Return the JSON of a successful GET.

        :raises Unexpected: it was refused.
        """
        return self._wanted(self.call("GET", path), path)

    def post(self, path: str, body: Any = None) -> Any:
        """Return the JSON of a successful POST.

        :raises Unexpected: it was refused.
        """
        return self._wanted(self.call("POST", path, {} if body is None else body), path)

    @staticmethod
    def _wanted(answer: Answer, path: str) -> Any:
        if answer.status >= 400:  # noqa: PLR2004
            msg = f"{path}: {answer.status} {answer.body[:500]}"
            raise Unexpected(msg)
        return answer.json()


@dataclass
class Form:
    """One form of a page: where it goes, what it carries already, which button values it has."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect forms and what they would send."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(found.get("action", ""))
            self.forms.append(self._open)
        elif self._open is not None and found.get("name"):
            self._collect(tag, found)

    def _collect(self, tag: str, found: dict[str, str]) -> None:
        assert self._open is not None  # noqa: S101  (the caller has looked)
        kind = found.get("type", "text")
        if tag == "button" or (tag == "input" and kind == "submit"):
            self._open.buttons.append((found["name"], found.get("value", "")))
        elif tag == "input" and (kind not in {"radio", "checkbox"} or "checked" in found):
            self._open.fields[found["name"]] = found.get("value", "")
        elif tag in {"select", "textarea"}:
            self._open.fields.setdefault(found["name"], "")

    def handle_endtag(self, tag: str) -> None:
        """Close the form."""
        if tag == "form":
            self._open = None


class Browser:
    """Somebody at the admin: keeps cookies, reads forms off pages, sends them."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._opener = urllib.request.build_opener(_KeepRefusals(), urllib.request.HTTPCookieProcessor(CookieJar()))
        self.page = Answer(0, {}, "", base)

    def visit(self, path: str) -> str:
        """Open a page and return its text.

        :raises Unexpected: it cannot be opened.
        """
        self.page = _open(self._opener, urllib.request.Request(urllib.parse.urljoin(self._base, path)))  # noqa: S310
        if self.page.status >= 400:  # noqa: PLR2004
            msg = f"{path}: {self.page.status}"
            raise Unexpected(msg)
        return self.page.body

    def forms(self) -> list[Form]:
        """Return the forms of the open page."""
        reader = _FormReader()
        reader.feed(self.page.body)
        return reader.forms

    def send(self, action: str, *, having: Mapping[str, str] | None = None, **values: str) -> str:
        """Fill and send the page's form whose address ends with `action` and whose fields are as `having` says.

        :raises Unexpected: the page has no such form, or sending it was refused.
        """
        wanted = dict(having or {})
        for form in self.forms():
            if form.action.endswith(action) and all(form.fields.get(name) == value for name, value in wanted.items()):
                return self.submit(form, **values)
        there = [(form.action, form.fields) for form in self.forms()]
        msg = f"{self.page.url} has no form {action} {wanted}; it has {there}"
        raise Unexpected(msg)

    def submit(self, form: Form, **values: str) -> str:
        """Fill and send this form of the open page.

        :raises Unexpected: sending it was refused.
        """
        address = urllib.parse.urljoin(self.page.url, form.action)
        data = urllib.parse.urlencode({**form.fields, **values}).encode()
        request = urllib.request.Request(address, data=data, headers={"Referer": self.page.url})  # noqa: S310
        self.page = _open(self._opener, request)
        if self.page.status >= 400:  # noqa: PLR2004
            msg = f"{address}: {self.page.status}"
            raise Unexpected(msg)
        return self.page.body

    def log_in(self, user: str, password: str) -> None:
        """Log in to the admin.

        :raises Unexpected: the login was refused.
        """
        self.visit("/admin/login/?next=/admin/")
        self.send("", having={"next": "/admin/"}, username=user, password=password)
        if "/login/" in self.page.url:
            msg = "the login was refused"
            raise Unexpected(msg)
