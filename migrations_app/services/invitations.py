"""The call as a calendar event: one UID for life, whose sequence rises with every change (RFC 5546).

Tickets that share a call share the event, so what a ticket gets names the numbers of all of them, and a ticket that leaves takes
only its numbers out of it. The UID names no domain of ours: a change of that domain would double what stands in calendars.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext

from migrations_app.enums import PinCallState
from migrations_app.models import Notice, PinCall
from migrations_app.rules.calendar_files import Entry, Method, Person, Published, calendar_file
from migrations_app.rules.wording import number_lines
from migrations_app.selectors.agent_calls import Appointment, appointment_of, clock_of, numbers_of, references_of
from migrations_app.services.joining import joining_words
from migrations_app.services.message_facts import CAMPAIGNS_PAUSE
from migrations_app.services.rendering import known_language, local_time
from tickets.models import Ticket

FILE_TYPE = "text/calendar"
_ENDED = frozenset({PinCallState.CANCELLED, PinCallState.NO_SHOW})
_ALARMS = (timedelta(hours=1), timedelta(minutes=10))
_ALARM_OF_AGENT = (timedelta(minutes=10),)


def invitation(call: PinCall, ticket: Ticket) -> bytes:
    """Return the call as a file to be put into any calendar: published, so that it asks nobody to take part.

    It has the UID of the mailed invitation: importing it again changes the same event, a cancelled call included.
    """
    return calendar_file([_for_client(appointment_of(call), ticket.language)], method=Method.PUBLISH)


def invitation_file(notice: Notice, call: PinCall, ticket: Ticket) -> tuple[str, bytes, str]:
    """Return what a mail about a call brings along for its reader's calendar, as (file name, content, media type)."""
    found = appointment_of(call)
    goes_on = found.goes_on
    if notice.agent is None:
        entry = _for_client(found, notice.language)
    else:
        entry = _for_agent(found, notice.language, zone=clock_of(notice.agent, otherwise=call.timezone))
        if goes_on and found.call.agent_id != notice.agent_id:
            goes_on, entry = False, _taken_away(entry, notice.agent, notice)
    method = Method.REQUEST if goes_on else Method.CANCEL
    content = calendar_file([entry], method=method)
    return f"{ticket.reference}.ics", content, f"{FILE_TYPE}; method={method.value}"


def feed_file(calls: Sequence[Appointment], *, language: str, zone: str) -> bytes:
    """Return the private calendar of an agent; the same calls make the same bytes."""
    entries = [_for_agent(each, language, zone=zone) for each in calls]
    with translation.override(known_language(language)):
        name = gettext("Verification-code calls")
    return calendar_file(entries, method=Method.PUBLISH, published=Published(name, timedelta(minutes=15)))


def _for_client(found: Appointment, language: str) -> Entry:
    call, ticket = found.call, found.call.ticket
    start, until = (local_time(each, call.timezone, language) for each in (call.start, call.start + CAMPAIGNS_PAUSE))
    with translation.override(known_language(language)):
        lines = [
            gettext("Call: %(start)s (%(zone)s), about %(minutes)s minutes")
            % {"start": start, "zone": call.timezone, "minutes": _minutes(call)},
            gettext("Campaigns stay paused until: %(until)s") % {"until": until},
            gettext("Numbers:"),
            *(f"- {line}" for line in number_lines(numbers_of(found))),
            gettext(
                "Have the phones at hand. Read us only the 6-digit code you just received, never your two-step PIN."
            ),
            *_joining(found),
            gettext("Reference: %(reference)s") % {"reference": references_of(found)},
        ]
        summary = gettext("Verification-code call (pincode): %(company)s") % {"company": _words(ticket.client_name)}
        summary = _marked(ticket, summary)
    return _entry(found, (summary, lines), url=call.join_url, alarms=_ALARMS, zone=call.timezone)


