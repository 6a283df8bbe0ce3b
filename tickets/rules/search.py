"""One normalised text per ticket: the same search on every database."""

import re
import unicodedata
from collections.abc import Iterable


def fold(text: str) -> str:
    """Return text without case and accents, in any script."""
    # Taking apart before folding as well: styled letters (𝐀) become capitals only then.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def search_text(terms: Iterable[str]) -> str:
    """Return what is searched: every term folded, numbers also as bare digits."""
    words: list[str] = []
    for term in terms:
        if term:
            words.append(fold(term))
            digits = re.sub(r"\D", "", term)
            if digits and digits != term:
                words.append(digits)
    return " ".join(words)
