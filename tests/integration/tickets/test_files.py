"""The life of a file: written before its row, taken back with it, gone with its ticket, never left behind."""

import os
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path as Folder
from typing import Any

import pytest
from django.test import TestCase

from config.core.actor import SYSTEM
from config.core.errors import Invalid, NotFound, TemporarilyUnavailable
from config.core.uow import unit_of_work
from migrations_app.services import intake
from tests.factories.files import EXE, PDF, TXT
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Visibility
from tickets.models import Attachment
from tickets.models.files import private_storage
from tickets.rules.files import MOST_BYTES, MOST_PER_TICKET
from tickets.selectors.files import attachment_of, attachments_of
from tickets.services.files import FileNotTaken, FileTooLarge, Upload, attach, forget_stray_files, opened

Collected = Callable[..., Any]


def stored(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def put(walked: Walk, content: bytes = PDF, name: str = "proof.pdf", **more: Any) -> Attachment:
    options: dict[str, Any] = {"visibility": Visibility.PUBLIC, "by": walked.by, "now": walked.now, **more}
    return attach(ticket_id=walked.ticket.pk, upload=Upload(name, content), **options)


@pytest.fixture
def walked(walk: Walker) -> Walk:
    return walk(Path.FILED)


def test_a_file_is_kept_as_it_was_sent_under_a_name_that_tells_nothing(walked: Walk, files: Folder) -> None:
    row = put(walked, name="../Padaria Sol.pdf")
    assert (row.filename, row.content_type, row.size) == ("Padaria Sol.pdf", "application/pdf", len(PDF))
    assert stored(files) == [row.uid.hex]
    path = files / row.uid.hex[:2] / row.uid.hex
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    with opened(row) as content:
        assert content.read() == PDF


def test_a_file_raises_the_revision_and_is_an_event_of_ids_only(walked: Walk, files: Folder) -> None:
    before = walked.fresh()
    row = put(walked, name="secret plans.pdf")
    after = walked.fresh()
    assert (after.revision, after.version) == (before.revision + 1, before.version)
    event = walked.events()[-1]
    assert (event.type, event.internal) == ("ticket.updated", False)
    assert event.data == {"attachment": str(row.uid), "from_desk": False}


def test_a_file_counts_as_a_word_for_the_clock_of_the_answer(walked: Walk, files: Folder) -> None:
    def answered() -> str:
        clocks = {clock["metric"]: clock for clock in walked.fresh().sla}
        return str(clocks["first_response"]["state"])

    put(walked, by=walked.desk, visibility=Visibility.INTERNAL)
    assert answered() == "running"
    put(walked, by=walked.desk)
    assert answered() == "met"
    put(walked)
    assert answered() == "running"


def test_internal_files_are_for_the_desk(walked: Walk, files: Folder) -> None:
    row = put(walked, visibility=Visibility.INTERNAL, by=walked.desk)
    assert walked.events()[-1].internal
    assert list(attachments_of(walked.ticket, internal=False)) == []
    assert list(attachments_of(walked.ticket, internal=True)) == [row]
    with pytest.raises(NotFound):
        attachment_of(walked.ticket, row.uid, internal=False)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [(b"", Invalid), (EXE, FileNotTaken), (b"a" * (MOST_BYTES + 1), FileTooLarge)],
)
def test_what_is_refused_leaves_nothing(walked: Walk, files: Folder, content: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        put(walked, content)
    assert not Attachment.objects.exists()
    assert stored(files) == []


def test_exactly_ten_mebibytes_are_taken(walked: Walk, files: Folder) -> None:
    assert put(walked, b"a" * MOST_BYTES, "a.txt").size == MOST_BYTES


def test_a_ticket_has_a_bounded_number_of_files(walked: Walk, files: Folder) -> None:
    row = put(walked)
    Attachment.objects.bulk_create(
        Attachment(
            ticket=walked.ticket, uid=uuid.uuid4(), filename="a.txt", content_type="text/plain", size=1, sha256="",
            file="x", author_kind="user", author_label="x", created_at=row.created_at,
        )
        for _ in range(MOST_PER_TICKET - 1)
    )  # fmt: skip
    with pytest.raises(Invalid) as refusal:
        put(walked)
    assert [error.code for error in refusal.value.errors] == ["too_many_items"]
    assert stored(files) == [row.uid.hex]


class Broken(Exception):
    """What goes wrong later in the same unit of work."""


def put_and_break(walked: Walk, files: Folder) -> list[str]:
    """Attach a file in a unit of work that fails later; return what was in the folder meanwhile."""
    seen: list[str] = []

    def work() -> None:
        with unit_of_work(by=SYSTEM, now=walked.now):
            put(walked)
            seen.extend(stored(files))
            raise Broken

    with pytest.raises(Broken):
        work()
    return seen


def test_a_rollback_takes_the_file_back(walked: Walk, files: Folder) -> None:
    seen = put_and_break(walked, files)
    assert len(seen) == 1
    assert not Attachment.objects.exists()
    assert stored(files) == []


def test_a_ticket_that_is_not_there_gets_no_file(walked: Walk, files: Folder) -> None:
    with pytest.raises(NotFound):
        attach(ticket_id=0, upload=Upload("a.txt", TXT), visibility=Visibility.PUBLIC, by=walked.by, now=walked.now)
    assert stored(files) == []


def test_files_go_with_their_draft_when_its_deletion_is_committed(walk: Walker, files: Folder) -> None:
    walked = walk(Path.DRAFT)
    put(walked)
    put(walked, TXT, "a.txt")
    with TestCase.captureOnCommitCallbacks() as callbacks:
        intake.delete_draft(ticket_id=walked.ticket.pk, by=walked.by, now=walked.now)
        assert len(stored(files)) == 2
    assert not Attachment.objects.exists()
    for callback in callbacks:
        callback()
    assert stored(files) == []


@pytest.mark.parametrize("missing", ["file", "folder"])
def test_a_file_that_is_not_there_is_said_to_be_unavailable(walked: Walk, files: Folder, missing: str) -> None:
    row = put(walked)
    path = files / row.uid.hex[:2] / row.uid.hex
    path.unlink()
    if missing == "folder":
        path.parent.rmdir()
    with pytest.raises(TemporarilyUnavailable):
        opened(row)


def _stray(files: Folder, name: str, at: datetime) -> Folder:
    path = files / name[:2] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def test_strays_are_removed_a_day_later_and_nothing_else(walked: Walk, files: Folder) -> None:
    row = put(walked)
    mine = files / row.uid.hex[:2] / row.uid.hex
    old = (walked.now - timedelta(days=30)).timestamp()
    os.utime(mine, (old, old))
    stray = _stray(files, uuid.uuid4().hex, walked.now - timedelta(hours=25))
    fresh = _stray(files, uuid.uuid4().hex, walked.now - timedelta(hours=23))
    foreign = _stray(files, "readme", walked.now - timedelta(days=30))
    assert forget_stray_files(now=walked.now) == 1
    assert [path.exists() for path in (mine, stray, fresh, foreign)] == [True, False, True, True]
    assert forget_stray_files(now=walked.now) == 0


def test_where_nobody_attached_anything_there_are_no_strays(db: None, files: Folder, now: datetime) -> None:
    assert forget_stray_files(now=now) == 0


def test_a_file_that_cannot_be_removed_is_left_to_the_next_sweep(
    walked: Walk, files: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = private_storage()

    def refuse(_name: str) -> None:
        raise PermissionError

    monkeypatch.setattr(storage, "delete", refuse)
    put_and_break(walked, files)
    assert len(stored(files)) == 1
