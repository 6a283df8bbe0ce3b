"""What the call page shows: where each number stands, how many attempts are left, what to say."""

from collections.abc import Collection, Container, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from migrations_app.admin import call_company
from migrations_app.admin.console_rest import rest_of
from migrations_app.admin.console_step import WAITS, number_in_front, pins_to_note, step_context
from migrations_app.admin.console_words import SCRIPT_HEADINGS
from migrations_app.admin.milestones import milestones_of
from migrations_app.admin.readiness_card import ready_card
from migrations_app.admin.words import STATE_COLOURS
from migrations_app.enums import Execution, NumberState, PinCallState
from migrations_app.enums.texts import check_title
from migrations_app.models import NumberMove, PinCall, PinCallNumber
from migrations_app.rules.lifecycle import MOVED
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.shared_calls import others_of
from migrations_app.services.call_run import may_be_missed
from migrations_app.services.joining import phones_of
from migrations_app.services.message_facts import call_context, case_context, numbered
from migrations_app.services.rendering import render
from tickets.selectors.desk import is_lead

STEP_OF_STATE = {
    NumberState.PENDING: "ask",
    NumberState.INITIATED: "ask",
    NumberState.FAILED: "ask",
    NumberState.CODE_REQUESTED: "verify",
    NumberState.CODE_VERIFIED: "register",
    NumberState.REGISTERED: "check",
    NumberState.COOLING_DOWN: "rest",
    NumberState.LIVE: "live",
    NumberState.SKIPPED: "skipped",
}
PROGRESS = (
    ("ask", gettext_lazy("Code asked for")),
    ("verify", gettext_lazy("Code accepted")),
    ("register", gettext_lazy("Registered")),
    ("check", gettext_lazy("Live")),
)


_OPEN_AT: dict[str, tuple[int, ...]] = {
    "": (0, 1),
    "ask": (3,),
    "verify": (3, 5),
    "register": (4,),
    "rest": (5,),
    "check": (6,),
    "live": (4, 6),
}
"""Which sections of the script are open at a step, by their place; all of them stand there."""


def context_of(call: PinCall, *, user: Any, chosen: str, shown: str, language: str, now: datetime) -> dict[str, Any]:
    """Return what the page shows; `chosen` is the id of the number in front, else it is the first one still to move.

    `shown`: the id of the number whose new PIN stands in this very answer.
    """
    parts = parts_of(call, user=user, chosen=chosen, shown=shown, now=now)
    ticket, current = call.ticket, parts["current"]
    spoken = language if language in dict(settings.LANGUAGES) else ""
    spoken = spoken or (current.otp_contact_language if current else "") or ticket.language
    step = parts["step"] if parts["started"] else "live" if parts["over"] else ""
    return parts | {
        "title": _("Call %(reference)s") % {"reference": ticket.reference},
        "local": call.start.astimezone(ZoneInfo(call.timezone)),
        "shown": shown,
        "script": _script(parts, spoken, step),
        "spoken": spoken,
        "languages": settings.LANGUAGES,
    }


def parts_of(call: PinCall, *, user: Any, chosen: str, shown: str, now: datetime) -> dict[str, Any]:
    """Return what the moving parts of the page show."""
    case = case_of(call.ticket_id)
    numbers = list(call_company.numbers_of(call, user))
    lines = PinCallNumber.objects.filter(pin_call__uid=call.uid)
    aside = frozenset(lines.exclude(set_aside_at=None).values_list("number_id", flat=True))
    left = {line.number_id: line for line in lines.exclude(left_at=None)}
    here = [number for number in numbers if number.pk not in left]
    # Those that have left come up by themselves only when nothing else waits.
    waits = any(number.state not in WAITS for number in here)
    current = number_in_front(here if waits and not chosen else numbers, chosen, aside)
    return {
        "call": call,
        "ticket": call.ticket,
        "rings": phones_of(call),
        "case": case,
        "now": now,
        "call_colour": STATE_COLOURS.get(call.state, ""),
        "booked": call.state == PinCallState.BOOKED,
        "can_be_missed": may_be_missed(call, now=now),
        "started": call.state == PinCallState.STARTED,
        "over": call.state == PinCallState.FINISHED,
        **call_company.context_of(call, user),
        "ours": case.playbook_copy.get("execution") == Execution.GRAPH_API,
        "in_popup": case.playbook_copy.get("execution") == Execution.EMBEDDED_SIGNUP,
        "ready": _ready(call, numbers, now) if call.state == PinCallState.BOOKED else None,
        "may_override": is_lead(user),
        "milestone": milestones_of(call, case, current) if call.state == PinCallState.STARTED else {},
        "override": [check_title(code) for code in call.overridden],
        "left": left[current.pk] if current and current.pk in left else None,
        "nothing_waits": all(number.state in MOVED for number in here),
        "numbers": [_shown(number, current, aside, left) for number in numbers],
        "step": STEP_OF_STATE[NumberState(current.state)] if current else "",
        "progress": _progress(current),
        "all_moved": all(number.state in MOVED for number in numbers),
        "rest": rest_of(call, now=now) if call.state == PinCallState.FINISHED else None,
        "left_elsewhere": call_company.left_elsewhere(call, user) if call.state == PinCallState.FINISHED else [],
        "pins": pins_to_note(numbers, shown=shown),
        **step_context(current, here, aside, now=now),
    }


def _ready(call: PinCall, numbers: Sequence[NumberMove], now: datetime) -> dict[str, Any]:
    """Return the section "Before you start", as far as it is about tickets that this person may see: those of the numbers."""
    seen = {call.ticket_id, *(number.case.ticket_id for number in numbers)}
    return ready_card([call, *others_of(call)], seen=seen, now=now)


def _shown(
    number: NumberMove, current: NumberMove | None, aside: Collection[int], left: Container[int]
) -> dict[str, Any]:
    return {
        "left": number.pk in left,
        "aside": number.pk in aside and number.pk not in left and number.state not in WAITS,
        "row": number,
        "colour": STATE_COLOURS.get(number.state, ""),
        "current": current is not None and number.pk == current.pk,
    }


def _progress(number: NumberMove | None) -> list[tuple[Any, str]]:
    """Return the steps of a number as (words, done | now | ahead)."""
    step = STEP_OF_STATE[NumberState(number.state)] if number else ""
    names = [name for name, _words in PROGRESS]
    place = names.index(step) if step in names else (len(names) if step == "live" else 0)
    return [
        (words, "done" if index < place else "now" if index == place else "ahead")
        for index, (_name, words) in enumerate(PROGRESS)
    ]


def _script(parts: dict[str, Any], language: str, step: str) -> list[dict[str, Any]]:
    """Return the script: headings for the agent, lines in the client's language; the parts of this step are open."""
    call, case = parts["call"], parts["case"]
    context = case_context(call.ticket, case) | call_context(call, call.ticket, language=language)
    # Those of all tickets that share the call, as they stand on the page.
    context |= numbered([each["row"].number for each in parts["numbers"]])
    # Who is told the code, and who makes the PIN, is another matter where the move is made elsewhere.
    context |= {"by_us": parts["ours"], "in_popup": parts["in_popup"]}
    _title, body = render("call_script", language, context)
    sections: list[dict[str, Any]] = []
    for place, (heading, block) in enumerate(zip(SCRIPT_HEADINGS, body.strip().split("\n\n"), strict=True)):
        sections.append({"heading": heading, "lines": block.splitlines(), "open": place in _OPEN_AT.get(step, ())})
    return sections