def _for_agent(found: Appointment, language: str, *, zone: str) -> Entry:
    """Return the event of an agent. It names no phone number: calendars are shared with colleagues and copied to machines."""
    call, ticket = found.call, found.call.ticket
    page = settings.PORTERO_BASE_URL + reverse("admin:migrations_app_pincall_console", args=[call.pk])
    until = local_time(call.start + CAMPAIGNS_PAUSE, zone, language)
    many = sum(len(row.lines.all()) for row in found.rows)
    with translation.override(known_language(language)):
        lines = [
            gettext("Client: %(company)s") % {"company": _words(ticket.client_name)},
            *_by_the_clients_clock(call, zone, language),
            gettext("Campaigns stay paused until: %(until)s") % {"until": until},
            ngettext("%(count)d number", "%(count)d numbers", many) % {"count": many},
            gettext("Call page: %(link)s") % {"link": page},
            *_how_to_join(call),
            gettext("Reference: %(reference)s") % {"reference": references_of(found)},
        ]
        summary = gettext("Call: %(company)s (%(reference)s)") % {
            "company": _words(ticket.client_name), "reference": references_of(found),
        }  # fmt: skip
        summary = _marked(ticket, summary)
    return _entry(found, (summary, lines), url=page, alarms=_ALARM_OF_AGENT, zone=zone)


def _by_the_clients_clock(call: PinCall, zone: str, language: str) -> list[str]:
    """Return the start as the client has it; nothing where that is the agent's own clock."""
    if call.timezone == zone:
        return []
    theirs = local_time(call.start, call.timezone, language)
    return [gettext("For the client: %(start)s (%(zone)s)") % {"start": theirs, "zone": call.timezone}]


def _how_to_join(call: PinCall) -> list[str]:
    """Return how the agent takes part. The numbers to ring stand on the call page, not in a calendar."""
    if call.join_url:
        return [joining_words(call)]
    return [gettext("Who rings whom: you ring the client, at the number that the call page shows.")]


def _joining(found: Appointment) -> list[str]:
    """Return how the client takes part: tickets that share the call may be rung at several phones."""
    return list(dict.fromkeys(joining_words(row) for row in found.rows))


def _entry(
    found: Appointment, words: tuple[str, list[str]], *, url: str, alarms: tuple[timedelta, ...], zone: str
) -> Entry:
    call, (summary, lines) = found.call, words
    return Entry(
        uid=f"{call.uid}@portero",
        sequence=found.sequence,
        stamp=found.changed_at,
        start=call.start,
        end=call.end,
        zone=zone,
        summary=summary,
        description="\n".join(lines),
        organizer=Person(*parseaddr(settings.DEFAULT_FROM_EMAIL)),
        attendees=_attendees(call),
        url=url,
        alarms=alarms,
        cancelled=call.state in _ENDED,
    )


def _attendees(call: PinCall) -> tuple[Person, ...]:
    ticket, agent = call.ticket, call.agent
    client = Person(_words(ticket.contact_name or ticket.client_name), ticket.contact_email)
    ours = Person(agent.get_full_name() or agent.get_username(), agent.email, accepted=True)
    return tuple(person for person in (client, ours) if person.email)


def _taken_away(entry: Entry, agent: Any, notice: Notice) -> Entry:
    """Return the event as it leaves the calendar of an agent who has it no more, at the time that this agent knew."""
    start = notice.moved_from or entry.start
    person = Person(agent.get_full_name() or agent.get_username(), notice.address, accepted=True)
    return replace(entry, start=start, end=start + (entry.end - entry.start), attendees=(person,), removed=True)


def _minutes(call: PinCall) -> int:
    return int((call.end - call.start).total_seconds() // 60)


def _marked(ticket: Ticket, summary: str) -> str:
    """Return the title of an event; that of a ticket that is only tried says so."""
    return f"{gettext('TEST')} · {summary}" if ticket.test else summary


def _words(name: str) -> str:
    return " ".join(name.split())
