"""Taking files in, giving them back, and letting them go with their ticket.

The file is written first and its row after it, in the unit of work; a rollback takes the file back. What a dying process
leaves behind is a file without a row, never a row without its file: `forget_stray_files` finds it a day later.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.base import File as StoredFile
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import RestrictedError
from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import DomainError, FieldProblem, Invalid, TemporarilyUnavailable
from config.core.uow import unit_of_work
from tickets.enums import EventType, FileType, Visibility
from tickets.models import Attachment, Ticket
from tickets.models.files import private_storage
from tickets.rules.files import MOST_BYTES, MOST_PER_TICKET, safe_name, type_of
from tickets.selectors.files import known_uids
from tickets.services.clocks import hear
from tickets.services.events import record
from tickets.services.tickets import lock_ticket

STRAY_AFTER = timedelta(days=1)
MOST_FILE_BYTES = MOST_BYTES


class FileTooLarge(DomainError):
    """The file has more than ten mebibytes."""

    code = "payload_too_large"


class FileNotTaken(DomainError):
    """The file is none of the kinds that we take, whatever it is called."""

    code = "unsupported_media_type"


@dataclass(frozen=True)
class Upload:
    """A file as it was sent."""

    filename: str
    content: bytes


def judge(upload: Upload) -> FileType:
    """Return what a file is, by its content.

    :raises FileTooLarge: it is larger than we take.
    :raises FileNotTaken: it is nothing that we take.
    """
    if len(upload.content) > MOST_BYTES:
        raise FileTooLarge(gettext("A file may have 10 MiB at most."))
    kind = type_of(upload.content, upload.filename)
    if kind is None:
        raise FileNotTaken(gettext("Send a PDF, PNG or JPEG file, or text (TXT or CSV) in UTF-8."))
    return kind


def attach(*, ticket_id: int, upload: Upload, visibility: Visibility, by: Actor, now: datetime) -> Attachment:
    """Keep a file with a ticket. Internal ones never reach a client, nor does the fact that they exist.

    A public one says something, as a comment does: it counts for the clock of the answer to the client.

    :raises FileTooLarge: it is larger than we take.
    :raises FileNotTaken: it is nothing that we take.
    :raises Invalid: it is empty, or the ticket has very many files already.
    :raises NotFound: no such ticket.
    """
    if not upload.content:
        raise Invalid([FieldProblem("#/file", "required", gettext("The file is empty."))])
    kind = judge(upload)
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        if Attachment.objects.filter(ticket=ticket).count() >= MOST_PER_TICKET:
            raise Invalid([FieldProblem("#/file", "too_many_items", gettext("The ticket has too many files."))])
        row = _row(ticket, upload, kind, visibility=visibility, by=by, now=now)
        row.file.save("", ContentFile(upload.content), save=False)
        uow.if_lost(partial(_remove, row.file.storage, str(row.file.name)))
        row.save(force_insert=True)
        data = {"attachment": str(row.uid), "from_desk": by.is_staff_of_desk}
        record(uow, ticket, EventType.TICKET_UPDATED, internal=visibility is Visibility.INTERNAL, **data)
        columns = hear(uow, ticket, visibility=visibility, by=by)
        if columns:
            Ticket.objects.filter(pk=ticket.pk).update(**columns)
        return row


def _row(
    ticket: Ticket, upload: Upload, kind: FileType, *, visibility: Visibility, by: Actor, now: datetime
) -> Attachment:
    """Return the row of a file that is still to be written."""
    return Attachment(
        ticket=ticket,
        visibility=visibility,
        filename=safe_name(upload.filename, kind),
        content_type=kind,
        size=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        author_kind=by.kind,
        author_label=by.label,
        from_desk=by.is_staff_of_desk,
        created_at=now,
    )


def opened(attachment: Attachment) -> "StoredFile[Any]":
    """Return a file for reading; whoever asks closes it.

    :raises TemporarilyUnavailable: the folder of attachments is not there, or was restored without this file.
    """
    try:
        found: StoredFile[Any] = attachment.file.open("rb")
    except OSError as error:
        raise TemporarilyUnavailable(gettext("The file cannot be read just now.")) from error
    return found


def let_go(ticket: Ticket) -> None:
    """Remove the files of a ticket that is being deleted, once the deletion is committed."""
    for row in Attachment.objects.filter(ticket=ticket):
        transaction.on_commit(partial(_remove, row.file.storage, str(row.file.name)))


def let_go_of(rows: Iterable[Attachment]) -> None:
    """Remove files that do not belong to their ticket, once that is committed; one that was shown as evidence stays."""
    for row in rows:
        storage, name = row.file.storage, str(row.file.name)
        try:
            with transaction.atomic():
                row.delete()
        except RestrictedError:
            continue
        transaction.on_commit(partial(_remove, storage, name))


def _remove(storage: Storage, name: str) -> None:
    try:
        storage.delete(name)
    except OSError:
        # The sweep over stray files tries again.
        return


def forget_stray_files(*, now: datetime) -> int:
    """Remove files that belong to no ticket and are older than a day; return how many."""
    storage = private_storage()
    removed = 0
    for folder in _folders(storage):
        found = {uid: name for name in storage.listdir(folder)[1] if (uid := _uid_of(name)) is not None}
        for uid in set(found) - known_uids(found):
            name = f"{folder}/{found[uid]}"
            if storage.get_modified_time(name) < now - STRAY_AFTER:
                _remove(storage, name)
                removed += 1
    return removed


def _folders(storage: Storage) -> Iterator[str]:
    try:
        yield from sorted(storage.listdir("")[0])
    except FileNotFoundError:
        return  # nobody has attached anything yet


def _uid_of(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(hex=name)
    except ValueError:
        return None
