"""The page behind the links in mails about the call: choose a time, move the call, cancel it. Times are the client's."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from config.core import clock
from config.core.actor import Actor, ActorKind
from config.core.errors import NotFound
from migrations_app.models import CallLink, MigrationCase
from migrations_app.portal.call_page import booked_call, call_context
from migrations_app.portal.call_steps import DONE_WORDS, Refused, Step, take_step
from migrations_app.portal.pages import LinkPage, back, behind_link, kept, language_of, limited
from migrations_app.services.call_links import read_link
from migrations_app.services.invitations import invitation


def _page(request: HttpRequest, link: CallLink, now: datetime, refused: Refused | None = None) -> HttpResponse:
    ticket = link.case.ticket
    context = {
        "known": True,
        "company": ticket.client_name,
        "reference": ticket.reference,
        "test": ticket.test,
        "refusal": refused.words if refused else "",
        "invite": f"{request.path}/call.ics",
        "path": request.path,
        "done": request.GET.get("done"),
        "call": call_context(link.case, link.start, now=now),
    }
    return render(request, "portal/call.html", context, status=refused.status if refused else 200)


def _post(request: HttpRequest, link: CallLink, now: datetime) -> HttpResponse:
    ticket = link.case.ticket
    by = Actor(ActorKind.LINK, ticket.contact_email or ticket.client_name, organization_id=ticket.organization_id)
    refused = take_step(Step(request, link.case, by, now))
    return _page(request, link, now, refused) if refused else back(request, DONE_WORDS.get(request.POST["do"], ""))


call = behind_link(
    LinkPage(
        template="portal/call.html",
        read=lambda token, now: read_link(token, now=now),
        language=lambda link: link.case.ticket.language,
        show=_page,
        post=_post,
    )
)


@never_cache
@require_http_methods(["GET", "HEAD"])
@limited
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """Return the booked call as a calendar file.

    :raises Http404: the link is none of ours, or no call is booked.
    """
    try:
        link = read_link(token, now=clock.now())
    except NotFound:
        raise Http404 from None
    return calendar_file(request, link.case)


def calendar_file(request: HttpRequest, case: MigrationCase) -> HttpResponse:
    """Return the booked call of a case as a calendar file.

    :raises Http404: no call is booked.
    """
    found = booked_call(case)
    if found is None:
        raise Http404
    answer = HttpResponse(invitation(found, case.ticket), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{case.ticket.reference}.ics"'
    return kept(answer, language_of(request))
