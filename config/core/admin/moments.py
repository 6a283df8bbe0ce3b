"""How a moment is written in the admin: the same in every list and on every page, with its day of the week."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime


def moment_words(moment: datetime | None) -> str:
    """Return a moment by the desk's clock as the lists show it; a dash for none."""
    return date_format(localtime(moment), "DATETIME_FORMAT") if moment else "–"
