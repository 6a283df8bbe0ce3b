"""Moments and days in words, as each language writes them."""

from datetime import UTC, date, datetime

import pytest

from migrations_app.services.rendering import day_in_words, local_time

MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SAO_PAULO = "America/Sao_Paulo"


@pytest.mark.parametrize(
    ("language", "moment", "day"),
    [
        ("en", "Monday 23 November 2026, 06:30", "Monday 23 November"),
        ("es", "lunes, 23 de noviembre de 2026, 06:30", "lunes, 23 de noviembre"),
        ("pt-br", "segunda-feira, 23 de novembro de 2026, 06:30", "segunda-feira, 23 de novembro"),
        ("ca", "dilluns, 23 de novembre del 2026, 06:30", "dilluns, 23 de novembre"),
        ("ru", "понедельник, 23 ноября 2026 г., 06:30", "понедельник, 23 ноября"),
        ("xx", "Monday 23 November 2026, 06:30", "Monday 23 November"),
    ],
)
def test_a_moment_reads_as_its_language_writes_it(language: str, moment: str, day: str) -> None:
    assert local_time(MOMENT, SAO_PAULO, language) == moment
    assert day_in_words(date(2026, 11, 23), language, with_weekday=True) == day


def test_an_elided_month_keeps_its_apostrophe() -> None:
    assert day_in_words(date(2026, 4, 3), "ca", with_weekday=True) == "divendres, 3 d’abril"
