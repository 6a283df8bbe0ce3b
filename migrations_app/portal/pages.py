"""What all pages behind a link have in common.

A request goes one way: how often it may come → what its token stands for → the language of its reader → the page, or what is
posted → kept out of caches, search engines and referrers. There is no cookie and no session: who has the link may use it, so
nothing can be posted in somebody's name. Opening a page changes nothing.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Generic, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.core import clock
from config.core.api.throttling import Allowance, take
from config.core.errors import NotFound
from config.core.languages import nearest_language

Link = TypeVar("Link")
View = Callable[..., HttpResponse]
_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


@dataclass(frozen=True)
class LinkPage(Generic[Link]):
    """One kind of page: how its tokens are read, the language of its messages, what it shows, what is done with a posted form."""

    template: str
    read: Callable[[str, datetime], Link]
    language: Callable[[Link], str]
    show: Callable[[HttpRequest, Link, datetime], HttpResponse]
    post: Callable[[HttpRequest, Link, datetime], HttpResponse]


def behind_link(page: LinkPage[Link]) -> View:
    """Return the view of a kind of page. Whatever is wrong with a token, its reader is shown the same."""

    @csrf_exempt
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @limited
    def view(request: HttpRequest, token: str) -> HttpResponse:
        now = clock.now()
        try:
            link = page.read(token, now)
        except NotFound:
            return not_valid(request, page.template)
        language = language_of(request, page.language(link))
        with translation.override(language):
            answer = (page.post if request.method == "POST" else page.show)(request, link, now)
        return kept(answer, language)

    return view


def limited(view: View) -> View:
    """Return a view that tells whoever comes too often to wait, before anything is looked up."""

    @wraps(view)
    def counted(request: HttpRequest, **named: str) -> HttpResponse:
        too_many = one_too_many(request, named.get("token", ""))
        return view(request, **named) if too_many is None else _wait(request, too_many)

    return counted


def one_too_many(request: HttpRequest, token: str = "", policy: str = "link") -> Allowance | None:
    """Count a request against what a link and an address may, without a link the address; return what it exceeds.

    The counter of a link is named by a digest: no token lies in the cache.
    """
    taken = [take("link_address", str(request.META.get("REMOTE_ADDR", "")))]
    if token:
        taken.append(take(policy, hashlib.sha256(token.encode()).hexdigest()))
    return next((allowance for allowance in taken if allowance.exceeded), None)


def not_valid(request: HttpRequest, template: str) -> HttpResponse:
    """Return a page that says that its link is not valid."""
    language = language_of(request)
    with translation.override(language):
        return kept(render(request, template, {"known": False}, status=404), language)


def _wait(request: HttpRequest, allowance: Allowance) -> HttpResponse:
    language = language_of(request)
    with translation.override(language):
        answer = render(request, "portal/wait.html", status=429)
    answer.headers["Retry-After"] = str(allowance.seconds)
    return kept(answer, language)


def language_of(request: HttpRequest, language: str = "") -> str:
    """Return the language chosen on the page, else what the browser asks for; where it asks for none, the given one."""
    chosen = nearest_language(request.GET.get("lang", ""))
    if chosen is not None:
        return chosen
    if language and not request.headers.get("Accept-Language"):
        return language
    return translation.get_language() or "en"


def back(request: HttpRequest, done: str = "") -> HttpResponse:
    """Send the reader of a page back to it, in the language chosen there; `done` is the code of what the page confirms."""
    query = {"lang": nearest_language(request.GET.get("lang", "")), "done": done}
    told = urlencode({name: value for name, value in query.items() if value})
    return HttpResponseRedirect(f"{request.path}?{told}" if told else request.path, status=303)


def kept(answer: HttpResponse, language: str) -> HttpResponse:
    """Keep a page and its address out of caches, search engines and referrers."""
    for name, value in _HEADERS.items():
        answer.headers[name] = value
    answer.headers["Content-Language"] = language
    return answer
