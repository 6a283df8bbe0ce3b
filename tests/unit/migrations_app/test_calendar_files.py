"""Calendar files: what is written is read back the same, by nothing but what stands in the file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from migrations_app.rules.calendar_files import Entry, Method, Person, Published, calendar_file

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
ODD = (
    "Europe/Dublin", "Africa/Casablanca", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "Asia/Gaza",
    "Pacific/Chatham", "Pacific/Kiritimati", "America/St_Johns", "Africa/Cairo", "America/Asuncion", "Antarctica/Troll",
)  # fmt: skip
MONDAY = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
ENTRY = Entry(
    uid="7f1d7a52-8a0a-4d5c-9a53-7f5d1e2c3b4a@portero",
    sequence=3,
    stamp=datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
    start=MONDAY,
    end=MONDAY + timedelta(minutes=45),
    zone="Europe/Madrid",
    summary="Llamada",
    description="Una línea",
    organizer=Person("Portero onboarding", "onboarding@portero.example"),
    attendees=(Person("Ana", "ana@sol.example"), Person("Bea", "bea@portero.example", accepted=True)),
    alarms=(timedelta(hours=1), timedelta(minutes=10)),
)


def parsed(entry: Entry, method: Method = Method.REQUEST) -> tuple[Any, Any]:
    """Return calendar and event of a file."""
    calendar: Any = Calendar.from_ical(calendar_file([entry], method=method))
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def resolved(calendar: Any, time: Any) -> datetime:
    """Return the moment of a time in a file, by the file's own time zone. The first one where a wall clock shows it twice."""
    shown = datetime.strptime(time.to_ical().decode().rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    if time.to_ical().endswith(b"Z"):
        return shown
    (zone,) = [each for each in calendar.walk("VTIMEZONE") if each["TZID"] == time.params["TZID"]]
    parts = [(part["DTSTART"].dt.replace(tzinfo=UTC), part) for part in zone.subcomponents]
    onsets: list[tuple[datetime, timedelta]] = sorted(
        (begins - part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td) for begins, part in parts
    )
    ends = [onset for onset, _offset in onsets[1:]] + [datetime.max.replace(tzinfo=UTC)]
    return min(
        shown - offset
        for (onset, offset), end in zip(onsets, ends, strict=True)
        if onset <= shown - offset < end
    )  # fmt: skip


@st.composite
def moments(draw: st.DrawFn, zone: str) -> datetime:
    """Any quarter of an hour, and often one near a change of the zone's clock."""
    day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=draw(st.integers(0, 2000)))
    start = day + timedelta(minutes=15 * draw(st.integers(0, 95)))
    if not draw(st.booleans()):
        return start
    there = ZoneInfo(zone)
    for _ in range(400):
        if start.astimezone(there).utcoffset() != (start + timedelta(days=1)).astimezone(there).utcoffset():
            return start + timedelta(minutes=15 * draw(st.integers(0, 95)))
        start += timedelta(days=1)
    return start


@given(data=st.data(), zone=st.sampled_from(ZONES) | st.sampled_from(ODD))
def test_wall_clock_and_zone_of_the_file_make_the_moment_again(data: st.DataObject, zone: str) -> None:
    start = data.draw(moments(zone))
    entry = replace(
        ENTRY, zone=zone, start=start, end=start + timedelta(minutes=data.draw(st.sampled_from([30, 45, 120])))
    )
    calendar, event = parsed(entry)
    assert resolved(calendar, event["DTSTART"]) == entry.start
    assert resolved(calendar, event["DTEND"]) == entry.end
    # Who knows the zone reads the same.
    assert event["DTSTART"].dt.astimezone(UTC) == entry.start


def test_a_call_in_a_zone_stands_by_its_wall_clock() -> None:
    for start, wall in ((MONDAY, "20260330T100000"), (MONDAY - timedelta(days=3), "20260327T090000")):
        calendar, event = parsed(replace(ENTRY, start=start, end=start + timedelta(minutes=45)))
        assert event["DTSTART"].to_ical().decode() == wall
        assert event["DTSTART"].params["TZID"] == "Europe/Madrid"
        assert [part.name for part in calendar.walk("VTIMEZONE")] == ["VTIMEZONE"]


