"""Forgetting links to calls, and of phone holders, that are too old to open anything."""

from datetime import datetime, timedelta

from migrations_app.models import CallLink, HolderLink
from migrations_app.services.call_links import LIVES

BATCH = 5000
"""Most links of a kind that one run forgets; the next run goes on."""
HOLDERS_KEPT = timedelta(days=90)
"""No call is booked so far ahead: what such a link has asked is long over."""


def forget_old_links(*, now: datetime) -> int:
    """Delete links that open nothing any more; return how many."""
    found = 0
    for model, kept in ((CallLink, LIVES), (HolderLink, HOLDERS_KEPT)):
        rows = model._default_manager.filter(created_at__lte=now - kept).order_by("created_at")  # noqa: SLF001
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        model._default_manager.filter(pk__in=ids).delete()  # noqa: SLF001
        found += len(ids)
    return found
