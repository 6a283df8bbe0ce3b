"""Fetching mail from where it waits. A mail is marked only after its row is committed, so nothing is lost and a repeat is known."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.enums.mail import MailSource
from migrations_app.models import MailboxPlace
from migrations_app.rules.mails import MOST_BYTES, redacted
from migrations_app.services.inbound import Arrival, receive
from providers.services.mailboxes import MailboxUnavailable, imap, mailbox_name, maildir

BATCH = 50
"""Most mails of one run; the next run takes the rest."""


@dataclass(frozen=True)
class Fetched:
    """The ids of the rows of what was fetched. `trouble` is the code of what stopped the run; empty when nothing did."""

    mails: tuple[int, ...] = ()
    trouble: str = ""


def fetch_maildir(*, folder: Path, by: Actor, now: datetime, limit: int = BATCH) -> Fetched:
    """Take in the unread mails of a folder and move each among the read ones."""
    taken: list[int] = []
    box = maildir(folder)
    try:
        for path, raw in box.unread(limit=limit, most_bytes=MOST_BYTES):
            taken.append(receive(arrival=Arrival(raw, MailSource.MAILDIR), by=by, now=now).pk)
            box.done(path, instead=_without_codes(raw))
    except MailboxUnavailable as trouble:
        return Fetched(tuple(taken), trouble.reason)
    return Fetched(tuple(taken))


def _without_codes(raw: bytes) -> bytes | None:
    """Return what may stay in the folder of a mail that holds codes or PINs; None where it may stay as it came."""
    kept = redacted(raw) if len(raw) <= MOST_BYTES else raw
    return kept if kept != raw else None


def fetch_imap(*, url: str, by: Actor, now: datetime, limit: int = BATCH) -> Fetched:
    """Take in what came into a mailbox since the last run.

    The place is remembered after each mail; a run that stops goes on there. Mails are taken in their order, so the place never
    passes one that was not taken.
    """
    taken: list[int] = []
    try:
        with imap(url) as box:
            place = _place(mailbox_name(url), box.uid_validity, now)
            for uid, raw in box.after(place.last_uid, limit=limit, most_bytes=MOST_BYTES):
                taken.append(receive(arrival=Arrival(raw, MailSource.IMAP), by=by, now=now).pk)
                _remember(place, uid, by=by, now=now)
                box.done(uid)
    except MailboxUnavailable as trouble:
        return Fetched(tuple(taken), trouble.reason)
    return Fetched(tuple(taken))


def _place(name: str, uid_validity: int, now: datetime) -> MailboxPlace:
    """Return how far a mailbox has been read; from its beginning where the server has numbered its mails anew."""
    place, _made = MailboxPlace.objects.get_or_create(
        mailbox=name, defaults={"uid_validity": uid_validity, "updated_at": now}
    )
    if place.uid_validity != uid_validity:
        MailboxPlace.objects.filter(pk=place.pk).update(uid_validity=uid_validity, last_uid=0, updated_at=now)
        place.refresh_from_db()
    return place


def _remember(place: MailboxPlace, uid: int, *, by: Actor, now: datetime) -> None:
    """Move the place on, never back: another run may be further already."""
    with unit_of_work(by=by, now=now):
        rows = MailboxPlace.objects.filter(pk=place.pk, uid_validity=place.uid_validity, last_uid__lt=uid)
        rows.update(last_uid=uid, updated_at=now)
