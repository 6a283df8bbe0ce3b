"""Taking 6-digit codes, PINs and the secret part of our own links out of what people write, before it is kept anywhere.

A number of six digits is taken for a secret when a word for code or PIN stands near it, or when it stands on a line alone.
A BSP's case number is left: a word for case, ticket or request right before it says what it is.
"""

import re

MASK = "••••••"
_BEFORE, _AFTER = 60, 30
"""So many characters around the digits are looked at."""
_BEFORE_IN_MARKUP, _AFTER_IN_MARKUP = 400, 200

_DIGITS = r"\d(?:[ \u00a0.-]?\d){5}"
_SIX = re.compile(rf"(?<![\w+])(?<!\d[ .-]){_DIGITS}(?![ .-]?\d)(?!\w)")
_ALONE = re.compile(rf"(?m)^[ \t>*]*({_DIGITS})[ \t*.]*\r?$")
_SECRET = re.compile(
    r"\b(?:codes?|passcodes?|pincodes?|pins?|otps?|one[- ]time|passwords?|c[oó]digos?|codis?|senhas?|contrase[nñ]y?as?"
    r"|claves?|пин\w*|код(?:ом|а|у|ы|ов|е)?|парол\w*|2fa|mfa|verifica\w*|verificaç\w*|двухшагов\w*)\b",
    re.IGNORECASE,
)
_CASE = re.compile(
    r"(?:\b(?:case|ticket|request|reference|ref|incident|invoice|order|caso|chamado|protocolo|solicitud|solicitação|"
    r"incidencia|pedido|factura|fatura|cas|sol·licitud|petició|заявк\w*|обращени\w*|тикет\w*|запрос\w*|счет\w*|счёт\w*)\b"
    r"|#|№|nº|n\.º)",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"((?:/|%2F)(?:[cht]|cal)(?:/|%2F))[\w-]{32}(?![\w-])|((?:/|%2F)u(?:/|%2F))[\w.-]+(?:~|%7E)[\w-]{20,}",
    re.IGNORECASE,
)
"""The secret part of our links, as long as we make it: a reply quotes the message with them."""
_CLOSE = 3
"""`PIN #123456`: a sign so near to the word for a secret belongs to the secret."""


def redact(text: str, *, markup: bool = False) -> str:
    """Return a text with its codes and PINs replaced by dots, and the secret part of our links by stars.

    In markup, tags may stand between a word and its digits.
    """
    text = _LINK.sub(lambda found: f"{found[1] or found[2]}***", text)
    before, after = (_BEFORE_IN_MARKUP, _AFTER_IN_MARKUP) if markup else (_BEFORE, _AFTER)

    def judged(found: re.Match[str]) -> str:
        return MASK if _is_secret(text, found.start(), found.end(), before, after) else found[0]

    masked = _SIX.sub(judged, text)
    if markup:
        return masked
    return _ALONE.sub(lambda line: line[0].replace(line[1], MASK), masked)


def _is_secret(text: str, start: int, end: int, before: int, after: int) -> bool:
    ahead = text[max(0, start - before) : start]
    named = [match.end() for match in _SECRET.finditer(ahead)]
    if named:
        between = ahead[named[-1] :]
        return len(between.strip()) <= _CLOSE or _CASE.search(between) is None
    if _CASE.search(ahead[-30:]):
        return False
    return _SECRET.search(text[end : end + after]) is not None
