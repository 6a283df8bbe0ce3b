"""Which booked calls are to be looked at ahead of time."""

from datetime import datetime, timedelta

from django.db.models import F, Q

from migrations_app.enums import PinCallState
from migrations_app.models import PinCall

LOOKS = (timedelta(hours=24), timedelta(hours=1))
"""How long before its start a call is looked at."""


def looks_due(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of booked calls to look at now: once within each of the last 24 hours and the last hour.

    A call that is moved is looked at again by itself, since the times are counted from its start.
    """
    due = Q()
    for before in LOOKS:
        due |= Q(start__lte=now + before) & (Q(looked_at=None) | Q(looked_at__lt=F("start") - before))
    # The calls of test tickets are nobody's of the desk: who plays them looks when their time has come.
    rows = PinCall.objects.filter(due, state=PinCallState.BOOKED, start__gt=now, ticket__test__in=[False])
    rows = rows.order_by("start", "id")
    return list(rows.values_list("id", flat=True)[:limit])
