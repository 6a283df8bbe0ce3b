"""Where mail waits for us: a folder in the Maildir form, or a mailbox behind IMAP. Reading marks nothing; `done` does.

A mail is marked or moved only when whoever reads has committed it: what is read twice is the reader's to recognise.
"""

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT = 30
"""Seconds without an answer after which a server is given up."""
_UNTAGGED_UID = re.compile(rb"\bUID (\d+)\b")


class MailboxUnavailable(Exception):
    """The mailbox cannot be read now. `reason` is a code; it never holds an address or a password."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Maildir:
    """A folder with `new` and `cur`: files in `new` have not been read yet. Whoever writes moves a whole file there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def unread(self, *, limit: int, most_bytes: int) -> Iterator[tuple[Path, bytes]]:
        """Yield the unread mails, oldest name first; of a mail that is larger, one byte more than `most_bytes`.

        :raises MailboxUnavailable: there is no such folder.
        """
        try:
            for name in ("tmp", "new", "cur"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            waiting = sorted(path for path in (self.folder / "new").iterdir() if path.is_file())
        except OSError:
            raise MailboxUnavailable("folder_unreadable") from None
        for path in [path for path in waiting if not path.name.startswith(".")][:limit]:
            with suppress(FileNotFoundError):  # somebody else has read it
                with path.open("rb") as file:
                    raw = file.read(most_bytes + 1)
                yield path, raw

    def done(self, path: Path, *, instead: bytes | None = None) -> None:
        """Move a mail among those that are read; `instead` takes its place where it may not stay there as it came."""
        read = self.folder / "cur" / f"{path.name.partition(':')[0]}:2,S"
        with suppress(FileNotFoundError):
            if instead is None:
                path.rename(read)
                return
            written = self.folder / "tmp" / path.name
            written.write_bytes(instead)
            written.rename(read)
            path.unlink()


@dataclass(frozen=True)
class ImapAddress:
    """Where a mailbox is: imaps://user:password@host:993/Folder?move=Folder. With imap:// TLS is begun by STARTTLS."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    move_to: str = ""
    starttls: bool = False

    def __repr__(self) -> str:
        return f"ImapAddress({self.host}:{self.port}/{self.folder})"


def imap_address(url: str) -> ImapAddress:
    """Return the parts of an address.

    :raises MailboxUnavailable: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"imap", "imaps"} or not parts.hostname or not parts.username:
        raise MailboxUnavailable("bad_address")
    starttls = parts.scheme == "imap"
    return ImapAddress(
        host=parts.hostname,
        port=parts.port or (143 if starttls else 993),
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        move_to=parse_qs(parts.query).get("move", [""])[0],
        starttls=starttls,
    )


def connect(address: ImapAddress) -> imaplib.IMAP4:
    """Return a connection to the server, with TLS and signed in."""
    context = ssl.create_default_context()
    server: imaplib.IMAP4
    if address.starttls:
        server = imaplib.IMAP4(address.host, address.port, timeout=TIMEOUT)
        server.starttls(context)
    else:
        server = imaplib.IMAP4_SSL(address.host, address.port, ssl_context=context, timeout=TIMEOUT)
    server.login(address.user, address.password)
    return server


class ImapMailbox:
    """One session with a mailbox; a context manager. Mails are told by their UIDs, which rise while `uid_validity` stays."""

    def __init__(self, address: ImapAddress, *, connect_by: Callable[[ImapAddress], imaplib.IMAP4] = connect) -> None:
        self._address, self._connect = address, connect_by
        self._server: imaplib.IMAP4 | None = None
        self.uid_validity = 0

    def __enter__(self) -> Self:
        with _failing("unreachable"):
            self._server = self._connect(self._address)
        with _failing("no_such_folder"):
            answer, _data = self._server.select(_quoted(self._address.folder))
            if answer != "OK":
                raise MailboxUnavailable("no_such_folder")
            _name, values = self._server.response("UIDVALIDITY")
            self.uid_validity = int(values[0]) if values and values[0] else 0
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                self._server.logout()

    def after(self, last_uid: int, *, limit: int, most_bytes: int) -> Iterator[tuple[int, bytes]]:
        """Yield the mails after a UID, in order; of a mail that is larger, one byte more than `most_bytes`.

        :raises MailboxUnavailable: the server does not go on.
        """
        with _failing("search_failed"):
            _answer, found = self._asked().uid("SEARCH", "UID", f"{last_uid + 1}:*")
        # A range that ends with * always holds the last mail, also when that is an earlier one.
        uids = sorted(uid for uid in map(int, (found[0] or b"").split()) if uid > last_uid) if found else []
        for uid in uids[:limit]:
            raw = self._fetched(uid, most_bytes)
            if raw is not None:
                yield uid, raw

    def _fetched(self, uid: int, most_bytes: int) -> bytes | None:
        with _failing("fetch_failed"):
            answer, data = self._asked().uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{most_bytes + 1}>)")
        if answer != "OK":
            raise MailboxUnavailable("fetch_failed")
        for part in data:
            if isinstance(part, tuple):
                told = _UNTAGGED_UID.search(part[0])
                if told is None or int(told[1]) == uid:
                    return bytes(part[1])
        return None  # removed in the meantime

    def done(self, uid: int) -> None:
        """Mark a mail as seen and, where a folder is named for that, move it there. Where that fails, it is known by its UID."""
        server = self._asked()
        with suppress(imaplib.IMAP4.error, OSError):
            server.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)")
            if self._address.move_to and "MOVE" in server.capabilities:
                server.uid("MOVE", str(uid), _quoted(self._address.move_to))

    def _asked(self) -> imaplib.IMAP4:
        if self._server is None:
            raise MailboxUnavailable("not_open")
        return self._server


class _failing:  # noqa: N801  (reads as a statement)
    """Turn what the network and the server may throw into one refusal that quotes nothing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, imaplib.IMAP4.error | OSError | ValueError):
            reason = "sign_in_refused" if b"auth" in str(error).lower().encode() else self.reason
            raise MailboxUnavailable(reason) from None


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
