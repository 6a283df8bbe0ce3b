"""What happened in a call, in the words of the timeline."""

from django.utils.translation import gettext as _

from migrations_app.admin.event_data import Data, Names


def call_step(data: Data, _names: Names) -> str:
    """Say which step of the call was taken."""
    words = {
        "started": _("The call began"),
        "put_off": _("Put off to the end of the call: %(number)s"),
        "pin_set": _("Another two-step PIN was set: %(number)s"),
        "pin_noted": _("The client wrote the new two-step PIN down: %(number)s"),
    }
    return words.get(str(data.get("step")), _("The call ended")) % {"number": data.get("number", "")}
