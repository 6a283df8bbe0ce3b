"""The private calendar of an agent: what stands in it, who gets it, and that its address is in no log."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from icalendar import Calendar
from pytest_django import DjangoAssertNumQueries, Settings

from migrations_app.models import CalendarFeed, PinCall
from migrations_app.services import agent_feeds, call_run, calls
from tests.factories.desk import Desk, actor_of, make_agent
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.walks import CALL_IN, Path, Walk, Walker
from tickets.selectors.desk import AGENT

Now = Callable[[datetime], None]


def address(agent: User, now: datetime) -> str:
    """The path of a new address."""
    whole = agent_feeds.new_address(agent=agent, by=actor_of(agent), now=now)
    return whole.removeprefix("http://127.0.0.1:8000")


def events(answer: Any) -> list[Any]:
    calendar: Any = Calendar.from_ical(answer.content)
    return list(calendar.walk("VEVENT"))


@pytest.fixture
def web() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def booked(walk: Walker, clock_at: Now) -> Walk:
    walked = walk(Path.SCHEDULED, NUMBER, OTHER_NUMBER, client={"timezone": "Europe/Madrid"})
    clock_at(walked.now)
    return walked


def test_an_agent_reads_own_calls_without_logging_in(booked: Walk, web: Client) -> None:
    answer = web.get(address(booked.agent, booked.now))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert not answer.cookies
    call = booked.current_call()
    (event,) = events(answer)
    assert (str(event["UID"]), event["DTSTART"].dt, str(event["STATUS"])) == (
        f"{call.uid}@portero",
        call.start,
        "CONFIRMED",
    )
    assert event["DTSTART"].params["TZID"] == "America/Sao_Paulo", "by the agent's own clock"
    words = str(event["DESCRIPTION"])
    assert "Padaria Sol" in words
    assert booked.ticket.reference in words
    assert "2 numbers" in words
    assert f"/pincall/{call.pk}/console/" in words
    assert b"X-PUBLISHED-TTL:PT15M" in answer.content
    assert b"METHOD:PUBLISH" in answer.content
    assert NUMBER[1:].encode() not in answer.content.replace(b"\r\n ", b"")


def test_what_was_read_already_is_not_sent_again(booked: Walk, web: Client) -> None:
    path = address(booked.agent, booked.now)
    first = web.get(path)
    again = web.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert again.headers["Cache-Control"] == "private, no-cache"
    uid = str(booked.current_call().uid)
    start = booked.current_call().start + timedelta(hours=1)
    calls.reschedule(ticket_id=booked.ticket.pk, call_id=uid, start=start, by=booked.by, now=booked.now)
    fresh = web.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert fresh.status_code == 200
    assert events(fresh)[0]["SEQUENCE"] == 1
    head = web.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert Client().post(path).status_code == 405


def test_calls_that_do_not_take_place_stay_as_cancelled_and_old_ones_leave(
    booked: Walk, web: Client, clock_at: Now
) -> None:
    path = address(booked.agent, booked.now)
    call = booked.current_call()
    calls.cancel_call(ticket_id=booked.ticket.pk, call_id=str(call.uid), by=booked.by, now=booked.now)
    booked.book(call.start)
    assert sorted(str(event["STATUS"]) for event in events(web.get(path))) == ["CANCELLED", "CONFIRMED"]
    late = booked.current_call()
    call_run.mark_no_show(ticket_id=booked.ticket.pk, call_id=str(late.uid), by=booked.desk, now=call.end)
    assert [str(event["STATUS"]) for event in events(web.get(path))] == ["CANCELLED", "CANCELLED"]
    clock_at(call.start + timedelta(days=30))
    assert len(events(web.get(path))) == 2
    clock_at(call.start + timedelta(days=30, minutes=1))
    assert events(web.get(path)) == []


def test_a_hold_is_no_call(walk: Walker, web: Client, clock_at: Now) -> None:
    walked = walk(Path.READY)
    clock_at(walked.now)
    walked.hold(walked.now.replace(minute=0) + CALL_IN)
    assert events(web.get(address(walked.agent, walked.now))) == []


def test_a_shared_call_is_one_event(walk: Walker, web: Client, clock_at: Now) -> None:
    one, two = (walk(Path.READY, number, group_reference="sol") for number in (NUMBER, OTHER_NUMBER))
    for walked in (one, two):
        walked.book(walked.now.replace(minute=0) + CALL_IN)
    clock_at(one.now)
    path = address(one.agent, one.now)
    (event,) = events(web.get(path))
    assert f"{one.ticket.reference}, {two.ticket.reference}" in str(event["DESCRIPTION"])
    assert "2 numbers" in str(event["DESCRIPTION"])
    calls.cancel_call(ticket_id=one.ticket.pk, call_id=str(one.current_call().uid), by=one.by, now=one.now)
    (event,) = events(web.get(path))
    assert str(event["STATUS"]) == "CONFIRMED"
    assert one.ticket.reference not in str(event["DESCRIPTION"])


def test_nobody_reads_the_calls_of_others_or_of_queues_left(booked: Walk, web: Client, desk: Desk) -> None:
    other = make_agent("caio", desk.latam)
    assert events(web.get(address(other, booked.now))) == []
    path = address(booked.agent, booked.now)
    assert len(events(web.get(path))) == 1
    desk.latam.agents.remove(booked.agent)
    assert events(web.get(path)) == []


def test_a_new_address_ends_the_old_one_and_only_its_hash_is_stored(booked: Walk, web: Client) -> None:
    old, new = address(booked.agent, booked.now), address(booked.agent, booked.now)
    assert (web.get(old).status_code, web.get(new).status_code) == (404, 200)
    token = new.removeprefix("/cal/").removesuffix(".ics")
    assert len(token) >= 32, "192 bits"
    assert CalendarFeed.objects.get().token_hash == agent_feeds.digest_of(token)
    assert token not in str(list(CalendarFeed.objects.values()))
    assert agent_feeds.end_address(agent=booked.agent, by=booked.desk, now=booked.now)
    assert web.get(new).status_code == 404
    assert not agent_feeds.end_address(agent=booked.agent, by=booked.desk, now=booked.now)


@pytest.mark.parametrize("change", ["inactive", "no_staff", "no_agent"])
def test_who_works_for_the_desk_no_more_reads_nothing(booked: Walk, web: Client, change: str) -> None:
    path = address(booked.agent, booked.now)
    rows = User.objects.filter(pk=booked.agent.pk)
    if change == "no_agent":
        booked.agent.groups.remove(Group.objects.get(name=AGENT))
    else:
        rows.update(**({"is_active": False} if change == "inactive" else {"is_staff": False}))
    answer = web.get(path)
    assert answer.status_code == 404
    assert b"VCALENDAR" not in answer.content


@pytest.mark.parametrize("token", ["x", "a.b", "%00", "x" * 300])
def test_an_address_that_never_was_is_not_found(desk: Desk, web: Client, token: str) -> None:
    assert web.get(f"/cal/{token}.ics").status_code == 404


def test_a_program_that_reads_all_the_time_is_slowed_down(booked: Walk, web: Client, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "calendar": 2}
    path = address(booked.agent, booked.now)
    assert [web.get(path).status_code for _ in range(3)] == [200, 200, 429]
    slowed = web.get(path)
    assert 1 <= int(slowed.headers["Retry-After"]) <= 60
    assert web.get(address(booked.agent, booked.now)).status_code == 200, "it is counted by address"


def test_reading_asks_the_same_number_of_questions_for_any_number_of_calls(
    booked: Walk, web: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    path = address(booked.agent, booked.now)
    call = booked.current_call()
    PinCall.objects.bulk_create(
        PinCall(
            ticket=booked.ticket, agent=booked.agent, state="finished", start=call.start - timedelta(days=day),
            end=call.end - timedelta(days=day), timezone="Europe/Madrid", uid=f"00000000-0000-4000-8000-{day:012d}",
            created_at=booked.now, updated_at=booked.now,
        )
        for day in range(1, 20)
    )  # fmt: skip
    with django_assert_max_num_queries(9):
        assert len(events(web.get(path))) == 20
