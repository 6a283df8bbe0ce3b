"""Lists of a directory entry as a lead writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.enums.texts import EXIT_TEXTS, EXIT_WITH_DAYS
from providers.rules.entries import BadLine, condition_line, lines_of, read_conditions


def read(*lines: str) -> list[dict[str, object]]:
    return read_conditions(lines, codes=EXIT_TEXTS, with_days=EXIT_WITH_DAYS)


def test_lines_are_taken_once_without_blanks() -> None:
    assert lines_of("  one \n\n two\none\r\n") == ["one", "two"]


def test_a_code_a_code_with_days_and_own_words() -> None:
    assert read("same_portfolio", "notice 30", "Bring a cake 30") == [
        {"code": "same_portfolio"},
        {"code": "notice", "days": 30},
        {"code": "other", "text": "Bring a cake 30"},
    ]


@pytest.mark.parametrize("line", ["notice", "notice soon", "notice 0", "notice ٣", "notice 99999", "same_portfolio 3"])
def test_days_are_there_exactly_where_a_code_has_them(line: str) -> None:
    with pytest.raises(BadLine):
        read(line)


CONDITIONS = st.one_of(
    st.sampled_from(sorted(set(EXIT_TEXTS) - EXIT_WITH_DAYS)).map(lambda code: {"code": code}),
    st.builds(
        lambda code, days: {"code": code, "days": days}, st.sampled_from(sorted(EXIT_WITH_DAYS)), st.integers(1, 3650)
    ),
)


@given(st.lists(CONDITIONS))
def test_what_is_written_out_is_read_back(conditions: list[dict[str, object]]) -> None:
    assert read(*map(condition_line, conditions)) == conditions
