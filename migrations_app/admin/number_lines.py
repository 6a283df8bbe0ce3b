"""The numbers of a ticket as lines of its page: how far each is, and what still has to be known of it."""

from collections.abc import Sequence
from typing import Any

from migrations_app.admin.words import STATE_COLOURS
from migrations_app.enums import NumberState, RequirementCode
from migrations_app.enums.texts import meta_text, reason_text
from migrations_app.models import MigrationCase, NumberMove
from migrations_app.rules.lifecycle import SATISFIED
from migrations_app.rules.number_warnings import still_told


def context_of(case: MigrationCase, numbers: Sequence[NumberMove], *, filed: bool) -> dict[str, Any]:
    """Return the lines, and the warnings that hold for all of several numbers, which are told once."""
    free = {
        row.number_id
        for row in case.requirements.all()
        if row.code == RequirementCode.TWO_STEP_DISABLED and row.state in SATISFIED
    }
    told = {number.pk: _warnings(number, two_step_off=number.pk in free, filed=filed) for number in numbers}
    first = next(iter(told.values()), [])
    shared = [words for words in first if len(told) > 1 and all(words in others for others in told.values())]
    return {
        "shared_warnings": shared,
        "numbers": [_line(number, [words for words in told[number.pk] if words not in shared]) for number in numbers],
    }


def _warnings(number: NumberMove, *, two_step_off: bool, filed: bool) -> list[str]:
    state = NumberState(number.state)
    return [
        reason_text(warning["code"], warning)
        for warning in number.warnings
        if still_told(warning["code"], state=state, two_step_off=two_step_off, filed=filed)
    ]


def _line(number: NumberMove, warnings: Sequence[str]) -> dict[str, Any]:
    error = number.last_error
    title, advice = meta_text(error) if error else ("", "")
    return {
        "row": number,
        "colour": STATE_COLOURS.get(number.state, ""),
        "error": title,
        "advice": advice,
        "trace": (error or {}).get("fbtrace_id", ""),
        "warnings": warnings,
    }
