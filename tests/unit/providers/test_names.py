"""When two names mean the same company."""

import pytest

from providers.rules.names import plain_name


@pytest.mark.parametrize("text", ["Yellow.ai", " yellow.AI  ", "YELLOW.ai\t", "Yéllow.ai"])
def test_case_accents_and_surrounding_blanks_do_not_matter(text: str) -> None:
    assert plain_name(text) == "yellow.ai"


def test_blanks_within_are_one() -> None:
    assert plain_name("360   dialog") == "360 dialog"
    assert plain_name("360dialog") != plain_name("360 dialog")


def test_nothing_stays_nothing() -> None:
    assert plain_name("  ") == ""
