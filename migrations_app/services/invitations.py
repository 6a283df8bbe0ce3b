"""The call as a calendar event. Source: RFC 5545 and RFC 5546 (same UID for life, SEQUENCE rises with every change)."""

from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext
from icalendar import Calendar, Event, vCalAddress

from migrations_app.enums import PinCallState
from migrations_app.models import PinCall
from tickets.models import Ticket


def invitation(call: PinCall, ticket: Ticket) -> bytes:
    """Return the calendar file of a call, with its time zone, as an invitation or as a cancellation."""
    cancelled = call.state in {PinCallState.CANCELLED, PinCallState.NO_SHOW}
    event = Event()
    event.add("uid", f"{call.uid}@portero")
    event.add("sequence", call.sequence)
    event.add("dtstamp", call.updated_at)
    event.add("dtstart", call.start)
    event.add("dtend", call.end)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("summary", gettext("Verification-code call (pincode) %(reference)s") % {"reference": ticket.reference})
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    organizer = vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = name or address
    event["organizer"] = organizer
    if ticket.contact_email:
        event.add("attendee", vCalAddress(f"mailto:{ticket.contact_email}"))
    calendar = Calendar()
    calendar.add("prodid", "-//Portero//Portero//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text
