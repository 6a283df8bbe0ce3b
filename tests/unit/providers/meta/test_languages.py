"""The language of the code's message always has the form xx_YY."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.meta.languages import meta_language


@pytest.mark.parametrize(
    ("ours", "metas"),
    [
        ("en", "en_US"),
        ("es", "es_ES"),
        ("pt-br", "pt_BR"),
        ("pt_BR", "pt_BR"),
        ("ru", "ru_RU"),
        ("ca", "es_ES"),
        ("ca-es", "es_ES"),
        ("es-419", "es_ES"),
        ("", "en_US"),
        ("tlh", "en_US"),
    ],
)
def test_our_languages_become_metas(ours: str, metas: str) -> None:
    assert meta_language(ours) == metas


@given(st.text(max_size=12))
def test_whatever_is_asked_has_the_documented_form(language: str) -> None:
    assert re.fullmatch(r"[a-z]{2}_[A-Z]{2}", meta_language(language))
