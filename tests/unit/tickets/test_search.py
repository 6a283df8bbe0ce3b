"""One folded text per ticket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.search import fold, search_text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Padaria São João", "padaria sao joao"),
        ("STRASSE Straße", "strasse strasse"),
        ("Ёлка", "елка"),
        ("CAFÉ ﬁn", "cafe fin"),
        ("𝐏𝐚𝐝𝐚𝐫𝐢𝐚", "padaria"),
        ("", ""),
    ],
)
def test_case_and_accents_do_not_matter(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_numbers_are_found_with_and_without_their_signs() -> None:
    assert search_text(["+55 11 98765-4321", "", "SOL-1"]) == "+55 11 98765-4321 5511987654321 sol-1 1"


def test_bare_digits_stand_once() -> None:
    assert search_text(["102290129340398"]) == "102290129340398"
