"""The client's messages by the hour on the ticket page: shown as a small chart, pasted or uploaded."""

from collections.abc import Sequence
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from config.core.errors import Invalid
from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.models import MigrationCase
from migrations_app.rules.message_times import read_table
from migrations_app.services.message_profiles import drop_profile, set_profile, set_profile_from_times
from tickets.enums import OPEN_STATUSES
from tickets.models import Ticket

_SHADES = 5
_NAMED = 5
"""So many bad lines are named; a person mends the file, not the line."""


def context_of(ticket: Ticket, case: MigrationCase) -> dict[str, Any]:
    """Return the rows of the chart: each hour with its count and how dark it is, 0 to 5."""
    hours: Sequence[Sequence[float]] = case.message_profile
    most = max((count for day in hours for count in day), default=0) or 1
    rows = [
        {"day": WEEKDAYS_ABBR[place], "hours": [{"count": round(count), "shade": _shade(count, most)} for count in day]}
        for place, day in enumerate(hours)
    ]
    return {"message_profile": rows, "message_hours": range(24), "may_tell_profile": ticket.status in OPEN_STATUSES}


def _shade(count: float, most: float) -> int:
    return -(-int(count * 1000) * _SHADES // int(most * 1000)) if most * 1000 >= 1 else 0


def _set(deed: Deed) -> str:
    upload = deed.upload("file")
    text = _decoded(upload.content) if upload else str(deed.data.get("times", ""))
    if not text.strip():
        raise BadForm(_("Paste the table or the times, or choose a file."))
    table = read_table(text)
    try:
        if table is not None:
            set_profile(ticket_id=deed.ticket.pk, hours=table, by=deed.by, now=deed.now)
        else:
            set_profile_from_times(ticket_id=deed.ticket.pk, text=text, by=deed.by, now=deed.now)
    except Invalid as invalid:
        raise BadForm(_in_words(invalid)) from None
    return _("Recorded. Times are offered by it from now on.")


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadForm(_("The file is no text in UTF-8.")) from None


def _in_words(invalid: Invalid) -> str:
    lines = [
        _("Line %(line)s: %(what)s") % {"line": problem.pointer.rpartition("/")[2], "what": problem.detail}
        if problem.pointer.startswith("#/lines/")
        else problem.detail
        for problem in invalid.errors[:_NAMED]
    ]
    more = len(invalid.errors) - _NAMED
    return " ".join([*lines, *([_("And %(count)s more.") % {"count": more}] if more > 0 else [])])


def _drop(deed: Deed) -> str:
    drop_profile(ticket_id=deed.ticket.pk, by=deed.by, now=deed.now)
    return _("Forgotten: times are offered without it.")


PROFILE_ACTIONS: dict[str, Action] = {
    "message-profile": Action(_set, for_client=True, stale_ok=True),
    "forget-message-profile": Action(_drop, for_client=True, stale_ok=True),
}
