"""The one next step of the number in front: what is under way, how long the code lives, what to try after a refusal."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from migrations_app.admin.console_words import AFTER_WORDS, UNDER_WAY, WHY_METHOD
from migrations_app.enums import LineType, NumberState, OtpMethod
from migrations_app.enums.texts import meta_text
from migrations_app.models import NumberMove
from migrations_app.rules.after_refusal import After, after
from migrations_app.rules.code_delivery import CODE_LIFE, Advice, WhyMethod, advise
from migrations_app.rules.lifecycle import MOVED
from migrations_app.selectors.attempts import budget_of
from migrations_app.services.move_steps import is_busy

WAITS = MOVED | {NumberState.COOLING_DOWN}
PIN_STATES = frozenset({NumberState.REGISTERED, NumberState.LIVE})


def number_in_front(numbers: Sequence[NumberMove], chosen: str, aside: Collection[int]) -> NumberMove | None:
    """Return the chosen number, else the first that can be moved now; those put off come last."""
    by_id = {str(number.pk): number for number in numbers}
    if chosen in by_id:
        return by_id[chosen]
    waiting = _waiting(numbers, aside)
    return waiting[0] if waiting else (numbers[0] if numbers else None)


def _waiting(numbers: Sequence[NumberMove], aside: Collection[int]) -> list[NumberMove]:
    waiting = [number for number in numbers if number.state not in WAITS]
    return sorted(waiting, key=lambda number: number.pk in aside)


def step_context(
    current: NumberMove | None, numbers: Sequence[NumberMove], aside: Collection[int], *, now: datetime
) -> dict[str, Any]:
    """Return what the page says of the number in front; nothing where there is none."""
    if current is None:
        return {"current": None, "next_number": None}
    counters = budget_of(current.case.ticket, current.number, now=now)
    problem = _problem(current, codes_left=counters.codes.free_at is None)
    advice = _advice(current, now=now)
    following = [number for number in _waiting(numbers, aside) if number.pk != current.pk]
    return {
        "current": current,
        "seen": current.steps,
        "busy": _busy(current, now=now),
        "code": _code(current, now=now),
        "method": advice.method.value,
        "why_method": WHY_METHOD[advice.why],
        "other_way": advice.why in {WhyMethod.REFUSED, WhyMethod.NO_ARRIVAL},
        "counters": counters,
        "problem": problem,
        "for_later": problem is not None and problem["after"] is After.LATER,
        "next_number": following[0] if following else None,
        "is_aside": current.pk in aside and current.state not in WAITS,
    }


def _busy(number: NumberMove, *, now: datetime) -> dict[str, Any] | None:
    if not is_busy(number, now=now):
        return None
    return {"who": number.busy_by, "what": UNDER_WAY.get(number.busy_with, ""), "since": number.busy_since}


def _code(number: NumberMove, *, now: datetime) -> dict[str, Any] | None:
    """Return when the code was asked for and how long it lives; None where none is waited for."""
    asked = number.code_requested_at
    if asked is None or number.state != NumberState.CODE_REQUESTED:
        return None
    until = asked + CODE_LIFE
    by = OtpMethod(number.code_method).label if number.code_method else ""
    return {"asked": asked, "until": until, "expired": until <= now, "by": by}


def _advice(number: NumberMove, *, now: datetime) -> Advice:
    waiting = number.state == NumberState.CODE_REQUESTED and number.code_requested_at is not None
    waited = now - number.code_requested_at if waiting and number.code_requested_at else None
    key = (number.last_error or {}).get("key")
    return advise(
        line=LineType(number.line_type),
        filed=number.otp_method,
        last=number.code_method,
        failed=key == "code_request_failed",
        waited=waited,
    )


def _problem(number: NumberMove, *, codes_left: bool) -> dict[str, Any] | None:
    raw = number.last_error
    if not raw:
        return None
    title, advice = meta_text(raw)
    what = after(str(raw["key"]))
    # A number that rests or is left out says itself what comes next.
    asks = what in {After.NEW_CODE, After.OTHER_METHOD}
    now_what = "" if number.state in WAITS or (asks and not codes_left) else AFTER_WORDS[what]
    return {
        "title": title,
        "advice": advice,
        "after": what,
        "now_what": now_what,
        "code": raw.get("code"),
        "details": raw.get("details") or raw.get("reason") or "",
        "trace": raw.get("fbtrace_id") or "",
    }


def pins_to_note(numbers: Sequence[NumberMove], *, shown: str = "") -> list[NumberMove]:
    """Return the numbers whose new two-step PIN nobody has confirmed as written down; not the one shown right now."""
    return [
        number
        for number in numbers
        if number.pin_set_at and not number.pin_noted_at and number.state in PIN_STATES and str(number.pk) != shown
    ]
