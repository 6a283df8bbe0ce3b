"""What happened to a ticket lately, in a client's words: only what tells it something, by day, newest first. Reads only."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from migrations_app.enums import NumberState, RequirementState
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.services.rendering import local_time
from tickets.enums import EventType, TicketStatus
from tickets.models import Event, Ticket
from tickets.selectors.desk import timeline

MOST = 8
_READ = 60
"""So many events are looked through for what is worth telling."""
Data = Mapping[str, Any]
At = Callable[[str], str]


def _requirement(data: Data, _at: At) -> str:
    titles = {"title": str(REQUIREMENT_TEXTS[data["requirement"]][0]), "number": data.get("number") or ""}
    words = {
        RequirementState.REQUESTED: _("Asked for: %(title)s"),
        RequirementState.CLAIMED: _("Answered: %(title)s"),
        RequirementState.MET: _("Done: %(title)s"),
        RequirementState.WAIVED: _("Not needed: %(title)s"),
        RequirementState.FAILED: _("Did not work: %(title)s"),
        RequirementState.UNMET: _("Open again: %(title)s"),
    }.get(data["new"])
    told = str(words) % titles if words else ""
    return f"{told} ({titles['number']})" if told and titles["number"] else told


def _number(data: Data, _at: At) -> str:
    words = {
        NumberState.LIVE: _("%(number)s is live at the new provider"),
        NumberState.COOLING_DOWN: _("%(number)s rests for a while; then it is tried again"),
        NumberState.SKIPPED: _("%(number)s stays where it is"),
    }.get(data["new"])
    return str(words) % {"number": data.get("number")} if words else ""


def _status(data: Data, _at: At) -> str:
    words = {
        TicketStatus.RESOLVED: _("Everything is moved and tested"),
        TicketStatus.CLOSED: _("The ticket was closed"),
        TicketStatus.CANCELLED: _("The ticket was cancelled"),
        TicketStatus.REJECTED: _("The ticket was rejected"),
    }.get(data["new"])
    return str(words or "")


def _updated(data: Data, _at: At) -> str:
    if "attachment" in data:
        return _("We attached a file") if data.get("from_desk") else _("A file was sent to us")
    if data.get("let_go_at"):
        return _("We warned that the ticket will be cancelled")
    return ""


_WORDS: dict[str, Callable[[Data, At], str]] = {
    EventType.TICKET_SUBMITTED: lambda _data, _at: _("The ticket was filed"),
    EventType.TICKET_STATUS_CHANGED: _status,
    EventType.TICKET_COMMENTED: lambda data, _at: (
        _("We wrote a comment") if data.get("from_desk") else _("A comment was written to us")
    ),
    EventType.TICKET_UPDATED: _updated,
    EventType.REQUIREMENT_CHANGED: _requirement,
    EventType.CHASE_SENT: lambda data, _at: (
        _("We wrote to you") if data.get("recipient_party") == "client" else _("We wrote to your old provider")
    ),
    EventType.PIN_CALL_BOOKED: lambda data, at: _("Call booked: %(time)s") % {"time": at(data["start"])},
    EventType.PIN_CALL_RESCHEDULED: lambda data, at: _("Call moved to %(time)s") % {"time": at(data["start"])},
    EventType.PIN_CALL_CANCELLED: lambda data, at: _("Call of %(time)s cancelled") % {"time": at(data["start"])},
    EventType.PIN_CALL_NO_SHOW: lambda _data, _at: _("The call did not take place"),
    EventType.NUMBER_STATE_CHANGED: _number,
}


def news_of(ticket: Ticket) -> list[dict[str, str]]:
    """Return the newest things that a client should know, as when and what; said twice in a row, once."""
    language = get_language() or "en"

    def at(text: str) -> str:
        return local_time(datetime.fromisoformat(text), ticket.timezone, language)

    found: list[dict[str, str]] = []
    for event in timeline(ticket, internal=False).order_by("-id")[:_READ]:
        words = _told(event, at)
        line = {"when": local_time(event.occurred_at, ticket.timezone, language), "what": words}
        if words and line not in found:
            found.append(line)
    return found[:MOST]


def _told(event: Event, at: At) -> str:
    present = _WORDS.get(event.type)
    return present(event.data, at) if present else ""
