"""Attempts: three codes and eight hours' rest, ten registrations in a window that moves."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.attempts import REGISTRATION_WINDOW, REGISTRATIONS, Budget, codes, registrations

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
REST = timedelta(hours=8)
hours = st.lists(st.floats(-200, 0), max_size=30).map(lambda ago: [NOON + timedelta(hours=hour) for hour in ago])


def at(*ago: float) -> list[datetime]:
    return [NOON - timedelta(hours=hour) for hour in ago]


def codes_at(*ago: float) -> Budget:
    return codes(at(*ago), most=3, rest=REST, now=NOON)


@pytest.mark.parametrize(
    ("ago", "used", "left", "free_in"),
    [
        ((), 0, 3, None),
        ((0.1,), 1, 2, None),
        ((2, 1, 0.5), 3, 0, 7.5),
        # The rest counts from the last one, not from the click that was one too many, nor from the first.
        ((7.9, 7.5, 0.5), 3, 0, 7.5),
        # The first has left the window by now, and yet the rest of eight hours is not over.
        ((9, 7, 6), 3, 0, 2),
        ((9, 8.5, 8), 0, 3, None),
        ((14, 7, 0.1), 2, 1, None),
        ((1, 0.9, 0.8, 0.7), 4, 0, 7.3),
    ],
)
def test_three_codes_then_eight_hours_without_any(
    ago: tuple[float, ...], used: int, left: int, free_in: float | None
) -> None:
    budget = codes_at(*ago)
    assert (budget.used, budget.left) == (used, left)
    assert budget.free_at == (None if free_in is None else NOON + timedelta(hours=free_in))


def test_the_second_code_of_three_is_worth_a_thought() -> None:
    assert [codes_at(*ago).warns for ago in ((), (1,), (1, 0.5))] == [False, False, True]


def test_registrations_are_free_when_the_oldest_of_the_last_ten_leaves_the_window() -> None:
    made = at(71, *[5.0] * 8, 1)
    budget = registrations(made, now=NOON)
    assert (budget.used, budget.left, budget.warns) == (10, 0, True)
    assert budget.free_at == NOON + timedelta(hours=1)
    assert registrations(made, now=NOON + timedelta(hours=1)).free_at is None
    assert registrations(at(*[5.0] * 12), now=NOON).free_at == NOON + timedelta(hours=67)


def test_seven_registrations_warn_and_six_do_not() -> None:
    assert [registrations(at(*[1.0] * many), now=NOON).warns for many in (6, 7)] == [False, True]
    assert registrations([], now=NOON).eases_at is None
    assert registrations(at(3, 1), now=NOON).eases_at == NOON + timedelta(hours=69)


@given(hours)
def test_at_the_moment_named_the_next_is_possible_and_just_before_it_is_not(made: list[datetime]) -> None:
    instant = timedelta(microseconds=1)
    budget = registrations(made, now=NOON)
    if budget.free_at is not None:
        assert NOON < budget.free_at <= NOON + REGISTRATION_WINDOW
        assert registrations(made, now=budget.free_at).left > 0
        assert registrations(made, now=budget.free_at - instant).left == 0
    else:
        assert budget.used < REGISTRATIONS
    rest = codes(made, most=3, rest=REST, now=NOON)
    if rest.free_at is not None:
        assert codes(made, most=3, rest=REST, now=rest.free_at).left == 3
        assert codes(made, most=3, rest=REST, now=rest.free_at - instant).left == 0
