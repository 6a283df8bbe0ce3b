"""Until when a number's warnings are told: they are kept as the form had them, and the case moves on."""

from migrations_app.enums import NumberState
from migrations_app.enums.reasons import ReasonCode

ABOUT_LEAVING = frozenset({ReasonCode.WABA_OWNED_BY_BSP, ReasonCode.OLD_BSP_CLIENT_ONLY})
"""What stands in the way of leaving the old BSP; nothing of it matters to a number that is free to leave."""
ABOUT_FILING = frozenset({ReasonCode.UNKNOWN_BSP})
"""What only whoever fills in the form has to know: a filed ticket says it to the desk in another way."""

_MOVED = frozenset({NumberState.REGISTERED, NumberState.LIVE, NumberState.SKIPPED})
_LEFT = _MOVED | {
    NumberState.INITIATED,
    NumberState.CODE_REQUESTED,
    NumberState.CODE_VERIFIED,
    NumberState.COOLING_DOWN,
}
"""Meta has accepted the move of the number, so whatever the old BSP had to do is done."""


def still_told(code: str, *, state: NumberState, two_step_off: bool, filed: bool) -> bool:
    """Tell whether a warning of the form still says something about this number.

    `two_step_off`: that two-step verification is off at this number counts as proven, or is waived. `filed`: the ticket is
    no draft any more.
    """
    if code in ABOUT_FILING:
        return not filed
    if code in ABOUT_LEAVING:
        return not (two_step_off or state in _LEFT)
    return state not in _MOVED
