"""The private calendar of an agent, for calendar programs: they know no login, so the address itself is the secret."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_http_methods

from config.core import clock
from config.core.errors import NotFound
from migrations_app.portal.pages import one_too_many
from migrations_app.services.agent_feeds import read_feed

_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@require_http_methods(["GET", "HEAD"])
def agent_calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Return the calendar file: 304 where the program has it already, 404 where the address has ended or never was."""
    answer = _answer(request, token)
    for name, value in _HEADERS.items():
        answer.headers[name] = value
    return answer


def _answer(request: HttpRequest, token: str) -> HttpResponse:
    too_many = one_too_many(request, token, "calendar")
    if too_many is not None:
        return HttpResponse(status=429, headers={"Retry-After": str(too_many.seconds)}, content_type="text/plain")
    try:
        content = read_feed(token, now=clock.now())
    except NotFound:
        return HttpResponse("There is no such calendar.\n", status=404, content_type="text/plain; charset=utf-8")
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    file = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    file.headers["ETag"] = etag
    file.headers["Content-Disposition"] = 'inline; filename="portero.ics"'
    return get_conditional_response(request, etag=etag, response=file) or file
