"""Who can take a call when: compared with a slow reading of the rules, over all time zones and around changes of the clocks."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from migrations_app.rules.availability import (
    Agent,
    Client,
    Frame,
    Taken,
    buffer_cells,
    free_moments,
    in_order,
    in_reach,
    speaking,
)
from migrations_app.rules.call_policy import IN_TURN, Policy
from migrations_app.rules.slots import CELL, WorkingInterval, ceil_to_grid
from tickets.rules.calendars import Period, WorkingTime, public_holidays

ZONES = sorted(name for name in available_timezones() if not name.startswith(("Etc/", "System", "posix", "right")))
ODD = (
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
MADRID, SAO_PAULO = "Europe/Madrid", "America/Sao_Paulo"
PLAIN = Policy(buffer_after_minutes=0)
HOUR = timedelta(hours=1)
zones = st.one_of(st.sampled_from(ZONES), st.sampled_from(ODD))
walls = st.tuples(st.integers(0, 23), st.sampled_from([0, 10, 15, 30, 45, 55])).map(lambda hm: time(*hm))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def works(agent: int, weekday: int, start: int | time, end: int | time, zone: str = SAO_PAULO) -> WorkingInterval:
    opens, closes = (value if isinstance(value, time) else time(value) for value in (start, end))
    return WorkingInterval(agent, weekday, opens, closes, zone)


# A slow reading of the rules


@lru_cache(maxsize=4096)
def reached(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which the clock on the wall shows this time or a later one: found by looking at the clock."""
    guess = wall.replace(tzinfo=UTC)
    offsets = [(guess + timedelta(days=days)).astimezone(zone).utcoffset() or timedelta() for days in (-1, 0, 1)]
    moment = guess - max(offsets) - HOUR
    while moment.astimezone(zone).replace(tzinfo=None) < wall:
        moment += timedelta(minutes=5)
    return moment


def stretches(row: WorkingInterval, days: range, first: date) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(row.timezone)
    for place in days:
        day = first + timedelta(days=place)
        if day.weekday() == row.weekday:
            last = day if row.end > row.start else day + timedelta(days=1)
            yield reached(datetime.combine(day, row.start), zone), reached(datetime.combine(last, row.end), zone)


def at_work(agent: Agent, start: datetime, end: datetime) -> bool:
    """Every quarter of an hour of a call lies in one of the agent's stretches or in two that touch."""
    days = range(-3, 4)
    found = sorted(pair for row in agent.hours for pair in stretches(row, days, start.date()))
    reach = start
    for opens, closes in found:
        if opens <= reach:
            reach = max(reach, closes)
    return reach >= end


def can(agent: Agent, start: datetime, frame: Frame, taken: Taken) -> bool:
    end = start + timedelta(minutes=frame.minutes)
    if not at_work(agent, start, end) or any(away < end and back > start for away, back in agent.absences):
        return False
    low = start - CELL * buffer_cells(frame.policy.buffer_before_minutes)
    high = start + CELL * buffer_cells(frame.minutes + frame.policy.buffer_after_minutes)
    if any(first < high and last > low for first, last in taken.stretches.get(agent.id, ())):
        return False
    most = agent.daily_capacity or frame.policy.daily_capacity
    today = [call for call in taken.calls.get(agent.id, ()) if _day(call, agent.zone) == _day(start, agent.zone)]
    if most is not None and len(today) >= most:
        return False
    days = {_day(moment, frame.client.zone) for moment in (start, end - timedelta(seconds=1))}
    return not frame.client.country or not any(
        day in public_holidays(frame.client.country, "", day.year) for day in days
    )


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


@lru_cache(maxsize=1024)
def changes(name: str) -> tuple[datetime, ...]:
    """The days on which a zone's clocks change in 2026 and 2027."""
    zone = ZoneInfo(name)
    days = [utc(2026, 1, 1) + timedelta(days=place) for place in range(730)]
    return tuple(
        day
        for day in days
        if day.astimezone(zone).utcoffset() != (day + timedelta(days=1)).astimezone(zone).utcoffset()
    )


