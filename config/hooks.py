"""The door for mail providers: Anymail's webhooks, open only where a secret is set, and slow for who does not know it."""

from collections.abc import Callable
from typing import Any

from anymail.urls import urlpatterns as anymail_patterns
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.csrf import csrf_exempt

from config.core.api.problems import problem_response
from config.core.api.throttling import take

MOST_BYTES = 40 * 1024 * 1024
"""A mail of 25 MiB as a provider sends it: in base 64, with room for the rest."""
_FORMS = ("multipart/", "application/x-www-form-urlencoded")


def _guarded(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """Return a provider's view behind our door: closed without a secret, never an error page, no more guesses than the limit."""

    def answer(request: HttpRequest, **words: Any) -> HttpResponse:
        if not settings.ANYMAIL.get("WEBHOOK_SECRET"):
            return problem_response(request, "not_found")
        try:
            _take_in(request)
            answered: HttpResponse = view(request, **words)
        except ImproperlyConfigured:
            # A provider that is not set up here, or needs a package that is not installed.
            return problem_response(request, "not_found")
        except RequestDataTooBig:
            return problem_response(request, "payload_too_large")
        except SuspiciousOperation:
            # Anymail's word for a wrong secret or signature. Only these are counted: a burst of real mail is welcome.
            guesses = take("anonymous", f"hook:{request.META.get('REMOTE_ADDR', '')}", cost=20)
            return problem_response(request, "throttled" if guesses.exceeded else "not_authenticated")
        return answered

    return csrf_exempt(answer)


def _take_in(request: HttpRequest) -> None:
    """Read a body that is no form into memory at once: Django's limit for it is meant for callers of the API, not for mail.

    :raises RequestDataTooBig: it is larger than any mail that we keep.
    """
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > MOST_BYTES:
        raise RequestDataTooBig
    if not str(request.content_type).startswith(_FORMS) and length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        request._body = request.read(length)  # noqa: SLF001  (Django has no public door to it)


patterns = [
    URLPattern(each.pattern, _guarded(each.callback), each.default_args, each.name)
    for each in anymail_patterns
    if isinstance(each, URLPattern)
]
