"""What happened in a call, in the words of the timeline."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from migrations_app.admin.event_data import Data, Names
from migrations_app.enums.texts import check_title

_STEPS: dict[str, Any] = {
    "started": _("The call began"),
    "overridden": _("The call began although something was missing (%(titles)s): %(reason)s"),
    "finished": _("The call ended"),
    "moved": _("Why the call was moved: %(note)s"),
    "cancelled": _("Why the call was cancelled: %(note)s"),
    "put_off": _("Put off to the end of the call: %(number)s"),
    "pin_set": _("Another two-step PIN was set: %(number)s"),
    "pin_noted": _("The client wrote the new two-step PIN down: %(number)s"),
    "number_left": _("%(number)s left the call: it is moved in a later one"),
    "number_back": _("%(number)s is in the call again"),
    "person_here": _("The person is here with the phone: %(numbers)s"),
    "opened": _("%(number)s: the move has begun at the destination"),
    "accepted": _("%(number)s: the code was accepted"),
    "live": _("%(number)s: seen live"),
    "not_ready": _("Not ready for the call yet: %(titles)s"),
}


def call_step(data: Data, _names: Names) -> str:
    """Say which step of the call was taken."""
    step, codes = str(data.get("step")), data.get("overridden") or data.get("missing") or []
    words = _STEPS["overridden" if step == "started" and codes else step]
    return str(words) % {
        "titles": ", ".join(check_title(code) for code in codes),
        "reason": data.get("override_reason", ""),
        "number": data.get("number", ""),
        "note": data.get("note", ""),
        "numbers": ", ".join(data.get("numbers", [])),
    }


def proposed(data: Data, names: Names) -> str:
    """Say which times were proposed to the client."""
    times = "; ".join(names.local(start) for start in data.get("starts", [])) or "–"
    words = str(_("Times proposed for the call (round %(round)s): %(times)s"))
    return words % {"round": data.get("round", ""), "times": times}
