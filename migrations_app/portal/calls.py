"""The page behind the links in mails about the call: choose a time, move the call, cancel it. Opening it changes nothing.

There is no cookie and no session: who has the link may use it. Times are the client's.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.core import clock
from config.core.actor import Actor, ActorKind
from config.core.errors import Conflict, NotFound
from migrations_app.models import CallLink, PinCall
from migrations_app.portal.call_page import booked_call, context_of
from migrations_app.portal.pages import kept, language_of
from migrations_app.services import calls
from migrations_app.services.call_answers import decline
from migrations_app.services.call_links import read_link
from migrations_app.services.invitations import invitation
from migrations_app.services.slot_taking import SlotNotAvailable, SlotTaken, Wish


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, token: str) -> HttpResponse:
    """Show the call, or the times for it, and do what is posted."""
    now = clock.now()
    try:
        link = read_link(token, now=now)
    except NotFound:
        return kept(render(request, "portal/call.html", {"known": False}, status=404), language_of(request))
    ticket = link.case.ticket
    chosen = language_of(request, ticket.language)
    with translation.override(chosen):
        answer = _posted(request, link, now) if request.method == "POST" else _page(request, link, now)
    return kept(answer, chosen)


@never_cache
@require_http_methods(["GET", "HEAD"])
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """Return the booked call as a calendar file.

    :raises Http404: the link is none of ours, or no call is booked.
    """
    try:
        link = read_link(token, now=clock.now())
    except NotFound:
        raise Http404 from None
    found = booked_call(link)
    if found is None:
        raise Http404
    answer = HttpResponse(invitation(found, link.case.ticket), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{link.case.ticket.reference}.ics"'
    return kept(answer, language_of(request))


def _page(request: HttpRequest, link: CallLink, now: datetime, *, refusal: str = "", status: int = 200) -> HttpResponse:
    context = {"known": True, "refusal": refusal, "path": request.path, **context_of(link, request.GET, now=now)}
    return render(request, "portal/call.html", context, status=status)


def _posted(request: HttpRequest, link: CallLink, now: datetime) -> HttpResponse:
    step = _STEPS.get(request.POST.get("do", ""))
    if step is None:
        return _page(request, link, now, refusal=_("Nothing was chosen."), status=400)
    ticket = link.case.ticket
    by = Actor(ActorKind.LINK, ticket.contact_email or ticket.client_name, organization_id=ticket.organization_id)
    try:
        step(request, link, by, now)
    except (SlotTaken, SlotNotAvailable):
        words = _("This time is not free any more. Please choose another one.")
        return _page(request, link, now, refusal=words, status=409)
    except (Conflict, NotFound) as conflict:
        words = getattr(conflict, "detail", "") or _("This cannot be changed any more. Here is how it stands now.")
        return _page(request, link, now, refusal=words, status=409)
    except ValueError:
        return _page(request, link, now, refusal=_("Choose a time."), status=400)
    done = "?done=none" if request.POST.get("do") == "none" else ""
    return HttpResponseRedirect(request.path + done, status=303)


def _start(request: HttpRequest) -> datetime:
    """Return the posted time.

    :raises ValueError: it is none.
    """
    start = datetime.fromisoformat(request.POST.get("start", ""))
    if start.tzinfo is None:
        raise ValueError(start)
    return start.astimezone(UTC)


def _its_call(link: CallLink) -> PinCall:
    found = booked_call(link)
    if found is None:
        raise NotFound
    return found


def _book(request: HttpRequest, link: CallLink, by: Actor, now: datetime) -> None:
    calls.book(ticket_id=link.case.ticket_id, wish=Wish(_start(request)), by=by, now=now)


def _move(request: HttpRequest, link: CallLink, by: Actor, now: datetime) -> None:
    uid, start = str(_its_call(link).uid), _start(request)
    calls.reschedule(ticket_id=link.case.ticket_id, call_id=uid, start=start, by=by, now=now)


def _cancel(_request: HttpRequest, link: CallLink, by: Actor, now: datetime) -> None:
    calls.cancel_call(ticket_id=link.case.ticket_id, call_id=str(_its_call(link).uid), by=by, now=now)


def _none(request: HttpRequest, link: CallLink, by: Actor, now: datetime) -> None:
    decline(case=link.case, wish=request.POST.get("wish", ""), by=by, now=now)


_STEPS: dict[str, Callable[[HttpRequest, CallLink, Actor, datetime], None]] = {
    "book": _book,
    "move": _move,
    "cancel": _cancel,
    "none": _none,
}
