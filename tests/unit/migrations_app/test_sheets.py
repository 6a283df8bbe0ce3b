"""Cells as they come out of spreadsheet programs."""

import math
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import Hosting
from migrations_app.rules.sheets import (
    NoFlag,
    NoText,
    NoWindow,
    Rounded,
    cell_text,
    delimiter_of,
    flag_in,
    fold,
    harmless,
    is_remark,
    numbers_in,
    repeated,
    windows_in,
    without_point,
    word_in,
)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("  Ana\xa0Souza ", "Ana Souza"),
        (5511987654321, "5511987654321"),
        (5511987654321.0, "5511987654321"),
        (102290129340398, "102290129340398"),
        (1.5, "1.5"),
        (True, "yes"),
        ("'102290129340398", "102290129340398"),
        ("\u20195511987654321", "5511987654321"),
    ],
)
def test_a_cell_says_what_was_meant(cell: Any, text: str) -> None:
    assert cell_text(cell) == text


@pytest.mark.parametrize(
    "cell", [1.02290129340398e16, 1022901293403981, "1.02290129340398E+14", "5,51E+12", "1e5", math.inf, math.nan]
)
def test_a_number_that_was_rounded_is_refused_and_not_guessed(cell: Any) -> None:
    with pytest.raises(Rounded):
        cell_text(cell)


@pytest.mark.parametrize("cell", [date(2026, 3, 2), datetime(2026, 3, 2, 9, 0), time(9, 0)])  # noqa: DTZ001
def test_a_date_is_no_text(cell: Any) -> None:
    with pytest.raises(NoText):
        cell_text(cell)


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_whole_numbers_of_fifteen_digits_survive_exactly(value: int) -> None:
    assert cell_text(value) == cell_text(float(value)) == without_point(f"{value}.0") == str(value)


@given(st.integers(min_value=10**15, max_value=10**20))
def test_longer_ones_never_do(value: int) -> None:
    for cell in (value, float(value)):
        with pytest.raises(Rounded):
            cell_text(cell)


@pytest.mark.parametrize(
    ("text", "region", "numbers"),
    [
        ("+55 11 98765-4321; +5521998877665", "", ["+55 11 98765-4321", "+5521998877665"]),
        ("+5511987654321\n\n+5521998877665\r\n", "", ["+5511987654321", "+5521998877665"]),
        ("5511987654321", "", ["+5511987654321"]),
        ("5511987654321.0", "", ["+5511987654321"]),
        ("11987654321", "BR", ["11987654321"]),
        ("'+5511987654321", "", ["+5511987654321"]),
        ("nonsense", "", ["nonsense"]),
        ("12", "BR", ["12"]),
        ("", "", []),
    ],
)
def test_the_numbers_of_a_cell(text: str, region: str, numbers: list[str]) -> None:
    assert numbers_in(text, region=region) == numbers


def test_one_rounded_number_among_several_is_refused() -> None:
    with pytest.raises(Rounded, match=r"5\.51"):
        numbers_in("+5511987654321; 5.51199E+12", region="")


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("mon 06:00-09:00", [(0, "06:00", "09:00")]),
        ("Mon 6:00 - 9:00; TUE 22:00–02:00", [(0, "06:00", "09:00"), (1, "22:00", "02:00")]),
        ("fri-mon 00:00-05:30", [(4, "00:00", "05:30"), (5, "00:00", "05:30"), (6, "00:00", "05:30"), (0, "00:00", "05:30")]),
        ("miércoles 06:00-09:00\nsábado 06:00-09:00", [(2, "06:00", "09:00"), (5, "06:00", "09:00")]),
        ("terça 06:00-09:00; вс 06:00-09:00", [(1, "06:00", "09:00"), (6, "06:00", "09:00")]),
        ("dl 06:00-09:00", [(0, "06:00", "09:00")]),
        ("", []),
    ],
)  # fmt: skip
def test_stretches_of_the_week(text: str, windows: list[tuple[int, str, str]]) -> None:
    assert [(each["weekday"], each["start"], each["end"]) for each in windows_in(text)] == windows


@pytest.mark.parametrize(
    "text", ["mon", "06:00-09:00", "mon 06:00", "mon 24:00-25:00", "moonday 06:00-09:00", "mon 6-9"]
)
def test_what_is_no_stretch_of_the_week_is_named(text: str) -> None:
    with pytest.raises(NoWindow, match=text[:3]):
        windows_in(f"sun 01:00-02:00; {text}")


@pytest.mark.parametrize(("text", "flag"), [("Yes", True), ("SÍ", True), ("не", None), ("não", False), ("", None)])
def test_yes_and_no(text: str, flag: bool | None) -> None:
    if text == "не":
        with pytest.raises(NoFlag):
            flag_in(text)
    else:
        assert flag_in(text) is flag


def test_a_word_is_known_by_value_and_by_label() -> None:
    choices = [(each.value, str(each.label)) for each in Hosting]
    assert word_in("Cloud API", choices) == word_in("cloud_api", choices) == word_in(" CLOUD-API ", choices)
    assert word_in("basement", choices) is None


@pytest.mark.parametrize(
    ("cells", "remark"),
    [(["", None, " "], True), ([], True), (["# Example", "x"], True), (["", "# x"], True), (["Padaria #1"], False)],
)
def test_empty_rows_and_remarks(cells: list[Any], remark: bool) -> None:
    assert is_remark(cells) is remark


@pytest.mark.parametrize(("header", "mark"), [("a,b,c", ","), ("a;b;c", ";"), ("a\tb", "\t"), ("a", ",")])
def test_what_separates_columns(header: str, mark: str) -> None:
    assert delimiter_of(header) == mark


@given(st.text())
def test_nothing_leaves_as_a_formula(text: str) -> None:
    safe = harmless(text)
    assert safe.lstrip("'") == text.lstrip("'")
    assert not safe.startswith(("=", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("value", "safe"),
    [("=1+1", "'=1+1"), ("+5511987654321; +5521998877665", "+5511987654321; +5521998877665"), ("+cmd|' /C'!A0", "'+cmd|' /C'!A0"),
     ("@SUM(A1)", "'@SUM(A1)"), (3, 3), (None, None), ("Padaria", "Padaria")],
)  # fmt: skip
def test_formulas_are_made_harmless_and_phone_numbers_left_alone(value: Any, safe: Any) -> None:
    assert harmless(value) == safe


def test_repeats_name_the_first() -> None:
    assert repeated([["a", "b"], ["c"], ["b"], ["c", "a"], []]) == {2: 0, 3: 1}


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
