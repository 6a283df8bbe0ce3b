"""Exports: asked for, written by a worker, kept for some days. The only writer of an export's state.

Writing is claim (commit) → pages → record (commit). A worker writes for some seconds and then lets others to the row, so that a
large file stands in nobody's way. One that dies leaves its claim; when the lease is over another begins anew, in a file of another
name, and what the first may still write is neither counted nor kept.
"""

import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import Conflict, FieldProblem, Invalid, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums.exports import ExportFormat, ExportState
from migrations_app.models import TicketExport
from migrations_app.rules.lifecycle import EXPORT
from migrations_app.selectors.export import PAGE, next_page, rows_of
from migrations_app.selectors.exports import OPEN, open_exports, tickets_to_export
from migrations_app.selectors.wishes import TicketWish, tickets_wished
from migrations_app.services.export_files import append, remove_all, to_workbook
from tickets.models import Ticket
from tickets.selectors.api import organization_of, tickets_of

MOST_OPEN = 5
"""Exports of one organization that may be under way."""
MOST_TRIES = 3
TURN = timedelta(seconds=20)
WORKBOOK_LASTS = timedelta(minutes=30)
KEPT = timedelta(days=90)
"""How long an export without a file is still told of."""
BATCH = 1000


class TooManyExports(Conflict):
    """The organization has several exports under way."""

    code = "illegal_transition"


@dataclass(frozen=True)
class Wanted:
    """What an export shall be."""

    format: ExportFormat
    filters: dict[str, Any]
    wish: TicketWish
    test: bool


def ask(*, organization_id: int, wanted: Wanted, by: Actor, now: datetime) -> TicketExport:
    """Put an export on the list of what is to be written.

    :raises Invalid: a workbook of so many tickets cannot be written.
    :raises TooManyExports: five are under way.
    """
    most = settings.EXPORT_XLSX_ROWS
    if wanted.format is ExportFormat.XLSX:
        rows = tickets_wished(tickets_of(organization_id, test=wanted.test), wanted.wish)
        if rows.order_by("id")[most : most + 1].exists():
            words = gettext("More than %(most)s tickets do not fit into a workbook: narrow the filters, or take csv.")
            raise Invalid([FieldProblem("#/format", "too_many_items", words % {"most": most})])
    with unit_of_work(by=by, now=now):
        if open_exports(organization_id) >= MOST_OPEN:
            raise TooManyExports(gettext("Several exports are under way: wait until one is done, or delete one."))
        return TicketExport.objects.create(
            organization=organization_of(organization_id),
            test=wanted.test,
            format=wanted.format,
            filters=wanted.filters,
            wish=wanted.wish.as_json(),
            requested_by=by.label,
            due_at=now,
            created_at=now,
            updated_at=now,
        )


def drop(*, export_id: int, by: Actor, now: datetime) -> None:
    """Forget an export and its file, whatever its state; who writes it finds out at the next page."""
    with unit_of_work(by=by, now=now):
        row = TicketExport.objects.filter(pk=export_id).first()
        if row is None:
            raise NotFound
        row.delete()
        transaction.on_commit(partial(remove_all, row.uid.hex))


def write_due(export_id: int, *, by: Actor, now: datetime, turn: timedelta = TURN) -> ExportState | None:
    """Write (on) an export that is due, for one turn; return its state then, None when somebody else has it."""
    row = _claim(export_id, by=by, now=now)
    if row is None:
        return None
    if row.state == ExportState.FAILED:
        remove_all(row.uid.hex)
        return ExportState.FAILED
    began = time.monotonic()

    def moment() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    rows = tickets_to_export(row)
    if row.total is None and not _record(row, moment(), total=rows.count()):
        return None
    while _write_page(row, rows, moment()):
        if moment() - now >= turn:
            # The claim goes, so that the next turn is anybody's.
            _record(row, moment(), claim="", due_at=moment())
            return ExportState.RUNNING
    return _finish(row, by=by, now=moment())


