"""Ways to a recipient, and what follows a try: nothing is lost, nothing that may have arrived comes twice."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from migrations_app.enums import BY_PERSON, ChannelName
from migrations_app.rules.channels import (
    BEST,
    LONGEST_PAUSE,
    PAUSES,
    Follow,
    Result,
    Tried,
    address_is_dead,
    follow,
    next_way,
    pause,
    ways,
)

channels = some.sets(some.sampled_from(ChannelName))
results = some.sampled_from(Result)


@given(some.sampled_from([*ChannelName, BEST]), channels)
def test_the_wanted_way_comes_first_and_every_known_way_once(wanted: str, known: set[ChannelName]) -> None:
    order = ways(wanted, there_are=known)
    assert set(order) == known
    assert len(order) == len(known)
    if wanted in known:
        assert order[0] == wanted
    others = [way for way in order if way != wanted]
    assert others == sorted(others, key=list(ChannelName).index), "machines before people"


@given(some.sampled_from(ChannelName), channels, channels)
def test_a_dead_address_comes_last_but_is_not_forgotten(
    wanted: ChannelName, known: set[ChannelName], dead: set[ChannelName]
) -> None:
    order = ways(wanted, there_are=known, dead=dead)
    assert set(order) == known
    assert [way in dead for way in order] == sorted(way in dead for way in order)


@pytest.mark.parametrize(
    ("failure", "dead"),
    [
        *((code, True) for code in ("5.1.1", "recipient_refused_550", "recipient_refused", "gone")),
        *((code, False) for code in ("", "recipient_refused_450", "5.2.2", "smtp_554", "http_404")),
    ],
)
def test_what_says_that_an_address_is_dead(failure: str, dead: bool) -> None:
    assert address_is_dead(failure) is dead


@given(channels)
def test_no_person_is_sent_where_only_machines_are_wanted(known: set[ChannelName]) -> None:
    assert set(ways(BEST, there_are=known, machines_only=True)) == known - BY_PERSON


@given(some.sampled_from(ChannelName), channels)
def test_falling_through_ends_after_every_way_was_tried_once(wanted: ChannelName, known: set[ChannelName]) -> None:
    order = ways(wanted, there_are=known)
    tried: list[ChannelName] = []
    while (way := next_way(order, tried=tried)) is not None:
        tried.append(way)
    assert tried == order


@given(results, some.integers(1, 9), some.booleans(), some.booleans(), some.booleans())
def test_a_message_that_may_have_arrived_never_goes_another_way(
    result: Result, try_no: int, repeatable: bool, repeated: bool, another: bool
) -> None:
    step = follow(Tried(result, try_no, repeatable, repeated), another_way=another)
    if result in {Result.SENT, Result.UNKNOWN}:
        assert step in {Follow.NOTHING, Follow.AGAIN}
        assert step is Follow.NOTHING or (repeatable and not repeated)
    else:
        assert step is not Follow.NOTHING, "a failure is always followed by something"
        assert step is not Follow.GIVE_UP or not another
    if step is Follow.AGAIN and result is Result.PASSING:
        assert try_no <= len(PAUSES)


def test_a_refusal_is_not_tried_again_by_the_same_way() -> None:
    assert follow(Tried(Result.REFUSED), another_way=True) is Follow.NEXT_WAY
    assert follow(Tried(Result.REFUSED), another_way=False) is Follow.GIVE_UP


@given(some.integers(1, 9), some.floats(0, 1, exclude_max=True), some.timedeltas(timedelta(0), timedelta(days=3)))
def test_pauses_spread_and_keep_what_the_other_side_asks(try_no: int, spread: float, asked: timedelta) -> None:
    base = PAUSES[min(try_no, 3) - 1]
    waited = pause(try_no, spread=spread, asked=asked)
    assert waited >= base / 2
    assert waited >= min(asked, LONGEST_PAUSE)
    assert waited <= max(base * 1.5, LONGEST_PAUSE)
    if not asked:
        assert waited <= base * 1.5


@pytest.mark.parametrize(("try_no", "minutes"), [(1, 5), (2, 30), (3, 120), (4, 120)])
def test_pauses_grow(try_no: int, minutes: int) -> None:
    assert pause(try_no, spread=0.5) == timedelta(minutes=minutes)