@pytest.mark.parametrize("quarters", range(-2, 10))
def test_the_hour_that_comes_twice_is_told_apart(quarters: int) -> None:
    """On 25 October 2026 it is 02:00 to 03:00 twice in Madrid: from 00:00 and from 01:00 UTC."""
    start = datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=15 * quarters)
    calendar, event = parsed(replace(ENTRY, start=start, end=start + timedelta(minutes=30)))
    assert resolved(calendar, event["DTSTART"]) == start
    both = {event[name].to_ical().endswith(b"Z") for name in ("DTSTART", "DTEND")}
    assert both == {quarters + 2 >= 4 and quarters < 8}, "either both in UTC or none"


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Zulu", "Etc/Universal"])
def test_utc_needs_no_rules(zone: str) -> None:
    calendar, event = parsed(replace(ENTRY, zone=zone))
    assert event["DTSTART"].to_ical() == b"20260330T080000Z"
    assert calendar.walk("VTIMEZONE") == []


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=300)


@given(summary=words, lines=st.lists(words, max_size=4), name=words)
def test_any_words_survive_and_no_line_is_too_long(summary: str, lines: list[str], name: str) -> None:
    entry = replace(ENTRY, summary=summary, description="\n".join(lines), attendees=(Person(name, "ana@sol.example"),))
    content = calendar_file([entry], method=Method.REQUEST)
    assert content.endswith(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    content.decode("utf-8")
    _calendar, event = parsed(entry)
    assert str(event["SUMMARY"]) == summary
    assert str(event["DESCRIPTION"]) == entry.description


@pytest.mark.parametrize("evil", ["x\r\nATTENDEE:mailto:thief@example.com", "x\nEND:VEVENT", "a\x00b\x0bc\u2028d"])
def test_no_name_can_begin_a_line_of_its_own(evil: str) -> None:
    entry = replace(
        ENTRY, summary=evil, organizer=Person(evil, "o@p.example"), attendees=(Person(evil, "a@s.example"),)
    )
    content = calendar_file([entry], method=Method.REQUEST).replace(b"\r\n ", b"")
    assert content.count(b"\r\nATTENDEE") == 1
    assert content.count(b"\r\nEND:VEVENT") == 1
    assert not set(content) & {0, 11}


def test_an_invitation_names_who_takes_part_and_asks_nobody_to_answer() -> None:
    calendar, event = parsed(ENTRY)
    assert str(calendar["METHOD"]) == "REQUEST"
    assert calendar["PRODID"]
    assert (str(event["UID"]), event["SEQUENCE"], str(event["STATUS"])) == (ENTRY.uid, 3, "CONFIRMED")
    assert event["DTSTAMP"].dt == ENTRY.stamp
    assert str(event["ORGANIZER"]) == "mailto:onboarding@portero.example"
    client, agent = event["ATTENDEE"]
    assert (str(client), client.params["PARTSTAT"], client.params["RSVP"]) == (
        "mailto:ana@sol.example",
        "NEEDS-ACTION",
        "FALSE",
    )
    assert agent.params["PARTSTAT"] == "ACCEPTED"
    assert [str(alarm["TRIGGER"].to_ical().decode()) for alarm in event.walk("VALARM")] == ["-PT1H", "-PT10M"]
    assert str(event["TRANSP"]) == "OPAQUE"


def test_a_cancellation_rings_no_bell() -> None:
    _calendar, event = parsed(replace(ENTRY, cancelled=True), Method.CANCEL)
    assert str(event["STATUS"]) == "CANCELLED"
    assert event.walk("VALARM") == []
    assert event["DTSTART"]


def test_who_is_taken_out_learns_nothing_of_the_others_status() -> None:
    _calendar, event = parsed(replace(ENTRY, removed=True), Method.CANCEL)
    assert "STATUS" not in event
    assert event.walk("VALARM") == []


def test_what_is_published_is_for_nobody_in_particular() -> None:
    content = calendar_file(
        [ENTRY, replace(ENTRY, uid="other", zone="Asia/Kathmandu")],
        method=Method.PUBLISH,
        published=Published("Calls", timedelta(minutes=15)),
    )
    calendar: Any = Calendar.from_ical(content)
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n" in content
    assert b"X-PUBLISHED-TTL:PT15M\r\n" in content
    assert {str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")} == {"Europe/Madrid", "Asia/Kathmandu"}
    assert all("ATTENDEE" not in event for event in calendar.walk("VEVENT"))
