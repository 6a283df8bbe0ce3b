"""Words for the parts of a slot's score."""

from typing import Any

from django.utils.translation import gettext_lazy as _

SLOT_REASON_TEXTS: dict[str, Any] = {
    "agent_free": _("An agent is free for the whole call."),
    "low_traffic_window": _("The whole call lies in a low-traffic window of the client."),
    "outside_low_traffic": _("It lies outside of the client's low-traffic windows."),
    "few_messages": _(
        "Few messages are expected from the call until the numbers have moved: about %(expected)s; "
        "%(busiest)s in the busiest stretch."
    ),
    "busy_hour": _(
        "Many messages are expected from the call until the numbers have moved: about %(expected)s; "
        "%(busiest)s in the busiest stretch."
    ),
    "early_or_late": _("It is early or late in the client's day, when most companies get fewer messages."),
    "at_night": _("It is night where the client is, and whoever holds the phones has to be there."),
    "joins_your_call": _("A call of yours is booked for this time: one call for all your numbers."),
    "soon": _("The sooner the numbers move, the sooner they are protected again."),
}


def slot_reason_text(code: str, *, expected: int | None, busiest: int | None) -> str:
    """Return the words of a reason in the active language."""
    return str(SLOT_REASON_TEXTS[code]) % {"expected": expected, "busiest": busiest}
