"""The ladder: which rung comes next, and when in the recipient's business days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.hours import CLOSES, OPENS, add_business_days, due_at
from migrations_app.rules.ladders import Step, next_step, parse_ladder
from tickets.enums import Party

LADDER = parse_ladder(
    [
        {"to": "client", "message": "guide", "wait_business_days": 0},
        {"to": "old_bsp", "message": "letter", "wait_business_days": 1},
        {"message": "reminder", "wait_business_days": 2.5, "channel": "phone"},
        {"escalate": True, "wait_business_days": 2},
    ]
)
moments = st.integers(0, 3 * 365 * 86400).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
zones = st.sampled_from(["America/Sao_Paulo", "Europe/Madrid", "Asia/Kathmandu", "America/New_York", "UTC"])


def test_a_ladder_is_read_with_its_defaults() -> None:
    assert [(s.index, s.recipient, s.channel, s.message, s.wait_business_days, s.escalates) for s in LADDER] == [
        (0, Party.CLIENT, "email", "guide", 0, False),
        (1, Party.OLD_BSP, "email", "letter", 1, False),
        (2, Party.CLIENT, "phone", "reminder", 2.5, False),
        (3, Party.CLIENT, "email", "", 2, True),
    ]


NO_RUNGS: list[dict[str, str]] = [
    {},
    {"to": "client"},
    {"message": "x", "to": "nobody at all"},
    {"message": "x", "wait_business_days": "soon"},
]


@pytest.mark.parametrize("rung", NO_RUNGS, ids=str)
def test_a_rung_that_could_not_be_climbed_is_refused(rung: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_ladder([rung])


def test_rungs_come_in_their_order_and_unreachable_ones_are_left_out() -> None:
    both, client = [Party.CLIENT, Party.OLD_BSP], [Party.CLIENT]

    def order(reachable: list[Party]) -> list[int]:
        found: list[int] = []
        step = next_step(LADDER, after=None, reachable=reachable)
        while step is not None:
            found.append(step.index)
            step = next_step(LADDER, after=step.index, reachable=reachable)
        return found

    assert order(both) == [0, 1, 2, 3]
    assert order(client) == [0, 2, 3]
    assert order([]) == [3]


def test_an_empty_ladder_has_no_next_rung() -> None:
    assert next_step([], after=None, reachable=[Party.CLIENT]) is None


@given(moments, zones)
def test_the_first_rung_goes_at_once_at_any_hour(moment: datetime, zone: str) -> None:
    step = Step(0, 0, Party.CLIENT, "email", "guide")
    assert due_at(step, previous=moment, timezone=zone, first=True) == moment


@given(moments, zones, st.integers(1, 5))
def test_a_first_rung_that_is_to_wait_does_so(moment: datetime, zone: str, wait: int) -> None:
    step = Step(0, wait, Party.CLIENT, "email", "closing_reminder")
    later = add_business_days(moment, wait, timezone=zone)
    assert due_at(step, previous=moment, timezone=zone, first=True) == later


@given(moments, zones, st.one_of(st.integers(0, 20), st.floats(0, 5)))
def test_later_rungs_fall_into_business_hours_and_never_back(moment: datetime, zone: str, wait: float) -> None:
    due = due_at(Step(1, wait, Party.CLIENT, "email", "x"), previous=moment, timezone=zone, first=False)
    local = due.astimezone(ZoneInfo(zone))
    assert due >= moment
    assert local.weekday() < 5
    assert OPENS <= local.time() <= CLOSES


@given(moments, zones, st.integers(0, 15))
def test_between_two_rungs_there_are_as_many_working_days_as_asked(moment: datetime, zone: str, days: int) -> None:
    first = add_business_days(moment, 0, timezone=zone).astimezone(ZoneInfo(zone)).date()
    last = add_business_days(moment, days, timezone=zone).astimezone(ZoneInfo(zone)).date()
    passed = sum((first + timedelta(days=n)).weekday() < 5 for n in range(1, (last - first).days + 1))
    assert passed == days


@given(moments, zones, st.integers(0, 10), st.integers(0, 10))
def test_waiting_longer_never_comes_sooner(moment: datetime, zone: str, one: int, two: int) -> None:
    low, high = sorted((one, two))
    assert add_business_days(moment, low, timezone=zone) <= add_business_days(moment, high, timezone=zone)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-03-06T17:30", 1, "2026-03-09T09:00"),  # over a weekend, to its first hour
        ("2026-03-04T17:30", 1, "2026-03-05T17:30"),
        ("2026-03-04T18:01", 0, "2026-03-05T09:00"),
        ("2026-03-04T03:00", 0, "2026-03-04T09:00"),
        ("2026-03-07T11:00", 0, "2026-03-09T09:00"),
        ("2026-03-04T11:00", 0.25, "2026-03-04T17:00"),
        ("2026-03-27T11:00", 2, "2026-03-31T09:00"),  # the clocks go forward in between
        ("2026-10-23T11:00", 1, "2026-10-26T09:00"),  # and back
    ],
)
def test_business_days_by_the_clock_of_madrid(start: str, days: float, due: str) -> None:
    zone = ZoneInfo("Europe/Madrid")
    moment = datetime.fromisoformat(start).replace(tzinfo=zone)
    assert add_business_days(moment, days, timezone="Europe/Madrid") == datetime.fromisoformat(due).replace(tzinfo=zone)
