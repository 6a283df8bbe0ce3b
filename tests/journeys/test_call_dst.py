"""A call is moved across the change of the clock: page, mail, calendar file and API tell the same hour of the same day.

Over HTTP and by real mail, with web, worker and beat as processes. In Madrid the clock goes forward on Sunday, 29 March 2026.
"""

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar

from config.core import clock
from migrations_app.management.walkthrough.story import FORM, NUMBERS, Stage, Story
from tests.factories.servers import MailServer

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240)]

WEDNESDAY = datetime(2026, 3, 25, 9, 0, tzinfo=UTC)
BEFORE, AFTER = "2026-03-27T09:00:00Z", "2026-03-30T08:00:00Z"
"""Ten o'clock in Madrid on the Friday before and on the Monday after."""
NOTHING = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSEQUENCE:99\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
CLIENT = {"language": "en", "timezone": "Europe/Madrid", "country": "ES"}


class Moved(Story):
    """A ticket of a client in Madrid."""

    def __init__(self, stage: Stage, mail: MailServer) -> None:
        super().__init__(stage, lambda _line: None)
        self.mail = mail
        clock.set_virtual(stage.clock_file, moment=WEDNESDAY)
        for number in NUMBERS:
            self.meta.call("PUT", f"/numbers/{number[1:]}", {"two_step": True, "pin": "482913"})
        form = {**FORM, "client": {**FORM["client"], **CLIENT}}
        self.reference = self.api.post("/tickets", form)["reference"]

    def slot(self, start: str) -> dict[str, Any]:
        """What is offered at a moment."""
        path = f"/tickets/{self.reference}/slots?from={start}&timezone=Europe/Madrid"
        found: dict[str, Any] = next(each for each in self.api.get(path)["data"] if each["start"] == start)
        return found

    def mail_with(self, words: str, *, to: str, sequence: int = 0) -> EmailMessage:
        """The one mail whose subject begins so, with an invitation that has come so far."""

        def found() -> list[EmailMessage]:
            mails = [
                mail for mail in self.mail.received if to in str(mail["To"]) and self.reference in str(mail["Subject"])
            ]
            named = [mail for mail in mails if str(mail["Subject"]).strip().startswith(words)]
            return [mail for mail in named if event_in(file_in(mail))["SEQUENCE"] == sequence]

        self._until(f"{words} is mailed to {to}", lambda: bool(found()))
        (mail,) = found()
        return mail


def file_in(mail: EmailMessage) -> bytes:
    """The attached calendar file; one without an event where there is none."""
    files = [part for part in mail.walk() if part.get_content_type() == "application/ics"]
    content = files[0].get_payload(decode=True) if files else NOTHING
    assert isinstance(content, bytes)
    return content


def text_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def event_in(content: str | bytes) -> Any:
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    return event


def invitation_in(mail: EmailMessage, method: str) -> Any:
    (part,) = [each for each in mail.walk() if each.get_content_type() == "text/calendar"]
    assert part.get_param("method") == method
    return event_in(part.get_content())


def test_rescheduled_across_the_dst_change(stage: Stage, mail: MailServer) -> None:
    story = Moved(stage, mail)
    story.claim()
    assert story.slot(BEFORE)["local_start"] == "2026-03-27T10:00:00+01:00"
    assert story.slot(AFTER)["local_start"] == "2026-03-30T10:00:00+02:00"

    booked = story.api.post(f"/tickets/{story.reference}/pin-calls", {"start": BEFORE})
    first = story.mail_with("Booked", to="ana@padariasol.example")
    assert "Friday 27 March 2026, 10:00 (Europe/Madrid)" in text_in(first)
    told = invitation_in(first, "REQUEST")
    assert told["DTSTART"].to_ical() == b"20260327T100000"

    at_call = f"/tickets/{story.reference}/pin-calls/{booked['id']}"
    moved = story.api.call("PATCH", at_call, {"start": "2026-03-30T10:00:00+02:00"}).json()
    assert (moved["id"], moved["start"], moved["timezone"]) == (booked["id"], AFTER, "Europe/Madrid")
    assert moved["expected_live_by"] == "2026-03-30T11:00:00Z"
    (event,) = [
        each["data"]
        for each in story.api.get(f"/tickets/{story.reference}/events?limit=200")["data"]
        if each["type"] == "pin_call.rescheduled"
    ]
    assert [story._moment(event[name]) for name in ("old_start", "start")] == [
        story._moment(t) for t in (BEFORE, AFTER)
    ]

    second = story.mail_with("Moved", to="ana@padariasol.example", sequence=1)
    assert "Before: Friday 27 March 2026, 10:00 (Europe/Madrid)" in text_in(second)
    assert "Now: Monday 30 March 2026, 10:00 (Europe/Madrid)" in text_in(second)
    assert "paused until Monday 30 March 2026, 13:00" in text_in(second)
    told_again = invitation_in(second, "REQUEST")
    file = story.api.call("GET", f"{at_call}.ics").body
    for entry in (told_again, event_in(file)):
        assert str(entry["UID"]) == str(told["UID"])
        assert (told["SEQUENCE"], entry["SEQUENCE"]) == (0, 1)
        assert entry["DTSTART"].params["TZID"] == "Europe/Madrid"
        assert entry["DTSTART"].to_ical() == b"20260330T100000"
        assert entry["DTSTART"].dt.astimezone(UTC) == story._moment(AFTER)
        assert "13:00" in str(entry["DESCRIPTION"])
    calendar: Any = Calendar.from_ical(file)
    begins = [part["DTSTART"].dt for part in calendar.walk("DAYLIGHT")]
    assert datetime(2026, 3, 29, 2, 0) in begins  # noqa: DTZ001  (a wall clock)

    # Who has it now is invited to the new time; at that hour only Martí works.
    agent = story.mail_with("", to="marti@portero.example", sequence=1)
    assert invitation_in(agent, "REQUEST")["DTSTART"].to_ical() == b"20260330T100000"
