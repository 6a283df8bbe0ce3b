"""From a template and its facts to a text in somebody's language."""

from datetime import date, datetime, timedelta
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime
from django.conf import settings
from django.template.loader import get_template
from django.utils import translation

from migrations_app.rules.hours import zone_of
from migrations_app.rules.wording import short_subject

_LOCALES = {"pt-br": "pt_BR"}
_ENGLISH = ("EEEE d MMMM", " y")
_DAYS = {
    "es": ("EEEE, d 'de' MMMM", " 'de' y"),
    "pt_BR": ("EEEE, d 'de' MMMM", " 'de' y"),
    "ca": ("EEEE, d MMMM", " 'del' y"),
    "ru": ("EEEE, d MMMM", " y 'г.'"),
}
"""A day with its weekday, and its year, as a language writes them: the CLDR's full form. Its English one is American."""


def local_time(moment: datetime, zone: str, language: str) -> str:
    """Return a moment by the recipient's wall clock, in words of its language."""
    locale = _locale(language)
    day, year = _DAYS.get(locale, _ENGLISH)
    return str(format_datetime(moment, f"{day}{year}, HH:mm", tzinfo=zone_of(zone), locale=locale))


def local_day(moment: datetime, zone: str, language: str) -> str:
    """Return the day of a moment by the recipient's calendar, in words of its language."""
    return day_in_words(moment.astimezone(zone_of(zone)).date(), language)


def day_in_words(day: date, language: str, *, with_weekday: bool = False) -> str:
    """Return a day in words of a language: with its year, or with its weekday."""
    locale = _locale(language)
    return str(format_date(day, _DAYS.get(locale, _ENGLISH)[0] if with_weekday else "long", locale=locale))


def clock_time(moment: datetime, zone: str) -> str:
    """Return the time of the day by a wall clock; how far it is from UTC is told where the clocks have changed that day."""
    local = moment.astimezone(zone_of(zone))
    later = (moment + timedelta(hours=1)).astimezone(zone_of(zone))
    earlier = (moment - timedelta(hours=1)).astimezone(zone_of(zone))
    changes = not earlier.utcoffset() == local.utcoffset() == later.utcoffset()
    return f"{local:%H:%M} ({local.isoformat()[-6:]})" if changes else f"{local:%H:%M}"


def language_name(language: str, *, shown_in: str) -> str:
    """Return what a language is called in another one."""
    names = Locale.parse(_locale(shown_in)).languages
    return str(names.get(language.split("-", maxsplit=1)[0], language))


def known_language(language: str) -> str:
    """Return the language itself if we have words in it, else English."""
    return language if language in dict(settings.LANGUAGES) else "en"


def _locale(language: str) -> str:
    known = known_language(language)
    return _LOCALES.get(known, known)


def render(name: str, language: str, context: dict[str, Any], *, folder: str = "messages") -> tuple[str, str]:
    """Return subject and body of a text; English where a language is not ours."""
    known = known_language(language)
    with translation.override(known):
        text = get_template(f"{folder}/{name}/{known}.txt").render(context)
    subject, _, body = text.partition("\n")
    kept = str(context.get("references") or context.get("reference", ""))
    return short_subject(subject.strip(), kept), body.strip() + "\n"
