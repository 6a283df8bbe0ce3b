"""Who a mail's sender is, by the addresses known on a ticket."""

from collections.abc import Collection, Mapping

from tickets.enums import Party

_ANYBODYS = frozenset({
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "yahoo.com.br", "icloud.com",
    "me.com", "aol.com", "proton.me", "protonmail.com", "gmx.com", "gmx.net", "mail.com", "zoho.com", "mail.ru", "yandex.ru",
    "ya.ru", "bk.ru", "inbox.ru", "list.ru", "rambler.ru", "ukr.net", "uol.com.br", "bol.com.br", "terra.com.br", "qq.com",
})  # fmt: skip
"""Domains in which anybody may have an address."""


def party_of_sender(sender: str, known: Mapping[Party, Collection[str]]) -> Party | None:
    """Return the party that an address belongs to; None for a stranger.

    Old BSPs answer from the desk that happens to be on duty: any address of their domain counts. A client's colleague is not
    taken for the client.
    """
    sender = sender.strip().lower()
    if sender and sender in known.get(Party.CLIENT, ()):
        return Party.CLIENT
    domains = {address.rpartition("@")[2] for address in known.get(Party.OLD_BSP, ())} - _ANYBODYS
    own = sender.rpartition("@")[2]
    if sender in known.get(Party.OLD_BSP, ()) or any(own == domain or own.endswith(f".{domain}") for domain in domains):
        return Party.OLD_BSP
    return None
