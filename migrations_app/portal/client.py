"""The page of a ticket for people without an account, behind a share link: status, answers, the call, comments."""

from dataclasses import replace
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from config.core import clock
from config.core.actor import Actor, ActorKind
from config.core.errors import NotFound
from migrations_app.portal.call_steps import Refused, Step
from migrations_app.portal.calls import calendar_file
from migrations_app.portal.client_page import page_context
from migrations_app.portal.client_steps import form_of, permission_for, take_client_step, too_large
from migrations_app.portal.pages import LinkPage, back, behind_link, limited
from migrations_app.selectors.cases import case_of
from tickets.models import ShareLink
from tickets.selectors.share_links import opened_by

_TYPED = ("statement", "value", "external_reference", "promised_for", "body", "wish")
CONFIRMED = frozenset({"claim", "requested", "comment", "file", "book", "move", "cancel", "none"})
"""What the page confirms, by the name of the form."""


def _page(request: HttpRequest, link: ShareLink, now: datetime, refused: Refused | None = None) -> HttpResponse:
    case = case_of(link.ticket_id)
    case.ticket = link.ticket
    done = request.GET.get("done", "")
    context = {
        **page_context(link, case, now=now),
        "refused": refused,
        "typed": {name: request.POST.get(name, "") for name in _TYPED} if refused and refused.status != 413 else {},  # noqa: PLR2004
        "done": done if done in CONFIRMED and refused is None else "",
        "invite": f"{request.path}/call.ics",
        "path": request.path,
    }
    return render(request, "portal/client.html", context, status=refused.status if refused else 200)


def _post(request: HttpRequest, link: ShareLink, now: datetime) -> HttpResponse:
    large = too_large(request)
    if large is not None:
        return _page(request, link, now, large)
    ticket, needed = link.ticket, permission_for(request.POST.get("do", ""))
    if needed is not None and needed not in link.permissions:
        return render(
            request, "portal/forbidden.html", {"reference": ticket.reference, "test": ticket.test}, status=403
        )
    case = case_of(ticket.pk)
    case.ticket = ticket
    name = link.label or ticket.contact_name or ticket.client_name
    step = Step(request, case, Actor(ActorKind.LINK, name, organization_id=ticket.organization_id), now)
    refused = take_client_step(step)
    if refused is None:
        return back(request, request.POST["do"])
    # What was done up to the refusal was taken back; the page shows how the ticket stands now.
    ticket.refresh_from_db()
    return _page(request, link, now, replace(refused, form=refused.form or form_of(step)))


client = behind_link(
    LinkPage(
        template="portal/client.html",
        read=lambda token, now: opened_by(token, now=now),
        language=lambda link: link.ticket.language,
        show=_page,
        post=_post,
    )
)


@never_cache
@require_http_methods(["GET", "HEAD"])
@limited
def client_invite(request: HttpRequest, token: str) -> HttpResponse:
    """Return the booked call as a calendar file.

    :raises Http404: the link opens nothing, or no call is booked.
    """
    try:
        link = opened_by(token, now=clock.now())
    except NotFound:
        raise Http404 from None
    return calendar_file(request, case_of(link.ticket_id))
