"""Opening the places where mail waits for us."""

import hashlib
from pathlib import Path

from providers.channels.mailbox import ImapMailbox, MailboxUnavailable, Maildir, imap_address

__all__ = ["MailboxUnavailable", "imap", "mailbox_name", "maildir"]


def maildir(folder: Path) -> Maildir:
    """Return a folder of mail."""
    return Maildir(folder)


def imap(url: str) -> ImapMailbox:
    """Return a mailbox that is still to be entered.

    :raises MailboxUnavailable: the address is none.
    """
    return ImapMailbox(imap_address(url))


def mailbox_name(url: str) -> str:
    """Return what a mailbox is remembered by: nothing of it can be read back.

    :raises MailboxUnavailable: the address is none.
    """
    address = imap_address(url)
    return hashlib.sha256(f"{address.user}@{address.host}:{address.port}/{address.folder}".encode()).hexdigest()
