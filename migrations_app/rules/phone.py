"""Phone numbers: E.164 by Google's metadata, and the forms that count as one number.

Brazilian mobiles without the ninth digit and Mexican numbers with the old "1" are refused by the metadata but are still in
use on WhatsApp (Meta: Cloud API may alter the prefixes of both countries). They are accepted as given, never "fixed".
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from migrations_app.enums import LineType

_E164 = re.compile(r"^\+[1-9]\d{6,14}$")
_BRAZIL_OLD = re.compile(r"^\+55([1-9][1-9])([6-9]\d{7})$")
_BRAZIL_NEW = re.compile(r"^\+55([1-9][1-9])9([6-9]\d{7})$")
_MEXICO_OLD = re.compile(r"^\+521(\d{10})$")

_LINE_TYPES = {
    PhoneNumberType.MOBILE: LineType.MOBILE,
    PhoneNumberType.FIXED_LINE: LineType.LANDLINE,
    PhoneNumberType.VOIP: LineType.VOIP,
    PhoneNumberType.TOLL_FREE: LineType.TOLL_FREE,
    PhoneNumberType.SHARED_COST: LineType.SHARED_COST,
    # Reached by a call like a fixed line.
    PhoneNumberType.PREMIUM_RATE: LineType.OTHER,
    PhoneNumberType.UAN: LineType.OTHER,
}
_SHORT_CODE = re.compile(r"[0-9]{3,6}")
_GAPS = re.compile(r"[\s.()-]")


class NotAPhoneNumber(ValueError):
    """The text is no phone number that can be reached internationally."""


@dataclass(frozen=True)
class Phone:
    """A number in E.164 with its country (ISO 3166 alpha-2), what the metadata says of the line, and coded warnings.

    `warnings` are pairs of code and candidate form ("" when there is none).
    """

    number: str
    country: str
    line_type: LineType
    warnings: tuple[tuple[str, str], ...] = ()


def match_key(number: str) -> str:
    """Return the form under which all variants of a number are one: Brazil with the ninth digit, Mexico without the 1."""
    brazil = _BRAZIL_OLD.match(number)
    if brazil:
        return f"+55{brazil[1]}9{brazil[2]}"
    mexico = _MEXICO_OLD.match(number)
    return f"+52{mexico[1]}" if mexico else number


def variants(number: str) -> frozenset[str]:
    """Return every form of the number that may be in use for the same line, the given one included."""
    key = match_key(number)
    forms = {number, key}
    brazil = _BRAZIL_NEW.match(key)
    if brazil:
        forms.add(f"+55{brazil[1]}{brazil[2]}")
    if re.match(r"^\+52\d{10}$", key):
        forms.add(f"+521{key[3:]}")
    return frozenset(forms)


def parse_phone(text: str, *, region: str | None = None) -> Phone:
    """Return the number as E.164. `region` (alpha-2) helps with national forms.

    :raises NotAPhoneNumber: it cannot be a number of any country.
    """
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise NotAPhoneNumber(text) from error
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if parsed.extension or not _E164.match(number):
        raise NotAPhoneNumber(text)
    if _BRAZIL_OLD.match(number):
        return Phone(number, "BR", LineType.MOBILE, (("brazil_ninth_digit", match_key(number)),))
    if _MEXICO_OLD.match(number):
        return Phone(number, "MX", LineType.UNKNOWN, (("mexico_prefix", match_key(number)),))
    country = phonenumbers.region_code_for_number(parsed)
    if country is None or not phonenumbers.is_valid_number(parsed):
        raise NotAPhoneNumber(text)
    line_type = _LINE_TYPES.get(phonenumbers.number_type(parsed), LineType.UNKNOWN)
    # "001" marks numbers of no country (e.g. international toll-free).
    return Phone(number, "" if country == "001" else country, line_type)


def is_short_code(text: str) -> bool:
    """Tell whether the text is a short code: three to six digits that are dialled within one country only."""
    return bool(_SHORT_CODE.fullmatch(_GAPS.sub("", text)))


def is_pager(number: str) -> bool:
    """Tell whether the metadata knows this E.164 number as a pager's."""
    return _type_of(number) == PhoneNumberType.PAGER


def is_personal_number(number: str) -> bool:
    """Tell whether the metadata knows this E.164 number as one that is forwarded to wherever its owner is."""
    return _type_of(number) == PhoneNumberType.PERSONAL_NUMBER


@lru_cache(maxsize=4096)
def _type_of(number: str) -> int:
    return int(phonenumbers.number_type(phonenumbers.parse(number, None)))


def split(number: str) -> tuple[str, str]:
    """Return country code and national number of an E.164 number, as Meta's migration call wants them (both digits)."""
    parsed = phonenumbers.parse(number, None)
    country_code = str(parsed.country_code)
    return country_code, number.removeprefix(f"+{country_code}")
