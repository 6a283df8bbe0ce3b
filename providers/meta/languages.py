"""The language of the message or call that carries the code."""

import re

DEFAULT_LANGUAGE = "en_US"

# Catalan has no region form among WhatsApp's languages, and the call accepts only xx_YY: Catalan clients hear Spanish.
_BY_LANGUAGE = {
    "ca": "es_ES",
    "de": "de_DE",
    "en": "en_US",
    "es": "es_ES",
    "fr": "fr_FR",
    "it": "it_IT",
    "pt": "pt_BR",
    "ru": "ru_RU",
}


def meta_language(language: str) -> str:
    """Turn "pt-br", "pt_BR" or "en" into the xx_YY form; what is not known becomes en_US.

    Meta documents three forms for this parameter; xx_YY is the one that all of them accept.
    Source: Meta's OpenAPI description, request_code (pattern ^[a-z]{2}_[A-Z]{2}$).
    """
    base, _, region = language.strip().replace("-", "_").partition("_")
    base = base.casefold()
    if base != "ca" and re.fullmatch(r"[a-z]{2}", base) and re.fullmatch(r"[A-Za-z]{2}", region):
        return f"{base}_{region.upper()}"
    return _BY_LANGUAGE.get(base, DEFAULT_LANGUAGE)
