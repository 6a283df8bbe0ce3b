"""Who holds the phone of a number, and when it is asked."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums.holders import HolderState
from migrations_app.rules.holders import Holder, Said, ask_at, by_holder, holder_of, ring_at

ANA = Holder("Ana Souza", "ana@padariasol.example", "+551130001000", "pt-br")
RUI = Holder("Rui", "rui@padariasol.example", "+5511999990000", "es")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (Holder(), ANA),
        (RUI, RUI),
        (Holder("Rui", "", "+5511999990000"), Holder("Rui", "", "+5511999990000")),
        (Holder("Ana", "", "+551130001000", "es"), Holder("Ana", ANA.email, ANA.phone, "es")),
        (Holder("", " Ana@PadariaSol.example", ""), Holder("Ana Souza", " Ana@PadariaSol.example", ANA.phone, "pt-br")),
        (Holder("Rui", "", "", "es"), Holder("Ana Souza", ANA.email, ANA.phone, "es")),
    ],
)
def test_the_holder_is_whom_the_number_names_and_the_contact_where_nobody_can_be_reached(
    named: Holder, expected: Holder
) -> None:
    assert holder_of(named, ANA) == expected


def test_one_person_is_asked_once_for_all_its_numbers() -> None:
    same = Holder("R.", "RUI@padariasol.example ")
    found = by_holder([(1, RUI), (2, ANA), (3, same)])
    assert [(holder.name, numbers) for holder, numbers in found.values()] == [("Rui", [1, 3]), ("Ana Souza", [2])]


@given(st.lists(st.sampled_from([ANA, RUI, Holder("Iva", "", "+34600"), Holder("Iva")]), max_size=12))
def test_every_number_has_exactly_one_holder(holders: list[Holder]) -> None:
    found = by_holder(enumerate(holders))
    assert sorted(number for _holder, numbers in found.values() for number in numbers) == list(range(len(holders)))
    assert len({holder.key for holder, _numbers in found.values()}) == len(found)


@given(st.integers(0, 60 * 24 * 5))
def test_nobody_is_asked_in_the_past_nor_rung_up_before_being_asked(minutes: int) -> None:
    start = NOON + timedelta(minutes=minutes)
    assert NOON <= ask_at(start, NOON) <= ring_at(start, NOON)
    assert ring_at(start, NOON) <= max(start, NOON)


@pytest.mark.parametrize("at_hand", [True, False])
@pytest.mark.parametrize("abroad", [True, False])
def test_one_no_is_a_no(at_hand: bool, abroad: bool) -> None:
    wanted = HolderState.CONFIRMED if at_hand and abroad else HolderState.REFUSED
    assert Said(at_hand, abroad).state is wanted
