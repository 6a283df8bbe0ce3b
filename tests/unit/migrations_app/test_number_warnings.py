"""Until when a warning of the form is told."""

import pytest

from migrations_app.enums import NumberState
from migrations_app.enums.reasons import ReasonCode
from migrations_app.rules.number_warnings import still_told


@pytest.mark.parametrize(
    ("code", "state", "two_step_off", "told"),
    [
        (ReasonCode.WABA_OWNED_BY_BSP, NumberState.PENDING, False, True),
        (ReasonCode.WABA_OWNED_BY_BSP, NumberState.PENDING, True, False),
        (ReasonCode.WABA_OWNED_BY_BSP, NumberState.INITIATED, False, False),
        (ReasonCode.OLD_BSP_CLIENT_ONLY, NumberState.LIVE, True, False),
        (ReasonCode.OLD_BSP_CLIENT_ONLY, NumberState.FAILED, False, True),
        (ReasonCode.OTP_NEEDS_VOICE, NumberState.INITIATED, True, True),
        (ReasonCode.OTP_NEEDS_VOICE, NumberState.REGISTERED, True, False),
        (ReasonCode.UNKNOWN_BSP, NumberState.PENDING, False, False),
    ],
)
def test_a_warning_ends_with_what_it_warns_of(
    code: ReasonCode, state: NumberState, two_step_off: bool, told: bool
) -> None:
    assert still_told(code, state=state, two_step_off=two_step_off, filed=True) is told


def test_whoever_fills_in_the_form_reads_that_the_bsp_is_unknown() -> None:
    assert still_told(ReasonCode.UNKNOWN_BSP, state=NumberState.PENDING, two_step_off=False, filed=False)
