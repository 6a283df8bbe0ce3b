"""What all pages behind a link have in common: the language they speak, and that nobody keeps them or passes them on."""

from django.http import HttpRequest, HttpResponse
from django.utils import translation

_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


def language_of(request: HttpRequest, language: str = "") -> str:
    """Return the language that the browser asks for; where it asks for none, the given one."""
    if language and not request.headers.get("Accept-Language"):
        return language
    return translation.get_language() or "en"


def kept(answer: HttpResponse, language: str) -> HttpResponse:
    """Keep a page and its address out of caches, search engines and referrers."""
    for name, value in _HEADERS.items():
        answer.headers[name] = value
    answer.headers["Content-Language"] = language
    return answer
