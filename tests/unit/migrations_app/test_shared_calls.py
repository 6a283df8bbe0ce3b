"""Who is one client, and how numbers are packed into calls."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.shared_calls import Caller, belong_together, fitting, has_room, may_share, packs, same_client
from migrations_app.rules.slots import CallLength

ANA = Caller(1, False, "Padaria Sol", "ana@padariasol.example", "sol-2026", "graph_api")
LENGTH = CallLength()


@pytest.mark.parametrize(
    "other",
    [
        replace(ANA, client_name="  PADARIA   sol "),
        replace(ANA, contact_email="Ana@PadariaSol.example "),
        replace(ANA, group_reference=""),
    ],
)
def test_case_and_blanks_make_no_other_client(other: Caller) -> None:
    assert same_client(ANA, other)
    assert same_client(other, ANA)


@pytest.mark.parametrize(
    "other",
    [
        replace(ANA, organization_id=2),
        replace(ANA, test=True),
        replace(ANA, client_name="Padaria Lua"),
        replace(ANA, contact_email="rui@padariasol.example"),
    ],
)
def test_another_company_person_organization_or_mode_is_another_client(other: Caller) -> None:
    assert not same_client(ANA, other)
    assert not may_share(ANA, other)


def test_a_client_without_a_name_is_nobodys_twin() -> None:
    assert not same_client(replace(ANA, client_name=" "), replace(ANA, client_name=""))


def test_only_a_group_brings_tickets_together_by_itself() -> None:
    assert belong_together(ANA, ANA)
    assert not belong_together(replace(ANA, group_reference=""), replace(ANA, group_reference=""))
    assert not belong_together(ANA, replace(ANA, group_reference="sol-2027"))
    assert may_share(ANA, replace(ANA, group_reference="sol-2027"))


def test_numbers_that_are_moved_in_different_ways_do_not_share_a_call() -> None:
    assert not may_share(ANA, replace(ANA, execution="embedded_signup"))


def test_twenty_five_numbers_make_three_calls() -> None:
    assert packs(LENGTH, 25) == (10, 10, 5)
    assert packs(LENGTH, 0) == ()


lengths = st.builds(
    CallLength, fixed=st.integers(0, 60), per_number=st.integers(1, 60), most=st.sampled_from([30, 60, 90, 120, 240])
)


@given(lengths, st.integers(0, 300))
def test_every_number_has_its_call_and_only_the_last_one_has_room_left(length: CallLength, numbers: int) -> None:
    found = packs(length, numbers)
    assert sum(found) == numbers
    assert all(count == length.most_numbers for count in found[:-1])
    assert all(0 < count <= length.most_numbers for count in found)
    # The usual length of a call holds what is packed into it, but where a single number takes longer than any call may.
    assert all(
        length.fixed + length.per_number * count <= max(length.most, length.fixed + length.per_number)
        for count in found
    )


@given(lengths, st.lists(st.integers(1, 12), max_size=12))
def test_tickets_fit_in_their_order_and_whole(length: CallLength, wanted: list[int]) -> None:
    count = fitting(length, wanted)
    assert sum(wanted[:count]) <= length.most_numbers
    assert count == len(wanted) or sum(wanted[: count + 1]) > length.most_numbers


@given(lengths, st.integers(0, 40), st.integers(-2, 40))
def test_a_call_takes_in_what_it_can_hold(length: CallLength, numbers: int, more: int) -> None:
    assert has_room(length, numbers, more) == (more > 0 and numbers + more in range(length.most_numbers + 1))
