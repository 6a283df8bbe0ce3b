"""Files are what their bytes say, and their names do no harm."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.factories.files import CSV, EXE, GIF, JPEG, PDF, PNG, TXT, ZIP
from tickets.enums import FileType
from tickets.rules.files import EXTENSIONS, LONGEST_NAME, safe_name, type_of


@pytest.mark.parametrize(
    ("content", "filename", "kind"),
    [
        (PDF, "a.pdf", FileType.PDF),
        (PNG, "a.png", FileType.PNG),
        (JPEG, "a.jpg", FileType.JPEG),
        (CSV, "a.csv", FileType.CSV),
        (CSV, "A.CSV", FileType.CSV),
        (TXT, "a.txt", FileType.TXT),
        # The name does not decide between images and text.
        (PDF, "a.csv", FileType.PDF),
        (PNG, "a.exe", FileType.PNG),
        (TXT, "a.pdf", FileType.TXT),
        (b"<script>alert(1)</script>", "a.html", FileType.TXT),
        # Words that begin like some picture are words.
        (b"BMW,Audi\n1,2\n", "cars.csv", FileType.CSV),
        (b"GIF89a is what it said", "a.txt", FileType.TXT),
        # Text as Windows programs write it.
        ("número;1\r\n".encode("utf-8-sig"), "a.csv", FileType.CSV),
        ("número;1\r\n".encode("utf-16"), "a.csv", FileType.CSV),
        ("número".encode("utf-16-be"), "a.txt", None),
        (b"\xfe\xff" + "número".encode("utf-16-be"), "a.txt", FileType.TXT),
        ("número".encode("latin-1"), "a.txt", None),
        (b"a\x00b", "a.txt", None),
        (b"\x1b[31mred", "a.log", None),
        (EXE, "a.pdf", None),
        (ZIP, "a.png", None),
        (GIF, "a.png", None),
        (b"\x89PNG", "a.png", None),
        (b"\xff\xd8", "a.jpg", None),
        (b"\xff\xfea", "a.txt", None),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, filename: str, kind: FileType | None) -> None:
    assert type_of(content, filename) == kind


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1), st.sampled_from(["utf-8", "utf-16"]))
def test_any_text_is_text_in_either_encoding(text: str, encoding: str) -> None:
    kind = type_of(text.encode(encoding), "a.txt")
    assert kind in {FileType.TXT, *((FileType.PDF,) if text.startswith("%PDF") else ())}


@given(st.binary(max_size=200))
def test_nothing_with_a_zero_byte_is_text_unless_it_says_its_encoding(content: bytes) -> None:
    kind = type_of(content + b"\x00", "a.txt")
    assert kind not in {FileType.TXT, FileType.CSV} or content[:2] in {b"\xff\xfe", b"\xfe\xff"}


@pytest.mark.parametrize(
    ("filename", "kind", "shown"),
    [
        ("proof.pdf", FileType.PDF, "proof.pdf"),
        ("Proof.PDF", FileType.PDF, "Proof.PDF"),
        ("photo.jpeg", FileType.JPEG, "photo.jpeg"),
        ("../../etc/passwd", FileType.TXT, "passwd.txt"),
        ("C:\\Users\\ana\\proof.png", FileType.PNG, "proof.png"),
        ("evil.html", FileType.TXT, "evil.html.txt"),
        ("photo.exe", FileType.PNG, "photo.exe.png"),
        ("\u202efdp.exe", FileType.TXT, "fdp.exe.txt"),
        ("a\r\nSet-Cookie: x.pdf", FileType.PDF, "aSet-Cookie x.pdf".replace(" x", ": x")),
        ("", FileType.CSV, "file.csv"),
        (".pdf", FileType.PDF, "pdf.pdf"),
        ("  .. ", FileType.PDF, "file.pdf"),
        ("relatório.pdf", FileType.PDF, "relatório.pdf"),
    ],
)
def test_a_name_keeps_what_tells_people_something(filename: str, kind: FileType, shown: str) -> None:
    assert safe_name(filename, kind) == shown


@given(st.text(), st.sampled_from(list(FileType)))
@example("a" * 300 + ".pdf", FileType.PDF)
def test_a_name_is_short_harmless_and_ends_as_its_type_does(filename: str, kind: FileType) -> None:
    name = safe_name(filename, kind)
    assert 0 < len(name) <= LONGEST_NAME
    assert name.lower().endswith(EXTENSIONS[kind])
    assert not {"/", "\\"} & set(name)
    assert not any(unicodedata.category(letter).startswith("C") for letter in name)
    assert not name.startswith(".")
    assert safe_name(name, kind) == name
