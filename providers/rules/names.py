"""When two names mean the same company."""

import unicodedata


def plain_name(name: str) -> str:
    """Return a name without case, accents and surrounding blanks: what slugs, names and aliases are compared by."""
    decomposed = unicodedata.normalize("NFKD", name.strip().casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())
