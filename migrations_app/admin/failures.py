"""Why a message did not arrive, in words."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

_WORDS: tuple[tuple[str, Any], ...] = (
    (r"no_address", _("No address is known")),
    (r"server_unreachable|connection_lost_before", _("The server could not be reached")),
    (
        r"sender_refused_.*|provider_40[13]",
        _("The mail server does not let us in: look at its password and our sender"),
    ),
    (r"recipient_refused_4.*|4\.\d+\.\d+", _("The mailbox takes nothing at the moment")),
    (r"recipient_refused.*|5\.1\.\d+", _("There is no such mailbox, or it refuses our mail")),
    (r"5\.2\.\d+", _("The mailbox is full or closed")),
    (
        r"smtp_4.*|provider_(408|425|429|5.*)|provider_refused|http_(408|425|429|5.*)",
        _("The other side was busy or out of order"),
    ),
    (r"smtp_5.*|5\.\d+\.\d+|provider_4.*|http_[34].*", _("The other side refuses this message")),
    (r"gone", _("The other side says that this address exists no more; the endpoint was switched off")),
    (r"name_unknown", _("The name of the server is unknown")),
    (r"private_address|not_https|with_secrets", _("Messages may not be sent to this address")),
    (r"malformed|not_sent", _("This address cannot be written to")),
    (r"not_possible", _("A person tried: nobody is reached this way")),
    (r"not_needed", _("It was not needed any more")),
    (r"judged_lost", _("A person found out that it did not arrive")),
)


def failure_words(code: str) -> str:
    """Return why a message did not arrive; the code itself stands behind, for who looks into a mail server's log."""
    if not code:
        return ""
    words = next((str(words) for pattern, words in _WORDS if re.fullmatch(pattern, code)), "")
    return f"{words} ({code})" if words else code
