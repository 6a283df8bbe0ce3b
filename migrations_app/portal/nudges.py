"""The page behind the link in every reminder: no more of them, or again. Opening it changes nothing: mail scanners open links.

There is no cookie and no session, so nothing can be posted in somebody's name: who has the link may use it. Mail programs post
to the same address without looking at the page (RFC 8058).
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.core import clock
from config.core.actor import Actor, ActorKind
from config.core.errors import NotFound
from migrations_app.portal.pages import kept, language_of
from migrations_app.rules.bundles import veiled
from migrations_app.services.left_alone import is_left_alone, remind_again, stop_nudges
from migrations_app.services.nudge_links import NudgeLink, read_token


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def nudges(request: HttpRequest, token: str) -> HttpResponse:
    """Show whether reminders go to an address, and stop them or let them go on when that is posted."""
    try:
        link = read_token(token)
    except NotFound:
        return kept(_page(request, None, status=404), language_of(request))
    language = language_of(request, link.language)
    with translation.override(language):
        answer = _posted(request, link) if request.method == "POST" else _page(request, link)
    return kept(answer, language)


def _posted(request: HttpRequest, link: NudgeLink) -> HttpResponse:
    by, now = Actor(ActorKind.LINK, link.address), clock.now()
    if request.POST.get("do") == "remind":
        remind_again(address=link.address, organizations=link.organizations, by=by, now=now)
    else:
        stop_nudges(link=link, by=by, now=now)
    if "List-Unsubscribe" in request.POST:
        # A mail program: it follows no redirect and shows no page.
        return HttpResponse(status=200)
    return HttpResponseRedirect(request.path, status=303)


def _page(request: HttpRequest, link: NudgeLink | None, *, status: int = 200) -> HttpResponse:
    context = {"known": link is not None}
    if link is not None:
        context |= {"address": veiled(link.address), "silent": is_left_alone(link)}  # type: ignore[dict-item]
    return render(request, "portal/nudges.html", context, status=status)
