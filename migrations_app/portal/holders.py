"""The page behind the link of a phone holder: is the phone at hand, and may messages and calls from abroad come in.

Whoever has the link may answer: it shows the call and the numbers that were in the mail, nothing else. Opening it changes nothing.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.core import clock
from config.core.actor import Actor, ActorKind
from config.core.errors import Conflict, NotFound
from migrations_app.enums import PinCallState
from migrations_app.enums.holders import HolderState
from migrations_app.models import HolderCheck
from migrations_app.portal.pages import kept, language_of
from migrations_app.rules.holders import Said
from migrations_app.selectors.holders import HolderAnswer, holder_answers
from migrations_app.services.holder_links import read_token
from migrations_app.services.holders import answer
from migrations_app.services.rendering import local_time

_YES_NO = {"yes": True, "no": False}
MOST_NOTE = 500


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def holder(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is asked, and keep what is answered when that is posted."""
    try:
        check = read_token(token)
    except NotFound:
        return kept(_page(request, None, status=404), language_of(request))
    language = language_of(request, check.language)
    with translation.override(language):
        response = _posted(request, check) if request.method == "POST" else _page(request, check)
    return kept(response, language)


def _posted(request: HttpRequest, check: HolderCheck) -> HttpResponse:
    said, whole = _said(request.POST, _asked(check))
    if not whole:
        return _page(request, check, entered=request.POST, status=422)
    by = Actor(ActorKind.LINK, check.name or check.email or check.phone)
    try:
        answer(check_id=check.pk, said=said, by=by, now=clock.now())
    except Conflict:
        return _page(request, read_again(check), status=409)
    return HttpResponseRedirect(request.path, status=303)


def read_again(check: HolderCheck) -> HolderCheck:
    """Return the question as it stands now."""
    return HolderCheck.objects.select_related("pin_call__ticket").get(pk=check.pk)


def _asked(check: HolderCheck) -> list[HolderAnswer]:
    return [each for each in holder_answers(check.pin_call).values() if each.check_id == check.pk]


def _said(data: Mapping[str, Any], asked: list[HolderAnswer]) -> tuple[dict[int, Said], bool]:
    """Return what was ticked, by number, and whether every question has its answer."""
    found: dict[int, Said] = {}
    for each in asked:
        at_hand = _YES_NO.get(str(data.get(f"hand_{each.number_id}", "")))
        abroad = _YES_NO.get(str(data.get(f"abroad_{each.number_id}", "")))
        note = str(data.get(f"note_{each.number_id}", "")).strip()[:MOST_NOTE]
        if at_hand is None or abroad is None:
            return {}, False
        found[each.number_id] = Said(at_hand, abroad, note)
    return found, bool(found)


def _page(
    request: HttpRequest, check: HolderCheck | None, *, entered: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"known": check is not None}
    if check is not None:
        call, ticket = check.pin_call, check.pin_call.ticket
        asked = _asked(check)
        context |= {
            "open": call.state == PinCallState.BOOKED and bool(asked),
            "company": ticket.client_name,
            "reference": ticket.reference,
            "name": check.name,
            "when": local_time(call.start, ticket.timezone, translation.get_language() or "en"),
            "zone": ticket.timezone,
            "minutes": int((call.end - call.start).total_seconds() // 60),
            "numbers": [_number(each, entered) for each in asked],
            "answered": bool(asked) and all(each.by for each in asked) and entered is None,
            "all_well": all(each.state == HolderState.CONFIRMED for each in asked),
            "incomplete": entered is not None,
        }
    return render(request, "portal/holder.html", context, status=status)


def _number(each: HolderAnswer, entered: Mapping[str, Any] | None) -> dict[str, Any]:
    words = {True: "yes", False: "no", None: ""}
    if entered is None:
        hand, abroad, note = words[each.at_hand], words[each.from_abroad], each.note
    else:
        hand, abroad, note = (str(entered.get(f"{name}_{each.number_id}", "")) for name in ("hand", "abroad", "note"))
    return {"id": each.number_id, "number": each.number, "hand": hand, "abroad": abroad, "note": note}
