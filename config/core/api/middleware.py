"""What every answer needs whatever made it: request id, language, limits, problem documents."""

import hashlib
import re
import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation.trans_real import parse_accept_lang_header

from config.core.api.compression import compressed
from config.core.api.etags import matches
from config.core.api.problems import MEDIA_TYPE, problem_response
from config.core.api.throttling import take
from config.core.languages import nearest_language

GetResponse = Callable[[HttpRequest], HttpResponse]
_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
API_PREFIX = "/api/"
PAGES = ("/api/docs",)
"""Below the prefix, but for people."""
MACHINE_PATHS = (API_PREFIX, "/healthz/", "/readyz/", "/metrics/", "/.well-known/")
_CSP = "default-src 'none'; frame-ancestors 'none'"
_PAGE_CSP = f"{_CSP}; style-src 'self'; img-src 'self'"
_log = structlog.get_logger("portero.door")


class RequestIdMiddleware:
    """Give every request an id (the caller's own if it sent a sane one) and say it in the answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = offered if _SANE_ID.fullmatch(offered) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        request.META["HTTP_X_REQUEST_ID"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response.headers["X-Request-Id"] = request_id
        return response


def language_for(header: str) -> str:
    """Return the best of our languages for an Accept-Language header; English when none fits."""
    for wanted, weight in parse_accept_lang_header(header.lower()):
        if weight == 0 or wanted == "*":
            continue
        found = nearest_language(wanted)
        if found:
            return found
    return "en"


class LanguageMiddleware:
    """Answer in the language the caller prefers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_for(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class _Unreadable(Exception):
    """The body cannot be taken in."""


def _gather_chunks(request: HttpRequest, most: int) -> None:
    """Give a chunked body the length that Django looks for; one that is too long keeps a length that is refused."""
    environ = request.META
    if environ.get("CONTENT_LENGTH") or "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return
    if environ.get("wsgi.input_terminated"):
        try:
            body = environ["wsgi.input"].read(most + 1)
        except OSError:
            # What the server raises where chunks are malformed, or the caller has gone.
            raise _Unreadable from None
        environ["CONTENT_LENGTH"] = str(len(body))
        request._stream = BytesIO(body)  # noqa: SLF001  (Django has no public door to it)


class MachineDoor:
    """Answer machines (API, health, metrics) here, before sessions, cookies and CSRF, which are for people.

    Every refusal leaves as a problem document, and every answer of the API says what is left of its rate limit.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path
        if path.startswith(PAGES) or not f"{path}/".startswith(MACHINE_PATHS):
            return _bare(request, _explained(request, self.get_response(request)))
        response = self._answer(request)
        if response.status_code >= 400 and response.headers.get("Content-Type") not in {MEDIA_TYPE, "application/json"}:  # noqa: PLR2004
            response = problem_response(request, _code_for(response.status_code))
        headers = response.headers
        if path.startswith(API_PREFIX[:-1]):
            allowance = getattr(request, "rate_allowance", None)
            allowance = allowance or take("anonymous", str(request.META.get("REMOTE_ADDR", "")))
            for name, value in allowance.headers().items():
                headers[name] = value
            response = compressed(request, _conditional(request, response))
            headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Content-Security-Policy"] = _PAGE_CSP if _is_page(response) else _CSP
        if response.status_code not in {204, 304} and not response.streaming:
            headers["Content-Length"] = str(len(response.content))
        return _bare(request, response)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            if request.path.startswith(API_PREFIX[:-1]):
                # Addresses in answers are made of it, so it is judged before any work is done.
                request.get_host()
            if "\x00" in request.path_info:
                # No address has one, and PostgreSQL refuses to look for it.
                return problem_response(request, "not_found")
            match = resolve(request.path_info)
        except DisallowedHost:
            return problem_response(request, "invalid_body", detail=gettext("The Host header names no host of ours."))
        except Resolver404:
            return problem_response(request, "not_found")
        request.resolver_match = match
        view: Any = getattr(match.func, "view_class", None)
        try:
            _gather_chunks(request, getattr(view, "max_body", None) or settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
            response: Any = match.func(request, *match.args, **match.kwargs)
            if hasattr(response, "render"):
                response.render()
        except _Unreadable:
            return problem_response(request, "invalid_body")
        except Exception as error:  # noqa: BLE001  (the last line of defence: a 500 is a problem document too)
            _log.error("unhandled error at the machines' door", error_type=type(error).__name__, exc_info=error)
            return problem_response(request, "internal_error")
        answer: HttpResponse = response
        return answer


def _bare(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Take the body off the answer to a HEAD: its headers are those of the GET."""
    if request.method != "HEAD":
        return response
    untyped: Any = response
    if response.streaming:
        # What was opened to be streamed is closed with the response.
        untyped.streaming_content = ()
    else:
        response.content = b""
    return response


def _is_page(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/html")


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give what has no counters (lists, directories) a tag made of its bytes, and answer 304 to who has them."""
    shown = request.method in {"GET", "HEAD"} and response.status_code == 200  # noqa: PLR2004
    if not shown or "ETag" in response.headers or response.streaming:
        return response
    response.headers["ETag"] = tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    if not matches(request.META.get("HTTP_IF_NONE_MATCH"), tag):
        return response
    unchanged = HttpResponse(status=304)
    for name, value in response.headers.items():
        if name != "Content-Type":
            unchanged.headers[name] = value
    del unchanged.headers["Content-Type"]
    return unchanged


def _explained(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Turn the page for an unknown address or host into a problem document for callers that are no browsers.

    Below the API's prefix (its page of documents) every refusal is one.
    """
    status = response.status_code
    unknown = (
        status in {400, 404} and request.resolver_match is None and "text/html" not in request.headers.get("Accept", "")
    )
    if unknown or (status >= 400 and request.path.startswith(API_PREFIX)):  # noqa: PLR2004
        return problem_response(request, _code_for(status))
    return response


_BY_STATUS: dict[int, str] = {
    400: "invalid_body",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    503: "temporarily_unavailable",
}


def _code_for(status: int) -> str:
    return _BY_STATUS.get(status, "internal_error" if status >= 500 else "invalid_body")  # noqa: PLR2004


def not_found(request: HttpRequest, **_: Any) -> HttpResponse:
    """Answer unknown URLs below the API prefix."""
    return problem_response(request, "not_found")
