"""Meta's identifiers: their form, and that they are not mixed up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.identifiers import identifier_problems

digits = st.text("0123456789", min_size=10, max_size=20)


def problems(*numbers: str, **values: str) -> list[tuple[str, str]]:
    return identifier_problems(values, numbers)


@given(digits, digits)
def test_two_different_identifiers_of_the_right_form_are_fine(waba: str, manager: str) -> None:
    expected = [("business_manager_id", "identifiers_not_distinct")] if waba == manager else []
    assert problems(waba_id=waba, business_manager_id=manager) == expected


@pytest.mark.parametrize(
    "value", ["1" * 9, "1" * 21, "12345abcde", "1234567890 ", "١٢٣٤٥٦٧٨٩٠", "-1234567890", "1234567890\n"]
)
def test_anything_but_ten_to_twenty_digits_is_malformed(value: str) -> None:
    assert problems(waba_id=value) == [("waba_id", "invalid_identifier")]


@pytest.mark.parametrize("value", ["1" * 10, "1" * 20])
def test_the_ends_of_the_range_count(value: str) -> None:
    assert problems(waba_id=value) == []


def test_what_is_not_given_is_not_judged() -> None:
    assert problems("+5511987654321", waba_id="", business_manager_id="") == []


def test_a_number_in_the_place_of_an_identifier_is_noticed() -> None:
    assert problems("+5511987654321", waba_id="5511987654321") == [("waba_id", "identifiers_not_distinct")]
