"""The magic numbers of test tickets, each with its fate: the one place. What they mean is told in docs/api/test-mode.md.

The numbers are those that Australia's regulator keeps for fiction: valid mobiles that nobody has. Any other number of a test
ticket meets the fate of the first. Source: ACMA, phone numbers for use in TV shows, films and creative works.
"""

from collections.abc import Mapping
from typing import Any

from providers.types import Fate, OldBsp


def _refuses(call: str, key: str, times: int = 1) -> Mapping[str, Any]:
    return {"call": call, "error_key": key, "times": times}


_FOR_GOOD = 1_000_000

FATES: tuple[Fate, ...] = (
    Fate("all_well", "+61491570006"),
    Fate("two_step_lingers", "+61491570156", faults=(_refuses("start_migration", "two_step_enabled", 2),)),
    Fate("two_step_on", "+61491570157", line={"two_step": True}),
    Fate("sms_lost", "+61491570158", line={"sms_never_arrives": True}),
    Fate("otp_lost", "+61491570159", line={"otp_never_arrives": True}),
    Fate("code_expired", "+61491570110", faults=(_refuses("verify_code", "code_expired"),)),
    Fate("code_wrong", "+61491570313", wrong_code=True),
    Fate("too_many_codes", "+61491570737", faults=(_refuses("request_code", "too_many_codes"),)),
    Fate("register_limit", "+61491571266", faults=(_refuses("register", "register_limit"),)),
    Fate("at_destination", "+61491571491", at_destination=True),
    Fate("name_declined", "+61491571804", faults=(_refuses("start_migration", "display_name_not_approved"),)),
    Fate("banned", "+61491572549", faults=(_refuses("start_migration", "waba_restricted", _FOR_GOOD),), left_out=True),
    Fate("registration_lost", "+61491572665", faults=(_refuses("register", "not_verified"),)),
    Fate("cap_exceeded", "+61491572983", faults=(_refuses("start_migration", "number_cap_exceeded"),)),
    Fate("bsp_answers", "+61491573770"),
    Fate("bsp_refuses", "+61491573087", old_bsp=OldBsp.REFUSES),
    Fate("bsp_silent", "+61491574118", old_bsp=OldBsp.SILENT),
    Fate("never_verified", "+61491574632", never_verified=True),
    Fate("slot_taken", "+61491575254", slot_taken=True),
    Fate("no_show", "+61491575789", missed=True),
    Fate("answer_lost", "+61491576398", faults=({"call": "register", "drop": "after"},)),
    Fate("server_error", "+61491576801", faults=(_refuses("request_code", "server_unavailable"),)),
)
_BY_NUMBER = {fate.number: fate for fate in FATES}


def fate_of(number: str) -> Fate:
    """Return the fate of a number (E.164): that of an ordinary one where it is not magic."""
    return _BY_NUMBER.get(number, FATES[0])