@st.composite
def beginnings(draw: st.DrawFn, zone: str) -> datetime:
    """Some moment of two years, every other one near a change of the zone's clocks where it has one."""
    near = changes(zone)
    near_one: bool = draw(st.booleans())
    if near and near_one:
        day: datetime = draw(st.sampled_from(near))
        return day + timedelta(minutes=draw(st.integers(-12 * 60, 12 * 60)))
    return utc(2026, 1, 1) + timedelta(minutes=draw(st.integers(0, 730 * 1440)))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Frame, list[Agent], Taken]:
    zone = draw(zones)
    since = draw(beginnings(zone))
    until = since + timedelta(hours=draw(st.integers(1, 30)))
    policy = Policy(
        buffer_before_minutes=draw(st.sampled_from([0, 10, 15])),
        buffer_after_minutes=draw(st.sampled_from([0, 15, 20])),
        daily_capacity=draw(st.sampled_from([None, 1, 2])),
    )
    client = Client(ZoneInfo(draw(zones)), draw(st.sampled_from(["", "BR", "ES"])))
    frame = Frame(since, until, draw(st.sampled_from([30, 45, 120])), client, policy)
    days = st.sampled_from(sorted({(since + timedelta(days=place)).weekday() for place in (-1, 0, 1)}))
    agents, busy, calls = [], {}, {}
    for number in range(1, draw(st.integers(1, 3)) + 1):
        rows = draw(st.lists(st.tuples(days, walls, walls, st.sampled_from([zone, MADRID])), min_size=1, max_size=3))
        away = draw(st.lists(st.tuples(st.integers(-600, 1200), st.integers(1, 400)), max_size=1))
        absences = tuple((since + timedelta(minutes=a), since + timedelta(minutes=a + b)) for a, b in away)
        hours = tuple(WorkingInterval(number, *row) for row in rows)
        agents.append(Agent(number, hours, absences, daily_capacity=draw(st.sampled_from([None, None, 1]))))
        places = draw(st.lists(st.integers(-8, 100), max_size=2))
        starts = [ceil_to_grid(since) + CELL * place for place in places]
        busy[number] = [(start, start + CELL * 3) for start in starts]
        calls[number] = starts
    return frame, agents, Taken(busy, calls)


@given(situations())
def test_what_is_offered_is_what_a_slow_reading_of_the_rules_offers(found: tuple[Frame, list[Agent], Taken]) -> None:
    frame, agents, taken = found
    offered = free_moments(frame, agents, taken)
    expected, moment = {}, ceil_to_grid(frame.since)
    while moment < frame.until:
        who = tuple(agent.id for agent in agents if can(agent, moment, frame, taken))
        if who:
            expected[moment] = who
        moment += CELL
    assert list(offered.items()) == list(expected.items())
    assert free_moments(frame, agents[::-1], taken) == offered


@given(situations())
def test_taking_an_offered_moment_takes_it_from_nobody_else_and_makes_no_new_offer(
    found: tuple[Frame, list[Agent], Taken],
) -> None:
    frame, agents, taken = found
    before = free_moments(frame, agents, taken)
    assume(before)
    start, (agent, *_others) = next(iter(before.items()))
    first = start - CELL * buffer_cells(frame.policy.buffer_before_minutes)
    last = start + CELL * buffer_cells(frame.minutes + frame.policy.buffer_after_minutes)
    more = {**taken.stretches, agent: [*taken.stretches.get(agent, ()), (first, last)]}
    after = free_moments(frame, agents, Taken(more, taken.calls))
    pairs, left = ({(at, who) for at, ids in each.items() for who in ids} for each in (before, after))
    assert left < pairs
    assert {(at, who) for at, who in pairs - left if who != agent} == set()
    assert not any(who == agent and first < at + timedelta(minutes=frame.minutes) and at < last for at, who in left)


@given(zones, st.data())
def test_within_its_hours_an_agent_is_offered_by_its_own_wall_clock(name: str, data: st.DataObject) -> None:
    """Nine to six is nine to six whatever the clocks do at night; the length of a call is time that passes."""
    zone = ZoneInfo(name)
    since = data.draw(beginnings(name))
    agent = Agent(1, tuple(works(1, day, 9, 18, name) for day in range(7)))
    frame = Frame(since, since + timedelta(days=2), 45, Client(ZoneInfo("UTC")), PLAIN)
    offered = list(free_moments(frame, [agent], Taken()))
    assert offered
    for start in offered:
        local, end = start.astimezone(zone), (start + timedelta(minutes=45)).astimezone(zone)
        assert time(9) <= local.time() < end.time() <= time(18)
        assert local.date() == end.date()


# When the clocks change


def moments_of(row: WorkingInterval, day: datetime, minutes: int = 30, **policy: Any) -> list[datetime]:
    frame = Frame(
        day, day + timedelta(days=1), minutes, Client(ZoneInfo("UTC")), Policy(buffer_after_minutes=0, **policy)
    )
    return list(free_moments(frame, [Agent(1, (row,))], Taken()))


SPRING, AUTUMN = utc(2026, 3, 28, 23), utc(2026, 10, 24, 22)
"""Midnight in Madrid before the night in which 2:00 becomes 3:00, and before the one in which 3:00 becomes 2:00."""


def test_hours_that_begin_in_the_missing_hour_begin_at_the_jump() -> None:
    found = moments_of(works(1, 6, time(2, 30), 4, MADRID), SPRING)
    assert (found[0], found[-1]) == (utc(2026, 3, 29, 1), utc(2026, 3, 29, 1, 30))


