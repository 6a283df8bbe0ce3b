"""How the 6-digit code should reach a line next: SMS or voice, by what the line is and what has been tried."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from migrations_app.enums import LineType, OtpMethod
from migrations_app.rules.requirements import default_otp_method

CODE_LIFE = timedelta(minutes=10)
"""Source: Meta's OpenAPI description: codes can be used once and are typically good for ten minutes."""
NO_ARRIVAL = timedelta(minutes=2)
"""Ours: Meta speaks of a few minutes; a call is tried after two, while the client is on the phone."""


class WhyMethod(StrEnum):
    """Why a method is advised that nobody has chosen."""

    AS_FILED = ""
    LINE = "line"
    REFUSED = "refused"
    NO_ARRIVAL = "no_arrival"


@dataclass(frozen=True)
class Advice:
    """The method to try next, and why."""

    method: OtpMethod
    why: WhyMethod = WhyMethod.AS_FILED


def advise(
    *, line: LineType, filed: str, last: str = "", failed: bool = False, waited: timedelta | None = None
) -> Advice:
    """Return how to ask for the next code.

    `last` is the method of the last request, `failed` that Meta refused it, `waited` how long ago it was sent.
    Source: Meta, phone numbers page: SMS is not recommended for anything but mobiles.
    """
    suits = default_otp_method(line)
    if suits is OtpMethod.VOICE:
        return Advice(OtpMethod.VOICE, WhyMethod.AS_FILED if filed == OtpMethod.VOICE else WhyMethod.LINE)
    if last and (failed or (waited is not None and waited >= NO_ARRIVAL)):
        other = OtpMethod.SMS if last == OtpMethod.VOICE else OtpMethod.VOICE
        return Advice(other, WhyMethod.REFUSED if failed else WhyMethod.NO_ARRIVAL)
    return Advice(OtpMethod(last or filed or suits or OtpMethod.SMS))
