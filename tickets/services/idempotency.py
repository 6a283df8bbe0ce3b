"""Stored answers of repeated requests."""

import time
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q

from config.core.api.idempotency import InProgress, StoredAnswer
from tickets.models import IdempotencyRecord

KEPT = timedelta(hours=24)
_WAIT_MS = 2000


class DatabaseStore:
    """Keeps answers in a table; the unique key is the lock between twins."""

    def __init__(self) -> None:
        self._row: IdempotencyRecord | None = None

    def begin(
        self, *, organization_id: int, key: str, method: str, path: str, fingerprint: str, now: datetime
    ) -> StoredAnswer | None:
        """Take the key inside the open transaction, or return the answer stored for it.

        On PostgreSQL a twin waits at most 2 s at the unique key; on SQLite writers run one after another anyway.

        :raises InProgress: another request holds the key.
        """
        name = {"organization_id": organization_id, "key": key, "method": method, "path": path}
        IdempotencyRecord.objects.filter(**name, created_at__lt=now - KEPT).delete()
        kept = IdempotencyRecord.objects.filter(**name).first()
        if kept is not None:
            return kept
        started = time.monotonic()
        try:
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute(f"SET LOCAL lock_timeout = {_WAIT_MS}")
                self._row = IdempotencyRecord.objects.create(**name, fingerprint=fingerprint, created_at=now)
        except IntegrityError:
            kept = IdempotencyRecord.objects.filter(**name).first()
            if kept is None:
                raise InProgress from None
            return kept
        except OperationalError:
            if time.monotonic() - started < _WAIT_MS / 2000:
                raise
            raise InProgress from None
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = 0")
        return None

    def find(self, *, organization_id: int, key: str, method: str, path: str, now: datetime) -> StoredAnswer | None:
        """Return the row of a key without taking it; None when there is none or it is too old."""
        rows = IdempotencyRecord.objects.filter(organization_id=organization_id, key=key, method=method, path=path)
        return rows.filter(created_at__gte=now - KEPT).first()

    def complete(self, *, organization_id: int, key: str, method: str, path: str, now: datetime) -> StoredAnswer | None:
        """Lock the row of a key that was taken in an earlier transaction and return it, so that `finish` can follow."""
        rows = IdempotencyRecord.objects.filter(organization_id=organization_id, key=key, method=method, path=path)
        # The UPDATE is the lock, the same on both databases.
        if not rows.update(method=method):
            return None
        self._row = rows.get()
        return self._row

    def finish(self, *, status: int, headers: dict[str, str], body: str) -> None:
        """Store the answer of the request that took the key."""
        if self._row is None:
            return
        IdempotencyRecord.objects.filter(pk=self._row.pk).update(status=status, headers=headers, body=body)


def forget_old_answers(*, now: datetime) -> int:
    """Delete answers older than a day and return how many."""
    return IdempotencyRecord.objects.filter(created_at__lt=now - KEPT).delete()[0]


def forget_answers_about(*, organization_id: int, reference: str) -> None:
    """Delete what an organization was answered about a ticket that is not its own any more: a repeat is judged anew."""
    rows = IdempotencyRecord.objects.filter(organization_id=organization_id)
    rows.filter(Q(body__contains=reference) | Q(path__contains=reference)).delete()
