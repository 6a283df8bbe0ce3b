"""Availability in the database: what a lead enters decides what is offered, and what is offered is what can be taken."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from config.core.actor import SYSTEM
from config.core.errors import Conflict
from config.core.uow import IllegalTransition
from migrations_app.models import AgentAbsence, AgentHours, AgentProfile, CallCell, CallPolicy, PinCall
from migrations_app.selectors.slots import SlotFrame, offered_slots
from migrations_app.services import calls, slot_taking
from tests.factories.desk import Desk, make_agent
from tests.factories.walks import Path, Walk, Walker
from tickets.models import Calendar, Queue
from tickets.services.level_setup import NewCalendar, ensure_calendar, ensure_policy

TEN = datetime(2026, 3, 3, 13, tzinfo=UTC)  # Tuesday, ten o'clock in Sao Paulo
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)


def ready(walk: Walker, place: int = 0) -> Walk:
    return walk(Path.READY, f"+55119876543{place:02d}")


def starts(walked: Walk, since: datetime = TEN - HOUR, hours: float = 12, **frame: Any) -> list[datetime]:
    ticket = walked.ticket
    asked = SlotFrame(since, since + timedelta(hours=hours), 30, ticket.timezone, ticket.queue_id, **frame)
    return [slot.start for slot in offered_slots(asked, walked.case, now=walked.now)]


def rule(queue: Queue, now: datetime, **columns: Any) -> None:
    CallPolicy.objects.update_or_create(queue=queue, defaults={"created_at": now, "updated_at": now, **columns})


def tell(agent: User, now: datetime, **columns: Any) -> None:
    AgentProfile.objects.update_or_create(agent=agent, defaults={"created_at": now, "updated_at": now, **columns})


def absent(agent: User, start: datetime, end: datetime) -> None:
    AgentAbsence.objects.create(agent=agent, start=start, end=end, created_at=start, updated_at=start)


def test_an_absent_agent_is_not_offered(walk: Walker, agent_user: User) -> None:
    walked = ready(walk)
    absent(agent_user, TEN, TEN + HOUR)
    absent(agent_user, TEN + 30 * DAY, TEN + 31 * DAY)
    assert TEN - timedelta(minutes=30) in starts(walked)
    assert not [start for start in starts(walked) if TEN - timedelta(minutes=30) < start < TEN + HOUR]
    with pytest.raises(slot_taking.SlotNotAvailable):
        walked.book(TEN)
    assert walked.book(TEN + HOUR).start == TEN + HOUR


def test_public_holidays_of_the_agents_place_and_of_the_clients_country_offer_nothing(
    walk: Walker, agent_user: User, desk: Desk
) -> None:
    walked = ready(walk)
    walked.now = datetime(2026, 4, 20, 15, tzinfo=UTC)
    tiradentes, saint_george = datetime(2026, 4, 21, 12, tzinfo=UTC), datetime(2026, 4, 23, 12, tzinfo=UTC)
    assert not starts(walked, tiradentes)  # the client is in Brazil
    walked.ticket.country = "AR"
    walked.ticket.save(update_fields=["country"])
    assert starts(walked, tiradentes)
    tell(agent_user, walked.now, country="BR", subdivision="RJ")
    assert not starts(walked, tiradentes)
    assert not starts(walked, saint_george)
    tell(agent_user, walked.now, country="BR", subdivision="SP")
    assert starts(walked, saint_george)


def test_an_agent_who_does_not_speak_the_clients_language_is_not_asked_while_somebody_does(
    walk: Walker, desk: Desk, agent_user: User, now: datetime
) -> None:
    walked = ready(walk)
    assert walked.ticket.language == "pt-br"
    tell(agent_user, now, languages=["es"])
    assert TEN in starts(walked)  # nobody is known to speak it
    tell(make_agent("caio", desk.latam), now, languages=["pt-br", "en"])
    assert walked.book(TEN).agent.username == "caio"
    with pytest.raises(slot_taking.SlotTaken):
        ready(walk, 1).book(TEN)


def test_buffers_are_the_queues(walk: Walker, desk: Desk, now: datetime) -> None:
    rule(desk.latam, now, buffer_before_minutes=30, buffer_after_minutes=0)
    call = ready(walk).book(TEN)
    held = list(CallCell.objects.filter(pin_call=call).order_by("start").values_list("start", flat=True))
    assert held == [TEN + QUARTER * place for place in (-2, -1, 0, 1)]
    near = [start for start in starts(ready(walk, 1)) if abs(start - TEN) < 2 * HOUR]
    assert max(start for start in near if start < TEN) == TEN - HOUR
    assert min(start for start in near if start > TEN) == TEN + HOUR


def test_notice_and_horizon_are_the_queues(walk: Walker, desk: Desk, now: datetime) -> None:
    walked = ready(walk)
    rule(desk.latam, now, min_notice_minutes=26 * 60, horizon_days=2)
    found = starts(walked, walked.now, hours=24 * 9)
    assert walked.now + timedelta(hours=26) <= found[0] <= found[-1] <= walked.now + timedelta(days=2)


def test_a_queue_may_keep_to_the_calendar_of_its_service_level(walk: Walker, desk: Desk, now: datetime) -> None:
    walked = ready(walk)
    office = NewCalendar("Short", "America/Sao_Paulo", "BR", "SP", hours=((time(10), time(12)),))
    hours = ensure_calendar(office, by=SYSTEM, now=now)
    ensure_policy("Short", position=1, calendar=hours, queues=[desk.latam], by=SYSTEM, now=now)
    assert len(starts(walked)) > 20
    rule(desk.latam, now, within_calendar=True)
    assert [starts(walked)[0], starts(walked)[-1]] == [TEN, TEN + timedelta(minutes=90)]
    assert Calendar.objects.filter(name="Short").exists()


def test_an_agent_takes_so_many_calls_on_one_of_its_days(
    walk: Walker, desk: Desk, agent_user: User, now: datetime, settings: Settings
) -> None:
    settings.CALL_DAILY_CAPACITY = 1
    first = ready(walk)
    call = first.book(TEN)
    second = ready(walk, 1)
    assert not starts(second)
    with pytest.raises(slot_taking.SlotTaken):
        second.book(TEN + 3 * HOUR)
    assert starts(second, TEN + DAY)
    # The call that is moved does not stand in its own way, nor on its own day.
    assert TEN + 3 * HOUR in starts(first, moving=call.uid)
    assert TEN in starts(first, moving=call.uid)
    uid = str(call.uid)
    calls.reschedule(ticket_id=first.ticket.pk, call_id=uid, start=TEN + 3 * HOUR, by=first.by, now=first.now)
    rule(desk.latam, now, daily_capacity=2)
    assert second.book(TEN).state == "booked"
    tell(agent_user, now, daily_capacity=3)
    assert starts(ready(walk, 2))


def test_a_tickets_own_hold_does_not_stand_in_its_way(walk: Walker) -> None:
    walked, other = ready(walk), ready(walk, 1)
    before = starts(walked)
    walked.hold(TEN)
    assert starts(walked) == before
    assert TEN not in starts(other)
    assert walked.hold(TEN + QUARTER).start == TEN + QUARTER


def test_a_call_that_is_moved_keeps_its_agent_where_it_can(walk: Walker, desk: Desk, agent_user: User) -> None:
    walked = ready(walk)
    call = walked.book(TEN)
    caio = make_agent("caio", desk.latam)
    walked.ticket.assignee = caio
    walked.ticket.save(update_fields=["assignee"])
    uid = str(call.uid)
    later = {"ticket_id": walked.ticket.pk, "call_id": uid, "by": walked.by, "now": walked.now}
    assert calls.reschedule(start=TEN + HOUR, **later).agent == agent_user  # type: ignore[arg-type]
    absent(agent_user, TEN + 2 * HOUR, TEN + 4 * HOUR)
    assert calls.reschedule(start=TEN + 2 * HOUR, **later).agent == caio  # type: ignore[arg-type]


def test_calls_go_round(walk: Walker, desk: Desk, now: datetime) -> None:
    rule(desk.latam, now, assignment="round_robin", keep_assignee=False)
    for name in ("caio", "dora"):
        make_agent(name, desk.latam)
    names = [ready(walk, place).book(TEN + place * HOUR).agent.username for place in range(5)]
    assert names == ["bea", "caio", "dora", "bea", "caio"]


def test_the_tickets_own_agent_is_passed_over_where_the_queue_says_so(walk: Walker, desk: Desk, now: datetime) -> None:
    caio = make_agent("caio", desk.latam)
    walked = ready(walk)
    walked.ticket.assignee = caio
    walked.ticket.save(update_fields=["assignee"])
    with walked.undone():
        assert walked.book(TEN).agent == caio
    rule(desk.latam, now, keep_assignee=False)
    assert walked.book(TEN).agent.username == "bea"


def test_a_hold_that_another_process_took_for_over_cannot_be_booked_any_more(walk: Walker) -> None:
    """Two processes whose clocks differ by seconds: one books the hold that the other has given away."""
    mine, other = ready(walk), ready(walk, 1)
    held = mine.hold(TEN)
    other.now = other.now + timedelta(minutes=5, seconds=1)
    other.book(TEN + QUARTER)
    mine.later(minutes=4, seconds=59)
    with pytest.raises((calls.HoldExpired, slot_taking.SlotTaken)):
        calls.book_hold(ticket_id=mine.ticket.pk, hold_id=str(held.uid), by=mine.by, now=mine.now)
    assert PinCall.objects.get(pk=held.pk).state == "held"


def test_what_is_offered_can_be_held_and_what_is_not_cannot(walk: Walker, agent_user: User, now: datetime) -> None:
    first, walked = ready(walk), ready(walk, 1)
    first.book(TEN + HOUR)
    absent(agent_user, TEN + 3 * HOUR, TEN + 4 * HOUR)
    offered = set(starts(walked, TEN, hours=6))
    for place in range(24):
        start = TEN + QUARTER * place
        with walked.undone():
            if start in offered:
                assert walked.hold(start).start == start
            else:
                with pytest.raises((slot_taking.SlotTaken, slot_taking.SlotNotAvailable)):
                    walked.hold(start)


# Whatever is done in whatever order

steps = st.tuples(
    st.sampled_from(["hold", "book", "book_hold", "move", "cancel", "wait", "sweep"]),
    st.integers(0, 2),
    st.integers(0, 7),
)


@pytest.fixture
def three(walk: Walker, desk: Desk) -> list[Walk]:
    """Three tickets, one of them of three numbers, and one agent whose afternoon is short."""
    AgentHours.objects.update(start=time(10), end=time(12))
    return [ready(walk), ready(walk, 1), walk(Path.READY, *(f"+55119876540{place:02d}" for place in range(3)))]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(found=st.lists(steps, max_size=12))
def test_no_sequence_of_steps_leaves_two_calls_at_once(three: list[Walk], found: list[tuple[str, int, int]]) -> None:
    with three[0].undone():
        now = three[0].now
        for name, who, place in found:
            if name == "wait":
                now += timedelta(minutes=place)
                continue
            with suppress(Conflict, IllegalTransition):
                _step(name, three[who], TEN + QUARTER * place, now)
            _cells_are_calls(now)


def _step(name: str, walked: Walk, start: datetime, now: datetime) -> None:
    ticket = walked.ticket.pk
    wish = slot_taking.Wish(start)
    here: dict[str, Any] = {"ticket_id": ticket, "by": walked.by, "now": now}
    held = PinCall.objects.filter(ticket_id=ticket, state="held").first()
    booked = PinCall.objects.filter(ticket_id=ticket, state="booked").first()
    if name == "hold":
        calls.hold(wish=wish, **here)
    elif name == "book":
        calls.book(wish=wish, **here)
    elif name == "book_hold" and held:
        calls.book_hold(hold_id=str(held.uid), **here)
    elif name == "move" and booked:
        calls.reschedule(call_id=str(booked.uid), start=start, **here)
    elif name == "cancel" and booked:
        calls.cancel_call(call_id=str(booked.uid), **here)
    elif name == "sweep" and held:
        calls.expire_hold(hold_pk=held.pk, **here)


def _cells_are_calls(now: datetime) -> None:
    """Every call and living hold has its quarters and its buffer's, nothing else has any but holds that are over."""
    living: list[tuple[datetime, datetime]] = []
    for call in PinCall.objects.all():
        cells = list(CallCell.objects.filter(pin_call=call).order_by("start").values_list("start", flat=True))
        over = call.expires_at is not None and call.expires_at <= now
        if call.state == "booked" or (call.state == "held" and not over):
            count = (call.end + QUARTER - call.start) // QUARTER
            assert cells == [call.start + QUARTER * place for place in range(count)], call.state
            living.append((call.start, call.end + QUARTER))
        elif call.state != "held":
            assert not cells, call.state
    living.sort()
    assert all(end <= start for (_start, end), (start, _end) in pairwise(living))


def test_the_agents_day_ends_where_the_agent_is(walk: Walker, agent_user: User, now: datetime) -> None:
    """Late on Tuesday in Sao Paulo is Wednesday in UTC: it counts for Tuesday."""
    AgentHours.objects.update(start=time(9), end=time(23))
    tell(agent_user, now, daily_capacity=1)
    ready(walk).book(datetime(2026, 3, 4, 1, tzinfo=UTC))
    assert {start.astimezone(UTC).date() for start in starts(ready(walk, 1), TEN, hours=30)} == {date(2026, 3, 4)}
    assert min(starts(ready(walk, 2), TEN, hours=30)) == datetime(2026, 3, 4, 12, tzinfo=UTC)
