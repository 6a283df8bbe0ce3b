"""Our languages by their tags."""

import re

from django.conf import settings

_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*")
"""As far as it matters here. Source: RFC 5646, section 2.1."""


def nearest_language(text: str) -> str | None:
    """Return our language for a BCP 47 tag in any case, with `-` or `_`: itself, else one of the same primary language.

    None: it is no tag, or of a language that we have no words in.
    """
    tag = text.replace("_", "-").lower()
    supported = dict(settings.LANGUAGES)
    if tag in supported or not _TAG.fullmatch(tag):
        return tag if tag in supported else None
    primary = tag.split("-")[0]
    return next((code for code in supported if code.split("-")[0] == primary), None)
