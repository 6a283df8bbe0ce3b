"""Invitations: who gets which file when a call is booked, moved, shared or cancelled, and what stands in it."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.contrib.auth.models import User
from icalendar import Calendar

from migrations_app.enums import AttemptState
from migrations_app.models import AgentAbsence, AgentHours, AgentProfile, Notice, NumberMove, PinCall
from migrations_app.services import calls, endings
from migrations_app.services.joining import phones_of
from providers.models import Exchange
from tests.factories.desk import Desk, make_agent
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import MailServer, Mood
from tests.factories.walks import CALL_IN, Path, Walk, Walker
from tickets.enums import CancelReason
from tickets.models import Ticket

MADRID: dict[str, Any] = {"client": {"timezone": "Europe/Madrid", "language": "es", "contact_email": "ana@sol.example"}}
CLIENT, BEA = "ana@sol.example", "bea@portero.example"


class Sent:
    """One mail with a calendar file."""

    def __init__(self, mail: EmailMessage) -> None:
        self.mail, self.to, self.subject = mail, str(mail["To"]), str(mail["Subject"]).strip()
        self.text = str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        (part,) = [each for each in mail.walk() if each.get_content_type() == "text/calendar"]
        (file,) = [each for each in mail.walk() if each.get_content_type() == "application/ics"]
        self.file: bytes = file.get_payload(decode=True)  # type: ignore[assignment]
        assert str(part.get_content()).replace("\r\n", "\n") == self.file.decode().replace("\r\n", "\n")
        self.calendar: Any = Calendar.from_ical(self.file)
        self.method = str(self.calendar["METHOD"])
        assert part.get_param("method") == self.method
        self.event: Any = self.calendar.walk("VEVENT")[0]

    @property
    def who(self) -> list[str]:
        found = self.event.get("ATTENDEE", [])
        return [str(each).removeprefix("mailto:") for each in (found if isinstance(found, list) else [found])]


@pytest.fixture
def post(smtp: MailServer) -> "Post":
    return Post(smtp)


class Post:
    """What the mail server got."""

    def __init__(self, server: MailServer) -> None:
        self.server, self.seen = server, 0

    def new(self, walked: Walk) -> dict[str, Sent]:
        """Send all that is due, and return what brought a calendar file, by its reader."""
        walked.send_all_due()
        mails = self.server.received[self.seen :]
        self.seen = len(self.server.received)
        found = [Sent(mail) for mail in mails if any(p.get_content_type() == "application/ics" for p in mail.walk())]
        assert len({each.to for each in found}) == len(found)
        return {each.to: each for each in found}


@pytest.fixture
def ready(walk: Walker, post: Post) -> Walk:
    walked = walk(Path.READY, NUMBER, OTHER_NUMBER, **MADRID)
    post.new(walked)
    return walked


def move(walked: Walk, start: datetime) -> PinCall:
    uid = str(walked.current_call().uid)
    return calls.reschedule(ticket_id=walked.ticket.pk, call_id=uid, start=start, by=walked.by, now=walked.now)


def cancel(walked: Walk) -> None:
    uid = str(walked.current_call().uid)
    calls.cancel_call(ticket_id=walked.ticket.pk, call_id=uid, by=walked.by, now=walked.now)


def at(walked: Walk, **more: int) -> datetime:
    return walked.now.replace(minute=0) + CALL_IN + timedelta(**more)


def away(agent: User, start: datetime) -> None:
    AgentAbsence.objects.create(
        agent=agent, start=start, end=start + timedelta(hours=2), created_at=start, updated_at=start
    )


def test_client_and_agent_are_invited_when_a_call_is_booked(ready: Walk, post: Post) -> None:
    call = ready.book(at(ready))
    mails = post.new(ready)
    assert set(mails) == {CLIENT, BEA}
    client, agent = mails[CLIENT], mails[BEA]
    for sent in (client, agent):
        assert (sent.method, sent.event["SEQUENCE"], str(sent.event["UID"])) == ("REQUEST", 0, f"{call.uid}@portero")
        assert (sent.event["DTSTART"].dt, sent.event["DTEND"].dt) == (call.start, call.end)
        assert sent.who == [CLIENT, BEA]
        assert ready.ticket.reference in str(sent.event["DESCRIPTION"])
    assert client.event["DTSTART"].params["TZID"] == "Europe/Madrid"
    assert client.event["DTSTART"].to_ical().decode() == "20260303T160000"
    words = str(client.event["DESCRIPTION"])
    assert "martes, 3 de marzo de 2026, 16:00 (Europe/Madrid)" in words
    assert "martes, 3 de marzo de 2026, 19:00" in words, "until when campaigns stay paused"
    assert NUMBER in words
    assert OTHER_NUMBER in words


def test_without_a_link_both_sides_read_who_rings_whom_and_at_which_number(ready: Walk, post: Post) -> None:
    NumberMove.objects.filter(case=ready.case, position=1).update(otp_contact_phone="")
    NumberMove.objects.filter(case=ready.case, position=2).update(otp_contact_phone="+34600111222")
    Ticket.objects.filter(pk=ready.ticket.pk).update(contact_phone="+34910000001")
    call = ready.book(at(ready))
    sent = post.new(ready)
    phones = "+34910000001, +34600111222"
    assert phones in str(sent[CLIENT].event["DESCRIPTION"])
    assert phones in sent[CLIENT].text
    assert "+34" not in sent[BEA].file.decode().replace("\r\n ", ""), "the agent's calendar names no phone"
    assert phones_of(PinCall.objects.get(pk=call.pk)) == phones.split(", ")
    Ticket.objects.filter(pk=ready.ticket.pk).update(contact_phone="")
    assert phones_of(PinCall.objects.get(pk=call.pk)) == ["+34600111222"]


def test_who_has_a_meeting_room_is_met_there(ready: Walk, post: Post) -> None:
    AgentProfile.objects.create(
        agent=ready.agent, meeting_url="https://meet.example/bea", created_at=ready.now, updated_at=ready.now
    )
    call = ready.book(at(ready))
    sent = post.new(ready)
    assert "https://meet.example/bea" in str(sent[CLIENT].event["DESCRIPTION"])
    assert "https://meet.example/bea" in sent[CLIENT].text
    assert "https://meet.example/bea" in str(sent[BEA].event["DESCRIPTION"])
    AgentProfile.objects.update(meeting_url="")
    calls.reschedule(
        ticket_id=ready.ticket.pk, call_id=str(call.uid), start=at(ready, days=1), by=ready.by, now=ready.now
    )
    assert PinCall.objects.get(pk=call.pk).join_url == "", "a call that is moved is told anew where it is"


def test_the_agent_reads_its_own_clock_and_no_phone_number_in_the_calendar(ready: Walk, post: Post) -> None:
    AgentProfile.objects.create(
        agent=ready.agent, languages=["es"], created_at=ready.now, updated_at=ready.now
    )  # its hours are in Sao Paulo
    call = ready.book(at(ready))
    sent = post.new(ready)[BEA]
    assert sent.event["DTSTART"].params["TZID"] == "America/Sao_Paulo"
    assert "martes, 3 de marzo de 2026, 12:00 (America/Sao_Paulo)" in sent.text
    assert "martes, 3 de marzo de 2026, 16:00 (Europe/Madrid)" in sent.text
    assert f"/admin/migrations_app/pincall/{call.pk}/console/" in sent.text
    assert NUMBER in sent.text
    assert NUMBER[1:] not in sent.file.decode().replace("\r\n ", "")
    assert "2 números" in str(sent.event["DESCRIPTION"])
    # Where both have one clock, the time is told once.
    AgentHours.objects.filter(agent=ready.agent).update(timezone="Europe/Madrid")
    move(ready, at(ready, hours=1))
    sent = post.new(ready)[BEA]
    assert sent.text.count("martes, 3 de marzo de 2026, 17:00") == 1
    assert "Para el cliente" not in sent.text + sent.file.decode()


def test_a_move_is_one_mail_with_both_times_and_the_next_sequence(ready: Walk, post: Post) -> None:
    call = ready.book(at(ready))
    post.new(ready)
    move(ready, at(ready, hours=1))
    mails = post.new(ready)
    assert set(mails) == {CLIENT, BEA}
    client = mails[CLIENT]
    assert client.subject.startswith("Nueva hora")
    assert "Antes: martes, 3 de marzo de 2026, 16:00 (Europe/Madrid)" in client.text
    assert "Ahora: martes, 3 de marzo de 2026, 17:00 (Europe/Madrid)" in client.text
    for sent in mails.values():
        assert (sent.method, sent.event["SEQUENCE"], str(sent.event["UID"])) == ("REQUEST", 1, f"{call.uid}@portero")
        assert sent.event["DTSTART"].dt == call.start + timedelta(hours=1)
    assert "Before: Tuesday 3 March 2026, 12:00" in mails[BEA].text


def test_a_cancelled_call_leaves_every_calendar(ready: Walk, post: Post) -> None:
    call = ready.book(at(ready))
    post.new(ready)
    cancel(ready)
    mails = post.new(ready)
    assert set(mails) == {CLIENT, BEA}
    for sent in mails.values():
        assert (sent.method, sent.event["SEQUENCE"], str(sent.event["STATUS"])) == ("CANCEL", 1, "CANCELLED")
        assert sent.event["DTSTART"].dt == call.start
        assert sent.event.walk("VALARM") == []


def test_a_ticket_that_ends_takes_its_call_out_of_calendars(ready: Walk, post: Post) -> None:
    ready.book(at(ready))
    post.new(ready)
    endings.cancel(ticket_id=ready.ticket.pk, reason=CancelReason.CLIENT_STAYED, by=ready.by, now=ready.now)
    assert {sent.method for sent in post.new(ready).values()} == {"CANCEL"}


def test_what_nobody_was_told_of_needs_no_cancellation(ready: Walk, post: Post) -> None:
    ready.book(at(ready))
    cancel(ready)
    assert post.new(ready) == {}


def test_a_call_moved_before_anybody_was_told_is_told_as_booked(ready: Walk, post: Post) -> None:
    ready.book(at(ready))
    move(ready, at(ready, hours=1))
    mails = post.new(ready)
    assert mails[CLIENT].subject.startswith("Reservada")
    assert mails[BEA].subject.startswith("Your call")
    assert {sent.event["SEQUENCE"] for sent in mails.values()} == {1}


def test_two_moves_before_a_mail_leaves_tell_the_time_that_was_known(ready: Walk, post: Post) -> None:
    ready.book(at(ready))
    post.new(ready)
    move(ready, at(ready, hours=1))
    move(ready, at(ready, hours=2))
    mails = post.new(ready)
    assert "Antes: martes, 3 de marzo de 2026, 16:00" in mails[CLIENT].text
    assert "Ahora: martes, 3 de marzo de 2026, 18:00" in mails[CLIENT].text
    assert "Before: Tuesday 3 March 2026, 12:00" in mails[BEA].text


def test_a_call_that_is_back_at_the_known_time_is_no_news(ready: Walk, post: Post) -> None:
    ready.book(at(ready))
    post.new(ready)
    move(ready, at(ready, hours=1))
    move(ready, at(ready))
    assert post.new(ready) == {}
    assert Notice.objects.filter(state=AttemptState.PLANNED, message="call_reminder_1h").count() == 1


@pytest.fixture
def caio(desk: Desk) -> User:
    return make_agent("caio", desk.latam, desk.triage)


def handed_over(walked: Walk, post: Post) -> datetime:
    """Book with Bea, then move the call to an hour at which only Caio is there."""
    away(User.objects.get(username="caio"), at(walked))
    call = walked.book(at(walked))
    assert call.agent == walked.agent
    post.new(walked)
    away(walked.agent, at(walked, hours=2))
    move(walked, at(walked, hours=2))
    return call.start


def test_who_has_a_call_no_more_is_uninvited_and_who_has_it_now_is_invited(ready: Walk, post: Post, caio: User) -> None:
    start = handed_over(ready, post)
    mails = post.new(ready)
    assert set(mails) == {CLIENT, BEA, caio.email}
    old, new, client = mails[BEA], mails[caio.email], mails[CLIENT]
    assert (old.method, old.who, old.event["DTSTART"].dt) == ("CANCEL", [BEA], start)
    assert "STATUS" not in old.event, "the call takes place"
    assert "another agent has it now" in old.text
    assert "Tuesday 3 March 2026, 12:00" in old.text
    assert (new.method, new.who) == ("REQUEST", [CLIENT, caio.email])
    assert new.subject.startswith("Your call")
    assert client.who == [CLIENT, caio.email]
    assert {str(sent.event["UID"]) for sent in mails.values()} == {f"{ready.current_call().uid}@portero"}
    assert {sent.event["SEQUENCE"] for sent in mails.values()} == {1}


def test_a_call_that_comes_back_before_the_mail_has_left_is_not_taken_away(ready: Walk, post: Post, caio: User) -> None:
    handed_over(ready, post)
    away(caio, at(ready, hours=1))
    move(ready, at(ready, hours=1))
    assert ready.current_call().agent == ready.agent
    mails = post.new(ready)
    assert set(mails) == {CLIENT, BEA}
    assert (mails[BEA].method, mails[BEA].event["SEQUENCE"]) == ("REQUEST", 2)


def test_a_later_move_does_not_forget_who_lost_the_call(ready: Walk, post: Post, caio: User) -> None:
    handed_over(ready, post)
    move(ready, at(ready, hours=3))
    assert ready.current_call().agent == caio
    mails = post.new(ready)
    assert (mails[BEA].method, mails[BEA].event["SEQUENCE"]) == ("CANCEL", 2)
    assert mails[caio.email].method == "REQUEST"


def test_an_agent_without_an_address_is_told_nothing(ready: Walk, post: Post) -> None:
    User.objects.filter(pk=ready.agent.pk).update(email="")
    ready.book(at(ready))
    mails = post.new(ready)
    assert set(mails) == {CLIENT}
    assert mails[CLIENT].who == [CLIENT]


def test_a_mail_to_an_agent_that_fails_is_tried_again_with_all_it_brings(
    ready: Walk, post: Post, smtp: MailServer
) -> None:
    handed = ready.book(at(ready))
    Notice.objects.filter(agent=None, state=AttemptState.PLANNED).delete()
    smtp.be(Mood.BUSY_AT_RECIPIENT, Mood.ACCEPT)
    assert post.new(ready) == {}
    again = Notice.objects.get(state=AttemptState.PLANNED)
    assert (again.agent, again.message, again.try_no) == (ready.agent, "agent_call_booked", 2)
    ready.now = again.due_at
    assert post.new(ready)[BEA].event["DTSTART"].dt == handed.start


def test_a_mail_to_an_agent_that_is_refused_is_shown_to_the_desk(ready: Walk, post: Post, smtp: MailServer) -> None:
    ready.book(at(ready))
    Notice.objects.filter(agent=None, state=AttemptState.PLANNED).delete()
    smtp.be(Mood.REFUSE_RECIPIENT, Mood.ACCEPT)
    post.new(ready)
    assert Notice.objects.get(undelivered_at__isnull=False).address == BEA


# ------------------------------------------------------------------------------------------------------------- sharing


@pytest.fixture
def two(walk: Walker, post: Post) -> tuple[Walk, Walk]:
    """Two tickets of one client in one call, and everybody was told."""
    walks = [walk(Path.READY, number, group_reference="sol-2026", **MADRID) for number in (NUMBER, OTHER_NUMBER)]
    for walked in walks:
        post.new(walked)
        walked.book(at(walked))
        post.new(walked)
    return walks[0], walks[1]


def test_who_joins_gets_the_same_event_with_all_numbers(walk: Walker, post: Post) -> None:
    one, other = (walk(Path.READY, number, group_reference="sol-2026", **MADRID) for number in (NUMBER, OTHER_NUMBER))
    post.new(one)
    uid = one.book(at(one)).uid
    assert NUMBER in str(post.new(one)[CLIENT].event["DESCRIPTION"])
    other.book(at(other))
    sent = post.new(other)[CLIENT]
    assert (str(sent.event["UID"]), sent.event["SEQUENCE"]) == (f"{uid}@portero", 1)
    words = str(sent.event["DESCRIPTION"])
    assert NUMBER in words
    assert OTHER_NUMBER in words
    assert f"{one.ticket.reference}, {other.ticket.reference}" in words


def test_an_agent_hears_once_of_a_call_that_tickets_share_from_the_start(walk: Walker, post: Post) -> None:
    one, other = (walk(Path.READY, number, group_reference="sol-2026", **MADRID) for number in (NUMBER, OTHER_NUMBER))
    post.new(one)
    for walked in (one, other):
        walked.book(at(walked))
    with other.undone():
        # Who has joined last leaves before the mail does: what is left of the call is told.
        cancel(other)
        Notice.objects.filter(agent=None).delete()
        told = post.new(one)[BEA]
        assert (NUMBER in told.text, OTHER_NUMBER in told.text) == (True, False)
    Notice.objects.filter(agent=None, state=AttemptState.PLANNED).delete()
    told = post.new(one)[BEA]
    for word in (NUMBER, OTHER_NUMBER, f"({one.ticket.reference}, {other.ticket.reference})"):
        assert word in told.text + told.subject


def test_a_ticket_that_leaves_takes_out_its_numbers_and_leaves_the_event(two: tuple[Walk, Walk], post: Post) -> None:
    one, other = two
    cancel(one)
    mails = post.new(one)
    assert mails[CLIENT].subject.startswith("Cancelada")
    assert "goes on, but without this ticket" in mails[BEA].text
    for sent in mails.values():
        assert (sent.method, str(sent.event["STATUS"])) == ("REQUEST", "CONFIRMED")
        assert sent.event["SEQUENCE"] > 1
        assert one.ticket.reference not in str(sent.event["DESCRIPTION"])
    words = str(mails[CLIENT].event["DESCRIPTION"])
    assert NUMBER not in words
    assert OTHER_NUMBER in words
    cancel(other)
    last = post.new(other)
    assert {sent.method for sent in last.values()} == {"CANCEL"}
    assert last[CLIENT].event["SEQUENCE"] == last[BEA].event["SEQUENCE"] > mails[CLIENT].event["SEQUENCE"]


def test_the_sequence_rises_past_what_a_ticket_that_has_left_was_told(two: tuple[Walk, Walk], post: Post) -> None:
    one, other = two
    endings.cancel(ticket_id=one.ticket.pk, reason=CancelReason.CLIENT_STAYED, by=one.by, now=one.now)
    left = post.new(one)[CLIENT].event["SEQUENCE"]
    move(other, at(other, hours=1))
    assert post.new(other)[CLIENT].event["SEQUENCE"] > left


def test_the_agent_of_a_shared_call_is_told_of_a_move_once(two: tuple[Walk, Walk], post: Post) -> None:
    one, _other = two
    move(one, at(one, hours=1))
    one.send_all_due()
    mails = [str(mail["To"]) for mail in post.server.received[post.seen :]]
    assert sorted(mails) == sorted([CLIENT, CLIENT, BEA]), "the client hears of each of its tickets"


# --------------------------------------------------------------------------------------------------------------- others


def test_the_log_of_what_left_holds_no_file(ready: Walk, post: Post) -> None:
    ready.book(at(ready))
    post.new(ready)
    assert not Exchange.objects.filter(body__contains="VCALENDAR").exists()


def test_a_mail_planned_before_the_release_goes_out_as_it_was_meant(ready: Walk, post: Post) -> None:
    """A confirmation of a booking that was planned without knowing of agents."""
    ready.book(at(ready))
    Notice.objects.filter(agent__isnull=False).delete()
    assert set(post.new(ready)) == {CLIENT}
    cancel(ready)
    assert set(post.new(ready)) == {CLIENT}