def test_hours_that_end_in_the_missing_hour_end_at_the_jump() -> None:
    found = moments_of(works(1, 6, 1, time(2, 30), MADRID), SPRING)
    assert (found[0], found[-1]) == (utc(2026, 3, 29, 0), utc(2026, 3, 29, 0, 30))


def test_hours_that_begin_in_the_repeated_hour_begin_with_the_first_and_go_on() -> None:
    found = moments_of(works(1, 6, time(2, 30), 4, MADRID), AUTUMN)
    assert (found[0], found[-1], len(found)) == (utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 2, 30), 9)


def test_hours_that_end_in_the_repeated_hour_end_with_the_first() -> None:
    assert moments_of(works(1, 6, 1, time(2, 30), MADRID), AUTUMN)[-1] == utc(2026, 10, 25, 0)


def test_a_night_around_the_change_is_an_hour_longer_or_shorter() -> None:
    lengths = [len(moments_of(works(1, 6, 0, 6, MADRID), night)) for night in (SPRING, AUTUMN)]
    assert lengths == [19, 27]


def test_half_an_hour_of_summer_time_is_half_an_hour() -> None:
    sunday = utc(2026, 4, 4, 13)  # midnight in Lord Howe, whose clocks go back from 2:00 to 1:30
    found = moments_of(works(1, 6, 1, 3, "Australia/Lord_Howe"), sunday)
    assert (found[0], found[-1], len(found)) == (utc(2026, 4, 4, 14), utc(2026, 4, 4, 16), 9)


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Asia/Kolkata", utc(2026, 3, 2, 3, 30)),
        ("Asia/Kathmandu", utc(2026, 3, 2, 3, 15)),
        ("Pacific/Chatham", utc(2026, 3, 1, 19, 15)),
        ("Pacific/Kiritimati", utc(2026, 3, 1, 19)),
        ("Pacific/Pago_Pago", utc(2026, 3, 2, 20)),
    ],
)
def test_nine_on_a_monday_on_both_sides_of_the_date_line(zone: str, first: datetime) -> None:
    frame = Frame(utc(2026, 3, 1), utc(2026, 3, 4), 30, Client(ZoneInfo(SAO_PAULO)), PLAIN)
    assert next(iter(free_moments(frame, [Agent(1, (works(1, 0, 9, 18, zone),))], Taken()))) == first


# Single rules

MONDAY = utc(2026, 3, 2, 3)
WEEK = tuple(works(1, day, 9, 18) for day in range(7))


def offered(
    agent: Agent, *, day: datetime = MONDAY, client: Client | None = None, taken: Taken | None = None, **rules: Any
) -> list[datetime]:
    policy, calendar = rules.pop("policy", PLAIN), rules.pop("calendar", None)
    frame = Frame(day, day + timedelta(days=1), 30, client or Client(ZoneInfo(SAO_PAULO)), policy, calendar)
    return list(free_moments(frame, [agent], taken or Taken()))


def test_a_free_day_offers_every_quarter_until_half_an_hour_before_its_end() -> None:
    found = offered(Agent(1, WEEK))
    assert (len(found), found[0], found[-1]) == (35, utc(2026, 3, 2, 12), utc(2026, 3, 2, 20, 30))


def test_hours_that_touch_are_one_stretch_and_a_break_is_a_break() -> None:
    touching = Agent(1, (works(1, 0, 9, 13), works(1, 0, 13, 18)))
    broken = Agent(1, (works(1, 0, 9, 13), works(1, 0, 14, 18)))
    assert utc(2026, 3, 2, 15, 45) in offered(touching)
    assert not {utc(2026, 3, 2, 15, 45), utc(2026, 3, 2, 16, 45)} & set(offered(broken))


def test_an_absence_takes_every_call_that_it_touches() -> None:
    away = (utc(2026, 3, 2, 14, 10), utc(2026, 3, 2, 15))
    found = offered(Agent(1, WEEK, (away,)))
    assert utc(2026, 3, 2, 13, 30) in found
    assert utc(2026, 3, 2, 15) in found
    assert not [moment for moment in found if utc(2026, 3, 2, 13, 30) < moment < utc(2026, 3, 2, 15)]


def test_public_holidays_of_the_agents_place_are_free() -> None:
    christmas, revolution = utc(2026, 12, 25, 3), utc(2026, 7, 9, 3)
    assert not offered(Agent(1, WEEK, country="BR"), day=christmas)
    assert offered(Agent(1, WEEK), day=christmas)
    assert offered(Agent(1, WEEK, country="BR"), day=revolution)
    assert not offered(Agent(1, WEEK, country="br", subdivision="SP"), day=revolution)
    assert offered(Agent(1, WEEK, country="XX", subdivision="YY"), day=christmas)


