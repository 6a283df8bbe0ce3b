"""RFC 9457 answers: every refusal of every layer becomes one problem document here."""

from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import get_language, gettext
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.codes import CATALOGUE
from config.core.api.validation import field_problems
from config.core.errors import DomainError, Invalid

MEDIA_TYPE = "application/problem+json"
VARY = "Authorization, Accept-Language, Accept-Encoding"
_log = structlog.get_logger("portero.api")


class ApiProblem(Exception):
    """A refusal decided at the HTTP edge itself (a bad cursor, a missing precondition)."""

    def __init__(self, code: str, detail: str = "", **extra: Any) -> None:
        super().__init__(code)
        self.code, self.detail, self.extra = code, detail, extra


def problem_url(code: str) -> str:
    """Return the absolute address of a code's page."""
    return f"{settings.PORTERO_BASE_URL}/api/v1/problems/{code}"


def problem_document(code: str, *, detail: str = "", instance: str = "", **extra: Any) -> dict[str, Any]:
    """Return the members of a problem document in the active language."""
    kind = CATALOGUE[code]
    return {
        "type": problem_url(code),
        "title": str(kind.title),
        "status": kind.status,
        "detail": detail or str(kind.fix),
        "instance": instance,
        "code": code,
        **extra,
    }


def _instance(request: HttpRequest | Request) -> str:
    return f"urn:portero:request:{getattr(request, 'request_id', '')}"


def problem_response(request: HttpRequest, code: str, *, detail: str = "", **extra: Any) -> JsonResponse:
    """Return a problem for places that DRF does not reach (unknown URLs, middleware)."""
    document = problem_document(code, detail=detail, instance=_instance(request), **extra)
    response = JsonResponse(document, status=document["status"], content_type=MEDIA_TYPE)
    response["Vary"] = VARY
    _common_headers(response, document)
    return response


def _common_headers(response: Any, document: dict[str, Any]) -> None:
    response["Content-Language"] = get_language() or "en"
    response["Cache-Control"] = "no-store"
    if document["status"] == 401:  # noqa: PLR2004
        response["WWW-Authenticate"] = 'Bearer realm="portero"'
    if "retry_after" in document:
        response["Retry-After"] = str(document["retry_after"])


_DRF_CODES: list[tuple[type[Exception], str]] = [
    (exceptions.ParseError, "invalid_body"),
    (exceptions.NotAuthenticated, "not_authenticated"),
    (exceptions.AuthenticationFailed, "not_authenticated"),
    (exceptions.PermissionDenied, "permission_denied"),
    (PermissionDenied, "permission_denied"),
    (exceptions.NotFound, "not_found"),
    (Http404, "not_found"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (RequestDataTooBig, "payload_too_large"),
    (SuspiciousOperation, "invalid_body"),
]


def _describe(error: Exception) -> tuple[str, str, dict[str, Any]]:
    """Return code, detail and further members of any exception."""
    if isinstance(error, Invalid):
        members = {"errors": [entry.as_json() for entry in error.errors], **error.extra}
        return error.refusal_code, error.detail, members
    if isinstance(error, DomainError | ApiProblem):
        return error.code, error.detail, dict(error.extra)
    if isinstance(error, exceptions.ValidationError):
        return "validation_failed", "", {"errors": [entry.as_json() for entry in field_problems(error.detail)]}
    if isinstance(error, exceptions.Throttled):
        return "throttled", "", {"retry_after": int(getattr(error, "wait", None) or 1)}
    if isinstance(error, OperationalError):
        # SQLite's writer queue or PostgreSQL was too busy: the transaction is rolled back, repeating is safe.
        return "temporarily_unavailable", "", {}
    for kind, code in _DRF_CODES:
        if isinstance(error, kind):
            return code, "", {}
    return "internal_error", "", {}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Answer any exception of an API view with a problem document."""
    request: Request = context["request"]
    code, detail, extra = _describe(error)
    if code == "internal_error":
        _log.error("unhandled error in an API view", error_type=type(error).__name__, exc_info=error)
        detail = gettext("Tell us the request id %(id)s; nothing was changed.") % {
            "id": getattr(request, "request_id", "")
        }
    if code == "temporarily_unavailable":
        extra.setdefault("retry_after", 1)
    document = problem_document(code, detail=detail, instance=_instance(request), **extra)
    response = Response(document, status=document["status"], content_type=MEDIA_TYPE)
    _common_headers(response, document)
    view = context.get("view")
    if code == "method_not_allowed" and view is not None:
        response["Allow"] = ", ".join(view.allowed_methods)
    return response
