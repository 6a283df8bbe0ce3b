"""Reading a mail as it came off the wire. Nothing in it is believed, and nothing in it can make the reading fail.

`compat32` is the standard library's most patient policy: headers are decoded here, one by one, whatever they hold.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

from migrations_app.rules.mail_text import text_of_markup
from migrations_app.rules.redaction import redact

MOST_BYTES = 25 * 1024 * 1024
"""Of a mail that is larger, only the beginning is kept."""
MOST_FILES = 50
DECORATION = 8 * 1024
"""Pictures inside the text that are smaller than this are logos of signatures."""
_LONGEST_TEXT = 500_000
_RECIPIENTS = (
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to", "x-forwarded-to", "to", "cc", "resent-to",
)  # fmt: skip
_IDS = re.compile(r"<([^<>\s]{3,500})>")


@dataclass(frozen=True)
class MailFile:
    """Something attached to a mail, as its sender calls it."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """A mail in plain values. `headers` are by lower-case name, each with its values in order.

    `reports` are the machine-readable parts of a delivery report, `quoted` the headers of the mail it is about.
    """

    message_id: str = ""
    answers: tuple[str, ...] = ()
    sender_name: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    files: tuple[MailFile, ...] = ()
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_report: bool = False
    reports: tuple[Mapping[str, str], ...] = ()
    quoted: str = ""

    def header(self, name: str) -> str:
        """Return the first value of a header; empty when there is none."""
        return next(iter(self.headers.get(name, ())), "")


def clean(text: str) -> str:
    """Return a text that every database takes: no NUL, no half characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def redacted(raw: bytes) -> bytes:
    """Return a mail without the codes and PINs of its texts; one without any comes back as it was, byte by byte."""
    message = message_from_bytes(raw, policy=policy.compat32)
    touched = False
    for part in message.walk():
        if part.is_multipart() or part.get_content_type() not in {"text/plain", "text/html"}:
            continue
        text = _decoded(part)
        markup = part.get_content_type() == "text/html"
        masked = redact(text, markup=markup)
        if masked != text:
            touched = True
            del part["Content-Transfer-Encoding"]
            part.set_payload(masked.encode("utf-8", "replace"), "utf-8")
    subject = _shown(message.get("Subject"))
    if redact(subject) != subject:
        touched = True
        del message["Subject"]
        message["Subject"] = redact(subject).encode("utf-8", "replace").decode("utf-8")
    return _bytes_of(message) if touched else raw


