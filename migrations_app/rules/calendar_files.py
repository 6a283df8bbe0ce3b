"""Calendar files (RFC 5545) and what they ask of a calendar (RFC 5546): invitations, cancellations, published calendars.

Times stand by the wall clock of the call's zone, with that zone's rules in the file, so that a calendar needs no list of zones of
its own. Where the wall clock is not enough (the hour that comes twice in autumn) they stand in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo

from icalendar import (
    Alarm,
    Calendar,
    Component,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vDuration,
    vText,
)

PRODUCT = "-//Portero//Portero//EN"
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_UTC_NAMES = frozenset({"UTC", "UCT", "Universal", "Zulu"})


class Method(StrEnum):
    """What a file asks of who reads it: to take part, to take it out again, or nothing (it is only shown)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True)
class Person:
    """Somebody with a calendar address. `accepted`: has said yes already."""

    name: str
    email: str
    accepted: bool = False


@dataclass(frozen=True)
class Entry:
    """One event. `sequence` rises with every change, `stamp` is when it was last changed; `uid` stays for life.

    `removed`: it takes place, but no more for those who get this file (RFC 5546, 3.2.5: then it has no status).
    """

    uid: str
    sequence: int
    stamp: datetime
    start: datetime
    end: datetime
    zone: str
    summary: str
    description: str
    organizer: Person
    attendees: tuple[Person, ...] = ()
    url: str = ""
    alarms: tuple[timedelta, ...] = ()
    cancelled: bool = False
    removed: bool = False


@dataclass(frozen=True)
class Published:
    """What a calendar that is read again and again says of itself."""

    name: str
    refresh: timedelta


def calendar_file(entries: Sequence[Entry], *, method: Method, published: Published | None = None) -> bytes:
    """Return the file: lines of at most 75 octets that end with CRLF, in UTF-8."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    if published is not None:
        calendar.add("name", published.name)
        calendar.add("x-wr-calname", published.name)
        calendar.add("refresh-interval", published.refresh, parameters={"VALUE": "DURATION"})
        calendar["x-published-ttl"] = vDuration(published.refresh)
    for zone in sorted({entry.zone for entry in entries if not _in_utc(entry)}):
        moments = [moment for entry in entries if entry.zone == zone for moment in (entry.start, entry.end)]
        calendar.add_component(_time_zone(zone, min(moments).year, max(moments).year))
    for entry in entries:
        calendar.add_component(_event(entry, method))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: Entry, method: Method) -> Component:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.stamp.astimezone(UTC))
    event.add("last-modified", entry.stamp.astimezone(UTC))
    zone = UTC if _in_utc(entry) else ZoneInfo(entry.zone)
    event.add("dtstart", entry.start.astimezone(zone))
    event.add("dtend", entry.end.astimezone(zone))
    event.add("summary", _clean(entry.summary))
    event.add("description", _clean(entry.description))
    if not entry.removed:
        event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE")
    if entry.url:
        event.add("url", entry.url)
        event.add("location", entry.url)
    event["organizer"] = _address(entry.organizer)
    if method is not Method.PUBLISH:
        # RFC 5546, 3.2.1: what is published is for nobody in particular.
        for person in entry.attendees:
            event.add("attendee", _attendee(person))
    if not (entry.cancelled or entry.removed or method is Method.CANCEL):
        for before in entry.alarms:
            event.add_component(_alarm(before, entry.summary))
    return event


def _clean(words: str) -> str:
    """Return a text without control characters, which no calendar file may hold; its lines stay lines."""
    return "".join(each for each in words if each == "\n" or category(each) != "Cc")


def _address(person: Person) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    address.params["CN"] = vText(_clean(person.name) or person.email)
    return address


def _attendee(person: Person) -> vCalAddress:
    """Return somebody who takes part; nobody is asked to answer, because no machine here reads such answers."""
    address = _address(person)
    address.params["CUTYPE"] = "INDIVIDUAL"
    address.params["ROLE"] = "REQ-PARTICIPANT"
    address.params["PARTSTAT"] = "ACCEPTED" if person.accepted else "NEEDS-ACTION"
    address.params["RSVP"] = "FALSE"
    return address


def _alarm(before: timedelta, words: str) -> Component:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -before)
    alarm.add("description", _clean(words))
    return alarm


def _in_utc(entry: Entry) -> bool:
    """Tell whether an event's times stand in UTC: its zone is that, or the wall clock shows one of them for the second time."""
    if entry.zone.removeprefix("Etc/") in _UTC_NAMES:
        return True
    zone = ZoneInfo(entry.zone)
    # RFC 5545, 3.3.5: a local time that occurs twice means the first one.
    return any(moment.astimezone(zone).fold for moment in (entry.start, entry.end))


@dataclass(frozen=True)
class _Observance:
    """A stretch of one offset. `begins` is the wall clock by the offset before it (RFC 5545, 3.6.5)."""

    begins: datetime
    offset_from: timedelta
    offset_to: timedelta
    name: str
    daylight: bool


def _time_zone(name: str, first: int, last: int) -> Component:
    """Return the rules of a zone for some years and one more on both sides."""
    component = Timezone()
    component.add("tzid", name)
    for observance in _observances(name, first - 1, last + 1):
        part: Any = TimezoneDaylight() if observance.daylight else TimezoneStandard()
        part.add("dtstart", observance.begins)
        part.add("tzoffsetfrom", observance.offset_from)
        part.add("tzoffsetto", observance.offset_to)
        part.add("tzname", observance.name)
        component.add_component(part)
    return component


@lru_cache(maxsize=256)
def _observances(name: str, first: int, last: int) -> tuple[_Observance, ...]:
    """Return every change of a zone's clock from the beginning of one year to the end of another, after the state at first.

    They are found by looking, not by rules: a country may announce anything.
    """
    zone = ZoneInfo(name)
    moment, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    found = [_observance(moment, zone, before=moment)]
    while moment < end:
        if _clock(moment, zone) != _clock(moment + _DAY, zone):
            change = _change(moment, moment + _DAY, zone)
            found.append(_observance(change, zone, before=change - _SECOND))
        moment += _DAY
    return tuple(found)


def _observance(moment: datetime, zone: ZoneInfo, *, before: datetime) -> _Observance:
    earlier, here = before.astimezone(zone), moment.astimezone(zone)
    offset_from, offset_to = _offset(earlier), _offset(here)
    begins = (moment + offset_from).replace(tzinfo=None)
    return _Observance(begins, offset_from, offset_to, here.tzname() or str(offset_to), bool(here.dst()))


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()


def _clock(moment: datetime, zone: ZoneInfo) -> tuple[timedelta, str | None]:
    here = moment.astimezone(zone)
    return _offset(here), here.tzname()


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the second at which a clock changes that shows different things at two moments."""
    old = _clock(before, zone)
    while after - before > _SECOND:
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        before, after = (middle, after) if _clock(middle, zone) == old else (before, middle)
    return after
