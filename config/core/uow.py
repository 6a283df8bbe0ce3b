"""The unit of work: one transaction, the ticket row as its lock, events as its last statements.

Rules held here (see docs/architecture.md):

* whoever changes anything of a ticket first raises the ticket's `revision`; that UPDATE is the lock, the same on SQLite
  and PostgreSQL, and it is taken before any child row is read;
* a status changes by compare-and-swap along its transition table;
* events are collected while the work goes on and written last, with a sequence number per organization.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from config.core.actor import Actor
from config.core.errors import Conflict, DomainError, NotFound
from config.core.transitions import TransitionTable

Row = TypeVar("Row", bound=models.Model)


class IllegalTransition(Conflict):
    """The life cycle does not allow this move from the present status."""

    code = "illegal_transition"


class LostRace(Conflict):
    """Somebody else changed the status between reading and writing."""

    code = "illegal_transition"


@dataclass(frozen=True)
class PendingEvent:
    """An event waiting for the end of its unit of work: code and data, never sentences."""

    organization_id: int
    type: str
    data: Mapping[str, Any]
    ticket_id: int | None = None
    ticket_reference: str | None = None
    internal: bool = False
    test: bool = False
    by: Actor | None = None


class EventWriter(Protocol):
    """Writes collected events inside the still open transaction."""

    def __call__(self, events: list[PendingEvent], *, by: Actor, now: datetime) -> None:
        """Store the events in the order given."""


@dataclass
class UnitOfWork:
    """One transaction of one actor at one moment."""

    by: Actor
    now: datetime
    events: list[PendingEvent] = field(default_factory=list)
    _locked: set[tuple[type[models.Model], int]] = field(default_factory=set)
    _undone_by: list[Callable[[], None]] = field(default_factory=list)
    _at_close: dict[Callable[["UnitOfWork", list[int]], None], list[int]] = field(default_factory=dict)

    def at_close(self, work: Callable[["UnitOfWork", list[int]], None], *row_ids: int) -> None:
        """Have `work` done once, with all ids it was asked for, after everything else and before the events are written.

        For work that takes rows which many transactions share: they are held for a moment instead of for the whole
        transaction, and can be taken in one order. Works are done in the order in which they were first asked for; a
        call without ids only keeps a work's place in that order.
        """
        ids = self._at_close.setdefault(work, [])
        ids.extend(row_id for row_id in row_ids if row_id not in ids)

    def close(self) -> None:
        """Do what was left for the end."""
        while self._at_close:
            work = next(iter(self._at_close))
            ids = self._at_close.pop(work)
            if ids:
                work(self, ids)

    def lock(self, model: type[models.Model], *ids: int) -> None:
        """Take the rows' locks by ascending id, raising each `revision` once.

        :raises NotFound: a row does not exist (any more).
        """
        for row_id in sorted(set(ids)):
            if (model, row_id) in self._locked:
                continue
            rows = model._default_manager.filter(pk=row_id)  # noqa: SLF001  (Django's documented generic access)
            if rows.update(revision=F("revision") + 1, updated_at=self.now) != 1:
                raise NotFound
            self._locked.add((model, row_id))

    def holds(self, model: type[models.Model], row_id: int) -> bool:
        """Tell whether a row's lock was taken in this unit of work."""
        return (model, row_id) in self._locked

    def emit(self, event: PendingEvent) -> None:
        """Collect an event; it is written as one of the last statements of the transaction."""
        self.events.append(event)

    def if_lost(self, undo: Callable[[], None]) -> None:
        """Have something that stands outside of the database (a file) taken back should this work be rolled back."""
        self._undone_by.append(undo)

    def take_back(self) -> None:
        """Undo, last first, what was done outside of the database."""
        while self._undone_by:
            self._undone_by.pop()()

    def move(
        self, row: models.Model, field_name: str, *, table: TransitionTable[Any], to: Enum, **columns: Any
    ) -> Enum:
        """Change a status by compare-and-swap along its table, other columns with it, and return the old one.

        :raises IllegalTransition: the table has no such move; `allowed` tells what it has.
        :raises LostRace: the row no longer is what was read.
        """
        old = type(to)(getattr(row, field_name))
        if not table.allows(old, to):
            allowed = sorted(str(status.value) for status in table.successors(old))
            raise IllegalTransition(_why_not(old, to), extra={"allowed": allowed})
        changes: dict[str, Any] = {field_name: to, **columns}
        if hasattr(row, "updated_at"):
            changes.setdefault("updated_at", self.now)
        rows = type(row)._default_manager.filter(pk=row.pk, **{field_name: old})  # noqa: SLF001
        if rows.update(**changes) != 1:
            raise LostRace(
                gettext("Somebody else changed it at the same moment. Look at it again."), extra={"allowed": []}
            )
        for name, value in changes.items():
            setattr(row, name, value)
        return old


def _why_not(old: Enum, to: Enum) -> str:
    if old is to:
        return gettext("It is “%(state)s” already.") % {"state": old.value}
    words = {"old": old.value, "new": to.value}
    return gettext("It is “%(old)s” now, and cannot become “%(new)s” from there.") % words


_current: ContextVar[UnitOfWork | None] = ContextVar("unit_of_work", default=None)


@contextmanager
def unit_of_work(*, by: Actor, now: datetime) -> Iterator[UnitOfWork]:
    """Open a transaction (or join the one already open in this thread) and write its events last.

    On SQLite the transaction begins IMMEDIATE: a writer that cannot start waits instead of failing half-way. A refusal takes
    everything back; what it has to leave on record by itself (`DomainError.afterwards`) follows then.
    """
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    try:
        with _outermost(UnitOfWork(by=by, now=now)) as uow:
            yield uow
    except DomainError as refusal:
        if refusal.afterwards is not None:
            refusal.afterwards(by=by, now=now)
        raise


@contextmanager
def _outermost(uow: UnitOfWork) -> Iterator[UnitOfWork]:
    token = _current.set(uow)
    whole = False
    try:
        with _immediate(), transaction.atomic():
            yield uow
            uow.close()
            if uow.events:
                writer: EventWriter = import_string(settings.PORTERO_EVENT_WRITER)
                writer(uow.events, by=uow.by, now=uow.now)
            whole = True
    except BaseException:
        # A commit that broke may have been done all the same: what it may need is left for a sweep to judge.
        if not whole:
            uow.take_back()
        raise
    finally:
        _current.reset(token)


@contextmanager
def _immediate() -> Iterator[None]:
    """Make SQLite's next BEGIN an IMMEDIATE one, for the unit of work only."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    before = connection.transaction_mode  # type: ignore[attr-defined]
    connection.transaction_mode = "IMMEDIATE"  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.transaction_mode = before  # type: ignore[attr-defined]
