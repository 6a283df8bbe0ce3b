"""One call for all of a group: which tickets can come to it, at which moments, and the booking."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.rules.slots import Slot
from migrations_app.selectors.group_calls import Member, group_slots
from migrations_app.services.group_calls import book_together, frame_of, members_of
from tickets.models import Ticket
from tickets.selectors.desk import group_of, visible_tickets

NOBODY_ELSE = gettext_lazy("There is no second ticket of this client in the group that a call can be booked for now.")


def members_for(ticket: Ticket, user: Any) -> list[Member]:
    """Return the tickets of the group that this person may see and that can come to one call; empty where none besides can."""
    return members_of(ticket, group_of(ticket, visible_tickets(user)))


def moments(members: list[Member], since: datetime, until: datetime) -> tuple[int, list[Slot]]:
    """Return the length of the call for all in minutes, and the moments at which it can be."""
    frame = frame_of(members, since, until)
    return frame.minutes, group_slots(members, frame, now=since)


def references(members: list[Member]) -> str:
    """Return the references of the tickets, for a sentence."""
    return ", ".join(member.ticket.reference for member in members)


def _book(deed: Deed) -> str:
    members = members_for(deed.ticket, deed.user)
    if not members:
        raise BadForm(NOBODY_ELSE)
    book_together(members=members, start=deed.moment("start"), by=deed.by, now=deed.now)
    return _("One call is booked for %(references)s; the client is told.") % {"references": references(members)}


GROUP_ACTIONS: dict[str, Action] = {"book-together": Action(_book)}
