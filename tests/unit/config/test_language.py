"""Which of our five languages answers an Accept-Language header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.api.middleware import language_for
from config.core.languages import nearest_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("de", "en"),
        ("de, fr;q=0.5", "en"),
        ("es", "es"),
        ("es-MX", "es"),
        ("ES-419,en;q=0.9", "es"),
        ("pt", "pt-br"),
        ("pt-PT", "pt-br"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-br"),
        ("ru;q=0.4, ca;q=0.9", "ca"),
        ("de, ru;q=0.1", "ru"),
        ("es;q=0, en", "en"),
        ("es;q=0", "en"),
        ("*, ca;q=0.5", "ca"),
        ("nonsense;;;q=x,,,", "en"),
    ],
)
def test_the_best_of_ours(header: str, language: str) -> None:
    assert language_for(header) == language


@given(st.text(max_size=200))
def test_any_header_gets_an_answer(header: str) -> None:
    assert language_for(header) in {"en", "es", "pt-br", "ru", "ca"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("en", "en"), ("pt-br", "pt-br"), ("pt-BR", "pt-br"), ("pt_BR", "pt-br"), ("PT", "pt-br"), ("pt-PT", "pt-br"),
        ("es-MX", "es"), ("es-419", "es"), ("ca-ES-valencia", "ca"), ("RU", "ru"), ("zh-Hans-CN", None), ("", None),
        ("Portuguese", None), ("pt BR", None), ("es-", None), ("-", None), ("pt-br\n", None),
    ],
)  # fmt: skip
def test_a_tag_in_any_spelling_is_the_nearest_of_ours(text: str, language: str | None) -> None:
    assert nearest_language(text) == language
