"""Taking mail in: kept first, understood afterwards. `receive` makes one row of a mail however often it comes.

The file is written before the row; its name follows from the mail itself, so that a repeat finds what a dying process left.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import IntegrityError
from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import TemporarilyUnavailable
from config.core.uow import unit_of_work
from migrations_app.enums.mail import MailSource
from migrations_app.models import InboundFile, InboundMail
from migrations_app.models.inbound import mail_storage
from migrations_app.rules.answers import traces_of
from migrations_app.rules.mails import MOST_BYTES, MOST_FILES, Mail, read, redacted
from migrations_app.rules.verdicts import verdicts_of


@dataclass(frozen=True)
class Arrival:
    """A mail as it came off the wire. Of the envelope only some ways tell; `envelope_sender` is None where it is unknown."""

    raw: bytes
    source: MailSource
    envelope_sender: str | None = None
    envelope_recipient: str = ""
    verdicts: Mapping[str, str] = field(default_factory=dict)


def receive(*, arrival: Arrival, by: Actor, now: datetime) -> InboundMail:
    """Keep a mail and return its row: the one that is there already where the same mail came before.

    Codes and PINs are taken out first. Of a mail larger than 25 MiB the beginning is kept.
    """
    raw = redacted(arrival.raw[:MOST_BYTES])
    mail = read(raw)
    key = _key_of(mail, arrival)
    found = InboundMail.objects.filter(key=key).first()
    if found is not None:
        return found
    name = _keep(key, raw)
    try:
        with unit_of_work(by=by, now=now):
            return _write(arrival, mail, key, name, now)
    except IntegrityError:
        # A twin was faster.
        twin = InboundMail.objects.filter(key=key).first()
        if twin is None:
            raise
        if name != twin.file:
            mail_storage().delete(name)
        return twin


def _key_of(mail: Mail, arrival: Arrival) -> str:
    """Return what makes the same mail the same: its Message-ID, else its content; with who wrote it and which chase it is to."""
    content = mail.message_id or _digest(
        mail.subject, mail.header("date"), mail.text, *(hashlib.sha256(file.content).hexdigest() for file in mail.files)
    )
    tokens = traces_of(mail, also_to=[arrival.envelope_recipient]).tokens
    return _digest(content, mail.sender, tokens[0] if tokens else "")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _keep(key: str, raw: bytes) -> str:
    storage, name = mail_storage(), f"{key[:2]}/{key}"
    if storage.exists(name):
        if storage.size(name) == len(raw):
            return name
        storage.delete(name)  # a process died while it wrote
    return str(storage.save(name, ContentFile(raw)))


def _write(arrival: Arrival, mail: Mail, key: str, name: str, now: datetime) -> InboundMail:
    verdicts = {**verdicts_of(mail), **arrival.verdicts}
    facts = {"verdicts": verdicts} if verdicts else {}
    if len(mail.files) > MOST_FILES:
        facts["more_files"] = len(mail.files) - MOST_FILES  # type: ignore[assignment]  # facts of several kinds
    row = InboundMail.objects.create(
        key=key,
        source=arrival.source,
        received_at=now,
        file=name,
        size=len(arrival.raw),
        cut=len(arrival.raw) > MOST_BYTES,
        sender_name=mail.sender_name,
        sender=mail.sender,
        recipient=(arrival.envelope_recipient or next(iter(mail.recipients), ""))[:320],
        no_return_path=arrival.envelope_sender == "",
        subject=mail.subject,
        text=mail.text,
        message_id=mail.message_id,
        facts=facts,
        created_at=now,
        updated_at=now,
    )
    InboundFile.objects.bulk_create(
        InboundFile(
            mail=row, position=place, filename=file.filename, content_type=file.content_type, size=len(file.content)
        )
        for place, file in enumerate(mail.files[:MOST_FILES])
    )
    return row


def read_again(row: InboundMail) -> Mail:
    """Return a mail from its file.

    :raises TemporarilyUnavailable: the folder of mail is not there, or was restored without this one.
    """
    return read(raw_of(row))


def raw_of(row: InboundMail) -> bytes:
    """Return a mail as it was kept.

    :raises TemporarilyUnavailable: the folder of mail is not there, or was restored without this one.
    """
    try:
        with mail_storage().open(row.file) as file:
            return bytes(file.read())
    except OSError as error:
        raise TemporarilyUnavailable(gettext("The file cannot be read just now.")) from error
