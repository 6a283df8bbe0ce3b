"""Links that open a conversation: WhatsApp, the phone, a web page. Opening one sends nothing; a person presses the button there."""

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from migrations_app.rules.phone import match_key

LONGEST_LINK = 7000
"""Characters of a link that servers and browsers take without cutting it; a longer text is pasted by hand."""
_E164 = re.compile(r"\+([1-9]\d{6,14})")
_WEB = frozenset({"http", "https"})


def whatsapp_link(phone: str, text: str = "") -> str:
    """Return the link that opens a WhatsApp chat with this number, the text typed in but not sent; empty for no E.164 number.

    A text that would make the link too long is left out. Source: WhatsApp Help Center, "How to use click to chat": digits
    only, in international form, the text percent-encoded.
    """
    found = _E164.fullmatch(phone)
    if not found:
        return ""
    chat = f"https://wa.me/{found[1]}"
    link = f"{chat}?text={quote(text, safe='')}" if text else chat
    return link if len(link) <= LONGEST_LINK else chat


def phone_link(phone: str) -> str:
    """Return the link that dials this number; empty for no E.164 number."""
    return f"tel:{phone}" if _E164.fullmatch(phone) else ""


def web_link(url: str) -> str:
    """Return the address if it is one of the web, which a click may open; empty for anything else."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in _WEB and parts.hostname else ""


def is_being_moved(phone: str, numbers: Iterable[str]) -> bool:
    """Tell whether somebody would be reached on one of the lines that are being moved, in whatever form it was filed."""
    return bool(phone) and match_key(phone) in {match_key(number) for number in numbers}
