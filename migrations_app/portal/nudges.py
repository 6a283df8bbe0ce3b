"""The page behind the link in every reminder: no more of them, or again. Opening it changes nothing: mail scanners open links.

Mail programs post to the same address without looking at the page (RFC 8058).
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.core.actor import Actor, ActorKind
from migrations_app.portal.pages import LinkPage, back, behind_link
from migrations_app.rules.bundles import veiled
from migrations_app.services.left_alone import is_left_alone, remind_again, stop_nudges
from migrations_app.services.nudge_links import NudgeLink, read_token


def _post(request: HttpRequest, link: NudgeLink, now: datetime) -> HttpResponse:
    by = Actor(ActorKind.LINK, link.address)
    if request.POST.get("do") == "remind":
        remind_again(address=link.address, organizations=link.organizations, by=by, now=now)
    else:
        stop_nudges(link=link, by=by, now=now)
    if "List-Unsubscribe" in request.POST:
        # A mail program: it follows no redirect and shows no page.
        return HttpResponse(status=200)
    return back(request)


def _page(request: HttpRequest, link: NudgeLink, _now: datetime) -> HttpResponse:
    context = {"known": True, "address": veiled(link.address), "silent": is_left_alone(link)}
    return render(request, "portal/nudges.html", context)


nudges = behind_link(
    LinkPage(
        template="portal/nudges.html",
        read=lambda token, _now: read_token(token),
        language=lambda link: link.language,
        show=_page,
        post=_post,
    )
)
