"""Numbers: E.164, and the forms that are one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.rules.phone import NotAPhoneNumber, match_key, parse_phone, split, variants

area = st.integers(11, 99).filter(lambda code: code % 10 != 0).map(str)
eight = st.tuples(st.sampled_from("6789"), st.text("0123456789", min_size=7, max_size=7)).map("".join)
ten = st.text("0123456789", min_size=10, max_size=10)
brazil = st.builds(lambda a, n, ninth: f"+55{a}{'9' if ninth else ''}{n}", area, eight, st.booleans())
mexico = st.builds(lambda n, one: f"+52{'1' if one else ''}{n}", ten, st.booleans())
any_number = st.one_of(brazil, mexico, st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))


@given(any_number)
def test_the_key_of_a_key_is_itself(number: str) -> None:
    assert match_key(match_key(number)) == match_key(number)


@given(any_number)
def test_all_forms_of_a_line_have_one_key_and_know_each_other(number: str) -> None:
    forms = variants(number)
    assert number in forms
    assert {match_key(form) for form in forms} == {match_key(number)}
    assert {variants(form) for form in forms} == {forms}


@given(area, eight)
def test_brazilian_mobiles_are_one_line_with_and_without_the_ninth_digit(code: str, number: str) -> None:
    assert match_key(f"+55{code}{number}") == match_key(f"+55{code}9{number}") == f"+55{code}9{number}"


@given(ten)
def test_mexican_numbers_are_one_line_with_and_without_the_old_one(number: str) -> None:
    assert match_key(f"+521{number}") == match_key(f"+52{number}") == f"+52{number}"


@pytest.mark.parametrize(
    "number",
    ["+551130001000", "+5511330001000", "+525512345678", "+34600111222", "+15551234567", "+521234567890"],
    ids=["landline", "no ninth digit", "MX", "ES", "US", "MX that begins with 1"],
)
def test_other_numbers_are_their_own_key(number: str) -> None:
    assert match_key(number) == number


@pytest.mark.parametrize(
    ("text", "region", "number", "country", "line"),
    [
        ("+55 11 98765-4321", None, "+5511987654321", "BR", "mobile"),
        ("(11) 98765-4321", "BR", "+5511987654321", "BR", "mobile"),
        ("+55 11 3000 1000", None, "+551130001000", "BR", "landline"),
        ("+34 600 111 222", None, "+34600111222", "ES", "mobile"),
        ("+1 415 555 2671", None, "+14155552671", "US", "unknown"),
        ("+44 800 123 4567", None, "+448001234567", "GB", "toll_free"),
        ("+800 1234 5678", None, "+80012345678", "", "toll_free"),
        ("+39 06 6982", None, "+39066982", "IT", "landline"),
        ("００５５", None, None, None, None),
    ],
)
def test_numbers_are_read_as_people_write_them(
    text: str, region: str | None, number: str | None, country: str, line: str
) -> None:
    if number is None:
        with pytest.raises(NotAPhoneNumber):
            parse_phone(text, region=region)
        return
    phone = parse_phone(text, region=region)
    if country == "IT":
        assert phone.country in {"IT", "VA"}
    else:
        assert (phone.country, phone.line_type) == (country, line)
    assert phone.number == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "12",
        "987654321",
        "+",
        "+0123456789",
        "+5511",
        "+999123456789",
        "+1 415 555 2671 ext. 9",
        "+" + "1" * 30,
    ],
)
def test_what_is_no_number_of_any_country_is_refused(text: str) -> None:
    with pytest.raises(NotAPhoneNumber):
        parse_phone(text)


@pytest.mark.parametrize(
    ("text", "number", "warning"),
    [
        ("+55 11 8765-4321", "+551187654321", ("brazil_ninth_digit", "+5511987654321")),
        ("+52 1 55 1234 5678", "+5215512345678", ("mexico_prefix", "+525512345678")),
    ],
)
def test_old_forms_are_accepted_as_given_with_the_candidate_beside(
    text: str, number: str, warning: tuple[str, str]
) -> None:
    phone = parse_phone(text)
    assert (phone.number, phone.warnings) == (number, (warning,))


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("+5511987654321", ("55", "11987654321")),
        ("+14155552671", ("1", "4155552671")),
        ("+39066982", ("39", "066982")),
        ("+5215512345678", ("52", "15512345678")),
    ],
)
def test_a_number_is_split_as_meta_wants_it(number: str, parts: tuple[str, str]) -> None:
    assert split(number) == parts
    assert "+" + "".join(split(number)) == number
