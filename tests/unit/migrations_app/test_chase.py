"""The ladder: which rung comes next."""

from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.rules.ladders import Step, next_rung, parse_ladder, timetable
from tickets.enums import Party

LADDER = parse_ladder(
    [
        {"to": "client", "message": "guide", "wait_business_days": 0},
        {"to": "old_bsp", "message": "letter", "wait_business_days": 1},
        {"message": "reminder", "wait_business_days": 2.5, "channel": "phone"},
        {"escalate": True, "wait_business_days": 2},
    ]
)


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


def due_by_days(step: Step, previous: datetime, first: bool) -> datetime:
    return previous + timedelta(days=step.wait_business_days)


def climbed(way: str, **more: object) -> list[int]:
    """Rungs that are sent to the parties that `way` reaches."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    rungs = timetable(
        LADDER, after=None, start=start, way=lambda s: "email" if s.recipient in way else "", due=due_by_days
    )
    return [rung.step.index for rung in rungs if rung.at is not None]


def test_rungs_come_in_their_order_and_unreachable_ones_are_left_out() -> None:
    assert climbed("client old_bsp") == [0, 1, 2, 3]
    assert climbed("client") == [0, 2, 3]
    assert climbed("") == [3]


def test_an_empty_ladder_has_no_next_rung() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    assert next_rung(timetable([], after=None, start=start, way=lambda _s: "email", due=due_by_days)) is None