def _bytes_of(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except (UnicodeError, LookupError, ValueError, TypeError, AttributeError):
        # Broken beyond writing it again: its plain text is kept instead, which cannot hold a secret any more.
        kept = read_message(message)
        head = "".join(f"{name}: {value}\r\n" for name, values in kept.headers.items() for value in values)
        return (head + "\r\n" + redact(kept.text)).encode("utf-8", "replace")


def read(raw: bytes) -> Mail:
    """Return what a mail says."""
    return read_message(message_from_bytes(raw, policy=policy.compat32))


def read_message(message: Message) -> Mail:
    """Return what a parsed mail says."""
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in message.raw_items():
        headers[name.lower()] = (*headers.get(name.lower(), ()), _shown(value))
    sender_name, sender = _sender(headers)
    ids = [*headers.get("in-reply-to", ()), *reversed(" ".join(headers.get("references", ())).split())]
    return Mail(
        message_id=next(iter(_IDS.findall(_first(headers, "message-id"))), _first(headers, "message-id").strip())[:500],
        answers=tuple(dict.fromkeys(found for text in ids for found in _IDS.findall(text)))[:100],
        sender_name=sender_name[:200],
        sender=sender[:320],
        recipients=_addresses(headers, _RECIPIENTS),
        subject=redact(" ".join(_first(headers, "subject").split()))[:500],
        text=_text(message),
        files=tuple(_files(message)),
        headers=headers,
        is_report=message.get_content_type() == "multipart/report",
        reports=tuple(_reports(message)),
        quoted=_quoted(message),
    )


def _first(headers: Mapping[str, tuple[str, ...]], name: str) -> str:
    return next(iter(headers.get(name, ())), "")


def _shown(value: object) -> str:
    """Return a header's value in readable letters, whatever it is made of."""
    if value is None:
        return ""
    text = str(value)
    if any("\udc80" <= letter <= "\udcff" for letter in text):
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    with suppress(ValueError, LookupError, UnicodeError, TypeError):  # shown as it stands
        text = str(make_header(decode_header(text)))
    return clean(text)


def _sender(headers: Mapping[str, tuple[str, ...]]) -> tuple[str, str]:
    for name in ("from", "sender", "reply-to"):
        for shown, address in getaddresses([_first(headers, name)]):
            if "@" in address:
                return " ".join(shown.split()), address.strip().lower()
    return "", ""


def _addresses(headers: Mapping[str, tuple[str, ...]], names: tuple[str, ...]) -> tuple[str, ...]:
    found = getaddresses([value for name in names for value in headers.get(name, ())])
    return tuple(dict.fromkeys(address.strip().lower()[:320] for _name, address in found if "@" in address))[:100]


def _decoded(part: Message) -> str:
    """Return the text of a part; a charset that is wrong or unknown costs letters, never the mail."""
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    for charset in (part.get_content_charset(), "utf-8"):
        try:
            return clean(content.decode(charset or "utf-8"))
        except (LookupError, UnicodeError, ValueError):
            continue
    return clean(content.decode("cp1252", "replace"))


def _leaves(message: Message) -> Iterator[Message]:
    """Yield the parts that hold something; a mail inside the mail is one thing."""
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part)
    else:
        yield message


def _is_text(part: Message) -> bool:
    plain = part.get_content_type() in {"text/plain", "text/html"}
    return plain and part.get_content_disposition() != "attachment" and not part.get_filename()


def _text(message: Message) -> str:
    parts = [part for part in _leaves(message) if _is_text(part)]
    for kind in ("text/plain", "text/html"):
        texts = [_decoded(part)[:_LONGEST_TEXT] for part in parts if part.get_content_type() == kind]
        words = "\n\n".join(text_of_markup(text) if kind == "text/html" else text for text in texts)
        if words.strip():
            return redact(words.replace("\r\n", "\n").replace("\r", "\n").strip())[:_LONGEST_TEXT]
    return ""


def _files(message: Message) -> Iterator[MailFile]:
    for part in _leaves(message):
        if _is_text(part) or part.get_content_type() in {"message/delivery-status", "text/rfc822-headers"}:
            continue
        content = _content(part)
        logo = part["Content-ID"] and part.get_content_maintype() == "image" and len(content) < DECORATION
        if content and not (logo and part.get_content_disposition() != "attachment"):
            yield MailFile(_filename(part), part.get_content_type()[:100], content)


def _content(part: Message) -> bytes:
    if part.get_content_maintype() == "message":
        inner = part.get_payload()
        return _bytes_of(inner[0]) if isinstance(inner, list) and inner and isinstance(inner[0], Message) else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _filename(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, UnicodeError, TypeError):
        name = ""
    shown = " ".join(_shown(name).split())
    return redact(shown)[:200] or ("mail.eml" if part.get_content_maintype() == "message" else "file")


def _reports(message: Message) -> Iterator[dict[str, str]]:
    """Yield the blocks of a delivery report's machine-readable part, by lower-case name. Source: RFC 3464."""
    for part in _leaves(message):
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload() if part.is_multipart() else ():
                if isinstance(block, Message):
                    yield {name.lower(): _shown(value) for name, value in block.raw_items()}


def _quoted(message: Message) -> str:
    """Return the beginning of the mail that a report is about, headers first; empty where it brings none."""
    for part in _leaves(message):
        if part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}:
            content = _content(part) if part.get_content_maintype() == "message" else _decoded(part).encode()
            return clean(content[:20_000].decode("utf-8", "replace"))
    return ""
