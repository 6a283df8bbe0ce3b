"""Words of the call page that stand nowhere else."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from migrations_app.rules.after_refusal import After
from migrations_app.rules.code_delivery import WhyMethod

SCRIPT_HEADINGS: tuple[Any, ...] = (
    _("Greeting"),
    _("Before you start"),
    _("The numbers, one after another"),
    _("For each number"),
    _("The new two-step PIN"),
    _("If no code arrives"),
    _("At the end"),
)
"""Over the parts of the script, in its order: for the agent, so in the language of the page, not of who listens."""

UNDER_WAY: dict[str, Any] = {
    "ask": _("asks Meta for a code"),
    "verify": _("has the code checked"),
    "register": _("registers the number"),
    "pin": _("sets the two-step PIN"),
}
"""What somebody is doing with a number at this moment."""

WHY_METHOD: dict[WhyMethod, Any] = {
    WhyMethod.AS_FILED: "",
    WhyMethod.LINE: _("Text messages are not recommended for such a line: let Meta call it."),
    WhyMethod.REFUSED: _("Meta could not send the code this way: try the other one."),
    WhyMethod.NO_ARRIVAL: _("Nothing after two minutes: try the other way."),
}

AFTER_WORDS: dict[After, Any] = {
    After.AGAIN: _("The step can be tried again now."),
    After.RETYPE: _("Let the client read the newest message again, and type it below."),
    After.NEW_CODE: _("Ask for a new code below."),
    After.OTHER_METHOD: _("Ask again the other way; not more than once."),
    After.WAIT: _("Wait some minutes, and go on with another number meanwhile."),
    After.LATER: _("Somebody has to mend this first. Go on with the next number, and come back when it is mended."),
}
"""What now, after Meta refused."""