def _claim(export_id: int, *, by: Actor, now: datetime) -> TicketExport | None:
    """Take an export, commit, and return it; None when there is nothing to do."""
    with unit_of_work(by=by, now=now) as uow:
        row = TicketExport.objects.select_for_update(no_key=True).filter(pk=export_id).first()
        if row is None or row.state not in OPEN or row.due_at is None or row.due_at > now:
            return None
        if row.claim:
            row.tries += 1
            if row.tries >= MOST_TRIES:
                _move(uow, row, ExportState.FAILED, error="interrupted", finished_at=now, tries=row.tries)
                return row
            row.place, row.done, row.size, row.name = None, 0, 0, ""
        if row.state == ExportState.QUEUED:
            _move(uow, row, ExportState.RUNNING, started_at=now)
        row.claim, row.due_at, row.updated_at = uuid.uuid4().hex, now + _lease(), now
        row.name = row.name or f"{row.uid.hex}-{row.tries}"
        row.save(update_fields=["claim", "due_at", "tries", "place", "done", "size", "name", "updated_at"])
        return row


def _lease() -> timedelta:
    return timedelta(seconds=settings.ATTEMPT_LEASE_SECONDS)


def _move(uow: UnitOfWork, row: TicketExport, to: ExportState, **columns: Any) -> None:
    if to is not ExportState.RUNNING:
        columns |= {"claim": "", "due_at": None}
    uow.move(row, "state", table=EXPORT, to=to, **columns)


def _record(row: TicketExport, now: datetime, **columns: Any) -> bool:
    """Store how far we are, unless the export is not ours any more."""
    changes = {"due_at": now + _lease(), "updated_at": now, **columns}
    ours = TicketExport.objects.filter(pk=row.pk, claim=row.claim).update(**changes) == 1
    if ours:
        for name, value in columns.items():
            setattr(row, name, value if name != "claim" else row.claim)
    return ours


def _write_page(row: TicketExport, rows: QuerySet[Ticket], now: datetime) -> bool:
    """Write the next page and tell how far we are; False when it was the last, or the export is not ours any more."""
    page = next_page(rows, row.place)
    at = row.started_at or now
    size = append(row.name, _gathered_as(row), rows_of(page, at=at), size=row.size)
    place = [page[-1].created_at.isoformat(), page[-1].pk] if page else row.place
    ours = _record(row, now, done=row.done + len(page), place=place, size=size)
    return ours and len(page) == PAGE


def _gathered_as(row: TicketExport) -> ExportFormat:
    return ExportFormat.NDJSON if row.format == ExportFormat.XLSX else ExportFormat(row.format)


def _finish(row: TicketExport, *, by: Actor, now: datetime) -> ExportState | None:
    """Make the file whole and tell that it is; when the export is not ours any more, take back what we wrote."""
    name, size = row.name, row.size
    if row.format == ExportFormat.XLSX and _record(row, now, due_at=now + WORKBOOK_LASTS):
        name = f"{row.name}.xlsx"
        size = to_workbook(row.name, name)
    with unit_of_work(by=by, now=now) as uow:
        mine = TicketExport.objects.select_for_update(no_key=True).filter(pk=row.pk, claim=row.claim).first()
        if mine is not None:
            until = now + timedelta(days=settings.EXPORT_KEPT_DAYS)
            _move(uow, mine, ExportState.DONE, name=name, size=size, finished_at=now, expires_at=until, total=mine.done)
    if mine is None:
        for written in (row.name, f"{row.name}.xlsx"):
            remove_all(written)
        return None
    remove_all(row.uid.hex, but=(name,))
    return ExportState.DONE


def expire(export_id: int, *, by: Actor, now: datetime) -> None:
    """Delete the file of an export whose time is over."""
    with unit_of_work(by=by, now=now) as uow:
        row = TicketExport.objects.filter(pk=export_id, state=ExportState.DONE, expires_at__lte=now).first()
        if row is not None:
            _move(uow, row, ExportState.EXPIRED, name="")
            transaction.on_commit(partial(remove_all, row.uid.hex))


def forget_old_exports(*, now: datetime) -> int:
    """Delete exports that have had no file for long: failed ones, and those whose file was deleted; return how many."""
    rows = TicketExport.objects.filter(state__in=[ExportState.FAILED, ExportState.EXPIRED], updated_at__lt=now - KEPT)
    ids = list(rows.order_by("id").values_list("id", flat=True)[:BATCH])
    TicketExport.objects.filter(pk__in=ids).delete()
    return len(ids)
