"""Which files are taken: judged by their bytes, since a name and a declared type are only claims of the sender."""

import re
import unicodedata

import puremagic

from tickets.enums import FileType

MOST_BYTES = 10 * 1024 * 1024
MOST_PER_TICKET = 100
"""A guard against a client's loop; nobody needs so many."""
LONGEST_NAME = 150
_HEAD = 4096
"""Signatures stand at the beginning; the rest of a large file need not be looked at."""

EXTENSIONS: dict[FileType, tuple[str, ...]] = {
    FileType.PDF: (".pdf",),
    FileType.PNG: (".png",),
    FileType.JPEG: (".jpg", ".jpeg", ".jpe", ".jfif"),
    FileType.CSV: (".csv",),
    FileType.TXT: (".txt", ".text", ".log"),
}
"""How files of a type are called; the first is given to those called otherwise."""
_BY_SIGNATURE = frozenset({FileType.PDF, FileType.PNG, FileType.JPEG})
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_JPEG_BEGINS = b"\xff\xd8\xff"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def type_of(content: bytes, filename: str) -> FileType | None:
    """Return what a file is; None when it is nothing that we take.

    PDF and images are known by their signature. Text is UTF-8, or UTF-16 with its byte order mark, without control
    characters; only which of the two kinds of text it is, its name may say.
    """
    signed = _signed(content)
    if signed is not None:
        return signed
    if not _is_text(content):
        return None
    return FileType.CSV if filename.lower().endswith(EXTENSIONS[FileType.CSV]) else FileType.TXT


def _signed(content: bytes) -> FileType | None:
    try:
        found = {match.mime_type for match in puremagic.magic_string(content[:_HEAD])}
    except (puremagic.PureError, ValueError):
        return None
    if FileType.JPEG in found and not content.startswith(_JPEG_BEGINS):
        return None  # the library is content with two bytes
    return next((kind for kind in FileType if kind in _BY_SIGNATURE and kind.value in found), None)


def _is_text(content: bytes) -> bool:
    encoding = "utf-16" if content.startswith(_UTF16_MARKS) else "utf-8"
    try:
        return _NOT_IN_TEXT.search(content.decode(encoding)) is None
    except UnicodeDecodeError:
        return False


def safe_name(filename: str, kind: FileType) -> str:
    """Return the name under which a file is shown and given back.

    No folders, no invisible or direction-changing characters (they make `exe.pdf` of `fdp.exe`), an ending that tells
    what the file is, at most 150 characters.
    """
    name = unicodedata.normalize("NFC", filename).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(letter for letter in name if not unicodedata.category(letter).startswith("C"))
    name = " ".join(name.split()).strip(". ") or "file"
    ending = next((each for each in EXTENSIONS[kind] if name.lower().endswith(each)), "")
    stem = name[: len(name) - len(ending)] if ending else name
    ending = name[len(stem) :] or EXTENSIONS[kind][0]
    return f"{stem[: LONGEST_NAME - len(ending)].rstrip('. ') or 'file'}{ending}"
