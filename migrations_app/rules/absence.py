"""Until when somebody is away, as an out-of-office reply says it in any of five languages."""

import re
from datetime import date

_MONTHS: dict[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "january jan enero janeiro января gener", "february feb febrero fevereiro февраля febrer",
            "march mar marzo março marco марта març", "april apr abril апреля abril", "may mayo maio мая maig",
            "june jun junio junho июня juny", "july jul julio julho июля juliol", "august aug agosto августа agost",
            "september sep sept septiembre setembro сентября setembre", "october oct octubre outubro октября octubre",
            "november nov noviembre novembro ноября novembre", "december dec diciembre dezembro декабря desembre",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_UNTIL = (
    r"(?:until|till|through|back on|back|return\w*|hasta|regres\w*|vuelv\w*|volver\w*|reincorpor\w*|até|retorn\w*|voltar\w*|volto"
    r"|до|по|верн\w*|fins|tornar\w*|torno)"
)
_NUMERIC = re.compile(
    rf"\b{_UNTIL}\b\D{{0,25}}(?:(\d{{4}})-(\d{{2}})-(\d{{2}})|(\d{{1,2}})[./-](\d{{1,2}})[./-](\d{{4}}|\d{{2}}))\b",
    re.IGNORECASE,
)
_SPELT = re.compile(
    rf"\b{_UNTIL}\b\D{{0,25}}(\d{{1,2}})(?:st|nd|rd|th|º|-го)?\s+(?:de\s+|d.)?([^\W\d]+)\.?(?:,?\s+(?:de\s+)?(\d{{4}}))?",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    rf"\b{_UNTIL}\b[^\d\n]{{0,25}}?\b([a-z]{{3,9}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}}))?",
    re.IGNORECASE,
)
_CENTURY = 2000


def back_on(text: str, *, today: date) -> date | None:
    """Return the day that an absence note names, day before month where both could be meant; None when it names none."""
    text = text[:5000]
    if found := _NUMERIC.search(text):
        year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
        return _day(int(year) if len(year) > 2 else _CENTURY + int(year), int(month), int(day))  # noqa: PLR2004
    for pattern, day_first in ((_SPELT, True), (_ENGLISH, False)):
        for found in pattern.finditer(text):
            day_text, name = (found[1], found[2]) if day_first else (found[2], found[1])
            month_number = _MONTHS.get(name.lower())
            if month_number is not None:
                return _coming(int(day_text), month_number, found[3], today)
    return None


def _coming(day: int, month: int, year: str | None, today: date) -> date | None:
    """Return that day of the year named; without one, the next such day."""
    if year:
        return _day(int(year), month, day)
    this_year = _day(today.year, month, day)
    return _day(today.year + 1, month, day) if this_year is not None and this_year < today else this_year


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
