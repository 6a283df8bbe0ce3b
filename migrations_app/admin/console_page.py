"""What the call page shows: where each number stands, how many attempts are left, what to say."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from migrations_app.admin import call_company
from migrations_app.admin.words import STATE_COLOURS
from migrations_app.enums import Blocks, Execution, NumberState, OtpMethod, PinCallState
from migrations_app.enums.texts import REQUIREMENT_TEXTS, meta_text
from migrations_app.models import MigrationCase, NumberMove, PinCall
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.progress import blocking
from migrations_app.rules.requirements import default_otp_method
from migrations_app.selectors.attempts import Budgets, budget_of
from migrations_app.selectors.cases import case_of, facts_of
from migrations_app.selectors.shared_calls import others_of
from migrations_app.services.message_facts import call_context, case_context
from migrations_app.services.rendering import render

_WAITS = MOVED | {NumberState.COOLING_DOWN}
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


def context_of(call: PinCall, *, user: Any, chosen: str, language: str, now: datetime) -> dict[str, Any]:
    """Return what the page shows; `chosen` is the id of the number in front, else it is the first one still to move."""
    ticket = call.ticket
    case = case_of(ticket.pk)
    numbers = list(call_company.numbers_of(call, user))
    current = _current(numbers, chosen)
    spoken = language if language in dict(settings.LANGUAGES) else ""
    spoken = spoken or (current.otp_contact_language if current else "") or ticket.language
    return {
        "title": _("Call %(reference)s") % {"reference": ticket.reference},
        "call": call,
        "ticket": ticket,
        "case": case,
        "now": now,
        "local": call.start.astimezone(ZoneInfo(call.timezone)),
        "call_colour": STATE_COLOURS.get(call.state, ""),
        "booked": call.state == PinCallState.BOOKED,
        "started": call.state == PinCallState.STARTED,
        "ours": case.playbook_copy.get("execution") == Execution.GRAPH_API,
        **call_company.context_of(call, user),
        "unready": _unready(call) if call.state == PinCallState.BOOKED else [],
        "numbers": [_shown(number, current) for number in numbers],
        "current": current,
        "step": STEP_OF_STATE[NumberState(current.state)] if current else "",
        "progress": _progress(current),
        "method": _method(current),
        "counters": _counters(current, now) if current else None,
        "problem": _error(current),
        "all_moved": all(number.state in MOVED for number in numbers),
        "script": _script(call, case, spoken),
        "spoken": spoken,
        "languages": settings.LANGUAGES,
    }


def _current(numbers: Sequence[NumberMove], chosen: str) -> NumberMove | None:
    by_id = {str(number.pk): number for number in numbers}
    if chosen in by_id:
        return by_id[chosen]
    waiting = [number for number in numbers if number.state not in _WAITS]
    return waiting[0] if waiting else (numbers[0] if numbers else None)


def _shown(number: NumberMove, current: NumberMove | None) -> dict[str, Any]:
    return {
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


def _unready(call: PinCall) -> list[str]:
    """Return what still blocks the start of this call, for whatever ticket."""
    others = list(others_of(call))
    lines = [f"{row.ticket.reference}: {line}" for row in others for line in _unready_of(row)]
    return [*(f"{call.ticket.reference}: {line}" if others else line for line in _unready_of(call)), *lines]


def _unready_of(call: PinCall) -> list[str]:
    """Return what one ticket still lacks, in words; what claims suffice for is the rules' business."""
    numbers = list(call.numbers.all())
    facts = facts_of(case_of(call.ticket_id), call.ticket)
    missing = blocking(facts, Blocks.START, number_ids=[number.pk for number in numbers])
    shown = {number.pk: number.number for number in numbers}
    lines = [
        f"{REQUIREMENT_TEXTS[row.code][0]}: {row.state.label}"
        + (f" ({shown[row.number_id]})" if row.number_id in shown else "")
        for row in missing
    ]
    return list(dict.fromkeys(lines))


def _method(number: NumberMove | None) -> str:
    """Return how the code reaches the line: as filed, else as suits the line, else by SMS."""
    if number is None:
        return OtpMethod.SMS
    return str(number.otp_method or default_otp_method(number.line_type) or OtpMethod.SMS)  # type: ignore[arg-type]


def _counters(number: NumberMove, now: datetime) -> Budgets:
    """Return attempts used and allowed within their moving windows."""
    return budget_of(number.number, now=now)


def _error(number: NumberMove | None) -> dict[str, Any] | None:
    if number is None or not number.last_error:
        return None
    title, advice = meta_text(number.last_error)
    raw = number.last_error
    return {
        "title": title,
        "advice": advice,
        "code": raw.get("code"),
        "details": raw.get("details") or raw.get("reason") or "",
        "trace": raw.get("fbtrace_id") or "",
    }


def _script(call: PinCall, case: MigrationCase, language: str) -> list[dict[str, Any]]:
    """Return the script in the client's language, as sections of (heading, lines)."""
    context = case_context(call.ticket, case) | call_context(call, call.ticket, language=language)
    _title, body = render("call_script", language, context)
    sections: list[dict[str, Any]] = []
    for block in body.strip().split("\n\n"):
        heading, *lines = block.splitlines()
        sections.append({"heading": heading, "lines": lines})
    return sections
