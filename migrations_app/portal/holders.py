"""The page behind the link of a phone holder: is the phone at hand, and may messages and calls from abroad come in.

It shows the call and the numbers that were in the mail, nothing else.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from config.core.actor import Actor, ActorKind
from config.core.errors import Conflict
from migrations_app.enums import PinCallState
from migrations_app.enums.holders import HolderState
from migrations_app.models import HolderCheck
from migrations_app.portal.pages import LinkPage, back, behind_link
from migrations_app.rules.holders import Said
from migrations_app.selectors.holders import HolderAnswer, holder_answers
from migrations_app.services.holder_links import read_token
from migrations_app.services.holders import answer
from migrations_app.services.rendering import local_time

_YES_NO = {"yes": True, "no": False}
MOST_NOTE = 500


def _post(request: HttpRequest, check: HolderCheck, now: datetime) -> HttpResponse:
    said, whole = _said(request.POST, _asked(check))
    if not whole:
        return _page(request, check, now, entered=request.POST, status=422)
    by = Actor(ActorKind.LINK, check.name or check.email or check.phone)
    try:
        answer(check_id=check.pk, said=said, by=by, now=now)
    except Conflict:
        return _page(request, read_again(check), now, status=409)
    return back(request)


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
    request: HttpRequest,
    check: HolderCheck,
    _now: datetime,
    *,
    entered: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    call, ticket = check.pin_call, check.pin_call.ticket
    asked = _asked(check)
    context = {
        "known": True,
        "open": call.state == PinCallState.BOOKED and bool(asked),
        "company": ticket.client_name,
        "reference": ticket.reference,
        "test": ticket.test,
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


holder = behind_link(
    LinkPage(
        template="portal/holder.html",
        read=lambda token, _now: read_token(token),
        language=lambda check: check.language,
        show=_page,
        post=_post,
    )
)