def test_public_holidays_of_the_clients_country_are_by_the_clients_day() -> None:
    epiphany = utc(2026, 1, 6)
    client = Client(ZoneInfo(MADRID), "ES")
    night = Agent(1, tuple(works(1, day, 0, 0, "UTC") for day in range(7)))
    found = offered(night, day=utc(2026, 1, 5, 12), client=client)
    assert found[-1] == epiphany - HOUR - timedelta(minutes=30)
    assert offered(night, day=utc(2026, 1, 6, 12), client=client)[0] == epiphany + 23 * HOUR


def test_a_full_day_is_the_agents_own_day() -> None:
    calls = [utc(2026, 3, 2, 13), utc(2026, 3, 2, 15)]
    taken = Taken({1: [(start, start + CELL) for start in calls]}, {1: calls})
    assert not offered(Agent(1, WEEK), taken=taken, policy=Policy(daily_capacity=2))
    assert offered(Agent(1, WEEK), taken=taken, policy=Policy(daily_capacity=3))
    assert offered(Agent(1, WEEK, daily_capacity=3), taken=taken, policy=Policy(daily_capacity=2))
    assert not offered(Agent(1, WEEK, daily_capacity=1), taken=taken)
    assert offered(Agent(1, WEEK), day=MONDAY + timedelta(days=1), taken=taken, policy=Policy(daily_capacity=2))


def test_buffers_before_and_after_keep_calls_apart() -> None:
    taken = Taken({1: [(utc(2026, 3, 2, 15), utc(2026, 3, 2, 16))]}, {})
    found = offered(Agent(1, WEEK), taken=taken, policy=Policy(buffer_before_minutes=30, buffer_after_minutes=10))
    near = [moment for moment in found if utc(2026, 3, 2, 14) <= moment <= utc(2026, 3, 2, 17)]
    assert near == [
        utc(2026, 3, 2, 14),
        utc(2026, 3, 2, 14, 15),
        utc(2026, 3, 2, 16, 30),
        utc(2026, 3, 2, 16, 45),
        utc(2026, 3, 2, 17),
    ]


def test_the_desks_calendar_narrows_hours_and_holidays() -> None:
    lunch = WorkingTime(
        SAO_PAULO, {0: (Period(time(10), time(12)), Period(time(14), time(15)))}, {date(2026, 3, 9): ()}
    )
    found = offered(Agent(1, WEEK), calendar=lunch)
    assert [found[0], found[-1], len(found)] == [utc(2026, 3, 2, 13), utc(2026, 3, 2, 17, 30), 10]
    assert not offered(Agent(1, WEEK), calendar=lunch, day=utc(2026, 3, 9, 3))


@pytest.mark.parametrize(
    ("language", "expected"),
    [("es", [1, 3]), ("pt-br", [2, 3]), ("pt", [2, 3]), ("ca", [1, 3]), ("ru", [1, 2, 3]), ("", [1, 2, 3])],
)
def test_agents_who_do_not_speak_the_clients_language_are_left_out_where_somebody_does(
    language: str, expected: list[int]
) -> None:
    spoken = {1: frozenset({"es", "ca"}), 2: frozenset({"pt-br"}), 3: frozenset[str]()}
    assert [agent.id for agent in speaking([Agent(n, (), (), spoken[n]) for n in spoken], language)] == expected


def test_notice_and_horizon_narrow_what_is_looked_at() -> None:
    now = utc(2026, 3, 2, 12)
    policy = Policy(min_notice_minutes=90, horizon_days=2)
    assert in_reach(policy, now, now + timedelta(days=9), now=now) == (now + 1.5 * HOUR, now + timedelta(days=2))
    assert in_reach(policy, now + 5 * HOUR, now + 6 * HOUR, now=now) == (now + 5 * HOUR, now + 6 * HOUR)
    assert in_reach(policy, now, now + HOUR, now=now) is None


def test_an_agent_without_hours_is_never_free() -> None:
    assert offered(Agent(1, ())) == []


# Who takes a call


def test_least_loaded_is_who_has_fewest_calls_then_who_has_waited_longest() -> None:
    order = in_order([1, 2, 3, 4], Policy(), loads={1: 2, 2: 1, 3: 1}, last_given={1: 5, 2: 9, 3: 8, 4: 10})
    assert order == [4, 3, 2, 1]


def test_in_turn_is_who_was_given_none_for_the_longest() -> None:
    policy = Policy(assignment=IN_TURN)
    assert in_order([1, 2, 3], policy, loads={2: 9}, last_given={1: 5, 3: 4}) == [2, 3, 1]


def test_some_go_before_all_others() -> None:
    assert in_order([1, 2, 3], Policy(), first=(3, None, 2), loads={}, last_given={}) == [3, 2, 1]
